/* parts - what a message consists of for its reader: texts and attachments, in
 * the order in which they stand, each found in the raw octets and never copied.
 *
 * The index of a part in the list is its number in download links and pages: it
 * depends on the content alone. An entity that must stay whole is one part and
 * is never looked into: multipart/signed, multipart/encrypted, message/rfc822
 * (ATTACH-2), and a multipart without parts. Whatever comes in, the list is
 * bounded (20 000 levels, no boundary, a boundary twice). */
#ifndef MAIL_PARTS_H
#define MAIL_PARTS_H

#include "base/alloc.h"
#include "base/slice.h"
#include "base/status.h"
#include "mail/coding.h"

enum { MAIL_PARTS_MAX = 2000, MAIL_PART_TEXT_MAX = 4 << 20 };

enum mail_part_kind {
    MAIL_PART_TEXT,       /* text/plain that is read in the message itself */
    MAIL_PART_HTML,       /* the same in HTML */
    MAIL_PART_ATTACHMENT, /* anything else; text with a file name too */
    MAIL_PART_KIND_COUNT
};

struct mail_part {
    enum mail_part_kind kind;
    const char *type;    /* "application/pdf", lower case, never NULL */
    const char *charset; /* as named, lower case; "us-ascii" where absent */
    const char *name;    /* UTF-8, without path or control characters, at most
                            200 octets; never empty for an attachment */
    const char *content_id; /* without <>; NULL: none */
    bool is_inline;         /* Content-Disposition says inline */
    bool is_lead;           /* a text that a reader sees first: one of each
                               alternative that the message has */
    bool is_whole;          /* its own header belongs to what is downloaded */
    unsigned alternative;   /* the multipart/alternative it lies in, from 1 on;
                               0: none. Of one group a reader shows one */
    size_t start, end; /* in the content: the whole part, its header included;
                          the line end before the next delimiter is not */
    size_t body;       /* in the content: behind its header's empty line */
    size_t decoded_octets; /* what mail_part_decode hands out */
    /* For mail_part_decode. */
    const char *coding; /* Content-Transfer-Encoding, lower case */
    struct slice content;
};

struct mail_part_list {
    const struct mail_part *parts;
    size_t count;
};

/* mail_parts - owner: texts are in the arena, slices point into content. */
void mail_parts(struct arena *arena, struct slice content,
                struct mail_part_list *out);

struct entity_tree;
/* mail_parts_of - the same of entities that were found before. */
void mail_parts_of(struct arena *arena, struct slice content,
                   const struct entity_tree *tree, struct mail_part_list *out);

/* Takes octets as they come, in pieces of at most 64 KiB; false: stop. */
typedef bool mail_write_fn(void *ctx, struct slice octets);

/* mail_part_decode - without transfer encoding, exactly as many octets as
 * decoded_octets. Of a part that is_whole its header comes first: what comes
 * out is a file that mail programs open (message/rfc822: the message in it).
 * false: write said so. */
bool mail_part_decode(const struct mail_part *part, mail_write_fn *write,
                      void *ctx) MUST_USE;

/* The same octets, asked for piece by piece. mail_part_open gathers a header
 * that belongs to them in the arena; mail_part_read gives at most room, which
 * is 3 at least; 0: the end. */
struct mail_reader {
    struct slice header;
    struct decoder decoder;
};
void mail_part_open(struct arena *arena, const struct mail_part *part,
                    struct mail_reader *out);
size_t mail_part_read(struct mail_reader *reader, char *out, size_t room);

/* mail_part_text - a text as UTF-8 with LF line ends, whatever its charset;
 * what cannot be converted becomes U+FFFD. At most MAIL_PART_TEXT_MAX octets.
 */
struct slice mail_part_text(struct arena *arena, const struct mail_part *part);

#endif

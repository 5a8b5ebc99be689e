/* dkim_text - the text side of DKIM: fields, tag lists, canonical forms. */
#ifndef PEER_DKIM_TEXT_H
#define PEER_DKIM_TEXT_H

#include "base/alloc.h"
#include "base/buf.h"

struct dkim_field {
    struct slice name; /* without blanks behind it */
    struct slice
        value; /* behind the colon, with folds, without the last CRLF */
    struct slice whole; /* with it */
};

struct dkim_message {
    struct dkim_field *fields;
    size_t count;
    struct slice body;
};

struct dkim_message dkim_message_read(struct arena *arena, struct slice octets);

/* tag=value lists (RFC 6376 3.2). */
struct dkim_tag {
    struct slice name, value; /* trimmed; folds within the value stay */
};
struct dkim_tags {
    struct dkim_tag *tags;
    size_t count;
};
/* false: no tag list, or a tag twice. */
bool dkim_tags_read(struct arena *arena, struct slice text,
                    struct dkim_tags *out);
/* NULL when the tag is not there. */
const struct slice *dkim_tag(const struct dkim_tags *tags, const char *name);
/* The value without any white space; "" when the tag is not there. */
const char *dkim_tag_text(struct arena *arena, const struct dkim_tags *tags,
                          const char *name);

/* RFC 6376 3.4.1 to 3.4.4; the out buffer has room for all. */
void dkim_put_field(struct buf *out, const struct dkim_field *field,
                    bool is_relaxed);
void dkim_put_body(struct buf *out, struct slice body, bool is_relaxed);

#endif

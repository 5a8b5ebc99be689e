/* message - the message of a `submit` step, as octets.
 *
 * Its text, HTML, attachment and attachment's name bear a secret mark, so that
 * content can be found wherever it goes; the Subject never bears it. */
#ifndef ENGINE_MESSAGE_H
#define ENGINE_MESSAGE_H

#include "engine/scenario.h"

enum { MESSAGE_MARK_BYTES = 33 };
/* message_mark - "LH-MARK-" and 24 random letters and digits of base32. */
void message_mark(char out[MESSAGE_MARK_BYTES]);

struct message_settings {
    const struct submit *submit;
    const char *mark;
    const char *title;        /* for the default Subject */
    int64_t now_s;            /* for Date */
    const char *messages_dir; /* where `raw` files lie */
};

/* message_build - lines ended by CRLF, before dot-stuffing.
 *
 * errors  ST_INVAL: a `raw` file that cannot be read */
enum status message_build(struct arena *arena,
                          const struct message_settings *settings,
                          struct slice *out, struct err *err) MUST_USE;

/* RFC 5322 3.3, in UTC. */
const char *message_date(struct arena *arena, int64_t now_s);

#endif

/* journal - the gateway's own account of what it did: one JSON object a line,
 * described in gateway/README.md. No body, subject, access code, phone number
 * or password stands in it. */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

#include "base/alloc.h"
#include "store/store.h"

struct journal;

/* journal_open - descriptor < 0: file is appended to; both absent: nothing is
 * written. An inherited descriptor is not passed on to children. */
enum status journal_open(int descriptor, const char *file, struct journal **out,
                         struct err *err) MUST_USE;
void journal_close(struct journal **journal);

/* journal_line - a whole JSON object without line end, in one write. */
void journal_line(struct journal *journal, const char *line);

/* Each writes its line at once. */
void journal_listening(struct journal *journal, const char *address,
                       uint16_t port, const char *host);
void journal_refused(struct journal *journal, const char *stage,
                     const char *reply, const char *client);
void journal_handshake_refused(struct journal *journal, const char *client,
                               const char *version, const char *reason);
void journal_warning(struct journal *journal, const char *message,
                     const char *word, const char *recipient);

/* journal_accepted - the line is made, not written: it goes into the store
 * with the message, and is written after the commit (KEEP-2). */
struct store_event journal_accepted(struct arena *arena,
                                    const struct store_message *message,
                                    const struct store_recipient *recipients,
                                    size_t count, const char *message_id);

#endif

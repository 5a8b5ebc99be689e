/* journal - the gateway's own account of what it did: one JSON object a line,
 * described in gateway/README.md. No body, subject, access code, phone number
 * or password stands in it. */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

#include "base/alloc.h"
#include "net/loop.h"
#include "store/store.h"

struct journal;

/* The line of this row of the store is whole in the journal. */
typedef void journal_written_fn(void *ctx, const char *event_id);

struct journal_settings {
    int descriptor;    /* inherited, not passed on to children; < 0: none */
    const char *file;  /* appended to then; NULL too: nothing is written */
    struct loop *loop; /* what waits is tried again; NULL: with the next line */
    journal_written_fn *written; /* may be NULL */
    void *ctx;
};

/* journal_open - settings are copied, the loop outlives it. errors: ST_INVAL */
enum status journal_open(const struct journal_settings *settings,
                         struct journal **out, struct err *err) MUST_USE;
/* What could not be written is given up: with a row, until the next start. */
void journal_close(struct journal **journal);

/* journal_event - write a line. Where there is no room (or a pipe is full) it
 * waits in memory, and all behind it. Its row in the store (event->id; NULL: it
 * has none) is told as written only once it is whole in the file: until then a
 * crash does not lose it (KEEP-2). */
void journal_event(struct journal *journal, const struct store_event *event);
/* journal_line - the same without a row. */
void journal_line(struct journal *journal, const char *line);
/* journal_is_behind - so much waits that nothing more should be taken in. */
bool journal_is_behind(const struct journal *journal);
/* journal_reopen - a file that was moved away gets a successor; what was no
 * file stays. errors: ST_TEMP: all is as it was */
enum status journal_reopen(struct journal *journal, struct err *err) MUST_USE;
/* journal_flush - try now what waits. */
void journal_flush(struct journal *journal);
/* journal_sync - a store_sync_fn; ctx: the journal. */
enum status journal_sync(void *ctx, struct err *err) MUST_USE;
/* journal_write_late - before the store's first request: the end of the file is
 * mended where a crash cut a line off, and what it kept from being written is
 * written. */
enum status journal_write_late(struct journal *journal, struct store *store,
                               struct err *err) MUST_USE;

/* Each writes its line at once. */
void journal_listening(struct journal *journal, const char *address,
                       uint16_t port, const char *host);
void journal_refused(struct journal *journal, const char *stage,
                     const char *reply, const char *client);
/* So many more of the client in the minute that began at since_s (CONN-10). */
void journal_refusals(struct journal *journal, const char *client,
                      unsigned long count, int64_t since_s);
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

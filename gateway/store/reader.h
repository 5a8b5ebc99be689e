/* reader - what the database holds, for a program beside the gateway: it reads
 * while the gateway writes, and changes nothing. */
#ifndef STORE_READER_H
#define STORE_READER_H

#include <stdint.h>

#include "base/status.h"

struct store_reader;

/* Of one recipient or status report. Texts are good within the call. */
struct store_row {
    const char *message, *organization, *sender;
    const char *recipient;    /* of a report: whom it goes to */
    const char *conversation; /* NULL: a report */
    int64_t accepted_ms;
    const char *method;   /* of a report: its action */
    const char *delivery; /* NULL: not final */
    int64_t outcome_ms;   /* 0: none */
    int64_t opened_ms;    /* 0: not opened */
    int64_t attempts;
    int64_t due_ms;      /* 0: not any more */
    const char *decided; /* the journal line of the latest decision; NULL */
    const char *latest;  /* that of what became of it; NULL */
    bool is_report;
    bool is_aside; /* not processed until it is released (KEEP-4) */
};

typedef void store_row_fn(void *ctx, const struct store_row *row);

/* errors: ST_NONE: no database there; ST_TEMP: it cannot be read */
enum status store_reader_open(const char *directory, struct store_reader **out,
                              struct err *err) MUST_USE;
void store_reader_close(struct store_reader **reader);

/* What is not final, by the time it is due. */
enum status store_reader_queue(struct store_reader *reader, store_row_fn *each,
                               void *ctx, struct err *err) MUST_USE;
/* Every recipient, by the time of acceptance. */
enum status store_reader_conversations(struct store_reader *reader,
                                       store_row_fn *each, void *ctx,
                                       struct err *err) MUST_USE;
/* The recipients of a message or a conversation; recipient NULL: all. */
enum status store_reader_message(struct store_reader *reader,
                                 const char *message, const char *recipient,
                                 store_row_fn *each, void *ctx,
                                 struct err *err) MUST_USE;

#endif

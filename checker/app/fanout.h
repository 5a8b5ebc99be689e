/* fanout - all reports of a run: who asked for which file, and each told at the
 * right time. The terminal hears a case when it ends; files hear them in the
 * order of the plan. */
#ifndef KIT_FANOUT_H
#define KIT_FANOUT_H

#include "reports/report.h"

struct fanout_wishes {
    const char *junit, *json, *tap,
        *markdown; /* paths; "-": standard output; NULL: no */
    bool verbose;
    bool quiet; /* no terminal report */
};

struct fanout;

/* fanout_create - opens the files at once: an unwritable one costs no run.
 *
 * errors  ST_INVAL: a file cannot be written, or two want standard output */
enum status fanout_create(const struct fanout_wishes *wishes, size_t count,
                          struct fanout **out, struct err *err) MUST_USE;
void fanout_start(struct fanout *fanout, const struct run_info *info);
void fanout_case(struct fanout *fanout, size_t index,
                 const struct case_result *r);
/* What is still held back is told, then the end. ST_TEMP: a file was not
 * written. */
enum status fanout_finish(struct fanout *fanout, int64_t duration_ms,
                          struct err *err) MUST_USE;
const struct run_totals *fanout_totals(const struct fanout *fanout);
void fanout_destroy(struct fanout **fanout);

#endif

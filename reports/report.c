#include "reports/report.h"

#include <stdlib.h>

void report_start(struct report *report, const struct run_info *info)
{
    if (report->on_start)
        report->on_start(report, info);
}

void report_case(struct report *report, const struct case_result *r)
{
    if (report->on_case)
        report->on_case(report, r);
}

void report_finish(struct report *report, const struct run_totals *totals)
{
    if (report->on_finish)
        report->on_finish(report, totals);
    fflush(report->out);
}

void report_destroy(struct report **report)
{
    if (!*report)
        return;
    if ((*report)->on_destroy)
        (*report)->on_destroy(*report);
    free(*report);
    *report = NULL;
}

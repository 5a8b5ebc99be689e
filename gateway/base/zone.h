/* zone - local time by the system's zone database (tzdata). */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

bool zone_exists(const char *name); /* "Europe/Amsterdam" */

/* zone_use - local time is this zone's from now on, for the whole process;
 * before any other thread runs.
 *
 * errors  ST_INVAL: no such zone */
enum status zone_use(const char *name, struct err *err) MUST_USE;

/* zone_month - year and month (1 to 12) there at that moment. */
void zone_month(int64_t at_s, int *year_out, int *month_out);

#endif

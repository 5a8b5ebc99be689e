/* clock - the only two clocks of the project.
 *
 * Domain time (dates, certificates, queue) is the wall clock, which a scenario
 * moves; I/O deadlines are monotonic and always real. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_s(void);  /* UTC seconds since 1970 */
int64_t clock_wall_ms(void); /* the same in milliseconds */
int64_t clock_mono_ms(void); /* arbitrary origin; never goes back */

#endif

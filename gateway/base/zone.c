#include "base/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 256 };

bool zone_exists(const char *name)
{
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL &&
           n < PATH_BYTES && access(path, R_OK) == 0;
}

enum status zone_use(const char *name, struct err *err)
{
    if (!zone_exists(name))
        return err_set(err, ST_INVAL, "no time zone `%.100s` in the system",
                       name);
    if (setenv("TZ", name, 1) != 0)
        return err_set(err, ST_TEMP, "time zone: %s", strerror(errno));
    tzset();
    return ST_OK;
}

void zone_month(int64_t at_s, int *year_out, int *month_out)
{
    time_t at = (time_t)at_s;
    struct tm tm;
    if (localtime_r(&at, &tm) == NULL)
        BUG("local time of %lld", (long long)at_s);
    *year_out = tm.tm_year + 1900;
    *month_out = tm.tm_mon + 1;
}

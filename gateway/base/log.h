/* log - one line a fact on standard error: level, area, fixed phrase, k=v.
 *
 * error: a person must act; warn: a peer or data is wrong; info: one line a
 * transaction; debug: transitions and wire. No credential, code, phone number
 * or body ever stands here. It waits for nobody: what a full pipe does not take
 * is left out and counted. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/status.h"

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

void log_set_level(enum log_level most); /* default: LOG_LEVEL_WARN */
/* log_level_parse - "error" .. "debug"; false otherwise. */
bool log_level_parse(const char *text, enum log_level *out);
/* For tests: how many lines at warn or above were written so far. */
unsigned long log_warning_count(void);

void log_at(enum log_level level, const char *area, const char *phrase,
            const char *fmt, ...) PRINTF_LIKE(4, 5);

#define log_error(area, phrase, ...)                                           \
    log_at(LOG_LEVEL_ERROR, area, phrase, __VA_ARGS__)
#define log_warn(area, phrase, ...)                                            \
    log_at(LOG_LEVEL_WARN, area, phrase, __VA_ARGS__)
#define log_info(area, phrase, ...)                                            \
    log_at(LOG_LEVEL_INFO, area, phrase, __VA_ARGS__)
#define log_debug(area, phrase, ...)                                           \
    log_at(LOG_LEVEL_DEBUG, area, phrase, __VA_ARGS__)

#endif

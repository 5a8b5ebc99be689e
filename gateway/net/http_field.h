/* http_field - the grammar that requests and answers share: lines, header
 * fields and what is in them (RFC 9110 5, RFC 9112 2 to 6). Pure; for the
 * readers of net alone.
 *
 * Only what the grammar allows is taken: where two readers could disagree about
 * where a line, a field or a body ends, somebody gets another's request. */
#ifndef NET_HTTP_FIELD_H
#define NET_HTTP_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"

/* A line that is being collected, up to its CRLF. */
struct http_line {
    struct buf text; /* without the CRLF */
    bool has_cr;
    bool takes_lf; /* a bare LF ends a line, too (RFC 9112 2.2 allows it) */
};

void http_line_init(struct http_line *line, size_t most);
void http_line_release(struct http_line *line);
void http_line_reset(struct http_line *line);
/* http_line_feed - take up to the end of a line off *octets. ST_OK: line->text
 * is whole, until http_line_reset; ST_MORE: all octets were taken.
 *
 * errors  ST_PROTO: a bare CR or LF, or another control character than a tab;
 *         ST_PERM: longer than `most` */
enum status http_line_feed(struct http_line *line, struct slice *octets,
                           struct err *err) MUST_USE;

bool http_is_token(struct slice s); /* RFC 9110 5.6.2 */
/* http_field_split - `name ":" OWS value OWS`; nothing before the colon but a
 * token, so that neither a blank there nor a folded line is one. */
bool http_field_split(struct slice line, struct slice *name,
                      struct slice *value);
/* http_length - of a Content-Length: digits alone; what does not fit is
 * UINT64_MAX. */
bool http_length(struct slice value, uint64_t *out);
/* http_list_has - is this word a member of the list, in any case? only: and has
 * it no other member? */
bool http_list_has(struct slice list, const char *word);
bool http_list_has_only(struct slice list, const char *word);
/* http_is_host - `uri-host [ ":" port ]`, the host not empty (RFC 9110 4.2.2,
 * 7.2). */
bool http_is_host(struct slice s);
/* http_is_path - of pchar and "/", as of "?" where is_query (RFC 3986 3.3,
 * 3.4). */
bool http_is_path(struct slice s, bool is_query);

#endif

/* Answers: the head at once, the body as there is room for it. */
#include "net/web_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { PIECE_BYTES = 65536 };

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *words;
    } all[] = {{200, "OK"},
               {303, "See Other"},
               {400, "Bad Request"},
               {401, "Unauthorized"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {405, "Method Not Allowed"},
               {408, "Request Timeout"},
               {413, "Content Too Large"},
               {414, "URI Too Long"},
               {417, "Expectation Failed"},
               {429, "Too Many Requests"},
               {431, "Request Header Fields Too Large"},
               {500, "Internal Server Error"},
               {501, "Not Implemented"},
               {502, "Bad Gateway"},
               {503, "Service Unavailable"},
               {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].status == status)
            return all[i].words;
    return ""; /* RFC 9112 4: it may be empty */
}

/* RFC 9110 5.6.7, whatever the locale. */
static void put_date(struct buf *out)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = (time_t)clock_wall_s();
    struct tm tm;
    if (!gmtime_r(&now, &tm))
        return;
    buf_printf(out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
               days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
               tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Whatever a value was made of: no line ends in it. */
static void put_field(struct buf *out, const struct web_field *field)
{
    buf_printf(out, "%s: ", field->name);
    for (const char *p = field->value; *p; p++) {
        bool is_control = (unsigned char)*p < 0x20 || *p == 0x7f;
        buf_put(out, (struct slice){is_control ? " " : p, 1});
    }
    buf_puts(out, "\r\n");
}

static void put_head(struct buf *out, const struct web_answer *answer,
                     bool closes)
{
    uint64_t octets = answer->pull ? answer->octets : answer->body.n;
    buf_printf(out, "HTTP/1.1 %d %s\r\n", answer->status,
               reason(answer->status));
    put_date(out);
    for (size_t i = 0; i < answer->field_count; i++)
        put_field(out, &answer->fields[i]);
    buf_printf(out, "Content-Length: %llu\r\n%s\r\n",
               (unsigned long long)octets,
               closes ? "Connection: close\r\n" : "");
}

/* What cannot go at once is kept: the caller's octets, or a copy. */
static void keep(struct web_sending *sending, struct slice rest)
{
    sending->rest = rest;
    if (sending->release || !rest.n)
        return;
    sending->own = xmalloc(rest.n);
    memcpy(sending->own, rest.p, rest.n);
    sending->rest.p = sending->own;
}

void web_send(struct web_conn *c, const struct web_answer *answer,
              const struct request_reader *reader)
{
    struct buf head;
    struct web_sending *sending = &c->sending;
    bool has_body = strcmp(reader->request.method, "HEAD") != 0;
    *sending = (struct web_sending){.release = answer->release,
                                    .release_ctx = answer->release_ctx,
                                    .closes = reader->closes || c->has_eof ||
                                              c->server->is_stopped};
    buf_init(&head, SIZE_MAX / 4);
    put_head(&head, answer, sending->closes);
    conn_write(c->conn, buf_slice(&head));
    buf_release(&head);
    web_conn_set_state(c, WEB_SENDING);
    if (has_body && answer->pull) {
        sending->pull = answer->pull;
        sending->left = answer->octets;
    } else if (has_body) {
        size_t n = answer->body.n < PIECE_BYTES ? answer->body.n : PIECE_BYTES;
        conn_write(c->conn, (struct slice){answer->body.p, n});
        keep(sending, slice_from(answer->body, n));
    }
}

static bool send_pulled(struct web_conn *c)
{
    struct web_sending *sending = &c->sending;
    struct slice piece = {"", 0};
    if (!sending->pull(sending->release_ctx, &piece) || !piece.n ||
        piece.n > sending->left)
        return false; /* less, or more, than was promised */
    sending->left -= piece.n;
    conn_write(c->conn, piece);
    return true;
}

bool web_send_more(struct web_conn *c)
{
    struct web_sending *sending = &c->sending;
    while (!web_is_sent(c) && conn_room(c->conn) > PIECE_BYTES) {
        struct slice rest = sending->rest;
        if (sending->left) {
            if (!send_pulled(c))
                return false;
            continue;
        }
        size_t n = rest.n < PIECE_BYTES ? rest.n : PIECE_BYTES;
        conn_write(c->conn, (struct slice){rest.p, n});
        sending->rest = slice_from(rest, n);
    }
    return true;
}

bool web_is_sent(const struct web_conn *c)
{
    return !c->sending.left && !c->sending.rest.n;
}

void web_send_end(struct web_conn *c)
{
    if (c->sending.release)
        c->sending.release(c->sending.release_ctx);
    free(c->sending.own);
    c->sending = (struct web_sending){.release = NULL};
}

#include "net/request_reader.h"

#include <string.h>

void request_reader_init(struct request_reader *reader, size_t head_max)
{
    *reader = (struct request_reader){
        .state = REQUEST_LINE,
        .head_max = head_max,
        .request = {.method = "", .path = "", .query = "", .body = {"", 0}}};
    reader->request.fields = reader->fields;
    reader->arena = arena_create();
    arena_set_secret(reader->arena); /* cookies, tokens */
    http_line_init(&reader->line, head_max);
    http_chunks_init(&reader->chunks);
    buf_init(&reader->body, 0);
}

void request_reader_release(struct request_reader *reader)
{
    http_line_release(&reader->line);
    http_chunks_release(&reader->chunks);
    if (reader->body.p) /* passwords, codes */
        explicit_bzero(reader->body.p, reader->body.size);
    buf_release(&reader->body);
    arena_destroy(&reader->arena);
}

enum request_state request_reader_refuse(struct request_reader *reader,
                                         int status)
{
    reader->status = status;
    reader->closes = true;
    reader->state = REQUEST_BROKEN;
    return reader->state;
}

static void refuse(struct request_reader *reader, int status, struct err *err,
                   const char *why)
{
    (void)err_set(err, ST_PROTO, "%s", why);
    (void)request_reader_refuse(reader, status);
}

/* --- the request line ------------------------------------------------------
 */

static const char *text(struct request_reader *reader, struct slice s)
{
    return arena_text(reader->arena, s);
}

static const char *method_name(struct slice method)
{
    static const char *const served[] = {"GET", "HEAD", "POST"};
    static const char *const known[] = {"PUT",   "DELETE",  "CONNECT",
                                        "PATCH", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < sizeof served / sizeof *served; i++)
        if (slice_is(method, served[i]))
            return served[i];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_is(method, known[i]))
            return "OTHER";
    return ""; /* 501, once all else is right */
}

/* RFC 9112 3.2.1: "/" path [ "?" query ]. */
static bool take_origin(struct request_reader *reader, struct slice target)
{
    size_t mark = slice_find(target, '?');
    struct slice path = {target.p, mark};
    struct slice query = {"", 0};
    if (mark < target.n)
        query = slice_from(target, mark + 1);
    if (!path.n || path.p[0] != '/' || !http_is_path(path, false) ||
        !http_is_path(query, true))
        return false;
    reader->request.path = text(reader, path);
    reader->request.query = text(reader, query);
    return true;
}

/* RFC 9112 3.2.2: a proxy's form, which every server takes. */
static bool take_absolute(struct request_reader *reader, struct slice target)
{
    size_t skip = slice_starts_nocase(target, "https://")  ? 8
                  : slice_starts_nocase(target, "http://") ? 7
                                                           : 0;
    struct slice rest = slice_from(target, skip);
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?')
        end++;
    if (!skip || !http_is_host((struct slice){rest.p, end}))
        return false;
    rest = slice_from(rest, end);
    return take_origin(
        reader,
        !rest.n ? SLICE_LITERAL("/")
        : rest.p[0] == '/'
            ? rest
            : slice_of(arena_printf(reader->arena, "/%.*s", SLICE_ARG(rest))));
}

/* RFC 9112 3.2.3, 3.2.4: what nobody serves here, and yet is a request. */
static bool take_target(struct request_reader *reader, struct slice method,
                        struct slice target)
{
    reader->request.path = text(reader, target);
    if (slice_is(method, "CONNECT"))
        return http_is_host(target) && slice_find(target, ':') < target.n;
    if (slice_is(target, "*"))
        return slice_is(method, "OPTIONS");
    return take_origin(reader, target) || take_absolute(reader, target);
}

/* RFC 9110 2.5: a later minor version is read as 1.1; 0: no version. */
static int version_fault(struct request_reader *reader, struct slice version)
{
    const char *p = version.p;
    if (version.n != 8 || memcmp(p, "HTTP/", 5) != 0 || p[5] < '0' ||
        p[5] > '9' || p[6] != '.' || p[7] < '0' || p[7] > '9')
        return 400;
    reader->is_old = p[7] == '0';
    return p[5] == '1' ? 0 : 505;
}

static void take_request_line(struct request_reader *reader, struct slice line,
                              struct err *err)
{
    struct slice rest = line;
    struct slice method = slice_cut(&rest, ' ');
    struct slice target = slice_cut(&rest, ' ');
    int fault = version_fault(reader, rest);
    if (http_is_token(method))
        reader->request.method = method_name(method);
    if (!http_is_token(method) || fault == 400)
        refuse(reader, 400, err, "no request line");
    else if (fault)
        refuse(reader, fault, err, "another version of HTTP");
    else if (!take_target(reader, method, target))
        refuse(reader, 400, err, "bad request target");
    else
        reader->state = REQUEST_FIELDS;
}

/* One of them is ignored: some clients add it to a body (RFC 9112 2.2). */
static void take_first_line(struct request_reader *reader, struct slice line,
                            struct err *err)
{
    if (line.n)
        take_request_line(reader, line, err);
    else if (reader->had_empty_line)
        refuse(reader, 400, err, "empty lines before a request");
    reader->had_empty_line = true;
    reader->is_begun = line.n > 0;
}

/* --- fields -----------------------------------------------------------------
 */

static void take_field(struct request_reader *reader, struct slice line,
                       struct err *err)
{
    struct slice name, value;
    if (!http_field_split(line, &name, &value)) {
        refuse(reader, 400, err, "a header line that is no field");
    } else if (reader->request.field_count == REQUEST_FIELDS_MOST) {
        refuse(reader, 431, err, "too many header fields");
    } else {
        reader->fields[reader->request.field_count++] =
            (struct web_field){text(reader, name), text(reader, value)};
    }
}

static size_t count_fields(const struct request_reader *reader,
                           const char *name, const char **value_out)
{
    size_t count = 0;
    for (size_t i = 0; i < reader->request.field_count; i++) {
        if (!slice_is_nocase(slice_of(reader->fields[i].name), name))
            continue;
        *value_out = reader->fields[i].value;
        count++;
    }
    return count;
}

/* RFC 9112 3.2: exactly one; HTTP/1.0 may do without. */
static bool is_host_good(const struct request_reader *reader)
{
    const char *host = NULL;
    size_t count = count_fields(reader, "Host", &host);
    return count == 0 ? reader->is_old
                      : count == 1 && http_is_host(slice_of(host));
}

/* RFC 9112 6.1, 6.3, but stricter: of two ways to tell the length, be they the
 * same, each is one too many. */
static bool take_framing(struct request_reader *reader)
{
    const char *coding = NULL, *length = NULL;
    size_t codings = count_fields(reader, "Transfer-Encoding", &coding);
    size_t lengths = count_fields(reader, "Content-Length", &length);
    reader->is_chunked = codings == 1;
    reader->has_length = lengths == 1;
    if (codings + lengths > 1)
        return false;
    if (reader->is_chunked)
        return !reader->is_old && slice_is_nocase(slice_of(coding), "chunked");
    return !reader->has_length || http_length(slice_of(length), &reader->left);
}

static bool expects_too_much(struct request_reader *reader)
{
    const char *value = NULL;
    if (reader->is_old || !count_fields(reader, "Expect", &value))
        return false;
    reader->wants_continue = reader->is_chunked || reader->left;
    return count_fields(reader, "Expect", &value) > 1 ||
           !http_list_has_only(slice_of(value), "100-continue");
}

static void note_close(struct request_reader *reader)
{
    reader->closes = reader->is_old;
    for (size_t i = 0; i < reader->request.field_count; i++)
        if (slice_is_nocase(slice_of(reader->fields[i].name), "Connection") &&
            http_list_has(slice_of(reader->fields[i].value), "close"))
            reader->closes = true;
}

static void end_head(struct request_reader *reader, struct err *err)
{
    reader->state = REQUEST_HEAD;
    note_close(reader);
    if (!is_host_good(reader))
        refuse(reader, 400, err, "not exactly one good Host");
    else if (!take_framing(reader))
        refuse(reader, 400, err, "bad or doubled framing");
    else if (!*reader->request.method)
        refuse(reader, 501, err, "unknown method");
    else if (expects_too_much(reader))
        refuse(reader, 417, err, "unknown expectation");
}

/* --- octets -----------------------------------------------------------------
 */

static void refuse_line(struct request_reader *reader, enum status status)
{
    int too_long = reader->state == REQUEST_LINE ? 414 : 431;
    (void)request_reader_refuse(reader, status == ST_PERM ? too_long : 400);
}

static bool is_head_too_large(const struct request_reader *reader)
{
    return reader->state == REQUEST_LINE
               ? buf_slice(&reader->line.text).n > REQUEST_LINE_BYTES
               : reader->head_bytes > reader->head_max;
}

static void feed_line(struct request_reader *reader, struct slice *octets,
                      struct err *err)
{
    size_t had = octets->n;
    enum status status = http_line_feed(&reader->line, octets, err);
    reader->is_begun = true;
    reader->head_bytes += had - octets->n;
    if (is_head_too_large(reader)) /* whatever else is wrong with it */
        status = err_set(err, ST_PERM, "the head is too large");
    if (status != ST_OK && status != ST_MORE)
        refuse_line(reader, status);
    if (status != ST_OK)
        return;
    struct slice line = buf_slice(&reader->line.text);
    if (reader->state == REQUEST_LINE)
        take_first_line(reader, line, err);
    else if (line.n)
        take_field(reader, line, err);
    else
        end_head(reader, err);
    http_line_reset(&reader->line);
}

static void end_body(struct request_reader *reader)
{
    reader->state = REQUEST_WHOLE;
    if (buf_slice(&reader->body).n)
        reader->request.body = buf_slice(&reader->body);
}

static void feed_body(struct request_reader *reader, struct slice *octets)
{
    size_t n = octets->n < reader->left ? octets->n : (size_t)reader->left;
    buf_put(&reader->body, (struct slice){octets->p, n}); /* as admitted */
    *octets = slice_from(*octets, n);
    reader->left -= n;
    if (!reader->left)
        end_body(reader);
}

static void feed_chunks(struct request_reader *reader, struct slice *octets,
                        struct err *err)
{
    switch (http_chunks_feed(&reader->chunks, octets, &reader->body, err)) {
    case ST_OK:
        end_body(reader);
        return;
    case ST_MORE:
        return;
    case ST_PERM:
        (void)request_reader_refuse(reader, 413);
        return;
    case ST_PROTO:
    case ST_NONE:
    case ST_INVAL:
    case ST_TEMP:
    case ST_COUNT:
        break;
    }
    (void)request_reader_refuse(reader, 400);
}

enum request_state request_reader_feed(struct request_reader *reader,
                                       struct slice *octets, struct err *err)
{
    while (octets->n && reader->state < REQUEST_WHOLE &&
           reader->state != REQUEST_HEAD) {
        if (reader->state == REQUEST_BODY)
            feed_body(reader, octets);
        else if (reader->state == REQUEST_CHUNKS)
            feed_chunks(reader, octets, err);
        else
            feed_line(reader, octets, err);
    }
    return reader->state;
}

enum request_state request_reader_admit(struct request_reader *reader,
                                        size_t body_max, struct err *err)
{
    if (reader->state != REQUEST_HEAD)
        BUG("admitted in state %d", (int)reader->state);
    buf_init(&reader->body, body_max);
    if (reader->left > body_max)
        refuse(reader, 413, err, "the body is too large");
    else if (reader->is_chunked)
        reader->state = REQUEST_CHUNKS;
    else if (reader->left)
        reader->state = REQUEST_BODY;
    else
        reader->state = REQUEST_WHOLE;
    return reader->state;
}

enum request_state request_reader_end(struct request_reader *reader,
                                      struct err *err)
{
    if (reader->is_begun && reader->state < REQUEST_WHOLE)
        refuse(reader, 400, err, "the request ended early");
    return reader->state;
}

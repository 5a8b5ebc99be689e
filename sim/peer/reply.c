#include "peer/reply.h"

#include <event2/buffer.h>
#include <stdlib.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has_code(struct slice line)
{
    return line.n >= 3 && is_digit(line.p[0]) && is_digit(line.p[1]) &&
           is_digit(line.p[2]);
}

enum status reply_take(struct reply *reply, struct evbuffer *input,
                       struct arena *arena, struct transcript *transcript)
{
    size_t n;
    char *octets;
    while ((octets = evbuffer_readln(input, &n, EVBUFFER_EOL_CRLF_STRICT))) {
        struct slice line = {octets, n};
        transcript_add(transcript, arena, TRANSCRIPT_WHO_SERVER, line);
        const char *text = arena_text(arena, line);
        free(octets);
        line.p = text;
        if (!has_code(line) || (n > 3 && line.p[3] != ' ' && line.p[3] != '-'))
            return ST_PROTO;
        unsigned code = (unsigned)(text[0] - '0') * 100 +
                        (unsigned)(text[1] - '0') * 10 +
                        (unsigned)(text[2] - '0');
        if (reply->text && code != reply->code)
            return ST_PROTO;
        reply->code = code;
        reply->text = reply->text
                          ? arena_printf(arena, "%s\n%s", reply->text, text)
                          : text;
        if (n == 3 || text[3] == ' ')
            return ST_OK;
    }
    return ST_MORE;
}

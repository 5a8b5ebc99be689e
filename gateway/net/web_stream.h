/* web_stream - an answer whose body goes out piece by piece, each once the one
 * before it was written. Inside net/web alone. */
#ifndef NET_WEB_STREAM_H
#define NET_WEB_STREAM_H

#include "net/web.h"

struct evhttp_request;
struct web_stream;

/* all: those of one server. The header fields stand in the request. */
void web_stream_start(struct web_stream **all, struct evhttp_request *request,
                      const struct web_answer *answer);
/* Before evhttp goes. */
void web_streams_end(struct web_stream **all);

#endif

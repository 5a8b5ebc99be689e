/* browser - an HTTPS client of its own: TLS to the gateway's portal over the
 * world's CA, cookies, redirects within the site. One connection a request. It
 * knows nothing of pages: see html.h. */
#ifndef PEER_BROWSER_H
#define PEER_BROWSER_H

#include <stdint.h>

#include "peer/http.h"
#include "peer/loop.h"
#include "peer/pki.h"

struct browser;

struct browser_settings {
    struct loop *loop;
    struct pki *pki;           /* whose root is trusted */
    const char *local_address; /* NULL: not bound */
    const char *address;
    uint16_t port;
    const char *host; /* of the site; SNI and certificate's name */
};

struct browser_cookie {
    const char *name, *value;
    struct browser_cookie *next;
};

enum browser_cookies {
    BROWSER_COOKIES_OWN,
    BROWSER_COOKIES_NONE,
    BROWSER_COOKIES_WRONG, /* its own, with other values */
    BROWSER_COOKIES_COUNT
};

struct browser_request {
    const char *method;                                /* NULL: GET */
    const char *target;                                /* "/path?query" */
    const char *content_type, *authorization, *origin; /* or NULL */
    struct slice body;
    enum browser_cookies cookies;
    const struct browser *cookies_of; /* another's instead; or NULL */
    bool stay;                        /* follow no redirect */
    /* Not empty: these octets and nothing else, in one write; every answer up
     * to the end of the connection is an exchange. */
    struct slice octets;
};

/* One request and what came of it. */
struct browser_exchange {
    const char *method, *target, *content_type;
    struct slice body;                   /* of the request */
    const char *cookie;                  /* "" when none was sent */
    const char *tls;                     /* "1.3"; NULL: no handshake */
    const char *certificate;             /* NULL: it passed; else why not */
    const char *failure;                 /* NULL: there is a response */
    const struct http_message *response; /* NULL: there is none */
    struct browser_exchange *next;
};

struct browser *browser_create(const struct browser_settings *settings);
void browser_destroy(struct browser **browser);

/* browser_path - the site's path of a link: absolute, or relative to the path
 * at which it stood; NULL: it leads elsewhere. In the arena. */
const char *browser_path(const struct browser *browser, struct arena *arena,
                         const char *link, const char *at);

/* browser_fetch - a request and the redirects that follow; on_done comes once,
 * from the loop. One at a time. The exchanges live as long as the browser. */
typedef void browser_done(void *ctx, const struct browser_exchange *first);
void browser_fetch(struct browser *browser,
                   const struct browser_request *request, int64_t now_s,
                   browser_done *on_done, void *ctx);
/* The value of a cookie that it holds; NULL. */
const struct browser_cookie *browser_cookies(const struct browser *browser);

#endif

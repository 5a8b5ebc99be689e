/* transport_smtp - the transport over real connections. */
#ifndef DELIVER_TRANSPORT_SMTP_H
#define DELIVER_TRANSPORT_SMTP_H

#include "deliver/transport.h"

struct loop;
struct tls_client;
struct workers;

/* Must outlive it. */
struct transport_smtp_settings {
    const char *host_name;    /* EHLO */
    const char *bind_address; /* NULL: the system's choice */
    uint16_t smtp_port;       /* default 25 */
    int64_t connect_timeout_ms;
    int64_t reply_timeout_ms;       /* each reply, as a whole */
    int64_t transaction_timeout_ms; /* MAIL to the last reply; 0: none */
    struct tls_client *tls;
    struct workers *workers; /* mail is made on them; NULL: on the loop */
    const char *spool;       /* folder for what is large; NULL: memory */
};

/* owner: caller; the loop must outlive it. */
struct transport *
transport_smtp_create(struct loop *loop,
                      const struct transport_smtp_settings *settings);
/* Connections that are left are cut; the loop must not turn again. */
void transport_smtp_destroy(struct transport **transport);

#endif

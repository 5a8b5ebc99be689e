/* dns_private - what dns.c (settings) and dns_server.c (sockets) share. */
#ifndef PEER_DNS_PRIVATE_H
#define PEER_DNS_PRIVATE_H

#include "peer/dns.h"
#include "peer/dns_answer.h"

struct dns_tcp;

struct dns {
    struct loop *loop;
    struct dns_world world;
    char *trust_anchor;
    int udp; /* -1: not open */
    int tcp; /* the same */
    uint16_t port;
    struct loop_watch *udp_watch;
    struct loop_watch *tcp_watch;
    struct dns_tcp *connections;
    struct arena *arena; /* of the log */
    struct dns_query *queries;
    size_t query_count;
    size_t query_size;
};

/* dns_close - sockets and connections. */
void dns_close(struct dns *dns);

#endif

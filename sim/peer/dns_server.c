/* The name server's sockets: queries in, replies out, and the log of them. */
#include "peer/dns_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/stream.h"

enum { DATAGRAM_MAX = 65535, PLAIN_UDP_MAX = 512, BACKLOG = 512 };

struct dns_tcp {
    struct dns *dns;
    struct stream *stream;
    struct dns_tcp *next;
};

/* --- One query --- */

static void record(struct dns *dns, const ldns_pkt *query,
                   const ldns_pkt *reply, bool is_tcp)
{
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    if (dns->query_count == dns->query_size) {
        dns->query_size = dns->query_size ? 2 * dns->query_size : 64;
        dns->queries =
            xrealloc(dns->queries, dns->query_size * sizeof *dns->queries);
    }
    char *name = ldns_rdf2str(ldns_rr_owner(question));
    char *type = ldns_rr_type2str(ldns_rr_get_type(question));
    char *rcode = reply ? ldns_pkt_rcode2str(ldns_pkt_get_rcode(reply)) : NULL;
    char *kept = arena_strdup(dns->arena, name);
    size_t n = strlen(kept);
    if (n > 1 && kept[n - 1] == '.')
        kept[n - 1] = '\0';
    for (char *p = kept; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    dns->queries[dns->query_count++] = (struct dns_query){
        .name = kept,
        .type = arena_strdup(dns->arena, type),
        .rcode = arena_strdup(dns->arena, rcode ? rcode : ""),
        .tcp = is_tcp,
    };
    LDNS_FREE(name);
    LDNS_FREE(type);
    LDNS_FREE(rcode);
}

/* A reply that is to be asked for again over TCP. */
static void truncate_reply(ldns_pkt *reply)
{
    ldns_pkt_set_tc(reply, true);
    while (ldns_rr_list_rr_count(ldns_pkt_answer(reply)))
        ldns_rr_free(ldns_rr_list_pop_rr(ldns_pkt_answer(reply)));
    while (ldns_rr_list_rr_count(ldns_pkt_authority(reply)))
        ldns_rr_free(ldns_rr_list_pop_rr(ldns_pkt_authority(reply)));
    ldns_pkt_set_ancount(reply, 0);
    ldns_pkt_set_nscount(reply, 0);
}

static size_t udp_room(const ldns_pkt *query)
{
    size_t room = ldns_pkt_edns_udp_size(query);
    return room < PLAIN_UDP_MAX ? PLAIN_UDP_MAX : room;
}

static bool is_forced_to_tcp(const struct dns *dns, const ldns_pkt *query)
{
    const ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    return dns_world_fault(&dns->world, ldns_rr_owner(question),
                           ldns_rr_get_type(question)) == DNS_FAULT_TRUNCATED;
}

/* The reply on the wire (owner: caller, by LDNS_FREE), or NULL for none. */
static uint8_t *reply_to(struct dns *dns, const uint8_t *octets, size_t n,
                         bool is_tcp, size_t *n_out)
{
    ldns_pkt *query = NULL;
    uint8_t *wire = NULL;
    if (ldns_wire2pkt(&query, octets, n) != LDNS_STATUS_OK)
        return NULL;
    if (ldns_pkt_qr(query) || ldns_pkt_qdcount(query) != 1) {
        ldns_pkt_free(query);
        return NULL;
    }
    ldns_pkt *reply = dns_answer(&dns->world, query);
    record(dns, query, reply, is_tcp);
    if (reply) {
        if (!is_tcp && is_forced_to_tcp(dns, query))
            truncate_reply(reply);
        ldns_pkt2wire(&wire, reply, n_out);
        if (wire && !is_tcp && *n_out > udp_room(query)) {
            LDNS_FREE(wire);
            truncate_reply(reply);
            ldns_pkt2wire(&wire, reply, n_out);
        }
        ldns_pkt_free(reply);
    }
    ldns_pkt_free(query);
    return wire;
}

/* --- Sockets --- */

static void on_datagram(void *ctx)
{
    struct dns *dns = ctx;
    static uint8_t octets[DATAGRAM_MAX];
    struct sockaddr_in from;
    socklen_t from_n = sizeof from;
    ssize_t n;
    while ((n = recvfrom(dns->udp, octets, sizeof octets, MSG_DONTWAIT,
                         (struct sockaddr *)&from, &from_n)) > 0) {
        size_t reply_n = 0;
        uint8_t *reply = reply_to(dns, octets, (size_t)n, false, &reply_n);
        if (reply)
            sendto(dns->udp, reply, reply_n, MSG_DONTWAIT,
                   (struct sockaddr *)&from, from_n);
        LDNS_FREE(reply);
        from_n = sizeof from;
    }
}

static void tcp_destroy(struct dns_tcp *tcp)
{
    struct dns_tcp **link = &tcp->dns->connections;
    while (*link != tcp)
        link = &(*link)->next;
    *link = tcp->next;
    stream_destroy(&tcp->stream);
    free(tcp);
}

/* RFC 1035 4.2.2: two octets of length before each message. */
static void on_tcp_data(void *ctx)
{
    struct dns_tcp *tcp = ctx;
    struct evbuffer *input = stream_input(tcp->stream);
    uint8_t head[2];
    while (evbuffer_copyout(input, head, 2) == 2) {
        size_t n = (size_t)(head[0] << 8 | head[1]);
        if (evbuffer_get_length(input) < n + 2)
            return;
        const uint8_t *octets = evbuffer_pullup(input, (ev_ssize_t)(n + 2)) + 2;
        size_t reply_n = 0;
        uint8_t *reply = reply_to(tcp->dns, octets, n, true, &reply_n);
        evbuffer_drain(input, n + 2);
        if (!reply)
            continue;
        char length[2] = {(char)(reply_n >> 8), (char)(reply_n & 255)};
        stream_send(tcp->stream, (struct slice){length, 2});
        stream_send(tcp->stream, (struct slice){(const char *)reply, reply_n});
        LDNS_FREE(reply);
    }
}

static void on_tcp_end(void *ctx, enum stream_end end, const char *why)
{
    (void)end;
    (void)why;
    tcp_destroy(ctx);
}

static void on_tcp_connection(void *ctx)
{
    struct dns *dns = ctx;
    int fd = accept4(dns->tcp, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct dns_tcp *tcp = xcalloc(1, sizeof *tcp);
    tcp->dns = dns;
    tcp->next = dns->connections;
    dns->connections = tcp;
    struct stream_events events = {
        .on_data = on_tcp_data, .on_end = on_tcp_end, .ctx = tcp};
    tcp->stream = stream_accept(dns->loop, fd, &events);
}

static int open_socket(int type, const struct sockaddr_in *at)
{
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    if (type == SOCK_STREAM) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (bind(fd, (const struct sockaddr *)at, sizeof *at) != 0 ||
        (type == SOCK_STREAM && listen(fd, BACKLOG) != 0)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void dns_close(struct dns *dns)
{
    loop_watch_cancel(&dns->udp_watch);
    loop_watch_cancel(&dns->tcp_watch);
    if (dns->udp >= 0)
        close(dns->udp);
    if (dns->tcp >= 0)
        close(dns->tcp);
    dns->udp = dns->tcp = -1;
    while (dns->connections)
        tcp_destroy(dns->connections);
}

/* TCP first; UDP then takes the same port. */
static bool open_both(struct dns *dns, struct sockaddr_in at)
{
    dns->tcp = open_socket(SOCK_STREAM, &at);
    if (dns->tcp < 0)
        return false;
    socklen_t n = sizeof at;
    getsockname(dns->tcp, (struct sockaddr *)&at, &n);
    dns->udp = open_socket(SOCK_DGRAM, &at);
    dns->port = ntohs(at.sin_port);
    return dns->udp >= 0;
}

enum status dns_listen(struct dns *dns, const char *address, uint16_t port,
                       struct err *err)
{
    enum { TRIES = 20 };
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
        return err_set(err, ST_INVAL, "name server: no address: %s", address);
    for (int i = 0; i < TRIES; i++) {
        dns_close(dns);
        if (open_both(dns, at)) {
            dns->udp_watch =
                loop_watch_read(dns->loop, dns->udp, on_datagram, dns);
            dns->tcp_watch =
                loop_watch_read(dns->loop, dns->tcp, on_tcp_connection, dns);
            return ST_OK;
        }
        if (port)
            break;
    }
    int error = errno;
    dns_close(dns);
    return err_set(err, ST_TEMP, "name server: cannot listen on %s:%u: %s",
                   address, port, strerror(error));
}

uint16_t dns_port(const struct dns *dns)
{
    return dns->port;
}

/* The name server's sockets, its log, and what scenarios set in it. Read on in
 * dns_answer.c (one reply), dns_zone.c (the data), dns_sign.c (signatures). */
#include "peer/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <ldns/ldns.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/dns_answer.h"
#include "peer/dns_sign.h"
#include "peer/stream.h"

enum { DATAGRAM_MAX = 65535, PLAIN_UDP_MAX = 512, BACKLOG = 512 };

struct tcp {
    struct dns *dns;
    struct stream *stream;
    struct tcp *next;
};

struct dns {
    struct loop *loop;
    struct dns_world world;
    char *trust_anchor;
    int udp;
    int tcp;
    uint16_t port;
    struct loop_watch *udp_watch;
    struct loop_watch *tcp_watch;
    struct tcp *connections;
    struct arena *arena; /* of the log */
    struct dns_query *queries;
    size_t query_count;
    size_t query_size;
};

static const char *const fault_names[] = {
    [DNS_FAULT_NONE] = "none",           [DNS_FAULT_BOGUS] = "bogus",
    [DNS_FAULT_EXPIRED] = "expired",     [DNS_FAULT_UNSIGNED] = "unsigned",
    [DNS_FAULT_SERVFAIL] = "servfail",   [DNS_FAULT_NXDOMAIN] = "nxdomain",
    [DNS_FAULT_TRUNCATED] = "truncated", [DNS_FAULT_SILENT] = "silent",
};
_Static_assert(sizeof fault_names / sizeof *fault_names == DNS_FAULT_COUNT,
               "a name for each fault");

const char *dns_fault_name(enum dns_fault fault)
{
    return fault_names[fault];
}

bool dns_fault_parse(const char *text, enum dns_fault *out)
{
    for (int i = 0; i < DNS_FAULT_COUNT; i++)
        if (!strcmp(text, fault_names[i])) {
            *out = (enum dns_fault)i;
            return true;
        }
    return false;
}

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

static void tcp_destroy(struct tcp *tcp)
{
    struct tcp **link = &tcp->dns->connections;
    while (*link != tcp)
        link = &(*link)->next;
    *link = tcp->next;
    stream_destroy(&tcp->stream);
    free(tcp);
}

/* RFC 1035 4.2.2: two octets of length before each message. */
static void on_tcp_data(void *ctx)
{
    struct tcp *tcp = ctx;
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
    struct tcp *tcp = xcalloc(1, sizeof *tcp);
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

static void close_sockets(struct dns *dns)
{
    loop_watch_cancel(&dns->udp_watch);
    loop_watch_cancel(&dns->tcp_watch);
    if (dns->udp >= 0)
        close(dns->udp);
    if (dns->tcp >= 0)
        close(dns->tcp);
    dns->udp = dns->tcp = -1;
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
        close_sockets(dns);
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
    close_sockets(dns);
    return err_set(err, ST_TEMP, "name server: cannot listen on %s:%u: %s",
                   address, port, strerror(error));
}

uint16_t dns_port(const struct dns *dns)
{
    return dns->port;
}

/* --- Life --- */

struct dns *dns_create(struct loop *loop, int64_t now_s)
{
    struct dns *dns = xcalloc(1, sizeof *dns);
    dns->loop = loop;
    dns->udp = dns->tcp = -1;
    dns->arena = arena_create();
    dns_tree_init(&dns->world.tree);
    dns->world.now_s = now_s;
    ldns_rr *ds = dns_sign_ds(dns->world.tree.zones->origin, 0);
    char *text = ldns_rr2str(ds);
    dns->trust_anchor = xasprintf("%.*s", (int)strcspn(text, "\n"), text);
    for (char *p = dns->trust_anchor; *p; p++)
        if (*p == '\t')
            *p = ' ';
    LDNS_FREE(text);
    ldns_rr_free(ds);
    return dns;
}

static void fault_unlink(struct dns_fault_at **link)
{
    struct dns_fault_at *fault = *link;
    *link = fault->next;
    ldns_rdf_deep_free(fault->name);
    free(fault);
}

void dns_destroy(struct dns **dns)
{
    struct dns *d = *dns;
    *dns = NULL;
    if (!d)
        return;
    close_sockets(d);
    while (d->connections)
        tcp_destroy(d->connections);
    while (d->world.faults)
        fault_unlink(&d->world.faults);
    dns_tree_release(&d->world.tree);
    arena_destroy(&d->arena);
    free(d->queries);
    free(d->trust_anchor);
    free(d);
}

void dns_set_clock(struct dns *dns, int64_t now_s)
{
    dns->world.now_s = now_s;
}

const char *dns_trust_anchor(const struct dns *dns)
{
    return dns->trust_anchor;
}

const struct dns_query *dns_queries(const struct dns *dns, size_t *count_out)
{
    *count_out = dns->query_count;
    return dns->queries;
}

/* --- What scenarios set --- */

static ldns_rdf *name_of(const char *text)
{
    ldns_rdf *name = NULL;
    if (ldns_str2rdf_dname(&name, text) != LDNS_STATUS_OK)
        return NULL;
    ldns_dname2canonical(name);
    return name;
}

enum status dns_zone_add(struct dns *dns, const char *name, bool is_signed,
                         struct err *err)
{
    ldns_rdf *origin = name_of(name);
    if (!origin)
        return err_set(err, ST_INVAL, "no domain name: %s", name);
    unsigned labels = ldns_dname_label_count(origin);
    if (labels > 1) {
        ldns_rdf *top = ldns_dname_clone_from(origin, (uint16_t)(labels - 1));
        struct dns_zone *found = dns_tree_find(&dns->world.tree, top, false);
        if (ldns_dname_compare(found->origin, top))
            dns_tree_add(&dns->world.tree, top, true);
        ldns_rdf_deep_free(top);
    }
    dns_tree_add(&dns->world.tree, origin, is_signed);
    ldns_rdf_deep_free(origin);
    return ST_OK;
}

void dns_zone_remove(struct dns *dns, const char *name)
{
    ldns_rdf *origin = name_of(name);
    if (!origin)
        return;
    dns_tree_remove(&dns->world.tree, origin);
    for (struct dns_fault_at **link = &dns->world.faults; *link;)
        if (!ldns_dname_compare((*link)->name, origin) ||
            ldns_dname_is_subdomain((*link)->name, origin))
            fault_unlink(link);
        else
            link = &(*link)->next;
    ldns_rdf_deep_free(origin);
}

enum status dns_record_add(struct dns *dns, const char *name, const char *type,
                           const char *data, struct err *err)
{
    ldns_rdf *owner = name_of(name);
    if (!owner)
        return err_set(err, ST_INVAL, "no domain name: %s", name);
    char *text = xasprintf("%s 0 IN %s %s", ".", type, data);
    ldns_rr *rr = NULL;
    ldns_status status = ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL);
    free(text);
    if (status != LDNS_STATUS_OK) {
        ldns_rdf_deep_free(owner);
        return err_set(err, ST_INVAL, "%s: no %s record: %s (%s)", name, type,
                       data, ldns_get_errorstr_by_id(status));
    }
    ldns_rdf_deep_free(ldns_rr_owner(rr));
    ldns_rr_set_owner(rr, owner);
    ldns_rr2canonical(rr);
    struct dns_zone *zone = dns_tree_find(&dns->world.tree, owner, false);
    ldns_rr_list_push_rr(zone->records, rr);
    return ST_OK;
}

void dns_record_remove(struct dns *dns, const char *name, const char *type)
{
    ldns_rdf *owner = name_of(name);
    if (!owner)
        return;
    ldns_rr_type wanted = type ? ldns_get_rr_type_by_name(type) : 0;
    struct dns_zone *zone = dns_tree_find(&dns->world.tree, owner, false);
    ldns_rr_list *kept = ldns_rr_list_new();
    for (size_t i = 0; i < ldns_rr_list_rr_count(zone->records); i++) {
        ldns_rr *rr = ldns_rr_list_rr(zone->records, i);
        bool goes = !ldns_dname_compare(ldns_rr_owner(rr), owner) &&
                    (!type || ldns_rr_get_type(rr) == wanted);
        if (goes)
            ldns_rr_free(rr);
        else
            ldns_rr_list_push_rr(kept, rr);
    }
    ldns_rr_list_free(zone->records);
    zone->records = kept;
    ldns_rdf_deep_free(owner);
}

enum status dns_fault_set(struct dns *dns, const char *name, const char *type,
                          enum dns_fault fault, struct err *err)
{
    ldns_rdf *at = name_of(name);
    if (!at)
        return err_set(err, ST_INVAL, "no domain name: %s", name);
    ldns_rr_type wanted = type ? ldns_get_rr_type_by_name(type) : 0;
    if (type && !wanted) {
        ldns_rdf_deep_free(at);
        return err_set(err, ST_INVAL, "no record type: %s", type);
    }
    for (struct dns_fault_at **link = &dns->world.faults; *link;)
        if ((*link)->type == wanted && !ldns_dname_compare((*link)->name, at))
            fault_unlink(link);
        else
            link = &(*link)->next;
    if (fault == DNS_FAULT_NONE) {
        ldns_rdf_deep_free(at);
        return ST_OK;
    }
    struct dns_fault_at *new = xcalloc(1, sizeof *new);
    *new = (struct dns_fault_at){at, wanted, fault, dns->world.faults};
    dns->world.faults = new;
    return ST_OK;
}

const char *dns_reverse_name(struct arena *arena, const char *address)
{
    struct in_addr in;
    if (inet_pton(AF_INET, address, &in) != 1)
        return NULL;
    uint32_t a = ntohl(in.s_addr);
    return arena_printf(arena, "%u.%u.%u.%u.in-addr.arpa", a & 255,
                        a >> 8 & 255, a >> 16 & 255, a >> 24);
}

/* address - texts to socket addresses and back, and which addresses are one
 * client. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/status.h"

struct net_address {
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
        struct sockaddr_un un;
    };
    socklen_t n;
};

enum { NET_ADDRESS_TEXT_BYTES = 64 };

/* ST_INVAL: neither IPv4 nor IPv6 in digits. */
enum status net_address_parse(const char *text, uint16_t port,
                              struct net_address *out,
                              struct err *err) MUST_USE;
/* ST_INVAL: the path is too long. */
enum status net_address_unix(const char *path, struct net_address *out,
                             struct err *err) MUST_USE;
/* "127.0.0.1", "::1", "unix"; an IPv4 address inside IPv6 as IPv4. */
void net_address_format(const struct net_address *address,
                        char out[NET_ADDRESS_TEXT_BYTES]);
uint16_t net_address_port(const struct net_address *address);

/* net_client_key - whose limits and counts an address shares (CONN-10): an IPv4
 * address stands for itself, also inside IPv6; an IPv6 one for its /64, which a
 * single host may have for itself. What is no address is its own key. */
void net_client_key(const char *address, char out[NET_ADDRESS_TEXT_BYTES]);
void net_address_client_key(const struct net_address *address,
                            char out[NET_ADDRESS_TEXT_BYTES]);

#endif

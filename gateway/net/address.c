#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

enum status net_address_parse(const char *text, uint16_t port,
                              struct net_address *out, struct err *err)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(port)};
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&out->storage, &v4, sizeof v4);
        out->n = sizeof v4;
        return ST_OK;
    }
    if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
        memcpy(&out->storage, &v6, sizeof v6);
        out->n = sizeof v6;
        return ST_OK;
    }
    return err_set(err, ST_INVAL, "\"%s\" is no IP address", text);
}

enum status net_address_unix(const char *path, struct net_address *out,
                             struct err *err)
{
    memset(out, 0, sizeof *out);
    if (strlen(path) >= sizeof out->un.sun_path)
        return err_set(err, ST_INVAL, "%s: too long for a socket", path);
    out->un.sun_family = AF_UNIX;
    memcpy(out->un.sun_path, path, strlen(path) + 1);
    out->n = sizeof out->un;
    return ST_OK;
}

void net_address_format(const struct net_address *address,
                        char out[NET_ADDRESS_TEXT_BYTES])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(&v4, &address->storage, sizeof v4);
    memcpy(&v6, &address->storage, sizeof v6);
    snprintf(out, NET_ADDRESS_TEXT_BYTES, "unix");
    if (address->any.sa_family == AF_INET)
        inet_ntop(AF_INET, &v4.sin_addr, out, NET_ADDRESS_TEXT_BYTES);
    else if (address->any.sa_family == AF_INET6 &&
             IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
        inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], out,
                  NET_ADDRESS_TEXT_BYTES);
    else if (address->any.sa_family == AF_INET6)
        inet_ntop(AF_INET6, &v6.sin6_addr, out, NET_ADDRESS_TEXT_BYTES);
}

uint16_t net_address_port(const struct net_address *address)
{
    struct sockaddr_in v4; /* the port stands at the same place in IPv6 */
    memcpy(&v4, &address->storage, sizeof v4);
    bool is_ip =
        address->any.sa_family == AF_INET || address->any.sa_family == AF_INET6;
    return is_ip ? ntohs(v4.sin_port) : 0;
}

void net_address_client_key(const struct net_address *address,
                            char out[NET_ADDRESS_TEXT_BYTES])
{
    struct sockaddr_in6 v6;
    struct net_address block = *address;
    char text[NET_ADDRESS_TEXT_BYTES];
    memcpy(&v6, &address->storage, sizeof v6);
    if (address->any.sa_family != AF_INET6 ||
        IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        net_address_format(address, out);
        return;
    }
    memset(v6.sin6_addr.s6_addr + 8, 0, 8);
    memcpy(&block.storage, &v6, sizeof v6);
    net_address_format(&block, text);
    snprintf(out, NET_ADDRESS_TEXT_BYTES, "%.*s/64", NET_ADDRESS_TEXT_BYTES - 4,
             text);
}

void net_client_key(const char *address, char out[NET_ADDRESS_TEXT_BYTES])
{
    struct net_address parsed;
    struct err err;
    if (net_address_parse(address, 0, &parsed, &err) == ST_OK)
        net_address_client_key(&parsed, out);
    else
        snprintf(out, NET_ADDRESS_TEXT_BYTES, "%s", address);
}

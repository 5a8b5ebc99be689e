/* world_dns_private - what world_dns.c and world_sending.c share. */
#ifndef ENGINE_WORLD_DNS_PRIVATE_H
#define ENGINE_WORLD_DNS_PRIVATE_H

#include "engine/world_dns.h"

enum status world_record_add(struct dns *dns, const char *name,
                             const char *type, struct err *err, const char *fmt,
                             ...) PRINTF_LIKE(5, 6);
/* word: of dns_fault; NULL: none. */
enum status world_fault_set(struct dns *dns, const char *name, const char *type,
                            const char *word, struct err *err) MUST_USE;

/* Whether the organization's domains are signed, for all that it says. */
bool world_sending_is_signed(const struct organization *organization);
/* world_sending_add - SPF, keys, DMARC, the return path's name, NTA record. */
enum status world_sending_add(const struct zone_settings *settings,
                              const struct domain *domain,
                              struct err *err) MUST_USE;

#endif

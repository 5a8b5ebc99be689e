/* mailbox_list - the addresses of From, To and Cc (RFC 5322 3.4), read by our
 * own strict grammar.
 *
 * Obsolete forms are taken where every reader gives them the same meaning:
 * dots in a display name, white space around dots, empty list elements. A route
 * in angle brackets is not. */
#ifndef ADDRESS_MAILBOX_LIST_H
#define ADDRESS_MAILBOX_LIST_H

#include "address/header.h"
#include "address/mailbox.h"

struct mailbox_entry {
    struct mailbox mailbox;
    struct slice display; /* words joined by a space, unquoted; encoded words
                             stand as they came */
    bool in_group;
};

struct mailbox_list {
    struct mailbox_entry *entries;
    size_t count;
    size_t group_count; /* groups met, empty ones included */
};

/* mailbox_list_parse - the whole value by the grammar.
 *
 * errors  ST_PROTO with octet offset: no address list
 */
enum status mailbox_list_parse(struct arena *arena, struct slice value,
                               struct mailbox_list *out,
                               struct err *err) MUST_USE;

/* mailbox_list_collect - the mailboxes of every field of these names (NULL
 * ends them); list elements that cannot be read are left out. */
struct mailbox_list mailbox_list_collect(struct arena *arena,
                                         const struct header *header,
                                         const char *const names[]);

/* mailbox_list_only - the mailbox of a field that must be there once with one
 * mailbox outside any group (AUTH-6); err says which of these fails.
 *
 * owner   texts are in the arena
 * errors  ST_PROTO
 */
enum status mailbox_list_only(struct arena *arena, const struct header *header,
                              const char *name, struct mailbox_entry *out,
                              struct err *err) MUST_USE;

#endif

/* read - what the readers of fixtures and scenarios share; of this room alone.
 */
#ifndef ENGINE_READ_H
#define ENGINE_READ_H

#include "engine/scenario.h"

struct reading {
    struct arena *arena;
    const struct fixtures *fixtures;
    struct diagnostics *list;
    bool bad; /* something was said */
};

/* read_posture - from a map that the posture vocabulary passed. `in_scenario`:
 * a description in place must say what it reaches where it changes that. NULL
 * after a diagnostic. */
struct posture *read_posture(struct reading *r, const struct node *map,
                             const char *name, bool in_scenario);
/* read_domain_posture - a name or a map, for one domain: hosts have full names.
 */
const struct posture *read_domain_posture(struct reading *r,
                                          const struct node *node,
                                          const char *domain);
/* posture_at - a copy whose hosts bear the names that they have in a domain. */
struct posture *posture_at(struct arena *arena, const struct posture *posture,
                           const char *domain);

struct world_spec *read_world(struct reading *r, const struct node *map);
/* read_change - the world with the domains of a `change` step. */
const struct world_spec *read_change(struct reading *r, const struct node *map,
                                     const struct world_spec *before);

/* read_steps - all steps of a case in order; NULL when there is none. */
struct step *read_steps(struct reading *r, const struct node *root,
                        const struct world_spec *world);
struct submit *read_submit(struct reading *r, const struct node *map,
                           const struct world_spec *world);
/* read_session - into a step whose world is there. held_now: connections that
 * earlier steps hold open. */
void read_session(struct reading *r, struct step *step, const struct node *list,
                  unsigned held_now);
const struct attachment *read_attachments(struct reading *r,
                                          const struct node *list);
struct bounce *read_bounce(struct reading *r, const struct node *map);
struct visit_turn *read_visit(struct reading *r, const struct node *list,
                              const struct world_spec *world);
struct expect *read_expect(struct reading *r, const struct node *map);

/* read_octets - \r \n \t \0 \\ \xHH undone; a backslash before anything else is
 * itself. */
struct slice read_octets(struct arena *arena, const char *text);
/* A list's texts (or a single text), in the arena; empty for NULL. */
struct text_list read_texts(struct arena *arena, const struct node *list);
/* In lower case, in the arena. */
char *read_lower(struct arena *arena, const char *text);
/* The part behind the last at sign; "" where there is none. */
const char *address_domain(const char *address);

/* What a map of words changes in what a domain publishes. */
void read_sending_dns(struct sending_dns_words *dns, const struct node *map);

#endif

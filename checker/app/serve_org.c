#include "kit/serve_org.h"

#include <string.h>

#include "base/buf.h"

enum { SCENARIO_BYTES = 1 << 20 };

static bool is_first(const struct organization *o,
                     const struct own_recipient *one)
{
    const struct own_recipient *p = o->recipients;
    while (p != one && strcmp(p->domain, one->domain) != 0)
        p = p->next;
    return p == one;
}

static void put_world(struct buf *out, const struct organization *o)
{
    buf_printf(out,
               "lasthop: 1\n"
               "title: The world of the organization %s\n"
               "clauses: [CONN-1]\n"
               "clock: now\n"
               "steps: [{expect: {journal: [{event: listening}]}}]\n"
               "world:\n"
               "  sender: {organization: \"%s\"}\n",
               o->name, o->name);
    if (o->recipients)
        buf_puts(out, "  domains:\n");
    for (const struct own_recipient *r = o->recipients; r; r = r->next)
        if (is_first(o, r))
            buf_printf(out, "    \"%s\": \"%s\"\n", r->domain, r->posture);
}

enum status serve_org_scenario(struct fixtures *fixtures, struct arena *arena,
                               const char *path, struct diagnostics *list,
                               struct scenario **out, struct err *err)
{
    const struct organization *own;
    *out = NULL;
    enum status status =
        fixtures_add_organization(fixtures, path, list, &own, err);
    if (status != ST_OK)
        return status;
    struct buf text;
    buf_init(&text, SCENARIO_BYTES);
    put_world(&text, own);
    struct slice octets = arena_slice(arena, buf_slice(&text));
    buf_release(&text);
    status = scenario_parse(fixtures, path, octets, list, out);
    return status == ST_OK
               ? ST_OK
               : err_set(err, status, "%s: no world can be made of it", path);
}

#include "kit/serve_show.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/login.h"
#include "kit/recipes.h"

enum { CA_BYTES = 65536 };

/* -- for people ------------------------------------------------------------ */

static const char *any_recipient(struct arena *arena,
                                 const struct world_spec *world)
{
    const struct organization *o = world->sender;
    if (o && o->recipients)
        return strchr(o->recipients->name, '@')
                   ? o->recipients->name
                   : arena_printf(arena, "bob@%s", o->recipients->name);
    return world->domains ? arena_printf(arena, "bob@%s", world->domains->name)
                          : "bob@hospital.example";
}

static void put_recipients(FILE *to, const struct world_spec *world)
{
    const struct organization *own = world->sender;
    for (const struct own_recipient *r = own ? own->recipients : NULL; r;
         r = r->next)
        fprintf(to, "  recipient   %s%s (%s)\n",
                strchr(r->name, '@') ? "" : "anybody@", r->name, r->posture);
    if (own && own->recipients)
        return;
    for (const struct domain *d = world->domains; d; d = d->next)
        fprintf(to, "  recipients  anybody@%s (%s)\n", d->name,
                d->posture->name ? d->posture->name : "described in place");
}

static void put_account(FILE *to, const struct organization *o,
                        const struct account *a)
{
    struct arena *arena = arena_create();
    fprintf(to, "  account     %s (%s", a->address, o->name);
    if (a->two_factor)
        fprintf(to, ", password %s, 2FA %s", login_password(arena, a->address),
                login_secret(arena, a->address));
    fprintf(to, "%s)\n", a->suspended ? ", suspended" : "");
    arena_destroy(&arena);
}

static void put_accounts(FILE *to, const struct world_spec *world)
{
    for (const struct organization *o = world->organizations; o; o = o->next)
        for (const struct account *a = o->accounts; a; a = a->next)
            if (o == world->sender || !world->sender->recipients)
                put_account(to, o, a);
}

static enum status put_recipes(FILE *to, const struct engine_service *s,
                               const char *folder, const char *ca,
                               struct err *err)
{
    const struct organization *o = s->world->sender;
    const struct credential *c = o ? o->credentials : NULL;
    if (!c || !o->accounts)
        return ST_OK;
    struct arena *arena = arena_create();
    const struct recipe_value values[] = {
        {"HOST", s->host},
        {"ADDRESS", s->address},
        {"PORT", arena_printf(arena, "%u", s->port)},
        {"CA", ca ? ca : s->ca_file},
        {"USER", c->user},
        {"PASSWORD", c->password},
        {"FROM", o->accounts->address},
        {"TO", any_recipient(arena, s->world)},
        {NULL, NULL}};
    enum status status = recipes_put(to, folder, values, err);
    arena_destroy(&arena);
    return status;
}

enum status serve_show(FILE *to, const struct engine_service *s,
                       const char *recipes, const char *ca, struct err *err)
{
    const struct organization *o = s->world->sender;
    fprintf(to,
            "  submission  %s port %u, STARTTLS, name %s\n"
            "  trust       %s\n"
            "  resolver    %s\n"
            "  portal      %s at %s\n",
            s->address, s->port, s->host, s->ca_file, s->resolver, s->portal,
            s->portal_address);
    if (o && o->credentials)
        fprintf(to, "  log in      user %s, password %s\n",
                o->credentials->user, o->credentials->password);
    put_accounts(to, s->world);
    put_recipients(to, s->world);
    fprintf(to, "  work folder %s\n", s->work_dir);
    enum status status = put_recipes(to, s, recipes, ca, err);
    fprintf(to, "\ngateway and world are up; interrupt (Ctrl-C) to stop and "
                "judge\n");
    fflush(to);
    return status;
}

/* -- for programs ---------------------------------------------------------- */

/* Lines that a shell can read: `. FILE`. */
static void put_service(FILE *to, const struct engine_service *s)
{
    fprintf(to,
            "LASTHOP_HOST='%s'\nLASTHOP_ADDRESS='%s'\nLASTHOP_PORT=%u\n"
            "LASTHOP_CA='%s'\nLASTHOP_RESOLVER='%s'\nLASTHOP_WORK='%s'\n",
            s->host, s->address, s->port, s->ca_file, s->resolver, s->work_dir);
    const struct organization *o = s->world->sender;
    if (o && o->credentials)
        fprintf(to, "LASTHOP_USER='%s'\nLASTHOP_PASSWORD='%s'\n",
                o->credentials->user, o->credentials->password);
    if (o && o->accounts)
        fprintf(to, "LASTHOP_FROM='%s'\n", o->accounts->address);
    fprintf(to, "LASTHOP_PORTAL='%s'\nLASTHOP_PORTAL_ADDRESS='%s'\n", s->portal,
            s->portal_address);
    fprintf(to, "LASTHOP_PID=%ld\n", (long)getpid());
}

bool serve_is_fifo(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

static bool put_ca(FILE *to, const struct engine_service *s)
{
    char octets[CA_BYTES];
    FILE *from = fopen(s->ca_file, "re");
    if (!from)
        return false;
    size_t n = fread(octets, 1, sizeof octets, from);
    fclose(from);
    return n && fwrite(octets, 1, n, to) == n;
}

static bool put_ready(FILE *to, const struct engine_service *s)
{
    put_service(to, s);
    return true;
}

static enum status
write_whole(const struct engine_service *s, const char *path,
            bool (*put)(FILE *, const struct engine_service *), struct err *err)
{
    bool waits = serve_is_fifo(path);
    struct arena *arena = arena_create();
    const char *part = waits ? path : arena_printf(arena, "%s.part", path);
    FILE *file = fopen(part, "we");
    bool written = file && put(file, s) && fflush(file) == 0;
    if (file)
        written = fclose(file) == 0 && written;
    if (written && !waits)
        written = rename(part, path) == 0;
    arena_destroy(&arena);
    return written ? ST_OK
                   : err_set(err, ST_TEMP, "%s: %s", path, strerror(errno));
}

enum status serve_write_ready(const struct engine_service *service,
                              const char *path, struct err *err)
{
    return write_whole(service, path, put_ready, err);
}

enum status serve_write_ca(const struct engine_service *service,
                           const char *path, struct err *err)
{
    return write_whole(service, path, put_ca, err);
}

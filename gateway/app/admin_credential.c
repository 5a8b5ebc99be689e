/* credential. */
#include <string.h>

#include "app/admin.h"

static void put_credentials(const struct admin *admin, json_t *rows,
                            const struct config_list *list, const char *from)
{
    const struct config_organization *o = list->items;
    for (size_t i = 0; i < list->count; i++) {
        const struct config_credential *all = o[i].credentials.items;
        if (admin_is_other(admin, &o[i]))
            continue;
        for (size_t k = 0; k < o[i].credentials.count; k++) {
            json_t *row = json_object();
            json_object_set_new(row, "user", admin_text(all[k].user));
            json_object_set_new(row, "organization", admin_text(o[i].name));
            json_object_set_new(row, "description",
                                admin_text(all[k].description));
            json_object_set_new(
                row, "status",
                admin_text(all[k].status ? "revoked" : "active"));
            json_object_set_new(row, "from", admin_text(from));
            json_array_append_new(rows, row);
        }
    }
}

static int list_credentials(struct admin *admin)
{
    static const char *const columns[] = {
        "user", "organization", "description", "status", "from", NULL};
    if (!admin_has_asked(admin))
        return ADMIN_REFUSED;
    json_t *rows = json_array();
    put_credentials(admin, rows, &admin->config->organizations, "file");
    put_credentials(admin, rows, &admin->made, "command");
    return admin_print(admin, rows, columns);
}

/* AUTH-1: generated, shown this once, and only its hash is kept. */
static int add_credential(struct admin *admin)
{
    struct config_organization *o = admin_organization(admin, admin->args[0]);
    if (!o)
        return ADMIN_REFUSED;
    struct config_credential *c =
        admin_list_add(admin, &o->credentials, sizeof *c);
    c->user = admin->args[1];
    c->description = admin->description;
    c->password_hash = admin_password_hash(admin);
    return c->password_hash ? ADMIN_DONE : ADMIN_USAGE;
}

static struct config_credential *find(const struct config_list *list,
                                      const char *user)
{
    struct config_organization *o = list->items;
    for (size_t i = 0; i < list->count; i++) {
        struct config_credential *all = o[i].credentials.items;
        for (size_t k = 0; k < o[i].credentials.count; k++)
            if (strcmp(all[k].user, user) == 0)
                return &all[k];
    }
    return NULL;
}

/* AUTH-2: the user name stays taken, so that it never means somebody else. */
static int revoke_credential(struct admin *admin)
{
    const char *user = admin->args[0];
    struct config_credential *c = find(&admin->made, user);
    if (!c && find(&admin->config->organizations, user))
        return admin_refuse("credential `%s` is the configuration file's: "
                            "change it there",
                            user);
    if (!c)
        return admin_refuse("there is no credential `%s`", user);
    c->status = 1;
    return ADMIN_DONE;
}

const struct admin_action admin_credential_actions[] = {
    {"credential", "list", 0, 0, ADMIN_JSON | ADMIN_ORGANIZATION, false,
     list_credentials, "[--organization NAME] [--json]"},
    {"credential", "add", 2, 2, ADMIN_DESCRIPTION, true, add_credential,
     "ORGANIZATION USER\n"
     "           [--description TEXT]"},
    {"credential", "revoke", 1, 1, 0, true, revoke_credential, "USER"},
    {0},
};

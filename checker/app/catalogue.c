#include "kit/kit.h"

#include "engine/fixtures.h"

int kit_complain(const struct err *err)
{
    fprintf(stderr, "lasthop: %s\n", err->text);
    return err->status == ST_INVAL ? EXIT_USAGE : EXIT_ENVIRONMENT;
}

bool catalogue_load(const struct kit *kit, struct catalogue *out, int *code)
{
    *out = (struct catalogue){.diagnostics = diagnostics_create()};
    struct err err = {0};
    enum status status =
        fixtures_load(kit->fixtures, out->diagnostics, &out->fixtures, &err);
    if (status == ST_OK)
        status =
            tables_load(kit->fixtures, out->diagnostics, &out->tables, &err);
    if (status == ST_OK)
        status =
            clauses_load(kit->fixtures, out->diagnostics, &out->clauses, &err);
    if (status == ST_OK)
        return true;
    diagnostics_print(out->diagnostics, stderr);
    if (!diagnostics_count(out->diagnostics))
        kit_complain(&err);
    *code = status == ST_INVAL ? EXIT_USAGE : EXIT_ENVIRONMENT;
    catalogue_release(out);
    return false;
}

void catalogue_release(struct catalogue *catalogue)
{
    if (catalogue->clauses)
        clauses_destroy(&catalogue->clauses);
    if (catalogue->tables)
        tables_destroy(&catalogue->tables);
    if (catalogue->fixtures)
        fixtures_destroy(&catalogue->fixtures);
    diagnostics_destroy(&catalogue->diagnostics);
}

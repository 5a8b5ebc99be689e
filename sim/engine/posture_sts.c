#include "engine/posture_sts.h"

#include <string.h>

#include "engine/read.h"
#include "engine/words.h"

static const char *const usual_records[] = {"v=STSv1; id=1;", NULL};
static const char *const no_records[] = {NULL};

static void apply_records(struct arena *arena, struct posture_sts *sts,
                          const struct node *map)
{
    const struct node *record = node_get(map, "record");
    if (record)
        sts->records = node_is_text(record, "none")
                           ? no_records
                           : read_texts(arena, record).texts;
    sts->record_fault = node_text(map, "record-fault", sts->record_fault);
}

static void apply_host(struct posture_sts *sts, const struct node *map)
{
    const char *host = node_text(map, "host", NULL);
    const char *certificate = node_text(map, "certificate", NULL);
    if (host)
        sts->host = (enum posture_sts_host)words_index(words_sts_host, host);
    if (certificate)
        sts->certificate = (enum posture_certificate)words_index(
            words_certificate, certificate);
}

const struct posture_sts *posture_sts_read(struct arena *arena,
                                           const struct node *map,
                                           const struct posture_sts *from)
{
    struct posture_sts *sts = ARENA_NEW(arena, struct posture_sts);
    *sts = (struct posture_sts){
        .records = usual_records, .mode = "enforce", .max_age = "604800"};
    if (from)
        *sts = *from;
    apply_records(arena, sts, map);
    sts->mode = node_text(map, "mode", sts->mode);
    sts->max_age = node_text(map, "max-age", sts->max_age);
    sts->policy = node_text(map, "policy", sts->policy);
    if (node_get(map, "mx"))
        sts->mx = read_texts(arena, node_get(map, "mx")).texts;
    apply_host(sts, map);
    return sts;
}

static const char *with_domain(struct arena *arena, const char *text,
                               const char *domain)
{
    static const char word[] = "@DOMAIN@";
    const char *at;
    while ((at = strstr(text, word)))
        text = arena_printf(arena, "%.*s%s%s", (int)(at - text), text, domain,
                            at + sizeof word - 1);
    return text;
}

static const char *mx_lines(struct arena *arena, const struct posture *posture,
                            const char *domain)
{
    const char *lines = "";
    const char *const *mx = posture->sts->mx;
    for (; mx && *mx; mx++)
        lines = arena_printf(arena, "%smx: %s\r\n", lines,
                             with_domain(arena, *mx, domain));
    if (posture->sts->mx)
        return lines;
    for (const struct posture_host *h = posture->hosts; h; h = h->next)
        lines = arena_printf(arena, "%smx: %s\r\n", lines, h->name);
    return lines;
}

const char *posture_sts_text(struct arena *arena, const struct posture *posture,
                             const char *domain)
{
    const struct posture_sts *sts = posture->sts;
    if (sts->policy)
        return with_domain(arena, sts->policy, domain);
    return arena_printf(
        arena, "version: STSv1\r\nmode: %s\r\n%smax_age: %s\r\n", sts->mode,
        mx_lines(arena, posture, domain), sts->max_age);
}

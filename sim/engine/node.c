/* A small builder over libfyaml's events: events carry the place of every
 * scalar, and duplicate keys can all be reported instead of the first alone. */
#include "engine/node.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain.h"
#include "base/tryout.h"

enum {
    DEPTH_MOST = 32,
    FILE_MOST = 4 << 20,
    FAULTS_MOST = 100,
    KEYS_MOST = 2000, /* of one map: each is compared with all before it */
    CPU_S = 2,
    BYTES_PER_CPU_S = 1 << 20
};

const struct node *node_get(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_KIND_MAP)
        return NULL;
    const struct node *n = map->first;
    while (n && strcmp(n->key, key) != 0)
        n = n->next;
    return n;
}

const char *node_text(const struct node *map, const char *key,
                      const char *otherwise)
{
    const struct node *n = node_get(map, key);
    return n && n->kind == NODE_KIND_TEXT ? n->text : otherwise;
}

bool node_is_text(const struct node *node, const char *text)
{
    return node && node->kind == NODE_KIND_TEXT &&
           strcmp(node->text, text) == 0;
}

const struct node *node_single(const struct node *map)
{
    if (!map || map->kind != NODE_KIND_MAP || map->count != 1)
        return NULL;
    return map->first;
}

struct node *node_copy(struct arena *arena, const struct node *node)
{
    struct node *copy = ARENA_NEW(arena, struct node);
    *copy = *node;
    copy->next = NULL;
    struct node **end = &copy->first;
    for (const struct node *child = node->first; child; child = child->next) {
        *end = node_copy(arena, child);
        end = &(*end)->next;
    }
    return copy;
}

struct frame {
    struct node *node;
    struct node **end; /* where the next child is linked */
    const char *key;   /* within a map: a key that waits for its value */
    struct place key_place;
};

struct reader {
    struct arena *arena;
    struct diagnostics *list;
    const char *path;
    struct frame stack[DEPTH_MOST];
    unsigned depth;
    struct node *root;
    unsigned documents;
    unsigned faults;
    bool bad;
};

static void complain(struct reader *r, struct place place, const char *what)
{
    if (r->faults++ < FAULTS_MOST)
        diagnostics_add(r->list, place, "%s", what);
    r->bad = true;
}

static struct place place_of(const struct reader *r, const struct fy_mark *mark)
{
    if (!mark)
        return (struct place){r->path, 0, 0};
    return (struct place){r->path, mark->line + 1, mark->column + 1};
}

/* Links a finished text or a new collection into what is open. */
static void attach(struct reader *r, struct node *node)
{
    if (r->depth == 0) {
        r->root = node;
        return;
    }
    struct frame *top = &r->stack[r->depth - 1];
    if (top->node->kind == NODE_KIND_MAP) {
        node->key = top->key;
        node->key_place = top->key_place;
        top->key = NULL;
    }
    *top->end = node;
    top->end = &node->next;
    top->node->count++;
}

static bool key_is_due(const struct reader *r)
{
    return r->depth > 0 && !r->stack[r->depth - 1].key &&
           r->stack[r->depth - 1].node->kind == NODE_KIND_MAP;
}

static void take_key(struct reader *r, const char *text, struct place place)
{
    struct frame *top = &r->stack[r->depth - 1];
    const struct node *old = node_get(top->node, text);
    if (old) {
        if (r->faults++ < FAULTS_MOST)
            diagnostics_add(r->list, place,
                            "duplicate key `%s`: it stands in line %d already",
                            text, old->key_place.line);
        r->bad = true;
    }
    top->key = text;
    top->key_place = place;
}

static void no_anchor(struct reader *r, struct fy_token *anchor,
                      struct fy_token *tag)
{
    struct fy_token *met = anchor ? anchor : tag;
    if (met)
        complain(r, place_of(r, fy_token_start_mark(met)),
                 "anchors and tags are not part of these files");
}

static void take_scalar(struct reader *r, struct fy_event *event,
                        struct place place)
{
    size_t n = 0;
    const char *p =
        event->scalar.value ? fy_token_get_text(event->scalar.value, &n) : "";
    const char *text = arena_text(r->arena, (struct slice){p ? p : "", n});
    no_anchor(r, event->scalar.anchor, event->scalar.tag);
    if (strlen(text) != n)
        complain(r, place, "a NUL octet cannot stand here");
    if (key_is_due(r)) {
        take_key(r, text, place);
        return;
    }
    struct node *node = ARENA_NEW(r->arena, struct node);
    node->kind = NODE_KIND_TEXT;
    node->place = place;
    node->text = text;
    attach(r, node);
}

static bool take_start(struct reader *r, enum node_kind kind,
                       const struct fy_event *event, struct place place)
{
    if (kind == NODE_KIND_MAP)
        no_anchor(r, event->mapping_start.anchor, event->mapping_start.tag);
    else
        no_anchor(r, event->sequence_start.anchor, event->sequence_start.tag);
    if (key_is_due(r)) {
        complain(r, place, "a key must be a text");
        return false;
    }
    if (r->depth == DEPTH_MOST) {
        complain(r, place, "nested too deeply");
        return false;
    }
    struct node *node = ARENA_NEW(r->arena, struct node);
    node->kind = kind;
    node->place = place;
    attach(r, node);
    r->stack[r->depth++] = (struct frame){.node = node, .end = &node->first};
    return true;
}

/* False: what follows cannot be made sense of. */
static bool take_event(struct reader *r, struct fy_event *event)
{
    struct place place = place_of(r, fy_event_start_mark(event));
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++r->documents == 2)
            complain(r, place, "a second document: one file holds one");
        return r->documents == 1;
    case FYET_SCALAR:
        take_scalar(r, event, place);
        return true;
    case FYET_MAPPING_START:
        return take_start(r, NODE_KIND_MAP, event, place);
    case FYET_SEQUENCE_START:
        return take_start(r, NODE_KIND_LIST, event, place);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        r->depth--;
        return true;
    case FYET_ALIAS:
        complain(r, place, "aliases are not part of these files");
        return false;
    default:
        return true;
    }
}

static bool is_within_limits(struct reader *r, struct fy_event *event)
{
    if (r->depth == 0 || r->stack[r->depth - 1].node->count <= KEYS_MOST ||
        r->stack[r->depth - 1].node->kind != NODE_KIND_MAP)
        return true;
    complain(r, place_of(r, fy_event_start_mark(event)),
             "too many keys in one map");
    return false;
}

static void report_syntax(struct reader *r, struct fy_diag *diag)
{
    void *at = NULL;
    struct fy_diag_error *e;
    bool any = false;
    while ((e = fy_diag_errors_iterate(diag, &at))) {
        struct place place = {r->path, e->line + 1, e->column + 1};
        /* fy_diag_error counts from 1 once a token gave the place. */
        if (e->line > 0 && e->fyt)
            place = (struct place){r->path, e->line, e->column};
        diagnostics_add(r->list, place, "not valid YAML: %s", e->msg);
        any = true;
    }
    if (!any)
        diagnostics_add(r->list, (struct place){r->path, 0, 0},
                        "not valid YAML");
    r->bad = true;
}

static void read_events(struct reader *r, struct slice text)
{
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (!diag)
        BUG("libfyaml gave no diag");
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG,
                               .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    if (!parser || fy_parser_set_string(parser, text.p, text.n) != 0)
        BUG("libfyaml gave no parser");
    struct fy_event *event;
    bool go_on = true;
    while (go_on && (event = fy_parser_parse(parser))) {
        go_on = take_event(r, event) && is_within_limits(r, event);
        fy_parser_event_free(parser, event);
    }
    if (go_on && fy_parser_get_stream_error(parser))
        report_syntax(r, diag);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
}

/* Directives would be the only lines that begin so: what stands in a map is
 * indented. libfyaml 0.7.12 hangs on some of them. */
static int directive_line(struct slice text)
{
    char before = '\n';
    int line = 0;
    for (size_t i = 0; i < text.n; before = text.p[i++]) {
        bool begins = before == '\r' ? text.p[i] != '\n' : before == '\n';
        line += begins;
        if (begins && text.p[i] == '%')
            return line;
    }
    return 0;
}

struct tryout {
    const char *path;
    struct slice text;
};

static void try_events(void *ctx)
{
    const struct tryout *tryout = ctx;
    struct reader r = {.arena = arena_create(),
                       .list = diagnostics_create(),
                       .path = tryout->path};
    read_events(&r, tryout->text);
}

static const char *tryout_fault(enum tryout_end end)
{
    switch (end) {
    case TRYOUT_END_WELL:
        return NULL;
    case TRYOUT_END_TOO_LONG:
        return "not read: it takes too long";
    case TRYOUT_END_DIED:
        return "not read: whoever reads it dies of it";
    case TRYOUT_END_UNKNOWN:
    case TRYOUT_END_COUNT:
        break;
    }
    return "not read: no process to try it";
}

/* Whether the text may come to libfyaml. */
static bool is_fit(struct reader *r, struct slice text)
{
    struct plain_fault plain = plain_check(text);
    struct tryout tryout = {r->path, text};
    if (plain.what) {
        complain(r, (struct place){r->path, plain.line, plain.column},
                 plain.what);
        return false;
    }
    int line = directive_line(text);
    if (line) {
        complain(r, (struct place){r->path, line, 1},
                 "directives are not part of these files");
        return false;
    }
    unsigned cpu_s = CPU_S + (unsigned)(text.n / BYTES_PER_CPU_S);
    const char *what = tryout_fault(tryout_run(try_events, &tryout, cpu_s));
    if (what)
        complain(r, (struct place){r->path, 0, 0}, what);
    return !what;
}

enum status node_parse(struct arena *arena, const char *path, struct slice text,
                       struct diagnostics *list, struct node **out)
{
    struct reader r = {
        .arena = arena, .list = list, .path = arena_strdup(arena, path)};
    text = plain_body(text);
    const char *copy = arena_text(arena, text);
    text.p = copy;
    diagnostics_source(list, path, copy);
    if (is_fit(&r, text))
        read_events(&r, text);
    if (!r.bad && !r.root)
        complain(&r, (struct place){r.path, 1, 1},
                 "the file holds nothing; a map was expected");
    *out = r.bad ? NULL : r.root;
    return r.bad ? ST_INVAL : ST_OK;
}

static enum status read_file(struct arena *arena, const char *path,
                             struct slice *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return ST_NONE;
    size_t n = 0, size = 16384;
    char *p = xmalloc(size);
    size_t got;
    while (n <= FILE_MOST && (got = fread(p + n, 1, size - n, f)) > 0) {
        n += got;
        if (n == size)
            p = xrealloc(p, size *= 2);
    }
    bool bad = ferror(f) || n > FILE_MOST;
    int error = n > FILE_MOST ? EFBIG : errno;
    fclose(f);
    errno = error;
    *out = arena_slice(arena, (struct slice){p, n});
    free(p);
    return bad ? ST_NONE : ST_OK;
}

enum status node_load(struct arena *arena, const char *path,
                      struct diagnostics *list, struct slice *out)
{
    errno = 0;
    if (read_file(arena, path, out) == ST_OK)
        return ST_OK;
    diagnostics_add(list, (struct place){path, 0, 0}, "cannot be read: %s",
                    strerror(errno));
    return ST_INVAL;
}

enum status node_read(struct arena *arena, const char *path,
                      struct diagnostics *list, struct node **out)
{
    struct slice text;
    *out = NULL;
    enum status status = node_load(arena, path, list, &text);
    return status == ST_OK ? node_parse(arena, path, text, list, out) : status;
}

/* A builder over libfyaml's events: they carry the place of every scalar, and
 * all duplicate keys can be told instead of the first alone. */
#include "app/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 8,
    FILE_BYTES = 64 << 20,
    FAULT_BYTES = 64 << 10,
    FAULTS_MAX = 100,
    NAME_BYTES = 64
};

struct open_node {
    struct yaml *node;
    struct yaml **end;
    const char *key;
    int key_line, key_column;
};

struct reader {
    struct arena *arena;
    struct faults *faults;
    struct open_node open[DEPTH_MAX];
    size_t depth;
    struct yaml *root;
};

void faults_init(struct faults *faults, const char *file)
{
    *faults = (struct faults){.file = file};
    buf_init(&faults->text, FAULT_BYTES);
}

void faults_release(struct faults *faults)
{
    buf_release(&faults->text);
}

void faults_add(struct faults *faults, int line, int column, const char *fmt,
                ...)
{
    char what[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    if (faults->count++ >= FAULTS_MAX)
        return;
    buf_printf(&faults->text, "%.200s:%d:%d: %s\n", faults->file, line, column,
               what);
}

static void attach(struct reader *r, struct yaml *node)
{
    if (r->depth == 0) {
        r->root = node;
        return;
    }
    struct open_node *top = &r->open[r->depth - 1];
    node->key = top->key;
    node->key_line = top->key ? top->key_line : node->line;
    node->key_column = top->key ? top->key_column : node->column;
    top->key = NULL;
    *top->end = node;
    top->end = &node->next;
}

static bool key_is_due(const struct reader *r)
{
    return r->depth > 0 && r->open[r->depth - 1].node->kind == YAML_MAP &&
           !r->open[r->depth - 1].key;
}

static struct yaml *node_create(struct reader *r, enum yaml_kind kind,
                                const struct fy_mark *mark)
{
    struct yaml *node = ARENA_NEW(r->arena, struct yaml);
    node->kind = kind;
    node->line = mark ? mark->line + 1 : 1;
    node->column = mark ? mark->column + 1 : 1;
    if (!mark && r->depth > 0) { /* nothing stands behind the colon */
        node->line = r->open[r->depth - 1].key_line;
        node->column = r->open[r->depth - 1].key_column;
    }
    return node;
}

static void take_key(struct reader *r, const char *text,
                     const struct fy_mark *mark)
{
    struct open_node *top = &r->open[r->depth - 1];
    top->key = text;
    top->key_line = mark->line + 1;
    top->key_column = mark->column + 1;
    for (const struct yaml *n = top->node->first; n; n = n->next)
        if (strcmp(n->key, text) == 0)
            faults_add(r->faults, top->key_line, top->key_column,
                       "duplicate key `%.*s`: it stands in line %d already",
                       NAME_BYTES, text, n->key_line);
}

static void take_scalar(struct reader *r, struct fy_event *event,
                        const struct fy_mark *mark)
{
    size_t n = 0;
    const char *p =
        event->scalar.value ? fy_token_get_text(event->scalar.value, &n) : NULL;
    const char *text = arena_text(r->arena, (struct slice){p, p ? n : 0});
    if (event->scalar.anchor || event->scalar.tag)
        faults_add(r->faults, mark->line + 1, mark->column + 1,
                   "no anchor and no tag can stand here");
    if (strlen(text) != n)
        faults_add(r->faults, mark->line + 1, mark->column + 1,
                   "no NUL octet can stand here");
    if (key_is_due(r)) {
        take_key(r, text, mark);
        return;
    }
    struct yaml *node = node_create(r, YAML_TEXT, mark);
    node->text = text;
    attach(r, node);
}

static bool take_start(struct reader *r, enum yaml_kind kind,
                       const struct fy_mark *mark)
{
    struct yaml *node = node_create(r, kind, mark);
    if (key_is_due(r) || r->depth == DEPTH_MAX) {
        faults_add(r->faults, node->line, node->column,
                   r->depth == DEPTH_MAX ? "nested too deeply"
                                         : "a key must be a text");
        return false;
    }
    attach(r, node);
    r->open[r->depth++] = (struct open_node){.node = node, .end = &node->first};
    return true;
}

/* False: what follows cannot be made sense of. */
static bool take_event(struct reader *r, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    switch ((int)event->type) {
    case FYET_SCALAR:
        take_scalar(r, event, mark);
        return true;
    case FYET_MAPPING_START:
        return take_start(r, YAML_MAP, mark);
    case FYET_SEQUENCE_START:
        return take_start(r, YAML_LIST, mark);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        r->depth--;
        return true;
    case FYET_DOCUMENT_START:
        if (!r->root)
            return true;
        faults_add(r->faults, mark ? mark->line + 1 : 1, 1,
                   "a second document: one file holds one");
        return false;
    case FYET_ALIAS:
        faults_add(r->faults, mark ? mark->line + 1 : 1,
                   mark ? mark->column + 1 : 1, "no alias can stand here");
        return false;
    default:
        return true;
    }
}

static void report_syntax(struct reader *r, struct fy_diag *diag)
{
    void *at = NULL;
    struct fy_diag_error *e;
    size_t before = r->faults->count;
    while ((e = fy_diag_errors_iterate(diag, &at))) {
        /* libfyaml counts from 1 once a token gave the place. */
        int add = e->line > 0 && e->fyt ? 0 : 1;
        faults_add(r->faults, e->line + add, e->column + add,
                   "not valid YAML: %.200s", e->msg);
    }
    if (r->faults->count == before)
        faults_add(r->faults, 1, 1, "not valid YAML");
}

static void read_events(struct reader *r, struct slice text)
{
    struct fy_diag_cfg diag_cfg;
    fy_diag_cfg_default(&diag_cfg);
    diag_cfg.fp = NULL;
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (!diag)
        BUG("libfyaml gives no diag");
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG,
                               .diag = diag};
    struct fy_parser *parser = fy_parser_create(&cfg);
    if (!parser || fy_parser_set_string(parser, text.p, text.n) != 0)
        BUG("libfyaml gives no parser");
    struct fy_event *event;
    bool go_on = true;
    while (go_on && (event = fy_parser_parse(parser))) {
        go_on = take_event(r, event);
        fy_parser_event_free(parser, event);
    }
    if (go_on && fy_parser_get_stream_error(parser))
        report_syntax(r, diag);
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
}

static bool read_file(struct arena *arena, const char *path, struct slice *out)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    struct buf text;
    char chunk[16384];
    size_t got;
    enum status status = ST_OK;
    buf_init(&text, FILE_BYTES);
    while (status == ST_OK && (got = fread(chunk, 1, sizeof chunk, f)) > 0)
        status = buf_add(&text, (struct slice){chunk, got});
    bool good = status == ST_OK && !ferror(f);
    if (status != ST_OK)
        errno = EFBIG;
    fclose(f);
    *out = arena_slice(arena, buf_slice(&text));
    buf_release(&text);
    return good;
}

struct yaml *yaml_read(struct arena *arena, struct faults *faults)
{
    struct reader r = {.arena = arena, .faults = faults};
    struct slice text;
    size_t before = faults->count;
    if (!read_file(arena, faults->file, &text)) {
        faults_add(faults, 1, 1, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    read_events(&r, text);
    if (faults->count == before && !r.root)
        faults_add(faults, 1, 1, "the file holds nothing");
    return faults->count == before ? r.root : NULL;
}

/* Levenshtein's distance of two short texts. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_BYTES + 1], n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[n];
}

const char *yaml_nearest(const char *written, const char *const *names,
                         size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(written), least = 1 + length / 3;
    if (length > NAME_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(written, names[i]);
        if (d <= least) {
            least = d;
            nearest = names[i];
        }
    }
    return nearest;
}

/* A builder over libfyaml's events: they carry the place of every scalar, and
 * all duplicate keys can be told instead of the first alone. */
#include "app/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/plain.h"
#include "base/tryout.h"

enum {
    DEPTH_MAX = 8,
    FILE_BYTES = 64 << 20,
    NODES_MAX = 2 << 20,
    KEYS_MAX = 1000, /* of one map: each is compared with all before it */
    CPU_S = 2,
    BYTES_PER_CPU_S = 1 << 20,
    FAULT_BYTES = 64 << 10,
    FAULTS_MAX = 100,
    NAME_BYTES = 64
};

struct open_node {
    struct yaml *node;
    struct yaml **end;
    const char *key;
    int key_line, key_column;
    size_t keys;
};

struct reader {
    struct arena *arena;
    struct faults *faults;
    struct open_node open[DEPTH_MAX];
    size_t depth, nodes;
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
    for (char *p = what; *p; p++) /* of a text that goes over lines */
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
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
    r->nodes++;
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
    top->key_line = mark ? mark->line + 1 : top->node->line;
    top->key_column = mark ? mark->column + 1 : top->node->column;
    top->keys++;
    if (!mark) /* a colon alone */
        faults_add(r->faults, top->key_line, top->key_column,
                   "a key must be a text");
    for (const struct yaml *n = top->node->first; n; n = n->next)
        if (strcmp(n->key, text) == 0) {
            faults_add(r->faults, top->key_line, top->key_column,
                       "duplicate key `%.*s`: it stands in line %d already",
                       NAME_BYTES, text, n->key_line);
            return;
        }
}

static void no_anchor(struct reader *r, struct fy_token *anchor,
                      struct fy_token *tag)
{
    struct fy_token *met = anchor ? anchor : tag;
    const struct fy_mark *mark = met ? fy_token_start_mark(met) : NULL;
    if (met)
        faults_add(r->faults, mark ? mark->line + 1 : 1,
                   mark ? mark->column + 1 : 1,
                   "no anchor and no tag can stand here");
}

static void take_scalar(struct reader *r, struct fy_event *event,
                        const struct fy_mark *mark)
{
    size_t n = 0;
    const char *p =
        event->scalar.value ? fy_token_get_text(event->scalar.value, &n) : NULL;
    const char *text = arena_text(r->arena, (struct slice){p, p ? n : 0});
    no_anchor(r, event->scalar.anchor, event->scalar.tag);
    if (strlen(text) != n && mark)
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
                       const struct fy_event *event, const struct fy_mark *mark)
{
    if (kind == YAML_MAP)
        no_anchor(r, event->mapping_start.anchor, event->mapping_start.tag);
    else
        no_anchor(r, event->sequence_start.anchor, event->sequence_start.tag);
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
        return take_start(r, YAML_MAP, event, mark);
    case FYET_SEQUENCE_START:
        return take_start(r, YAML_LIST, event, mark);
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

static bool is_within_limits(struct reader *r, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    bool too_many_keys = r->depth > 0 && r->open[r->depth - 1].keys > KEYS_MAX;
    if (!too_many_keys && r->nodes <= NODES_MAX)
        return true;
    faults_add(r->faults, mark ? mark->line + 1 : 1,
               mark ? mark->column + 1 : 1,
               too_many_keys ? "too many keys in one map" : "too many values");
    return false;
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
static bool has_directive(struct slice text, int *line_out)
{
    char before = '\n';
    *line_out = 0;
    for (size_t i = 0; i < text.n; before = text.p[i++]) {
        bool begins = before == '\r' ? text.p[i] != '\n' : before == '\n';
        *line_out += begins;
        if (begins && text.p[i] == '%')
            return true;
    }
    return false;
}

struct tryout {
    const char *file;
    struct slice text;
};

static void try_events(void *ctx)
{
    const struct tryout *tryout = ctx;
    struct faults faults;
    faults_init(&faults, tryout->file);
    struct reader r = {.arena = arena_create(), .faults = &faults};
    read_events(&r, tryout->text);
}

/* False: the text may not come to libfyaml. */
static bool is_fit(struct faults *faults, struct slice text)
{
    struct plain_fault fault = plain_check(text);
    struct tryout tryout = {faults->file, text};
    int line;
    if (fault.what) {
        faults_add(faults, fault.line, fault.column, "%s", fault.what);
        return false;
    }
    if (has_directive(text, &line)) {
        faults_add(faults, line, 1, "no directive can stand here");
        return false;
    }
    switch (tryout_run(try_events, &tryout,
                       CPU_S + (unsigned)(text.n / BYTES_PER_CPU_S))) {
    case TRYOUT_END_WELL:
        return true;
    case TRYOUT_END_TOO_LONG:
        faults_add(faults, 1, 1, "not read: it takes too long");
        return false;
    case TRYOUT_END_DIED:
        faults_add(faults, 1, 1, "not read: whoever reads it dies of it");
        return false;
    case TRYOUT_END_UNKNOWN:
    case TRYOUT_END_COUNT:
        break;
    }
    faults_add(faults, 1, 1, "not read: no process to try it: %s",
               strerror(errno));
    return false;
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
    text = plain_body(text);
    if (is_fit(faults, text))
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

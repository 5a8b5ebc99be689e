/* One case as one line of JSON and back: the pipe from worker to parent and
 * the results file speak the same. Written in a fixed key order. */
#include "verdict/verdict.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void put_text(json_t *object, const char *key, const char *text)
{
    if (!text)
        return;
    json_t *value = json_string(text);
    if (!value) { /* octets that are no UTF-8: each its own code point */
        struct buf buf;
        buf_init(&buf, strlen(text) * 2 + 1);
        for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
            char two[2] = {(char)(0xc0 | *p >> 6), (char)(0x80 | (*p & 0x3f))};
            if (*p < 0x80)
                buf_put(&buf, (struct slice){(const char *)p, 1});
            else
                buf_put(&buf, (struct slice){two, 2});
        }
        value = json_stringn(buf.p, buf.n);
        buf_release(&buf);
    }
    json_object_set_new(object, key, value);
}

static void put_texts(json_t *object, const char *key,
                      const struct texts *texts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < texts->n; i++) {
        json_t *holder = json_object();
        put_text(holder, "t", texts->v[i]);
        json_array_append(list, json_object_get(holder, "t"));
        json_decref(holder);
    }
    json_object_set_new(object, key, list);
}

static json_t *mismatch_json(const struct mismatch *m)
{
    json_t *o = json_object();
    put_text(o, "what", m->what);
    put_text(o, "expected", m->expected);
    put_text(o, "got", m->got);
    put_text(o, "file", m->place.file);
    json_object_set_new(o, "line", json_integer(m->place.line));
    json_object_set_new(o, "column", json_integer(m->place.column));
    put_text(o, "clause", m->clause);
    put_text(o, "clause-text", m->clause_text);
    put_texts(o, "facts", &m->facts);
    put_text(o, "row", m->row);
    return o;
}

char *case_result_format(struct arena *arena, const struct case_result *r)
{
    json_t *o = json_object();
    json_object_set_new(o, "schema", json_integer(RESULTS_SCHEMA));
    json_object_set_new(o, "type", json_string("case"));
    put_text(o, "name", r->name);
    put_text(o, "verdict", verdict_name(r->verdict));
    put_text(o, "file", r->file);
    put_text(o, "case", r->case_name);
    put_text(o, "title", r->title);
    put_text(o, "reason", r->reason);
    json_object_set_new(o, "duration-ms", json_integer(r->duration_ms));
    if (r->doubts) {
        json_object_set_new(o, "doubts", json_integer((json_int_t)r->doubts));
        json_object_set_new(o, "survivors",
                            json_integer((json_int_t)r->survivors));
    }
    put_texts(o, "clauses", &r->clauses);
    json_t *list = json_array();
    for (size_t i = 0; i < r->mismatch_count; i++)
        json_array_append_new(list, mismatch_json(&r->mismatches[i]));
    json_object_set_new(o, "mismatches", list);
    list = json_array();
    for (size_t i = 0; i < r->transcript_count; i++) {
        json_t *t = json_object();
        put_text(t, "name", r->transcripts[i].name);
        put_texts(t, "lines", &r->transcripts[i].lines);
        json_array_append_new(list, t);
    }
    json_object_set_new(o, "transcripts", list);
    put_text(o, "rerun", r->rerun);
    put_text(o, "kept", r->kept);
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);
    if (!text)
        BUG("a result that is no JSON");
    char *line = arena_strdup(arena, text);
    free(text);
    return line;
}

static const char *get_text(struct arena *arena, const json_t *o,
                            const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? arena_strdup(arena, text) : NULL;
}

static void get_texts(struct arena *arena, const json_t *o, const char *key,
                      struct texts *out)
{
    const json_t *list = json_object_get(o, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (text)
            texts_add(arena, out, text);
    }
}

static void get_mismatch(struct case_result *r, const json_t *o)
{
    struct arena *arena = r->arena;
    const char *what = get_text(arena, o, "what");
    struct place place = {
        get_text(arena, o, "file"),
        (int)json_integer_value(json_object_get(o, "line")),
        (int)json_integer_value(json_object_get(o, "column"))};
    struct mismatch *m = case_result_mismatch(r, what ? what : "", place);
    m->expected = get_text(arena, o, "expected");
    m->got = get_text(arena, o, "got");
    m->clause = get_text(arena, o, "clause");
    m->clause_text = get_text(arena, o, "clause-text");
    get_texts(arena, o, "facts", &m->facts);
    m->row = get_text(arena, o, "row");
}

static enum status read_case(struct case_result *out, const json_t *o,
                             struct err *err)
{
    struct arena *arena = out->arena;
    const char *type = json_string_value(json_object_get(o, "type"));
    if (!type)
        return err_set(err, ST_INVAL, "a line of results without type");
    if (json_integer_value(json_object_get(o, "schema")) != RESULTS_SCHEMA)
        return err_set(err, ST_INVAL, "results of another schema than %d",
                       RESULTS_SCHEMA);
    if (strcmp(type, "case") != 0)
        return err_set(err, ST_NONE, "no case but %s", type);
    const char *file = get_text(arena, o, "file");
    const char *verdict = json_string_value(json_object_get(o, "verdict"));
    enum verdict known;
    if (!file || !verdict || !verdict_parse(verdict, &known))
        return err_set(err, ST_INVAL, "a case without file or known verdict");
    case_result_init(out, arena, file, get_text(arena, o, "case"));
    out->title = get_text(arena, o, "title");
    out->reason = get_text(arena, o, "reason");
    out->duration_ms =
        (int64_t)json_integer_value(json_object_get(o, "duration-ms"));
    out->doubts =
        (unsigned long)json_integer_value(json_object_get(o, "doubts"));
    out->survivors =
        (unsigned long)json_integer_value(json_object_get(o, "survivors"));
    get_texts(arena, o, "clauses", &out->clauses);
    const json_t *list = json_object_get(o, "mismatches");
    for (size_t i = 0; i < json_array_size(list); i++)
        get_mismatch(out, json_array_get(list, i));
    list = json_object_get(o, "transcripts");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i);
        const char *name = get_text(arena, t, "name");
        get_texts(arena, t, "lines",
                  &case_result_transcript(out, name ? name : "")->lines);
    }
    out->rerun = get_text(arena, o, "rerun");
    out->kept = get_text(arena, o, "kept");
    out->verdict = known;
    return ST_OK;
}

enum status case_result_parse(struct arena *arena, struct slice line,
                              struct case_result *out, struct err *err)
{
    *out = (struct case_result){.arena = arena};
    json_error_t why;
    json_t *o = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &why);
    if (!o)
        return err_set(err, ST_INVAL, "column %d: %s", why.column, why.text);
    enum status status = read_case(out, o, err);
    json_decref(o);
    return status;
}

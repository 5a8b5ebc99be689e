#include "peer/transcript.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"C", "S", "*"};
_Static_assert(sizeof names / sizeof *names == TRANSCRIPT_WHO_COUNT,
               "a name for each speaker");

const char *transcript_who_name(enum transcript_who who)
{
    return names[who];
}

void transcript_add(struct transcript *transcript, struct arena *arena,
                    enum transcript_who who, struct slice text)
{
    if (transcript->count == transcript->size) {
        size_t size = transcript->size ? 2 * transcript->size : 16;
        struct transcript_line *lines =
            arena_alloc(arena, size * sizeof *lines);
        if (transcript->count)
            memcpy(lines, transcript->lines, transcript->count * sizeof *lines);
        transcript->lines = lines;
        transcript->size = size;
    }
    transcript->lines[transcript->count++] = (struct transcript_line){
        .who = who, .text = arena_text(arena, text), .length = text.n};
}

void transcript_note(struct transcript *transcript, struct arena *arena,
                     const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    transcript_add(transcript, arena, TRANSCRIPT_WHO_NOTE, slice_of(text));
}

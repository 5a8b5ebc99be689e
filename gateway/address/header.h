/* header - the header of a message cut into its fields (RFC 5322 2.2).
 *
 * Slices point into the message. White space before the colon (RFC 5322 4.5)
 * belongs to no name: "From :" is a From field as well. */
#ifndef ADDRESS_HEADER_H
#define ADDRESS_HEADER_H

#include "base/alloc.h"

/* A message beyond these is refused; they bound the work for hostile ones. */
enum { HEADER_BYTES_MAX = 1 << 20, HEADER_FIELDS_MAX = 2000 };

struct header_field {
    struct slice name;
    struct slice raw; /* behind the colon, with folding, without last CRLF */
    size_t start;     /* offset of the name in the message */
    size_t end;       /* offset behind the field's last CRLF */
};

struct header {
    struct header_field *fields;
    size_t count;
    size_t body; /* offset of the body, behind the empty line; the message's
                    length where there is none */
};

/* header_parse - split the front of a message.
 *
 * owner   fields are in the arena, their text in the message
 * errors  ST_PROTO: a line that is no field, or a limit; err has the offset
 */
enum status header_parse(struct arena *arena, struct slice message,
                         struct header *out, struct err *err) MUST_USE;

/* The field's value: unfolded (RFC 5322 2.2.3) and without outer blanks. Copied
 * into the arena only where it was folded. */
struct slice header_value(struct arena *arena, const struct header_field *f);

/* ASCII case is ignored. */
bool header_field_is(const struct header_field *field, const char *name);
/* A control field: any zivver-* (RIGHT-5). */
bool header_field_is_control(const struct header_field *field);

/* The first field of that name at or behind *at, or NULL; *at moves behind it.
 */
const struct header_field *header_find(const struct header *header,
                                       const char *name, size_t *at);
size_t header_count(const struct header *header, const char *name);

#endif

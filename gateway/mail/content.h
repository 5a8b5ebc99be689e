/* content - what a part's header says of it: Content-Type, Content-Disposition,
 * Content-Transfer-Encoding, Content-ID (RFC 2045, 2183, 2231). Read from raw
 * octets and lenient: whatever stands there, something comes out. */
#ifndef MAIL_CONTENT_H
#define MAIL_CONTENT_H

#include "base/alloc.h"

/* Longer values are cut, further parameters not seen. */
enum { CONTENT_VALUE_MAX = 4096, CONTENT_PARAMETERS_MAX = 64 };

enum content_disposition {
    CONTENT_DISPOSITION_NONE,
    CONTENT_DISPOSITION_INLINE,
    CONTENT_DISPOSITION_ATTACHMENT,
};

struct content {
    const char *type;     /* lower case, "" where absent or malformed */
    const char *charset;  /* lower case, "" where absent */
    const char *boundary; /* NULL: absent or empty */
    const char *start;    /* of multipart/related; NULL: absent */
    const char *name;     /* as sent, UTF-8; "": absent */
    const char *id;       /* without <>; NULL: absent */
    const char *coding;   /* lower case, "" where absent */
    enum content_disposition disposition;
};

/* content_read - header: its fields, with or without the empty line. owner: the
 * texts are in the arena */
struct content content_read(struct arena *arena, struct slice header);

/* content_line_bytes - of the line at the front of s, its LF included. */
size_t content_line_bytes(struct slice s);
/* An empty line, which ends a header, at the front of s. */
bool content_is_end(struct slice s);
/* content_field_bytes - of the field at the front of s, folded lines too. */
size_t content_field_bytes(struct slice s);

#endif

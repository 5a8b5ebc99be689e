#include "mail/link_notice.h"

#include <stdint.h>

#include "base/buf.h"
#include "mail/encode.h"

static const char text_lead[] =
    "\n"
    "----\n"
    "Too large to be mailed. Download it securely, after you log in or "
    "confirm\n"
    "a code that is sent to you by e-mail:\n"
    "\n"
    "Te groot om te mailen. Download het veilig, nadat u bent ingelogd of een\n"
    "code hebt ingevuld die u per e-mail krijgt:\n";

static const char html_lead[] =
    "\n"
    "<div style=\"margin-top:1em;padding:0 1em;border:1px solid #999\">\n"
    "<p lang=\"en\">Too large to be mailed. Download it securely, after you log"
    " in or confirm a code that is sent to you by e-mail:</p>\n"
    "<p lang=\"nl\">Te groot om te mailen. Download het veilig, nadat u bent"
    " ingelogd of een code hebt ingevuld die u per e-mail krijgt:</p>\n"
    "<ul>\n";

/* "12.3 MB": as the limit is, in powers of ten. */
static const char *size_text(struct arena *arena, size_t octets)
{
    if (octets < 1000)
        return arena_printf(arena, "%zu bytes", octets);
    bool is_large = octets >= 999950;
    double unit = is_large ? 1e6 : 1e3;
    return arena_printf(arena, "%.1f %s", (double)octets / unit,
                        is_large ? "MB" : "kB");
}

static const char *finish(struct arena *arena, struct buf *out)
{
    const char *text = arena_text(arena, buf_slice(out));
    buf_release(out);
    return text;
}

const char *link_notice_text(struct arena *arena, const struct link_told *links,
                             size_t count)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_puts(&out, text_lead);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "\n%s (%s)\n%s\n", links[i].name,
                   size_text(arena, links[i].octets), links[i].url);
    return finish(arena, &out);
}

const char *link_notice_html(struct arena *arena, const struct link_told *links,
                             size_t count)
{
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_puts(&out, html_lead);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "<li><a href=\"%s\">%s</a> (%s)</li>\n",
                   encode_html(arena, links[i].url),
                   encode_html(arena, links[i].name),
                   size_text(arena, links[i].octets));
    buf_puts(&out, "</ul>\n</div>\n");
    return finish(arena, &out);
}

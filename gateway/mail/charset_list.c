/* Where this list is not WHATWG's:
 *
 * - utf-16 without a byte order mark is big-endian (RFC 2781 4.3), as mail has
 *   it; WHATWG's little-endian holds for the names that only Windows uses.
 * - utf-32, three code pages of DOS and what else mail calls a charset of this
 *   list are read.
 * - utf-7 stands beside the ISO-2022 charsets that WHATWG does not read: what
 *   such octets mean hangs on what stands before them, so that no check of the
 *   text holds for what is shown. */
#include "mail/charset_list.h"

#include <stddef.h>

#include "base/slice.h"

#define TABLE .kind = CHARSET_KIND_TABLE
#define SAME(name) TABLE, .read = (name), .write = (name)
#define MORE(reads, writes) TABLE, .read = (reads), .write = (writes)

static const struct charset list[] = {
    {.kind = CHARSET_KIND_UTF_8,
     .write = "UTF-8",
     .labels = "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 "
               "x-unicode20utf8"},
    {.kind = CHARSET_KIND_ASCII,
     .labels = "ansi_x3.4-1968 ascii us-ascii iso646-us iso-ir-6 us"},
    {SAME("IBM866"), .labels = "866 cp866 csibm866 ibm866"},
    {SAME("ISO-8859-2"),
     .labels = "csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 "
               "iso_8859-2 iso_8859-2:1987 l2 latin2"},
    {SAME("ISO-8859-3"),
     .labels = "csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 "
               "iso_8859-3 iso_8859-3:1988 l3 latin3"},
    {SAME("ISO-8859-4"),
     .labels = "csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 "
               "iso_8859-4 iso_8859-4:1988 l4 latin4"},
    {SAME("ISO-8859-5"),
     .labels = "csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 "
               "iso88595 iso_8859-5 iso_8859-5:1988"},
    {SAME("ISO-8859-6"),
     .labels = "arabic asmo-708 csiso88596e csiso88596i csisolatinarabic "
               "ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 "
               "iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"},
    {SAME("ISO-8859-7"),
     .labels = "csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 "
               "iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987 "
               "sun_eu_greek"},
    {SAME("ISO-8859-8"),
     .labels = "csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e "
               "iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 "
               "visual csiso88598i iso-8859-8-i logical"},
    {SAME("ISO-8859-10"),
     .labels = "csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 "
               "latin6"},
    {SAME("ISO-8859-13"), .labels = "iso-8859-13 iso8859-13 iso885913"},
    {SAME("ISO-8859-14"), .labels = "iso-8859-14 iso8859-14 iso885914"},
    {SAME("ISO-8859-15"),
     .labels = "csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9"},
    {SAME("ISO-8859-16"), .labels = "iso-8859-16"},
    {SAME("KOI8-R"), .labels = "cskoi8r koi koi8 koi8-r koi8_r"},
    {SAME("KOI8-U"), .labels = "koi8-ru koi8-u"},
    {SAME("MACINTOSH"), .labels = "csmacintosh mac macintosh x-mac-roman"},
    {MORE("CP874", "TIS-620"),
     .labels = "dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874"},
    {SAME("CP1250"), .labels = "cp1250 windows-1250 x-cp1250"},
    {SAME("CP1251"), .labels = "cp1251 windows-1251 x-cp1251"},
    {MORE("CP1252", "ISO-8859-1"),
     .labels = "cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 "
               "iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1"},
    {SAME("CP1252"), .labels = "cp1252 windows-1252 x-cp1252"},
    {SAME("CP1253"), .labels = "cp1253 windows-1253 x-cp1253"},
    {MORE("CP1254", "ISO-8859-9"),
     .labels = "csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 "
               "iso_8859-9 iso_8859-9:1989 l5 latin5"},
    {SAME("CP1254"), .labels = "cp1254 windows-1254 x-cp1254"},
    {SAME("CP1255"), .labels = "cp1255 windows-1255 x-cp1255"},
    {SAME("CP1256"), .labels = "cp1256 windows-1256 x-cp1256"},
    {SAME("CP1257"), .labels = "cp1257 windows-1257 x-cp1257"},
    {SAME("CP1258"), .labels = "cp1258 windows-1258 x-cp1258"},
    {MORE("MAC-UK", NULL), .labels = "x-mac-cyrillic x-mac-ukrainian"},
    {MORE("GB18030", "EUC-CN"),
     .labels = "chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 "
               "iso-ir-58"},
    {MORE("GB18030", "GBK"), .labels = "gbk x-gbk cp936 windows-936"},
    {SAME("GB18030"), .labels = "gb18030"},
    {MORE("BIG5-HKSCS", "BIG5"), .labels = "big5 cn-big5 csbig5 x-x-big5"},
    {SAME("BIG5-HKSCS"), .labels = "big5-hkscs"},
    {MORE("EUC-JP-MS", "EUC-JP"),
     .labels = "cseucpkdfmtjapanese euc-jp x-euc-jp"},
    {MORE("ISO-2022-JP-2", "ISO-2022-JP"), .has_shifts = true,
     .labels = "csiso2022jp iso-2022-jp iso-2022-jp-1 csiso2022jp2 "
               "iso-2022-jp-2"},
    {SAME("CP932"), .labels =
                        "csshiftjis ms932 ms_kanji shift-jis shift_jis sjis "
                        "windows-31j x-sjis cp932"},
    {MORE("CP949", "EUC-KR"),
     .labels = "cseuckr csksc56011987 euc-kr iso-ir-149 korean "
               "ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"},
    {.kind = CHARSET_KIND_REPLACEMENT,
     .labels = "csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext "
               "iso-2022-kr replacement utf-7 utf7 csutf7 unicode-1-1-utf-7 "
               "x-unicode-2-0-utf-7"},
    {.kind = CHARSET_KIND_UTF_16,
     .write = "UTF-16BE",
     .labels = "utf-16 utf16 csutf16 utf-16be csutf16be unicodefffe"},
    {.kind = CHARSET_KIND_UTF_16,
     .is_little = true,
     .write = "UTF-16LE",
     .labels = "utf-16le csutf16le csunicode iso-10646-ucs-2 ucs-2 unicode "
               "unicodefeff"},
    {.kind = CHARSET_KIND_UTF_32,
     .write = "UTF-32BE",
     .labels = "utf-32 utf32 csutf32 utf-32be csutf32be"},
    {.kind = CHARSET_KIND_UTF_32,
     .is_little = true,
     .write = "UTF-32LE",
     .labels = "utf-32le csutf32le"},
    {.kind = CHARSET_KIND_USER_DEFINED, .labels = "x-user-defined"},
    {SAME("IBM437"), .labels = "cp437 ibm437 437 cspc8codepage437"},
    {SAME("IBM850"), .labels = "cp850 ibm850 850 cspc850multilingual"},
    {SAME("IBM852"), .labels = "cp852 ibm852 852 cspcp852"},
};
enum { COUNT = sizeof list / sizeof *list };

_Static_assert((int)COUNT < (int)CHARSET_MOST, "an index for each");

static const struct charset unknown = {.kind = CHARSET_KIND_ASCII,
                                       .labels = ""};

static bool is_labelled(const struct charset *charset, struct slice label)
{
    struct slice labels = slice_of(charset->labels);
    while (labels.n)
        if (slice_eq_nocase(slice_cut(&labels, ' '), label))
            return true;
    return false;
}

const struct charset *charset_find(const char *label)
{
    struct slice wanted = slice_trim(slice_of(label));
    for (int i = 0; wanted.n && i < COUNT; i++)
        if (is_labelled(&list[i], wanted))
            return &list[i];
    return &unknown;
}

unsigned charset_index(const struct charset *charset)
{
    return charset == &unknown ? COUNT : (unsigned)(charset - list);
}

const struct charset *charset_at(unsigned index)
{
    return index < COUNT ? &list[index] : NULL;
}

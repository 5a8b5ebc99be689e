/* text - every word of the pages, in both languages. */
#ifndef PORTAL_TEXT_H
#define PORTAL_TEXT_H

#include "base/slice.h"

enum language { LANGUAGE_ENGLISH, LANGUAGE_DUTCH, LANGUAGE_COUNT };

enum text {
    TEXT_PORTAL,
    TEXT_SKIP,
    TEXT_FOOTER,
    TEXT_VERIFY_TITLE,
    TEXT_VERIFY_WHY,
    TEXT_LOGIN_HOW,
    TEXT_SMS_HOW,
    TEXT_EMAIL_HOW,
    TEXT_ACCESS_CODE_HOW,
    TEXT_ADDRESS,
    TEXT_PASSWORD,
    TEXT_TOTP,
    TEXT_TOTP_HINT,
    TEXT_LOGIN,
    TEXT_SEND_CODE,
    TEXT_SEND_NEW_CODE,
    TEXT_CODE,
    TEXT_CODE_HINT,
    TEXT_ACCESS_CODE,
    TEXT_VERIFY,
    TEXT_FORGOTTEN,
    TEXT_FORGOTTEN_HINT,
    TEXT_OR_BY_MAIL,
    TEXT_NOTE_CODE_SENT_SMS,
    TEXT_NOTE_CODE_SENT_EMAIL,
    TEXT_NOTE_TOLD,
    TEXT_NOTE_SENT,
    TEXT_ERROR_TITLE,
    TEXT_ERROR_WRONG_LOGIN,
    TEXT_ERROR_WRONG_CODE,
    TEXT_ERROR_WRONG_ACCESS_CODE,
    TEXT_ERROR_TOO_MANY,
    TEXT_ERROR_NOT_SENT,
    TEXT_ERROR_NO_PHONE,
    TEXT_ERROR_EMPTY,
    TEXT_ERROR_TOO_LARGE,
    TEXT_ERROR_REPLIES,
    TEXT_LOCKED_TITLE,
    TEXT_LOCKED,
    TEXT_UNKNOWN_TITLE,
    TEXT_UNKNOWN,
    TEXT_EXPIRED_TITLE,
    TEXT_EXPIRED,
    TEXT_FAULT_TITLE,
    TEXT_FAULT,
    TEXT_ASIDE,
    TEXT_BACK,
    TEXT_NO_SUBJECT,
    TEXT_FROM,
    TEXT_DATE,
    TEXT_TO,
    TEXT_CC,
    TEXT_PARTICIPANTS,
    TEXT_YOU,
    TEXT_CONTENT,
    TEXT_PLAIN_VERSION,
    TEXT_GONE,
    TEXT_ATTACHMENTS,
    TEXT_REPLY_TITLE,
    TEXT_REPLY_HOW,
    TEXT_REPLY_TEXT,
    TEXT_REPLY_FILES,
    TEXT_REPLY_SEND,
    TEXT_LEAVE,
    TEXT_DOWNLOAD_TITLE,
    TEXT_DOWNLOAD,
    TEXT_COUNT
};

const char *text_of(enum language language, enum text text);
const char *language_tag(enum language language);  /* "en", "nl" */
const char *language_name(enum language language); /* in itself */
bool language_find(const char *tag, enum language *out);

/* language_choose - by Accept-Language (RFC 9110 12.5.4): the best of ours;
 * English where it names none. */
enum language language_choose(const char *accept);

#endif

#include "store/schema.h"

/* A link is found by the first 16 of the 64 digits of its token's mark, then
 * compared whole in constant time. Sessions are found by the hash of their
 * token. A code is live until the next one, a success, or its time; older ones
 * are kept to be counted. A session of an account keeps what its login was
 * checked with. How often an account was tried is no longer kept
 * (portal_account: wrong, locked_until_ms). */
const char schema_portal[] =
    "CREATE INDEX message_reply ON message (sender, accepted_ms)"
    " WHERE kind = 'reply';"
    "CREATE INDEX recipient_link ON recipient (substr(link_mark, 1, 16));"
    "CREATE INDEX recipient_conversation ON recipient (conversation);"
    "CREATE TABLE portal_link ("
    " recipient INTEGER PRIMARY KEY REFERENCES recipient (n)"
    " ON DELETE CASCADE,"
    " wrong INTEGER NOT NULL DEFAULT 0, wrong_in_all INTEGER NOT NULL DEFAULT "
    "0,"
    " locked_until_ms INTEGER NOT NULL DEFAULT 0,"
    " is_void INTEGER NOT NULL DEFAULT 0, told_ms INTEGER);"
    "CREATE TABLE portal_code ("
    " n INTEGER PRIMARY KEY,"
    " recipient INTEGER NOT NULL REFERENCES recipient (n) ON DELETE CASCADE,"
    " kind TEXT NOT NULL, code TEXT NOT NULL, issued_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL, is_live INTEGER NOT NULL);"
    "CREATE INDEX portal_code_of ON portal_code (recipient, issued_ms);"
    "CREATE TABLE portal_account ("
    " address TEXT PRIMARY KEY COLLATE NOCASE,"
    " wrong INTEGER NOT NULL DEFAULT 0,"
    " locked_until_ms INTEGER NOT NULL DEFAULT 0,"
    " totp_step INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE TABLE portal_session ("
    " n INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE,"
    " account TEXT, credential TEXT, until_ms INTEGER NOT NULL);"
    "CREATE TABLE portal_grant ("
    " session INTEGER NOT NULL REFERENCES portal_session (n)"
    " ON DELETE CASCADE,"
    " recipient INTEGER NOT NULL REFERENCES recipient (n) ON DELETE CASCADE,"
    " method TEXT NOT NULL, until_ms INTEGER NOT NULL,"
    " opened INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (session, recipient)) WITHOUT ROWID;"
    "CREATE INDEX portal_grant_of ON portal_grant (recipient);"
    "CREATE TABLE portal_share ("
    " organization TEXT NOT NULL, recipient TEXT NOT NULL, kind TEXT NOT NULL,"
    " value TEXT NOT NULL, opened_ms INTEGER NOT NULL,"
    " PRIMARY KEY (organization, recipient, kind)) WITHOUT ROWID;";

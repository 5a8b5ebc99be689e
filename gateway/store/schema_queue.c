#include "store/schema.h"

/* message.content is NULL where the content lies in the spool, under the
 * message's id; content_bytes says how long it must be.
 * recipient.due_ms and dsn.due_ms are NULL once the outcome is final.
 * recipient.decided is the journal line of the latest decision, latest that of
 * what became of it (deferred, outcome, bounced); delivery and outcome_ms come
 * with the outcome, opened_ms with the first page served.
 * dsn.conversation and dsn.until_ms belong to mails of the portal, which stand
 * there too.
 * No secret stands here in the clear (vault.h): a link is found by the mark of
 * its token; the token, needed until the outcome, a phone number and a mail of
 * the portal are sealed; an access code is kept as a code. */
const char schema_queue[] =
    "CREATE TABLE vault (mark TEXT NOT NULL);"
    "CREATE TABLE message ("
    " n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
    " accepted_ms INTEGER NOT NULL, organization TEXT NOT NULL,"
    " sender TEXT NOT NULL, reverse_path TEXT NOT NULL, envid TEXT,"
    " ret_full INTEGER NOT NULL, direct_delivery INTEGER NOT NULL,"
    " email_permitted INTEGER NOT NULL, content_bytes INTEGER NOT NULL,"
    " content BLOB);"
    "CREATE TABLE recipient ("
    " n INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message (n),"
    " address TEXT NOT NULL, conversation TEXT NOT NULL,"
    " notify INTEGER NOT NULL, reported INTEGER NOT NULL DEFAULT 0,"
    " orcpt TEXT, right TEXT NOT NULL,"
    " right_value TEXT, return_path TEXT NOT NULL UNIQUE,"
    " link_mark TEXT NOT NULL UNIQUE, link_sealed TEXT,"
    " mail_id TEXT NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0,"
    " method TEXT NOT NULL DEFAULT 'none', due_ms INTEGER,"
    " decided TEXT, latest TEXT, delivery TEXT, links INTEGER NOT NULL DEFAULT "
    "0,"
    " outcome_ms INTEGER, opened_ms INTEGER);"
    "CREATE INDEX recipient_of_message ON recipient (message);"
    "CREATE INDEX recipient_due ON recipient (due_ms)"
    " WHERE due_ms IS NOT NULL;"
    "CREATE TABLE dsn ("
    " n INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES message (n),"
    " goes_to TEXT NOT NULL, recipients TEXT NOT NULL, action TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
    " due_ms INTEGER, content BLOB NOT NULL,"
    " conversation TEXT, until_ms INTEGER);"
    "CREATE INDEX dsn_of_message ON dsn (message);"
    "CREATE INDEX dsn_due ON dsn (due_ms) WHERE due_ms IS NOT NULL;"
    "CREATE TABLE event ("
    " n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, line TEXT NOT NULL);";

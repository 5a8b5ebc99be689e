/* judge_internal - what the files of the judge share. Each judge_*() looks at
 * one side of a case and adds mismatches. */
#ifndef CHECKER_JUDGE_INTERNAL_H
#define CHECKER_JUDGE_INTERNAL_H

#include "checker/judge.h"
#include "checker/witness.h"
#include "engine/evidence.h"

/* An expectation that is to be read as another: doubt's way to change one. */
struct judge_change {
    const struct node *cell;
    const char *instead;
};

struct trial {
    const struct judge *judge;
    const struct scenario_case *c;
    const json_t *evidence;
    struct case_result *result;
    struct arena *arena;
    struct judge_change change;
    struct witness w;
};

void judge_trial(struct trial *t);

void judge_rows(struct trial *t);   /* the expected row of each recipient */
void judge_claims(struct trial *t); /* journal against evidence, both ways */
void judge_copies(struct trial *t); /* each received message by its kind */
void judge_direct(struct trial *t, const struct copy *copy);
void judge_notification(struct trial *t, const struct copy *copy);
void judge_extensions(struct trial *t, const struct copy *copy);
void judge_reverse_path(struct trial *t, const struct copy *copy);
/* Eight equal letters in a row: fewer random bits than its length says. */
bool token_is_filled(struct slice token);
/* More than half of the letters stand where they stand in the other one. */
bool token_is_like(struct slice a, struct slice b);
void judge_sender(struct trial *t, const struct copy *copy);
/* Of the list received[].dkim: is it one that the gateway makes? */
bool signature_is_gateways(const json_t *verdict);
size_t signatures_added(const struct copy *copy);
/* The submitter's own signature does not verify on this copy (MAIL-1). */
bool own_signature_breaks(struct trial *t, const struct copy *copy);
/* The copy of a message that its server could not take as it is. */
bool copy_is_converted(struct trial *t, const struct copy *copy);
void judge_converted_body(struct trial *t, const struct copy *copy);
/* Some attachment of the letter is a link in the copy (ATTACH-2). */
bool copy_has_links(struct trial *t, const struct copy *copy);
/* The same, and the message must become a multipart/mixed, or a text. */
bool copy_is_restructured(struct trial *t, const struct copy *copy);
void judge_linked_body(struct trial *t, const struct copy *copy);
void judge_dsns(struct trial *t);
void judge_bounces(struct trial *t);   /* what came back to the gateway */
void judge_submitter(struct trial *t); /* replies and raw dialogues */
void judge_dialogues(struct trial *t);
/* add_transcripts - who said what to whom, for a case that failed. */
void add_transcripts(struct trial *t);
void judge_journal(struct trial *t); /* events, warnings, connections */
void judge_visits(struct trial *t);  /* what visitors of the portal saw */
void judge_invariants(struct trial *t);
void judge_sts(struct trial *t);    /* policies fetched and in force */
void judge_traces(struct trial *t); /* of what was refused or is barred */

/* fault - one mismatch; expected or got may be NULL. The clause's text is
 * looked up. The pointer is good until the next one. */
struct mismatch *fault(struct trial *t, struct place place, const char *clause,
                       const char *what, const char *expected, const char *got);
/* Text that lives as long as the result. */
#define TEXT(t, ...) arena_printf((t)->arena, __VA_ARGS__)

/* Which of the case's clauses it is that such an expectation shows. */
const char *clause_shown_by(const struct trial *t, const char *what);
/* A reply that refuses stands in the journal as often as it was given, or is
 * counted there (CONN-10). */
void judge_refusal(struct trial *t, unsigned step, const char *command,
                   const char *reply);
/* All of them together: none is missing, and no client has too many lines. */
void judge_refusals(struct trial *t);
/* The same code and enhanced code, whatever the text. */
bool judge_same_reply(const char *a, const char *b);

/* The text of an expected cell, with the change applied; NULL: no cell. */
const char *cell_text(const struct trial *t, const struct node *cell);
const char *row_cell(const struct trial *t, const struct expect_row *row,
                     const char *key);

/* Where the last row for an address stands, else the case. */
struct place place_for(const struct trial *t, const char *address);

/* The DSNs that tell an action of a claim, received in steps up to `last`. */
unsigned dsn_count(struct trial *t, const struct claim *claim,
                   const char *action, unsigned last);
/* The same as a row's cell says it: no, yes (that it failed), delayed, relayed,
 * delivered; "delayed, yes" and so on. */
const char *dsn_told(struct trial *t, const struct claim *claim, unsigned last);
void judge_dsns_owed(struct trial *t);

/* What stands behind a keyword of the host's last EHLO reply on the connection
 * that carried the copy ("" where nothing does); NULL: not offered. */
const char *copy_offered(struct trial *t, const struct copy *copy,
                         const char *keyword);
bool octets_are_ascii(struct slice octets);

/* Does a notification's Subject show the original's? Unknown: of that one
 * nothing can be told. */
enum tri shows_subject(struct trial *t, const struct copy *copy);
/* What the settings then say: "original" or "generic". */
const char *subject_asked(const struct trial *t, const struct copy *copy);

#endif

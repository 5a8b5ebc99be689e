/* evidence - reads the one JSON object that a case leaves behind.
 *
 * {"file","case","clock","gateway_host","now",
 *  "steps":[{"step","kind","clock","settled"}],
 *  "submissions":[{"step","from","reverse_path","envelope","mark","tls",
 *    "certificate_verified","replies":[{"command","stage","recipient","reply"}],
 *    "accepted","failure"?,"content","transcript"}],
 *  "sessions":[{"step","ok","listener","dialogue":[{"sent"|"tls"|"auth"|"expected","got",
 *    "ok","reached","line"}],"failure"?,"transcript"}],
 *  "received":[{"step","host","domain","address","tls","cipher","sni","helo",
 *    "reverse_path","recipients","parameters":{"mail","rcpt"},"content",
 *    "reply","accepted","complete","posture","level","late",
 *    "dkim":[{"domain","selector","algorithm","result","reason"}],
 *    "spf":{"domain","result"},
 *    "dmarc" (RFC 7489), "dmarc_walk" (RFC 9989):{"domain","organizational",
 *      "result","policy","spf_aligned","dkim_aligned"}}],
 *  "bounces":[{"step","of","host","to","form","action","status","tls","reply",
 *    "accepted","failure"?,"transcript"}],
 *  "connections":[{"step","host","domain","address","number","tls",
 *    "handshake_error"?,"closed_by","truncated","bare_line_end","commands",
 *    "replies","transcript","received","late"}],
 *  "sms":[{"step","to","text","accepted","late"}],
 *  "visits":[{"step","clock","actions":[{"turn" (of the step, from 0),"line",
 *    "action","value","browser","recipient"?,"link"?,"typed"? (a code),
 *    "sms","mails" (indices of what came meanwhile in sms and received),
 *    "form"? (the page had it),"mark"? (of a reply),"failure"? (it could not be
 *    done),"exchanges":[{"method","target","content_type"?,"cookie","request",
 *      "tls"?,"certificate" ("": it passed),"failure"?,"status" (0: none),
 *      "headers":[{"name","value"}],"body"}]}]}],
 *  "policy_fetches":[{"step","host","domain","address","tls","sni",
 *    "handshake_error"?,"request","request_host","status" (0: no answer),
 *    "policy" (all of it was served),"late"}],
 *  "journal":[{...,"step","seen"}],
 *  "target":{"exit","signal","stderr_tail","clock_ok",
 *    "long_turns":[text] (what its log says of them)},
 *  "faults":[text]}
 *
 * "seen" counts journal lines and received messages in the order in which the
 * kit saw them; "kills": how often a served gateway was killed
 * (`--kill-every`).
 *
 * A submission's stages: connect ehlo starttls tls-ehlo auth mail rcpt chunk (a
 * BDAT before the last) data quit; "data" is the last word about the content:
 * the reply to its end, or that to DATA where there was none ("data-command" is
 * the 354 otherwise).
 *
 * Texts hold octets as UTF-8 where that is valid, else each octet as its own
 * code point, with "KEY_latin1": true beside the key. */
#ifndef ENGINE_EVIDENCE_H
#define ENGINE_EVIDENCE_H

#include <jansson.h>

#include "base/alloc.h"

/* Never NULL: a missing list is an empty one, a missing text is "". The results
 * are borrowed. */
const json_t *evidence_list(const json_t *object, const char *key);
const char *evidence_text(const json_t *object, const char *key);
long long evidence_number(const json_t *object, const char *key,
                          long long otherwise);
bool evidence_yes(const json_t *object, const char *key);

/* evidence_octets - the octets behind a text of an object (undoes latin1). */
struct slice evidence_octets(struct arena *arena, const json_t *object,
                             const char *key);
/* evidence_set_octets - the other way round. */
void evidence_set_octets(json_t *object, const char *key, struct slice octets);

/* evidence_event - the i-th journal event of that name (from 0) of the steps
 * first..last; NULL when there are not so many. */
const json_t *evidence_event(const json_t *evidence, const char *event,
                             unsigned first, unsigned last, size_t i);

#endif

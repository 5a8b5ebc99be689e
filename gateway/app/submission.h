/* submission - the service that submitters talk to: connections from the
 * listener, a session each, and what the session wants done (CONN, AUTH). */
#ifndef APP_SUBMISSION_H
#define APP_SUBMISSION_H

#include "app/auth.h"
#include "app/intake.h"
#include "app/sender.h"
#include "app/service.h"

struct submission;

struct submission_world {
    struct loop *loop;
    struct tls_server *tls;
    struct auth *auth;
    struct intake_world intake;
};

/* submission_create - listens. errors: ST_TEMP with the address. */
enum status submission_create(const struct submission_world *world,
                              struct submission **out,
                              struct err *err) MUST_USE;
/* submission_set_resolver - what SPF asks; before any connection is served. */
void submission_set_resolver(struct submission *submission,
                             const struct resolver *resolver);
/* Its sessions; a message under way to the disk makes a client busy. */
struct service *submission_service(const struct submission *submission);
/* submission_poke - the wall clock may have gone on. */
void submission_poke(struct submission *submission);
/* Cuts what is left. */
void submission_destroy(struct submission **submission);

#endif

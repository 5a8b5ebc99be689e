/* schema - the tables of the database, each area's text in a file of its own:
 * schema_<area>.c. Inside store only. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char schema_queue[];  /* messages, recipients, DSNs, events */
extern const char schema_policy[]; /* MTA-STS policies */
extern const char schema_portal[]; /* links, codes, sessions, shares */

#endif

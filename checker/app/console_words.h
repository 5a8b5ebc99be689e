/* console_words - sentences for the fixed words and replies of a journal. */
#ifndef KIT_CONSOLE_WORDS_H
#define KIT_CONSOLE_WORDS_H

/* What a refusal means to the submitter; NULL: the reply says it all. */
const char *console_refusal(const char *stage, const char *reply);
/* The part of a session, "the end of the data". */
const char *console_stage(const char *stage);
/* Of a failed handshake, from its reason. */
const char *console_handshake(const char *version, const char *reason);
/* Of a `warning` event. */
const char *console_warning(const char *word);
/* What a method means to the recipient. */
const char *console_method(const char *method);

#endif

/* words - the fixed words of scenario and fixture files, as lists ended by
 * NULL. */
#ifndef ENGINE_WORDS_H
#define ENGINE_WORDS_H

extern const char *const words_method[];
extern const char *const words_delivery[];
extern const char *const words_dsn[]; /* what the sender was told, in order */
extern const char *const words_level[];
extern const char *const words_tls[];      /* 1.0 .. 1.3 */
extern const char *const words_tls_seen[]; /* a row's: 1.2, 1.3, plain */
extern const char *const words_policy[];   /* off tls pkix dane */
extern const char *const words_status[];   /* of an account */
extern const char *const words_warning[];
extern const char *const words_event[];   /* of the journal */
extern const char *const words_reaches[]; /* a server's or a host's */
extern const char *const words_certificate[];
extern const char *const words_starttls[];
extern const char *const words_mx[];
extern const char *const words_dns_answer[];
extern const char *const words_host_zone[];
extern const char *const words_tlsa_of[];
extern const char *const words_dns_fault[]; /* as in peer/dns */
extern const char *const words_ciphers[];
extern const char *const words_tlsa_at[];
extern const char *const words_sts_mode[];
extern const char *const words_sts_host[];
extern const char *const words_nta[];        /* the recipient side */
extern const char *const words_nta_sender[]; /* the sending side */
extern const char *const words_dns_spf[];    /* of a sending domain (MAIL-2) */
extern const char *const words_dns_bounce[];
extern const char *const words_dns_dkim[];
extern const char *const words_dns_dmarc[];
extern const char *const words_connect[];
extern const char *const words_command[]; /* where a host may reply otherwise */
extern const char *const words_restart[];
extern const char *const words_disk[];
extern const char *const words_sms[]; /* as in peer/smsbox */

/* words_index - position of a word in its list; the length of the list when it
 * is not there. */
unsigned words_index(const char *const *words, const char *word);

#endif

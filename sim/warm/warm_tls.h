/* What OpenSSL looks for once and then knows: algorithms, decoders, the methods
 * of a handshake. For a program that is not linked with it, nothing. */
#ifndef WARM_WARM_TLS_H
#define WARM_WARM_TLS_H

void warm_tls(void);

#endif

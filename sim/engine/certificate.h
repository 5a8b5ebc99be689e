/* certificate - a posture's word for a certificate, as the PKI's kind. */
#ifndef ENGINE_CERTIFICATE_H
#define ENGINE_CERTIFICATE_H

#include "engine/posture.h"
#include "peer/pki.h"

enum pki_kind certificate_kind(enum posture_certificate certificate);

#endif

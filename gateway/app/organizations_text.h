/* organizations_text - organizations as the YAML that config reads. */
#ifndef APP_ORGANIZATIONS_TEXT_H
#define APP_ORGANIZATIONS_TEXT_H

#include "app/config.h"

/* owner: the caller, buf_release; it holds secrets' hashes */
void organizations_text(struct buf *out,
                        const struct config_list *organizations);

#endif

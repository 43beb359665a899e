/* Writes texts of a message that was read: each fold becomes one blank, so that no
 * field we write extends over several lines. */
#pragma once

#include "base/text.h"

struct buffer;

void sip_put(struct buffer *out, struct text t);
void sip_put_line(struct buffer *out, const char *name, struct text value);

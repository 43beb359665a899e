/* Writes what was read: every fold as one blank, for nothing we write breaks over
 * lines. */
#pragma once

#include "base/text.h"

struct buffer;

void sip_put(struct buffer *out, struct text t);
void sip_put_line(struct buffer *out, const char *name, struct text value);

/* The wire of a node: OPTIONS over SIP channels, certificates checked as phones do. */
#pragma once

#include "health/target.h"

struct loop;
struct probes;

struct probes *probes_new(struct loop *l);

/* After all targets were stopped. */
void probes_free(struct probes *p);

/* Borrowed. */
const struct wire *probes_wire(struct probes *p);

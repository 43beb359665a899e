/* The wire of a node's targets: OPTIONS over SIP channels, with certificates verified
 * as phones do. */
#pragma once

#include "health/target.h"

struct loop;
struct sip_wire;

struct sip_wire *sip_wire_new(struct loop *l);

/* Only after all targets were stopped. */
void sip_wire_free(struct sip_wire *p);

/* Borrowed. */
const struct wire *sip_wire_wire(struct sip_wire *p);

/*
 * Asks a host for any sign of life: an ICMP echo where unprivileged sockets may, and a
 * datagram to a port where nobody listens, whose refusal is a sign of life too.
 */
#pragma once

#include "health/host_calls.h"

struct loop;

/* Sends; the answer sets e->answered_sent_at and e->answers. */
void ping_send(struct loop *l, struct ping *e);

/* Closes what it holds. */
void ping_forget(struct ping *e);

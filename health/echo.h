/*
 * Asks a host for any sign of life: an ICMP echo where unprivileged sockets may, and a
 * datagram to a port where nobody listens, whose refusal is a sign of life too.
 */
#pragma once

#include "health/ground.h"

struct loop;

/* Sends; the answer sets e->answered_sent_at and e->answers. */
void echo_send(struct loop *l, struct echo *e);

/* Closes what it holds. */
void echo_forget(struct echo *e);

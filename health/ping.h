/*
 * Pings a host: an ICMP echo request if unprivileged sockets may send one, and a
 * datagram to a closed port, whose rejection is a sign of life too.
 */
#pragma once

#include "health/host_calls.h"

struct loop;

/* Sends a ping; an answer sets e->answered_sent_at and e->answers. */
void ping_send(struct loop *l, struct ping *e);

/* Closes its sockets. */
void ping_forget(struct ping *e);

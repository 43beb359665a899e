/*
 * Framed messages between two of our processes over a SEQPACKET pair: a type, a
 * sequence number, octets, and descriptors. Never blocks.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { LINK_PAYLOAD_MAX = 64 * 1024, LINK_FDS = 8 };

struct link_message {
	uint32_t type;
	uint32_t sequence;
	const uint8_t *payload; /* received: in the caller's space, valid until that is
				   reused */
	size_t len;
	int fds[LINK_FDS]; /* received: the receiver closes them; close-on-exec */
	size_t fd_count;
};

/* Two ends, non-blocking and close-on-exec. Returns 0 or ERR_SYSTEM. */
int link_pair(int ends[2]);

/*
 * Sends one message, completely or not at all; the sender keeps its descriptors.
 *
 * Returns 0, ERR_AGAIN, ERR_CLOSED, ERR_LIMIT (too long) or ERR_SYSTEM.
 */
int link_send(int fd, const struct link_message *m);

/*
 * Receives one message.
 *
 * space  LINK_PAYLOAD_MAX octets for the payload
 *
 * Returns 0, ERR_AGAIN, ERR_CLOSED, ERR_MALFORMED (dropped) or ERR_SYSTEM.
 */
int link_receive(int fd, uint8_t space[LINK_PAYLOAD_MAX], struct link_message *out);

void link_close_fds(struct link_message *m);

/* Payloads: big-endian numbers; strings preceded by their length. A read past the end
 * returns 0 and sets `err`. */
uint16_t link_u16(struct text *t);
uint32_t link_u32(struct text *t);
struct text link_text(struct text *t);

/*
 * Messages in a stream, each preceded by its length in two octets (RFC 1035 4.2.2, RFC
 * 7766 8).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEAD_LEN = 2, FRAME_MESSAGE_MAX = 65535 };

/* A message in the stream; borrowed. */
struct frame {
	const uint8_t *message;
	size_t len;
};

/*
 * Reads the message that a stream's octets begin with.
 *
 * out  written only if the message is whole
 *
 * Returns how many octets it takes with its head, or 0: it is not whole yet.
 */
size_t frame_read(const uint8_t *octets, size_t len, struct frame *out);

/*
 * Writes the head of a message that is already at `out` + FRAME_HEAD_LEN.
 *
 * message_len  1 to FRAME_MESSAGE_MAX
 *
 * Returns the octets of both.
 */
size_t frame_write_head(uint8_t *out, size_t message_len);

/* A stream that comes in pieces gives the messages that it gives in one, octet for
 * octet. The first octet says how long the pieces are. */
#include "dns/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* Where one reads, and what was read, as it is written again. */
struct copy {
	const uint8_t *octets;
	size_t there, at;
	uint8_t *out;
	size_t out_len;
};

/* Takes a message if one is whole. */
static int take(struct copy *c)
{
	struct frame f;
	size_t taken = frame_read(c->octets + c->at, c->there - c->at, &f);

	if (taken == 0)
		return 0;
	assert(taken == FRAME_HEAD_LEN + f.len);
	assert(f.message == c->octets + c->at + FRAME_HEAD_LEN);
	assert(f.message + f.len <= c->octets + c->there);
	if (f.len) {
		memcpy(c->out + c->out_len + FRAME_HEAD_LEN, f.message, f.len);
		c->out_len += frame_write_head(c->out + c->out_len, f.len);
	}
	c->at += taken;
	return 1;
}

/* Reads a stream that comes in pieces. */
static void copy_all(struct copy *c, size_t len, size_t piece)
{
	while (c->there < len) {
		c->there += piece < len - c->there ? piece : len - c->there;
		while (take(c))
			;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct copy whole = { .octets = octets + 1 };
	struct copy pieces = { .octets = octets + 1 };

	if (len < 2)
		return 0;
	whole.out = malloc(len);
	pieces.out = malloc(len);
	assert(whole.out && pieces.out);
	copy_all(&whole, len - 1, len - 1);
	copy_all(&pieces, len - 1, (size_t)octets[0] % 7 + 1);
	assert(whole.out_len == pieces.out_len &&
	       memcmp(whole.out, pieces.out, whole.out_len) == 0);
	free(whole.out);
	free(pieces.out);
	return 0;
}

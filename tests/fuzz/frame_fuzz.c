/* A stream that comes in pieces gives the messages that it gives in one, octet for
 * octet. The first octet says how long the pieces are. */
#include "dns/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* The stream without the part of its last message, as it is written again. */
static size_t rewrite(const uint8_t *octets, size_t len, size_t piece, uint8_t *out)
{
	size_t there = 0;
	size_t at = 0;
	size_t out_len = 0;

	while (there < len) {
		struct frame f;
		size_t taken;

		there += piece < len - there ? piece : len - there;
		while ((taken = frame_read(octets + at, there - at, &f))) {
			assert(taken == FRAME_HEAD_LEN + f.len);
			assert(f.message == octets + at + FRAME_HEAD_LEN);
			assert(f.message + f.len <= octets + there);
			if (f.len) {
				memcpy(out + out_len + FRAME_HEAD_LEN, f.message,
				       f.len);
				out_len += frame_write_head(out + out_len, f.len);
			}
			at += taken;
		}
	}
	return out_len;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	uint8_t *whole, *pieces;
	size_t whole_len, pieces_len;

	if (len < 2)
		return 0;
	whole = malloc(len);
	pieces = malloc(len);
	assert(whole && pieces);
	whole_len = rewrite(octets + 1, len - 1, len - 1, whole);
	pieces_len = rewrite(octets + 1, len - 1, (size_t)octets[0] % 7 + 1, pieces);
	assert(whole_len == pieces_len && memcmp(whole, pieces, whole_len) == 0);
	free(whole);
	free(pieces);
	return 0;
}

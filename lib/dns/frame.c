#include "dns/frame.h"

#include <assert.h>

size_t frame_read(const uint8_t *octets, size_t len, struct frame *out)
{
	size_t message_len;

	if (len < FRAME_HEAD_LEN)
		return 0;
	message_len = (size_t)(octets[0] << 8 | octets[1]);
	if (len - FRAME_HEAD_LEN < message_len)
		return 0;
	*out = (struct frame){ octets + FRAME_HEAD_LEN, message_len };
	return FRAME_HEAD_LEN + message_len;
}

size_t frame_write_head(uint8_t *out, size_t message_len)
{
	assert(message_len && message_len <= FRAME_MESSAGE_MAX);
	out[0] = (uint8_t)(message_len >> 8);
	out[1] = (uint8_t)message_len;
	return FRAME_HEAD_LEN + message_len;
}

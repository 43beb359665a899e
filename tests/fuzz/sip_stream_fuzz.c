/* A stream of SIP: however it is cut into pieces, the same messages come out. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/frame.h"
#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sip_message message;

/* Returns a mark of all that came out when pieces have `step` octets. */
static uint64_t cut(const uint8_t *data, size_t size, size_t step)
{
	struct sip_framer f = { 0 };
	uint64_t mark = 0;
	size_t from = 0;
	size_t end = 0;

	while (end < size) {
		end = end + step < size ? end + step : size;
		for (;;) {
			size_t taken = 0;
			enum sip_frame_kind kind = sip_frame_next(&f, data + from,
								  end - from, &taken);

			if (kind == SIP_FRAME_BAD)
				return mark * 31 + 7;
			if (kind == SIP_FRAME_MORE)
				break;
			assert(taken > 0 && taken <= end - from);
			mark = mark * 31 + (uint64_t)kind * 65536 + taken;
			if (kind == SIP_FRAME_MESSAGE)
				(void)sip_message_read(&message, data + from, taken);
			from += taken;
		}
	}
	return mark;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = cut(data, size, size);

	assert(cut(data, size, 7) == whole);
	if (size < 256)
		assert(cut(data, size, 1) == whole);
	return 0;
}

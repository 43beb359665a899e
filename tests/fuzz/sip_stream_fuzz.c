/* A stream of SIP: however it is cut into pieces, the same messages come out. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/frame.h"
#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sip_message message;

/* What came out of a stream so far. */
struct cutting {
	struct sip_framer framer;
	size_t from;
	uint64_t mark;
	bool bad;
};

/* Takes all frames of what came. */
static void take_frames(struct cutting *c, const uint8_t *data, size_t end)
{
	for (;;) {
		size_t taken = 0;
		enum sip_frame_kind kind = sip_frame_next(&c->framer, data + c->from,
							  end - c->from, &taken);

		if (kind == SIP_FRAME_MORE)
			return;
		c->mark = c->mark * 31 + (uint64_t)kind * 65536 + taken;
		c->bad = kind == SIP_FRAME_BAD;
		if (c->bad)
			return;
		assert(taken > 0 && taken <= end - c->from);
		if (kind == SIP_FRAME_MESSAGE)
			(void)sip_message_read(&message, data + c->from, taken);
		c->from += taken;
	}
}

/* Returns a mark of all that came out when pieces have `step` octets. */
static uint64_t cut(const uint8_t *data, size_t size, size_t step, bool pings)
{
	struct cutting c = { .framer = { .pings = pings } };

	for (size_t end = 0; end < size && !c.bad;) {
		end = end + step < size ? end + step : size;
		take_frames(&c, data, end);
	}
	return c.mark;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int pings = 0; pings < 2; pings++) {
		uint64_t whole = cut(data, size, size, pings);

		assert(cut(data, size, 7, pings) == whole);
		if (size < 256)
			assert(cut(data, size, 1, pings) == whole);
	}
	return 0;
}

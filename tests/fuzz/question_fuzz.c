/* One packet as a query: what was read lies inside it, and its answer's OPT fits. */
#include "dns/question.h"

#include <assert.h>
#include <string.h>

static void check_name(const struct question *q)
{
	assert(q->wire[q->name_len - 1] == 0);
	assert(name_wire_len(q->wire) == q->name_len);
	assert(name_wire_len(q->name) == q->name_len);
	assert(name_labels(q->name) == q->label_count);
	assert(q->label_at[q->label_count] == q->name_len - 1);
	assert(name_equal(q->wire, q->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct question q;

	if (len > UINT16_MAX)
		return 0;
	memset(&q, 0xee, sizeof(q));
	if (question_read(octets, len, &q) == QUESTION_DROP)
		return 0;
	if (q.question_end) {
		assert(q.question_end <= len && q.wire == octets + DNS_HEADER_LEN);
		check_name(&q);
	}
	if (q.edns.cookie_len)
		assert(q.edns.cookie >= octets &&
		       q.edns.cookie + q.edns.cookie_len <= octets + len);
	if (q.edns.present) {
		uint8_t out[512];
		struct edns_answer a = {
			.payload = q.edns.payload,
			.cookie = q.edns.cookie,
			.cookie_len = q.edns.cookie_len,
			.ecs = q.edns.has_ecs ? &q.edns.ecs : NULL,
			.padding = q.edns.padding,
		};

		assert(edns_write(&a, out, sizeof(out), len) <= sizeof(out));
	}
	return 0;
}

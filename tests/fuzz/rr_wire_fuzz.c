/* RDATA from a message: two octets of type, two of where it starts, then the message.
 */
#include <assert.h>
#include <string.h>

#include "dns/rr.h"

/* What was read prints, and the text reads as the same octets. */
static void check(uint16_t type, const struct buffer *wire)
{
	struct rr_name_at names[3];
	struct buffer text = { 0 };
	struct buffer again = { 0 };
	struct rr_fault fault;
	size_t count = rr_rdata_names(type, wire->octets, wire->len, names, 3);

	for (size_t i = 0; i < count; i++)
		assert(names[i].offset < wire->len);
	rr_rdata_format(type, wire->octets, wire->len, &text);
	assert(rr_rdata_parse(type, (char *)text.octets, text.len, NULL, &again,
			      &fault) == OK);
	assert(again.len == wire->len &&
	       (!wire->len || memcmp(again.octets, wire->octets, wire->len) == 0));
	if (wire->len)
		rr_rdata_canonical(type, again.octets, again.len);
	buffer_fini(&text);
	buffer_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct buffer wire = { 0 };
	struct reader r;
	uint16_t type;
	size_t from;

	if (len < 4)
		return 0;
	type = (uint16_t)(octets[0] << 8 | octets[1]);
	if (type % 3)
		type %= 265;
	from = (size_t)octets[2] << 8 | octets[3];
	r = reader_of(octets + 4, len - 4);
	if (from > reader_left(&r))
		from = 0;
	r.at += from;
	if (rr_rdata_read(&r, type, reader_left(&r), &wire) == OK)
		check(type, &wire);
	else
		assert(wire.len == 0);
	buffer_fini(&wire);
	return 0;
}

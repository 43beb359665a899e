/* RDATA as text: two octets of type, then the text. What is taken prints and reads the
 * same. */
#include <assert.h>
#include <string.h>

#include "dns/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct name origin = { 9, 1, "\7example" };
	struct buffer wire = { 0 };
	struct buffer text = { 0 };
	struct buffer again = { 0 };
	struct rr_fault fault = { 0 };
	uint16_t type;

	if (len < 2)
		return 0;
	/* Two in three inputs go to types that are known. */
	type = (uint16_t)(octets[0] << 8 | octets[1]);
	if (type % 3)
		type %= 265;
	if (rr_rdata_parse(type, (const char *)octets + 2, len - 2, &origin, &wire,
			   &fault)) {
		assert(fault.text[0] && fault.col);
	} else {
		struct reader r = reader_of(wire.octets, wire.len);

		assert(rr_rdata_read(&r, type, wire.len, &again) == OK);
		assert(again.len == wire.len);
		again.len = 0;
		rr_rdata_format(type, wire.octets, wire.len, &text);
		assert(rr_rdata_parse(type, (char *)text.octets, text.len, NULL, &again,
				      &fault) == OK);
		assert(again.len == wire.len &&
		       (!wire.len || memcmp(again.octets, wire.octets, wire.len) == 0));
	}
	buffer_fini(&wire);
	buffer_fini(&text);
	buffer_fini(&again);
	return 0;
}

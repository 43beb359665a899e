#include "base/siphash.h"

#include <string.h>

#include "tests/harness.h"

enum { OUT_LEN = 16 };

/* As the reference has it: key 00 01 .. 0f, input 00 01 .. of so many octets. */
static void the_vectors_of_its_authors(void)
{
	static const struct {
		size_t len;
		uint8_t out[OUT_LEN];
	} rows[] = {
		{ 0,
		  { 0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72,
		    0x14, 0xc7, 0x55, 0x02, 0x93 } },
		{ 1,
		  { 0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59,
		    0x11, 0x9b, 0x22, 0xfc, 0x45 } },
		{ 7,
		  { 0xa1, 0xf1, 0xeb, 0xbe, 0xd8, 0xdb, 0xc1, 0x53, 0xc0, 0xb8, 0x4a,
		    0xa6, 0x1f, 0xf0, 0x82, 0x39 } },
		{ 8,
		  { 0x3b, 0x62, 0xa9, 0xba, 0x62, 0x58, 0xf5, 0x61, 0x0f, 0x83, 0xe2,
		    0x64, 0xf3, 0x14, 0x97, 0xb4 } },
		{ 63,
		  { 0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a, 0x50, 0x3e, 0x06,
		    0x9a, 0x97, 0x3f, 0xbd, 0x7c } },
	};
	uint8_t key[SIPHASH_KEY_LEN];
	uint8_t in[64];

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
		struct siphash h = siphash128(key, guarded(in, rows[r].len),
					      rows[r].len);
		uint8_t out[OUT_LEN];

		for (unsigned i = 0; i < 8; i++) {
			out[i] = (uint8_t)(h.low >> 8 * i);
			out[8 + i] = (uint8_t)(h.high >> 8 * i);
		}
		CU_ASSERT_EQUAL(memcmp(out, rows[r].out, OUT_LEN), 0);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the vectors of its authors", the_vectors_of_its_authors },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/siphash", tests);
}

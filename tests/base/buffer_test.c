#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "tests/harness.h"

static void numbers_are_big_endian(void)
{
	struct buffer b = { 0 };

	buffer_put_u8(&b, 1);
	buffer_put_u16(&b, 0x0203);
	buffer_put_u32(&b, 0x04050607);
	CU_ASSERT_EQUAL(b.len, 7);
	CU_ASSERT_EQUAL(memcmp(b.octets, "\1\2\3\4\5\6\7", 7), 0);
	buffer_fini(&b);
	CU_ASSERT_PTR_NULL(b.octets);
}

static void buffer_grows_over_many_puts(void)
{
	struct buffer b = { 0 };

	for (unsigned i = 0; i < 10000; i++)
		buffer_printf(&b, "%04u", i);
	CU_ASSERT_EQUAL(b.len, 40000);
	CU_ASSERT_EQUAL(memcmp(b.octets + (size_t)4 * 4711, "4711", 4), 0);
	buffer_drop(&b, (size_t)4 * 4711);
	CU_ASSERT_EQUAL(memcmp(b.octets, "47114712", 8), 0);
	buffer_fini(&b);
}

static void taken_text_ends_in_nul_and_leaves_the_buffer_empty(void)
{
	struct buffer b = { 0 };
	char *text = buffer_take_text(&b);

	CU_ASSERT_STRING_EQUAL(text, "");
	free(text);
	buffer_put_text(&b, "berlin");
	buffer_put(&b, NULL, 0);
	text = buffer_take_text(&b);
	CU_ASSERT_STRING_EQUAL(text, "berlin");
	CU_ASSERT_EQUAL(b.len, 0);
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "numbers are big endian", numbers_are_big_endian },
		{ "the buffer grows over many puts", buffer_grows_over_many_puts },
		{ "taken text ends in NUL and leaves the buffer empty",
		  taken_text_ends_in_nul_and_leaves_the_buffer_empty },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/buffer", tests);
}

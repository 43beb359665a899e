#include "dns/frame.h"

#include <string.h>

#include "tests/harness.h"

static void message_comes_out_when_its_last_octet_is_there(void)
{
	static const uint8_t octets[] = { 0, 3, 'a', 'b', 'c', 0, 1, 'd' };
	struct frame f = { 0 };

	for (size_t len = 0; len < 5; len++)
		CU_ASSERT_EQUAL(frame_read(guarded(octets, len), len, &f), 0);
	CU_ASSERT_PTR_NULL(f.message);
	CU_ASSERT_EQUAL(frame_read(octets, sizeof(octets), &f), 5);
	CU_ASSERT_EQUAL(f.len, 3);
	CU_ASSERT_EQUAL(memcmp(f.message, "abc", 3), 0);
	CU_ASSERT_EQUAL(frame_read(octets + 5, 3, &f), 3);
	CU_ASSERT_EQUAL(f.len, 1);
}

static void empty_message_is_one(void)
{
	struct frame f = { 0 };

	CU_ASSERT_EQUAL(frame_read((const uint8_t[]){ 0, 0, 9 }, 3, &f), 2);
	CU_ASSERT_EQUAL(f.len, 0);
	CU_ASSERT_PTR_NOT_NULL(f.message);
}

static void longest_message_goes_out_and_comes_in(void)
{
	static uint8_t octets[FRAME_HEAD_LEN + FRAME_MESSAGE_MAX];
	struct frame f = { 0 };

	CU_ASSERT_EQUAL(frame_write_head(octets, FRAME_MESSAGE_MAX), sizeof(octets));
	CU_ASSERT_EQUAL(octets[0], 0xff);
	CU_ASSERT_EQUAL(octets[1], 0xff);
	CU_ASSERT_EQUAL(frame_read(octets, sizeof(octets) - 1, &f), 0);
	CU_ASSERT_EQUAL(frame_read(octets, sizeof(octets), &f), sizeof(octets));
	CU_ASSERT_EQUAL(f.len, FRAME_MESSAGE_MAX);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a message comes out when its last octet is there",
		  message_comes_out_when_its_last_octet_is_there },
		{ "an empty message is one", empty_message_is_one },
		{ "the longest message goes out and comes in",
		  longest_message_goes_out_and_comes_in },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/frame", tests);
}

#include "base/process/link.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/harness.h"

static uint8_t space[LINK_PAYLOAD_MAX];
static int ends[2];

static void message_arrives_whole_with_its_descriptor(void)
{
	struct link_message m = { .type = 7,
				  .sequence = 4711,
				  .payload = (const uint8_t *)"\0\2\0\0\0\1x",
				  .len = 7,
				  .fds = { STDIN_FILENO },
				  .fd_count = 1 };
	struct link_message got;
	struct text t;

	CU_ASSERT_EQUAL(link_pair(ends), OK);
	CU_ASSERT_EQUAL(link_receive(ends[1], space, &got), ERR_AGAIN);
	CU_ASSERT_EQUAL(link_send(ends[0], &m), OK);
	CU_ASSERT_EQUAL(link_receive(ends[1], space, &got), OK);
	CU_ASSERT_EQUAL(got.type, 7);
	CU_ASSERT_EQUAL(got.sequence, 4711);
	t = text_of(got.payload, got.len);
	CU_ASSERT_EQUAL(link_u16(&t), 2);
	CU_ASSERT_TRUE(text_is(&(struct text){ t.at + 4, t.at + 5, 0 }, "x"));
	CU_ASSERT_EQUAL(text_len(&(struct text){ t.at, t.end, 0 }), 5);
	CU_ASSERT_EQUAL(got.fd_count, 1);
	CU_ASSERT_TRUE(fcntl(got.fds[0], F_GETFD) & FD_CLOEXEC);
	link_close_fds(&got);
	close(ends[0]);
	CU_ASSERT_EQUAL(link_receive(ends[1], space, &got), ERR_CLOSED);
	CU_ASSERT_EQUAL(link_send(ends[1], &m), ERR_CLOSED);
	close(ends[1]);
}

static void full_link_says_again_and_nothing_is_lost(void)
{
	static const uint8_t payload[LINK_PAYLOAD_MAX];
	struct link_message m = { .payload = payload, .len = sizeof(payload) };
	struct link_message got;
	uint32_t sent = 0;

	CU_ASSERT_EQUAL(link_pair(ends), OK);
	while (link_send(ends[0], &m) == OK)
		m.sequence = ++sent;
	CU_ASSERT_EQUAL(link_send(ends[0], &m), ERR_AGAIN);
	for (uint32_t i = 0; i < sent; i++) {
		CU_ASSERT_EQUAL(link_receive(ends[1], space, &got), OK);
		CU_ASSERT_EQUAL(got.sequence, i);
		CU_ASSERT_EQUAL(got.len, sizeof(payload));
	}
	m.len++;
	CU_ASSERT_EQUAL(link_send(ends[0], &m), ERR_LIMIT);
	close(ends[0]);
	close(ends[1]);
}

static void malformed_frames_are_dropped(void)
{
	struct link_message got;

	CU_ASSERT_EQUAL(link_pair(ends), OK);
	CU_ASSERT_EQUAL(send(ends[0], "abc", 3, 0), 3);
	CU_ASSERT_EQUAL(link_receive(ends[1], space, &got), ERR_MALFORMED);
	CU_ASSERT_EQUAL(link_receive(ends[1], space, &got), ERR_AGAIN);
	close(ends[0]);
	close(ends[1]);
}

static void numbers_past_the_end_latch(void)
{
	struct text t = text_of(guarded("\0\0\0\5ab", 6), 6);
	struct text inner = link_text(&t);

	CU_ASSERT_EQUAL(text_len(&inner), 0);
	CU_ASSERT_EQUAL(t.err, ERR_SHORT);
	t = text_of(guarded("\1", 1), 1);
	CU_ASSERT_EQUAL(link_u32(&t), 0);
	CU_ASSERT_EQUAL(t.err, ERR_SHORT);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a message arrives whole with its descriptor",
		  message_arrives_whole_with_its_descriptor },
		{ "a full link says again and nothing is lost",
		  full_link_says_again_and_nothing_is_lost },
		{ "malformed frames are dropped", malformed_frames_are_dropped },
		{ "numbers past the end latch", numbers_past_the_end_latch },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/link", tests);
}

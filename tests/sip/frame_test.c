#include "sip/frame.h"

#include <string.h>

#include "tests/harness.h"

enum { FRAMES_MAX = 32 };

static struct {
	enum sip_frame_kind kind[FRAMES_MAX];
	size_t len[FRAMES_MAX];
	int count;
} cut;

static void note(enum sip_frame_kind kind, size_t taken)
{
	if (cut.count == FRAMES_MAX || kind == SIP_FRAME_SKIP)
		return;
	cut.kind[cut.count] = kind;
	cut.len[cut.count++] = taken;
}

/* Takes all frames of what came. Returns how many octets, or more than `len` if bad. */
static size_t take_frames(struct sip_framer *f, const char *stream, size_t len)
{
	size_t from = 0;

	for (;;) {
		size_t taken = 0;
		enum sip_frame_kind kind =
			sip_frame_next(f, guarded(stream + from, len - from),
				       len - from, &taken);

		if (kind == SIP_FRAME_MORE)
			return from;
		note(kind, taken);
		if (kind == SIP_FRAME_BAD)
			return len + 1;
		from += taken;
	}
}

/* Cuts a stream that comes in pieces of `step` octets. */
static void cut_all(bool pings, const char *stream, size_t len, size_t step)
{
	struct sip_framer f = { .pings = pings };
	size_t from = 0;

	cut.count = 0;
	for (size_t end = 0; end < len && from <= end;) {
		end = end + step < len ? end + step : len;
		from += take_frames(&f, stream + from, end - from);
	}
}

static void messages_are_cut_wherever_the_pieces_end(void)
{
	static const char stream[] =
		"\r\nOPTIONS sip:a SIP/2.0\r\nContent-Length : 3\r\n\r\nabc"
		"\r\n\r\n"
		"SIP/2.0 200 OK\r\nVia: x\r\nl:\r\n 0\r\n\r\n"
		"SIP/2.0 200 OK\r\nl: 4\r\nContent-Length: 4\r\n\r\n\r\n\r\n"
		"\r\n\r\n";

	for (size_t step = 1; step <= sizeof(stream); step++) {
		cut_all(false, stream, sizeof(stream) - 1, step);
		CU_ASSERT_EQUAL_FATAL(cut.count, 5);
		CU_ASSERT_EQUAL(cut.kind[0], SIP_FRAME_MESSAGE);
		CU_ASSERT_EQUAL(cut.len[0], 23 + 20 + 2 + 3);
		CU_ASSERT_EQUAL(cut.kind[1], SIP_FRAME_PING);
		CU_ASSERT_EQUAL(cut.kind[2], SIP_FRAME_MESSAGE);
		CU_ASSERT_EQUAL(cut.kind[3], SIP_FRAME_MESSAGE);
		CU_ASSERT_EQUAL(cut.kind[4], SIP_FRAME_PING);
	}
}

static void the_pinging_side_takes_one_crlf_as_pong(void)
{
	static const char stream[] = "\r\n\r\nSIP/2.0 200 OK\r\nl: 0\r\n\r\n\r\n";

	for (size_t step = 1; step <= sizeof(stream); step++) {
		cut_all(true, stream, sizeof(stream) - 1, step);
		CU_ASSERT_EQUAL_FATAL(cut.count, 4);
		CU_ASSERT_EQUAL(cut.kind[0], SIP_FRAME_PONG);
		CU_ASSERT_EQUAL(cut.kind[1], SIP_FRAME_PONG);
		CU_ASSERT_EQUAL(cut.kind[2], SIP_FRAME_MESSAGE);
		CU_ASSERT_EQUAL(cut.kind[3], SIP_FRAME_PONG);
	}
}

static void what_a_probe_gets_has_no_body_without_a_length(void)
{
	static const char stream[] = "SIP/2.0 200 OK\r\nVia: x\r\n\r\n\r\n";

	cut_all(true, stream, sizeof(stream) - 1, 5);
	CU_ASSERT_EQUAL_FATAL(cut.count, 2);
	CU_ASSERT_EQUAL(cut.kind[0], SIP_FRAME_MESSAGE);
	CU_ASSERT_EQUAL(cut.len[0], sizeof(stream) - 1 - 2);
}

static void a_probe_gets_what_is_framed_oddly(void)
{
	static const char stream[] = "\nSIP/2.0 200 OK\nVia: x\n\n"
				     "SIP/2.0 200 OK\r\nVia: x\n\r\n"
				     "SIP/2.0 200 OK\r\nno colon\r\nl: 2\r\n\r\nab"
				     "SIP/2.0 200 OK\r\nl: x\r\n\r\n"
				     "SIP/2.0 200 OK\r\nl: 0\r\nl: 7\r\n\r\n";

	for (size_t step = 1; step <= sizeof(stream); step++) {
		cut_all(true, stream, sizeof(stream) - 1, step);
		CU_ASSERT_EQUAL_FATAL(cut.count, 5);
		for (int i = 0; i < 5; i++)
			CU_ASSERT_EQUAL(cut.kind[i], SIP_FRAME_MESSAGE);
	}
	cut_all(false, stream + 1, sizeof(stream) - 2, 1000);
	CU_ASSERT_NOT_EQUAL(cut.kind[0], SIP_FRAME_PONG);
	CU_ASSERT_EQUAL(cut.kind[cut.count - 1], SIP_FRAME_BAD);
}

static void what_cannot_be_framed_is_bad(void)
{
	static const char *const streams[] = {
		"\x16\x03\x01\x02",
		"GET / HTTP/1.1\r\n",
		"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nContent-Length: 65536\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nContent-Length: 65535\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 2\r\n\r\n",
		"OPTIONS sip:a SIP/2.0\r\nl:\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++) {
		cut_all(false, streams[i], strlen(streams[i]), 3);
		CU_ASSERT_EQUAL(cut.count, 1);
		CU_ASSERT_EQUAL(cut.kind[0], SIP_FRAME_BAD);
	}
}

static void an_endless_header_is_bad(void)
{
	static char stream[SIP_FRAME_MAX + 2];
	static const char start[] = "OPTIONS sip:a SIP/2.0\r\nX: ";

	memset(stream, 'x', sizeof(stream));
	cut_all(false, stream, sizeof(stream), 4096);
	CU_ASSERT_EQUAL(cut.count, 1);
	CU_ASSERT_EQUAL(cut.kind[0], SIP_FRAME_BAD);
	memcpy(stream, start, sizeof(start) - 1);
	cut_all(false, stream, sizeof(stream), 4096);
	CU_ASSERT_EQUAL(cut.count, 1);
	CU_ASSERT_EQUAL(cut.kind[0], SIP_FRAME_BAD);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "messages are cut wherever the pieces end",
		  messages_are_cut_wherever_the_pieces_end },
		{ "RFC 5626: the pinging side takes one CRLF as pong",
		  the_pinging_side_takes_one_crlf_as_pong },
		{ "what cannot be framed is bad", what_cannot_be_framed_is_bad },
		{ "a probe gets what is framed oddly",
		  a_probe_gets_what_is_framed_oddly },
		{ "an endless header is bad", an_endless_header_is_bad },
		{ "what a probe gets has no body without a length",
		  what_a_probe_gets_has_no_body_without_a_length },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/frame", tests);
}

#include "sip/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Octets that come one by one, in pages of which those that were seen cannot be read.
 */
struct drip {
	struct sip_framer framer;
	uint8_t *octets;
	size_t len, page_len;
};

static struct drip *drip_new(void)
{
	static struct drip d;

	d = (struct drip){ .page_len = (size_t)sysconf(_SC_PAGESIZE) };
	d.octets = mmap(NULL, 32 * d.page_len, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CU_ASSERT_PTR_NOT_EQUAL_FATAL(d.octets, MAP_FAILED);
	return &d;
}

static void drip_hide(struct drip *d, size_t seen_len)
{
	size_t hidden_len = seen_len / d->page_len * d->page_len;

	if (hidden_len)
		CU_ASSERT_EQUAL(mprotect(d->octets, hidden_len, PROT_NONE), 0);
}

static enum sip_frame_kind drip_octets(struct drip *d, const char *octets, size_t len)
{
	enum sip_frame_kind kind = SIP_FRAME_MORE;
	size_t taken;

	for (size_t i = 0; i < len && kind == SIP_FRAME_MORE; i++) {
		if (d->len > 4)
			drip_hide(d, d->len - 4);
		d->octets[d->len++] = (uint8_t)octets[i];
		kind = sip_frame_next(&d->framer, d->octets, d->len, &taken);
	}
	return kind;
}

static void drip_show(struct drip *d)
{
	CU_ASSERT_EQUAL(mprotect(d->octets, 32 * d->page_len, PROT_READ | PROT_WRITE),
			0);
}

static enum sip_frame_kind drip_many(struct drip *d, char octet, size_t len)
{
	char *octets = malloc(len);
	enum sip_frame_kind kind;

	memset(octets, octet, len);
	kind = drip_octets(d, octets, len);
	free(octets);
	return kind;
}

static void what_was_seen_is_not_read_again(void)
{
	static const char line[] = "OPTIONS sip:";
	static const char version[] = " SIP/2.0\r\nX: ";
	static const char end[] = "\r\nContent-Length: 20000\r\n\r";
	struct drip *d = drip_new();
	size_t taken;

	CU_ASSERT_EQUAL(drip_octets(d, line, strlen(line)), SIP_FRAME_MORE);
	CU_ASSERT_EQUAL(drip_many(d, 'a', 20000), SIP_FRAME_MORE);
	CU_ASSERT_EQUAL(drip_octets(d, version, 8), SIP_FRAME_MORE);
	drip_show(d); /* the first line is whole now and is read once */
	d->octets[d->len++] = '\r';
	CU_ASSERT_EQUAL(sip_frame_next(&d->framer, d->octets, d->len, &taken),
			SIP_FRAME_MORE);
	CU_ASSERT_EQUAL(drip_octets(d, version + 9, strlen(version) - 9),
			SIP_FRAME_MORE);
	CU_ASSERT_EQUAL(drip_many(d, 'b', 20000), SIP_FRAME_MORE);
	CU_ASSERT_EQUAL(drip_octets(d, end, strlen(end)), SIP_FRAME_MORE);
	drip_show(d); /* so is the header */
	d->octets[d->len++] = '\n';
	CU_ASSERT_EQUAL(sip_frame_next(&d->framer, d->octets, d->len, &taken),
			SIP_FRAME_MORE);
	CU_ASSERT_EQUAL(drip_many(d, 'c', 19999), SIP_FRAME_MORE);
	CU_ASSERT_EQUAL(drip_many(d, 'c', 1), SIP_FRAME_MESSAGE);
	munmap(d->octets, 32 * d->page_len);
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
		{ "what was seen is not read again", what_was_seen_is_not_read_again },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/frame", tests);
}

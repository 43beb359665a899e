#include "net/lookup.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "net/loop.h"
#include "net/udp.h"
#include "tests/harness.h"
#include "tests/net/guard.h"

enum { TYPE_A = 1, RCODE_AT = 3, HEADER_LEN = 12 };

static struct loop *loop;
static struct udp *server;
static struct addr at;
static int asked;
static uint8_t rcode;
static bool silent;

static struct {
	int calls;
	int err;
	uint8_t octets[512];
	size_t len;
} told;

/* Sends the question back as an answer of nothing. */
static void on_question(void *arg, const struct addr *from, const uint8_t *octets,
			size_t len)
{
	uint8_t answer[512];

	(void)arg;
	asked++;
	if (silent || len > sizeof(answer) || len < HEADER_LEN)
		return;
	memcpy(answer, octets, len);
	answer[2] |= 0x80;
	answer[RCODE_AT] = rcode;
	CU_ASSERT_EQUAL(udp_send(server, from, answer, len), OK);
}

static const struct udp_calls udp_calls = { .received = on_question };

static void on_answer(void *arg, int err, const uint8_t *answer, size_t len)
{
	(void)arg;
	told.calls++;
	told.err = err;
	told.len = len < sizeof(told.octets) ? len : 0;
	if (told.len)
		memcpy(told.octets, answer, told.len);
}

static struct lookup *begin(void)
{
	struct lookup *k = NULL;

	loop = loop_new();
	asked = 0;
	rcode = 0;
	silent = false;
	memset(&told, 0, sizeof(told));
	CU_ASSERT_EQUAL(addr_parse_port("127.0.0.1", 0, &at), OK);
	CU_ASSERT_EQUAL_FATAL(udp_open(loop, &at, NULL, &udp_calls, NULL, &server), OK);
	udp_local(server, &at);
	CU_ASSERT_EQUAL_FATAL(lookup_open(loop, &at, 1, 20, 2, &k), OK);
	return k;
}

static void finish(struct lookup *k)
{
	lookup_close(k);
	udp_close(server);
	loop_free(loop);
}

static void until_told(void)
{
	TURN_UNTIL(loop, told.calls);
	CU_ASSERT_EQUAL(told.calls, 1);
}

static void an_answer_comes_back_whole(void)
{
	static const uint8_t question[] = "\3pbx\7example\0\0\1\0\1";
	struct lookup *k = begin();

	CU_ASSERT_PTR_NOT_NULL(lookup_ask(k, "pbx.example", TYPE_A, on_answer, NULL));
	until_told();
	CU_ASSERT_EQUAL(told.err, OK);
	CU_ASSERT_EQUAL(told.len, HEADER_LEN + sizeof(question) - 1);
	CU_ASSERT_EQUAL(memcmp(told.octets + HEADER_LEN, question,
			       sizeof(question) - 1),
			0);
	finish(k);
}

static void an_rcode_is_an_answer(void)
{
	struct lookup *k = begin();

	rcode = 3;
	(void)lookup_ask(k, "gone.example", TYPE_A, on_answer, NULL);
	until_told();
	CU_ASSERT_EQUAL(told.err, OK);
	CU_ASSERT_EQUAL(told.octets[RCODE_AT], 3);
	finish(k);
}

static void silence_is_a_timeout_after_the_tries(void)
{
	struct lookup *k = begin();

	silent = true;
	(void)lookup_ask(k, "pbx.example", TYPE_A, on_answer, NULL);
	until_told();
	CU_ASSERT_EQUAL(told.err, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(asked, 2);
	finish(k);
}

static void no_server_is_a_refusal(void)
{
	struct lookup *k = begin();

	udp_close(server);
	server = NULL;
	(void)lookup_ask(k, "pbx.example", TYPE_A, on_answer, NULL);
	until_told();
	CU_ASSERT_EQUAL(told.err, ERR_REFUSED);
	finish(k);
}

static void a_bad_name_is_told_at_once(void)
{
	struct lookup *k = begin();

	CU_ASSERT_PTR_NULL(lookup_ask(k, "a..b", TYPE_A, on_answer, NULL));
	CU_ASSERT_EQUAL(told.calls, 1);
	CU_ASSERT_EQUAL(told.err, ERR_MALFORMED);
	finish(k);
}

static void neither_cancelled_nor_closed_queries_call(void)
{
	struct lookup *k = begin();
	struct lookup_query *q = lookup_ask(k, "one.example", TYPE_A, on_answer, NULL);

	CU_ASSERT_PTR_NOT_NULL(q);
	lookup_cancel(q);
	lookup_cancel(NULL);
	TURN_UNTIL(loop, asked);
	loop_turn(loop, true);
	(void)lookup_ask(k, "two.example", TYPE_A, on_answer, NULL);
	finish(k);
	CU_ASSERT_EQUAL(told.calls, 0);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "an answer comes back whole", an_answer_comes_back_whole },
		{ "an RCODE is an answer", an_rcode_is_an_answer },
		{ "silence is a time-out after the tries",
		  silence_is_a_timeout_after_the_tries },
		{ "no server is a refusal", no_server_is_a_refusal },
		{ "a bad name is told at once", a_bad_name_is_told_at_once },
		{ "neither cancelled nor closed queries call",
		  neither_cancelled_nor_closed_queries_call },
		CU_TEST_INFO_NULL,
	};

	return suite_run("net/lookup", tests);
}

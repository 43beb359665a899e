#include "recursor/spoof.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/harness.h"

/* wWw.eXample. A, id 0x1234, RD */
static const uint8_t question[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0"
				  "\3wWw\7eXample\0\0\1\0\1";
enum { QUESTION_LEN = sizeof(question) - 1, MISSES = 3 };

static int ours, theirs;

static void begin(void)
{
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
	spoof_asked(ours, question, QUESTION_LEN);
}

static void finish(void)
{
	close(ours);
	close(theirs);
}

/* The question as an answer, one octet changed; returns what recvfrom() gives of it. */
static ssize_t answered(size_t at, uint8_t change, uint8_t got[512])
{
	uint8_t answer[QUESTION_LEN];

	memcpy(answer, question, QUESTION_LEN);
	answer[2] |= 0x80;
	answer[at] ^= change;
	CU_ASSERT_EQUAL(send(theirs, answer, sizeof(answer), 0), sizeof(answer));
	return recvfrom(ours, got, 512, 0, NULL, NULL);
}

static void the_right_answer_passes_among_a_few_wrong_ones(void)
{
	uint64_t before = spoof_count();
	uint8_t got[512];

	begin();
	for (int i = 0; i < MISSES - 1; i++)
		CU_ASSERT_EQUAL(answered(0, 0xff, got), QUESTION_LEN);
	CU_ASSERT_EQUAL(answered(2, 0, got), QUESTION_LEN);
	CU_ASSERT_EQUAL(got[2], 0x81);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(answered(2, 0, got), QUESTION_LEN);
	CU_ASSERT_EQUAL(got[2], 0x81);
	CU_ASSERT_EQUAL(spoof_count(), before);
	finish();
}

static void guesses_send_the_question_over_tcp(void)
{
	uint64_t before = spoof_count();
	uint8_t got[512];

	begin();
	(void)answered(1, 1, got);     /* another id */
	(void)answered(13, 0x20, got); /* another case */
	CU_ASSERT_EQUAL(send(theirs, "x", 1, 0), 1);
	CU_ASSERT_EQUAL(recvfrom(ours, got, sizeof(got), 0, NULL, NULL), 1);
	CU_ASSERT_EQUAL(answered(2, 0, got), QUESTION_LEN); /* even the right one */
	CU_ASSERT_EQUAL(got[2], 0x83);                      /* QR TC RD */
	CU_ASSERT_EQUAL(got[3], 0);
	CU_ASSERT_EQUAL(memcmp(got, question, 2), 0);
	CU_ASSERT_EQUAL(memcmp(got + 4, "\0\1\0\0\0\0\0\0", 8), 0);
	CU_ASSERT_EQUAL(memcmp(got + 12, question + 12, QUESTION_LEN - 12), 0);
	CU_ASSERT_EQUAL(spoof_count(), before + 1);
	finish();
}

static void sockets_that_asked_nothing_are_left_alone(void)
{
	uint8_t got[512];

	begin();
	spoof_asked(ours, "no question", 11);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(answered(0, 0xff, got), QUESTION_LEN);
	CU_ASSERT_EQUAL(got[2], 0x81);
	finish();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the right answer passes among a few wrong ones",
		  the_right_answer_passes_among_a_few_wrong_ones },
		{ "guesses send the question over TCP",
		  guesses_send_the_question_over_tcp },
		{ "sockets that asked nothing are left alone",
		  sockets_that_asked_nothing_are_left_alone },
		CU_TEST_INFO_NULL,
	};

	return suite_run("recursor/spoof", tests);
}

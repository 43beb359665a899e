/* The serving side of transactions. */
#include "tests/sip/transaction_stage.h"

static void read_request(const char *method, const char *branch)
{
	static char text[512];
	int len = snprintf(text, sizeof(text),
			   "%s sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=%s\r\n"
			   "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
			   "CSeq: 1 %s\r\n\r\n",
			   method, branch, method);

	CU_ASSERT_EQUAL(sip_message_read(&message, text, (size_t)len), OK);
}

static enum sip_arrival arrive(const char *method, const char *branch,
			       enum transport transport, struct sip_transaction **x)
{
	struct sip_remote from = { .transport = transport,
				   .addr = { .family = AF_INET } };

	read_request(method, branch);
	return sip_transactions_receive(all, &message, &from, x);
}

static enum sip_arrival udp(const char *method, const char *branch,
			    struct sip_transaction **x)
{
	return arrive(method, branch, TRANSPORT_UDP, x);
}

/* An INVITE over UDP, whose user wants to be told. */
static struct sip_transaction *invited(void)
{
	struct sip_transaction *x;

	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	sip_transaction_set_own(x, &user);
	return x;
}

static void answer(struct sip_transaction *x, uint16_t status, const char *text)
{
	CU_ASSERT_EQUAL(sip_transaction_answer(x, status, text, strlen(text)),
			send_result);
}

static void a_retransmission_gets_the_same_answer(void)
{
	struct sip_transaction *x;
	struct sip_transaction *again;

	begin(10);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	sip_transaction_set_own(x, &user);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &again), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 0);
	answer(x, 200, "two hundred");
	CU_ASSERT_EQUAL(sent, 1);
	answer(x, 500, "too late");
	CU_ASSERT_EQUAL(sent, 1);
	loop_advance(loop, 31999);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &again), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 2);
	CU_ASSERT_STRING_EQUAL(last, "two hundred");
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, OK);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &again), SIP_ARRIVAL_NEW);
	finish();
}

static void over_a_stream_nothing_is_kept(void)
{
	struct sip_transaction *x;

	begin(10);
	CU_ASSERT_EQUAL(arrive("BYE", "z9hG4bKa", TRANSPORT_TCP, &x), SIP_ARRIVAL_NEW);
	answer(x, 481, "no");
	loop_advance(loop, 0);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	finish();
}

static void a_refused_invite_repeats_its_answer_until_the_ack(void)
{
	struct sip_transaction *x;
	struct sip_transaction *none;

	begin(10);
	x = invited();
	answer(x, 180, "ringing");
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &none), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 2);
	answer(x, 486, "busy");
	loop_advance(loop, 500 + 1000 + 2000 + 4000 + 4000);
	CU_ASSERT_EQUAL(sent, 3 + 5);
	CU_ASSERT_EQUAL(udp("ACK", "z9hG4bKi", &none), SIP_ARRIVAL_ACK);
	CU_ASSERT_EQUAL(udp("ACK", "z9hG4bKi", &none), SIP_ARRIVAL_ACK);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &none), SIP_ARRIVAL_REPEATED);
	loop_advance(loop, 4999);
	CU_ASSERT_EQUAL(sent, 8);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 1);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	CU_ASSERT_EQUAL(user.reason, OK);
	finish();
}

static void a_refused_invite_without_ack_ends(void)
{
	begin(10);
	answer(invited(), 486, "busy");
	loop_advance(loop, 32000);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	CU_ASSERT_EQUAL(sent, 11); /* RFC 3261: 0, .5, 1.5, 3.5, 7.5, ... 31.5 s */
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, ERR_TIMEOUT);
	finish();
}

static void an_invite_is_tried_by_itself(void)
{
	struct sip_transaction *x;
	struct sip_transaction *none;

	begin(10);
	x = invited();
	loop_advance(loop, 199);
	CU_ASSERT_EQUAL(sent, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT_EQUAL(memcmp(last, "SIP/2.0 100 Trying\r\n", 20), 0);
	loop_advance(loop, 1000);
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &none), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 2);
	answer(x, 183, "progress");
	CU_ASSERT_STRING_EQUAL(last, "progress");
	finish();
}

static void a_quick_answer_needs_no_trying(void)
{
	begin(10);
	answer(invited(), 180, "ringing");
	loop_advance(loop, 10000);
	CU_ASSERT_EQUAL(sent, 1);
	finish();
}

/* RFC 6026 section 7.1: nothing is sent by the transaction, its user repeats the 2xx.
 */
static void an_accepted_invite_absorbs_and_sends_nothing_itself(void)
{
	struct sip_transaction *x;
	struct sip_transaction *none;

	begin(10);
	x = invited();
	answer(x, 200, "ok");
	loop_advance(loop, 10000);
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &none), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 1);
	answer(x, 200, "ok again");
	CU_ASSERT_EQUAL(sent, 2);
	CU_ASSERT_STRING_EQUAL(last, "ok again");
	answer(x, 486, "no");
	answer(x, 180, "no");
	CU_ASSERT_EQUAL(sent, 2);
	CU_ASSERT_EQUAL(udp("ACK", "z9hG4bKown", &none), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NULL(none);
	/* The ACK of one who takes the INVITE's branch for it, too. */
	CU_ASSERT_EQUAL(udp("ACK", "z9hG4bKi", &none), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NULL(none);
	loop_advance(loop, 21999);
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	CU_ASSERT_EQUAL(user.reason, OK);
	finish();
}

static void what_cannot_be_sent_ends_it_in_the_next_turn(void)
{
	struct sip_transaction *x;

	begin(10);
	x = invited();
	send_result = ERR_CLOSED;
	answer(x, 180, "ringing");
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 0);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, ERR_CLOSED);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	/* A datagram that finds the buffer full is only lost. */
	send_result = ERR_AGAIN;
	answer(invited(), 180, "ringing");
	loop_advance(loop, 1000);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 1);
	finish();
}

static void a_2xx_that_cannot_be_sent_is_its_users_trouble(void)
{
	begin(10);
	struct sip_transaction *x = invited();
	send_result = ERR_CLOSED;
	answer(x, 200, "ok");
	loop_advance(loop, 31999);
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(user.ended, 1);
	finish();
}

static void what_differs_is_another_transaction(void)
{
	struct sip_transaction *x;

	begin(10);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_EQUAL(udp("CANCEL", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKj", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_EQUAL(udp("FOO", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_EQUAL(udp("BAR", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 5);
	finish();
}

static void rfc_3261_17_2_3_the_same_branch_of_another_host_is_another(void)
{
	static const char *const sent_by[] = { "h", "other", "h:5070" };
	struct sip_remote from = { .transport = TRANSPORT_UDP };
	struct sip_transaction *x;
	char text[3][512];

	begin(10);
	for (int i = 0; i < 3; i++) {
		int len = snprintf(text[i], sizeof(text[i]),
				   "OPTIONS sip:u@h SIP/2.0\r\n"
				   "Via: SIP/2.0/UDP %s;branch=z9hG4bKi\r\n"
				   "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
				   "Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
				   sent_by[i]);

		CU_ASSERT_EQUAL(sip_message_read(&message, text[i], (size_t)len), OK);
		CU_ASSERT_EQUAL(sip_transactions_receive(all, &message, &from, &x),
				SIP_ARRIVAL_NEW);
	}
	CU_ASSERT_EQUAL(sip_transactions_count(all), 3);
	finish();
}

static void without_a_branch_the_old_rules_match(void)
{
	struct sip_transaction *x;

	begin(10);
	CU_ASSERT_EQUAL(udp("OPTIONS", "z9hG4bK", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_EQUAL(udp("OPTIONS", "z9hG4bK", &x), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bK", &x), SIP_ARRIVAL_NEW);
	finish();
}

static void a_cancel_finds_its_invite(void)
{
	const struct sip_remote from = { .transport = TRANSPORT_UDP };
	struct sip_transaction *x;

	begin(10);
	x = invited();
	read_request("CANCEL", "z9hG4bKi");
	CU_ASSERT_PTR_EQUAL(sip_transactions_cancelled(all, &message, &from), x);
	CU_ASSERT_PTR_EQUAL(sip_transaction_own(x), &user);
	read_request("CANCEL", "z9hG4bKj");
	CU_ASSERT_PTR_NULL(sip_transactions_cancelled(all, &message, &from));
	finish();
}

static void beyond_the_limit_503_is_answered(void)
{
	struct sip_transaction *x;
	char first[sizeof(last)];

	begin(1);
	CU_ASSERT_EQUAL(udp("BYE", "z9hG4bKa", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NOT_NULL(x);
	CU_ASSERT_EQUAL(udp("BYE", "z9hG4bKb", &x), SIP_ARRIVAL_FULL);
	CU_ASSERT_PTR_NULL(x);
	CU_ASSERT_EQUAL(memcmp(last, "SIP/2.0 503 ", 12), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(last, "\r\nRetry-After: 5\r\n"));
	memcpy(first, last, sizeof(first));
	CU_ASSERT_EQUAL(udp("BYE", "z9hG4bKb", &x), SIP_ARRIVAL_FULL);
	CU_ASSERT_STRING_EQUAL(last, first);
	/* What ends calls is let in, an ACK even has nobody to be answered to. */
	CU_ASSERT_EQUAL(udp("CANCEL", "z9hG4bKc", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NULL(x);
	CU_ASSERT_EQUAL(udp("ACK", "z9hG4bKc", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_EQUAL(sent, 2);
	finish();
}

static void draining_tells_when_the_last_one_ends(void)
{
	struct sip_transaction *x;

	begin(10);
	CU_ASSERT_EQUAL(udp("BYE", "z9hG4bKa", &x), SIP_ARRIVAL_NEW);
	sip_transactions_drain(all);
	answer(x, 200, "ok");
	loop_advance(loop, 31999);
	CU_ASSERT_EQUAL(drained, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(drained, 1);
	finish();
	begin(10);
	sip_transactions_drain(all);
	CU_ASSERT_EQUAL(drained, 0);
	loop_advance(loop, 0);
	CU_ASSERT_EQUAL(drained, 1);
	finish();
}

/* Takes so many requests, each of its own. Returns how many were as expected. */
static int take_many(int count, enum sip_arrival expected)
{
	struct sip_transaction *x;
	char branch[32];
	int as_expected = 0;

	for (int i = 0; i < count; i++) {
		(void)snprintf(branch, sizeof(branch), "z9hG4bK%d", i);
		as_expected += udp("BYE", branch, &x) == expected;
	}
	return as_expected;
}

/* More than the index began with, each found again. */
static void many_are_kept_apart(void)
{
	begin(20000);
	CU_ASSERT_EQUAL(take_many(20000, SIP_ARRIVAL_NEW), 20000);
	CU_ASSERT_EQUAL(take_many(20000, SIP_ARRIVAL_REPEATED), 20000);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 20000);
	finish();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a retransmission gets the same answer",
		  a_retransmission_gets_the_same_answer },
		{ "over a stream nothing is kept", over_a_stream_nothing_is_kept },
		{ "RFC 3261 17.2.1: a refused INVITE repeats its answer until the ACK",
		  a_refused_invite_repeats_its_answer_until_the_ack },
		{ "a refused INVITE without ACK ends",
		  a_refused_invite_without_ack_ends },
		{ "RFC 3261 17.2.1: an INVITE gets a 100 by itself",
		  an_invite_is_tried_by_itself },
		{ "a quick answer needs no 100", a_quick_answer_needs_no_trying },
		{ "RFC 6026 7.1: an accepted INVITE absorbs and sends nothing itself",
		  an_accepted_invite_absorbs_and_sends_nothing_itself },
		{ "what cannot be sent ends it in the next turn",
		  what_cannot_be_sent_ends_it_in_the_next_turn },
		{ "a 2xx that cannot be sent is its user's trouble",
		  a_2xx_that_cannot_be_sent_is_its_users_trouble },
		{ "what differs is another transaction",
		  what_differs_is_another_transaction },
		{ "3261 17.2.3: the same branch of another host is another",
		  rfc_3261_17_2_3_the_same_branch_of_another_host_is_another },
		{ "without a branch the old rules match",
		  without_a_branch_the_old_rules_match },
		{ "RFC 3261 9.2: a CANCEL finds its INVITE",
		  a_cancel_finds_its_invite },
		{ "beyond the limit 503 is answered",
		  beyond_the_limit_503_is_answered },
		{ "draining tells when the last one ends",
		  draining_tells_when_the_last_one_ends },
		{ "many are kept apart", many_are_kept_apart },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/transaction", tests);
}

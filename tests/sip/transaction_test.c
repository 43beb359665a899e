#include "sip/transaction.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/loop.h"
#include "tests/harness.h"

static struct loop *loop;
static struct sip_transactions *all;
static struct sip_message message;
static int sent;
static char last[64];

static int on_send(void *arg, const struct sip_remote *to, const void *octets,
		   size_t len)
{
	(void)arg;
	(void)to;
	sent++;
	(void)snprintf(last, sizeof(last), "%.*s", (int)len, (const char *)octets);
	return OK;
}

static void begin(uint32_t max)
{
	loop = loop_new_virtual(1000);
	all = sip_transactions_new(loop, max, on_send, NULL);
	sent = 0;
}

static void finish(void)
{
	sip_transactions_free(all);
	loop_free(loop);
}

static enum sip_arrival arrive(const char *method, const char *branch,
			       enum sip_transport transport, struct sip_transaction **x)
{
	static char text[512];
	struct sip_remote from = { .transport = transport };
	int len = snprintf(text, sizeof(text),
			   "%s sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=%s\r\n"
			   "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
			   "CSeq: 1 %s\r\n\r\n",
			   method, branch, method);

	CU_ASSERT_EQUAL(sip_message_read(&message, text, (size_t)len), OK);
	return sip_transactions_receive(all, &message, &from, x);
}

static enum sip_arrival udp(const char *method, const char *branch,
			    struct sip_transaction **x)
{
	return arrive(method, branch, SIP_TRANSPORT_UDP, x);
}

static void a_retransmission_gets_the_same_answer(void)
{
	struct sip_transaction *x;
	struct sip_transaction *again;

	begin(10);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &again), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 0);
	sip_transaction_answer(x, 200, "two hundred", 11);
	CU_ASSERT_EQUAL(sent, 1);
	loop_advance(loop, 31999);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &again), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 2);
	CU_ASSERT_STRING_EQUAL(last, "two hundred");
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	CU_ASSERT_EQUAL(udp("REGISTER", "z9hG4bKa", &again), SIP_ARRIVAL_NEW);
	finish();
}

static void over_a_stream_nothing_is_kept(void)
{
	struct sip_transaction *x;

	begin(10);
	CU_ASSERT_EQUAL(arrive("BYE", "z9hG4bKa", SIP_TRANSPORT_TCP, &x),
			SIP_ARRIVAL_NEW);
	sip_transaction_answer(x, 481, "no", 2);
	loop_advance(loop, 0);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	finish();
}

static void a_refused_invite_repeats_its_answer_until_the_ack(void)
{
	struct sip_transaction *x;
	struct sip_transaction *none;

	begin(10);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	sip_transaction_answer(x, 180, "ringing", 7);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &none), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 2);
	sip_transaction_answer(x, 486, "busy", 4);
	loop_advance(loop, 500 + 1000 + 2000 + 4000 + 4000);
	CU_ASSERT_EQUAL(sent, 3 + 5);
	CU_ASSERT_EQUAL(udp("ACK", "z9hG4bKi", &none), SIP_ARRIVAL_ACK);
	loop_advance(loop, 4999);
	CU_ASSERT_EQUAL(sent, 8);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 1);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	finish();
}

static void a_refused_invite_without_ack_ends(void)
{
	struct sip_transaction *x;

	begin(10);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	sip_transaction_answer(x, 486, "busy", 4);
	loop_advance(loop, 32000);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	CU_ASSERT_EQUAL(sent, 11); /* RFC 3261: 0, .5, 1.5, 3.5, 7.5, ... 31.5 s */
	finish();
}

static void an_accepted_invite_absorbs_and_does_not_repeat(void)
{
	struct sip_transaction *x;
	struct sip_transaction *none;

	begin(10);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &x), SIP_ARRIVAL_NEW);
	sip_transaction_answer(x, 200, "ok", 2);
	loop_advance(loop, 10000);
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT_EQUAL(udp("INVITE", "z9hG4bKi", &none), SIP_ARRIVAL_REPEATED);
	CU_ASSERT_EQUAL(sent, 2);
	CU_ASSERT_EQUAL(udp("ACK", "z9hG4bKown", &none), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NULL(none);
	loop_advance(loop, 22000);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
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
	struct sip_remote from = { .transport = SIP_TRANSPORT_UDP };
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

static void beyond_the_limit_requests_are_handled_without(void)
{
	struct sip_transaction *x;

	begin(1);
	CU_ASSERT_EQUAL(udp("BYE", "z9hG4bKa", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NOT_NULL(x);
	CU_ASSERT_EQUAL(udp("BYE", "z9hG4bKb", &x), SIP_ARRIVAL_NEW);
	CU_ASSERT_PTR_NULL(x);
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
		{ "RFC 6026: an accepted INVITE absorbs and does not repeat",
		  an_accepted_invite_absorbs_and_does_not_repeat },
		{ "what differs is another transaction",
		  what_differs_is_another_transaction },
		{ "3261 17.2.3: the same branch of another host is another",
		  rfc_3261_17_2_3_the_same_branch_of_another_host_is_another },
		{ "without a branch the old rules match",
		  without_a_branch_the_old_rules_match },
		{ "beyond the limit requests are handled without",
		  beyond_the_limit_requests_are_handled_without },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/transaction", tests);
}

/* The asking side of transactions. */
#include "tests/sip/transaction_stage.h"

static const char invite[] =
	"INVITE sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bKc1\r\n"
	"Via: SIP/2.0/UDP them;branch=z9hG4bKother\r\nMax-Forwards: 9\r\n"
	"Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"
	"From: <sip:a@b>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: c9\r\n"
	"CSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n";
static const char options[] =
	"OPTIONS sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bKc2\r\n"
	"From: <sip:a@b>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: c9\r\n"
	"CSeq: 8 OPTIONS\r\nContent-Length: 0\r\n\r\n";

static void request(const char *text, enum transport transport)
{
	const struct sip_remote to = { .transport = transport };

	CU_ASSERT_EQUAL_FATAL(sip_transactions_request(all, &to, text, strlen(text),
						       &user, &user.x),
			      OK);
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT_STRING_EQUAL(last, text);
}

static bool respond(int status, const char *branch, const char *cseq)
{
	static char text[512];
	int len = snprintf(text, sizeof(text),
			   "SIP/2.0 %d X\r\nVia: SIP/2.0/UDP us;branch=%s\r\n"
			   "Via: SIP/2.0/UDP them;branch=z9hG4bKother\r\n"
			   "From: <sip:a@b>;tag=1\r\nTo: <sip:u@h>;tag=2\r\n"
			   "Call-ID: c9\r\nCSeq: %s\r\n\r\n",
			   status, branch, cseq);

	CU_ASSERT_EQUAL(sip_message_read(&message, text, (size_t)len), OK);
	return sip_transactions_response(all, &message);
}

static bool ring_back(int status)
{
	return respond(status, "z9hG4bKc1", "7 INVITE");
}

static bool opt_back(int status)
{
	return respond(status, "z9hG4bKc2", "8 OPTIONS");
}

/* RFC 3261 section 17.1.2.2: 0, .5, 1.5, 3.5, then every 4 s, until 32 s. */
static void a_request_is_repeated_until_it_times_out(void)
{
	begin(10);
	request(options, TRANSPORT_UDP);
	loop_advance(loop, 7500);
	CU_ASSERT_EQUAL(sent, 5);
	loop_advance(loop, 24499);
	CU_ASSERT_EQUAL(sent, 11);
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	finish();
}

static void an_answered_request_absorbs_what_comes_again(void)
{
	begin(10);
	request(options, TRANSPORT_UDP);
	CU_ASSERT(opt_back(100));
	CU_ASSERT_EQUAL(user.status, 100);
	loop_advance(loop, 500 + 4000 + 4000); /* E goes on, by T2 */
	CU_ASSERT_EQUAL(sent, 4);
	CU_ASSERT(opt_back(200));
	CU_ASSERT(opt_back(200));
	CU_ASSERT_EQUAL(user.answered, 2);
	CU_ASSERT_FALSE(respond(200, "z9hG4bKc2", "8 INVITE"));
	CU_ASSERT_FALSE(respond(200, "z9hG4bKc3", "8 OPTIONS"));
	loop_advance(loop, 4999);
	CU_ASSERT_EQUAL(sent, 4);
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, OK);
	CU_ASSERT_FALSE(opt_back(200));
	finish();
}

static void over_a_stream_a_request_is_sent_once(void)
{
	begin(10);
	request(options, TRANSPORT_TLS);
	loop_advance(loop, 31999);
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT(opt_back(404));
	loop_advance(loop, 0);
	CU_ASSERT_EQUAL(user.ended, 1);
	finish();
}

/* RFC 3261, 17.1.1.2: 0, .5, 1.5, 3.5, 7.5, 15.5, 31.5 s. */
static void an_invite_is_repeated_until_it_times_out(void)
{
	begin(10);
	request(invite, TRANSPORT_UDP);
	loop_advance(loop, 31999);
	CU_ASSERT_EQUAL(sent, 7);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(user.reason, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(user.ended, 1);
	finish();
}

static void a_ringing_invite_waits_without_end(void)
{
	begin(10);
	request(invite, TRANSPORT_UDP);
	CU_ASSERT(ring_back(180));
	loop_advance(loop, 3600000);
	CU_ASSERT_EQUAL(sent, 1);
	CU_ASSERT_EQUAL(user.ended, 0);
	CU_ASSERT(ring_back(183));
	CU_ASSERT_EQUAL(user.answered, 2);
	finish();
}

static void a_refusal_gets_its_ack_each_time(void)
{
	static const char ack[] =
		"ACK sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bKc1\r\n"
		"Max-Forwards: 70\r\nRoute: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"
		"From: <sip:a@b>;tag=1\r\nTo: <sip:u@h>;tag=2\r\nCall-ID: c9\r\n"
		"CSeq: 7 ACK\r\nContent-Length: 0\r\n\r\n";

	begin(10);
	request(invite, TRANSPORT_UDP);
	CU_ASSERT(ring_back(180));
	CU_ASSERT(ring_back(486));
	CU_ASSERT_EQUAL(sent, 2);
	CU_ASSERT_STRING_EQUAL(last, ack);
	CU_ASSERT(ring_back(486));
	CU_ASSERT_EQUAL(sent, 3);
	CU_ASSERT_STRING_EQUAL(last, ack);
	CU_ASSERT_EQUAL(user.answered, 2);
	CU_ASSERT(ring_back(200)); /* of one who changed his mind: not heard */
	CU_ASSERT_EQUAL(user.answered, 2);
	loop_advance(loop, 31999);
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, OK);
	finish();
}

static void every_2xx_is_passed_up_until_timer_m(void)
{
	begin(10);
	request(invite, TRANSPORT_TCP);
	for (int i = 1; i <= 3; i++) {
		CU_ASSERT(ring_back(200));
		CU_ASSERT_EQUAL(user.answered, i);
	}
	CU_ASSERT(ring_back(180));
	CU_ASSERT(ring_back(486));
	CU_ASSERT_EQUAL(user.answered, 3);
	CU_ASSERT_EQUAL(sent, 1); /* their ACKs are the user's */
	loop_advance(loop, 31999);
	CU_ASSERT(ring_back(200));
	CU_ASSERT_EQUAL(user.answered, 4);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_FALSE(ring_back(200));
	finish();
}

static void a_cancel_waits_for_a_provisional_response(void)
{
	static const char cancel[] =
		"CANCEL sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bKc1\r\n"
		"Max-Forwards: 70\r\nRoute: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"
		"From: <sip:a@b>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: c9\r\n"
		"Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
		"CSeq: 7 CANCEL\r\nContent-Length: 0\r\n\r\n";

	begin(10);
	request(invite, TRANSPORT_UDP);
	sip_transaction_cancel(
		user.x, "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n");
	CU_ASSERT_EQUAL(sent, 1);
	loop_advance(loop, 500);
	CU_ASSERT_EQUAL(sent, 2); /* the INVITE */
	CU_ASSERT(ring_back(180));
	CU_ASSERT_EQUAL(sent, 3);
	CU_ASSERT_STRING_EQUAL(last, cancel);
	CU_ASSERT_EQUAL(user.answered, 1);
	loop_advance(loop, 500);
	CU_ASSERT_EQUAL(sent, 4); /* the CANCEL, by its own transaction */
	CU_ASSERT(respond(200, "z9hG4bKc1", "7 CANCEL"));
	CU_ASSERT_EQUAL(user.answered, 1);
	CU_ASSERT(ring_back(487));
	CU_ASSERT_EQUAL(user.status, 487);
	loop_advance(loop, 32000);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, OK);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	finish();
}

static void a_cancelled_invite_without_a_final_response_ends_by_itself(void)
{
	begin(10);
	request(invite, TRANSPORT_TCP);
	user.cancels = true;
	CU_ASSERT(ring_back(180)); /* cancels inside its call */
	CU_ASSERT_EQUAL(sent, 2);
	CU_ASSERT(ring_back(180));
	CU_ASSERT_EQUAL(sent, 2);
	loop_advance(loop, 32000);
	CU_ASSERT_EQUAL(user.ended, 1);
	CU_ASSERT_EQUAL(user.reason, ERR_TIMEOUT);
	CU_ASSERT_EQUAL(sip_transactions_count(all), 0);
	finish();
}

static void a_200_that_crosses_the_cancel_is_passed_up(void)
{
	begin(10);
	request(invite, TRANSPORT_TCP);
	CU_ASSERT(ring_back(180));
	sip_transaction_cancel(user.x, NULL);
	CU_ASSERT(ring_back(200));
	CU_ASSERT_EQUAL(user.status, 200);
	sip_transaction_cancel(user.x, NULL); /* too late: nothing */
	CU_ASSERT_EQUAL(sent, 2);
	finish();
}

static void a_request_that_cannot_be_sent_ends(void)
{
	const struct sip_remote to = { .transport = TRANSPORT_TCP };

	begin(10);
	send_result = ERR_CLOSED;
	CU_ASSERT_EQUAL(sip_transactions_request(all, &to, invite, sizeof(invite) - 1,
						 &user, NULL),
			OK);
	CU_ASSERT_EQUAL(user.ended, 0);
	loop_advance(loop, 0);
	CU_ASSERT_EQUAL(user.reason, ERR_CLOSED);
	finish();
}

static void what_is_no_request_of_ours_is_not_sent(void)
{
	const struct sip_remote to = { .transport = TRANSPORT_TCP };
	static const char *const texts[] = {
		"nonsense",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP us;branch=z9hG4bK1\r\n"
		"CSeq: 1 BYE\r\n\r\n",
		"ACK sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bK1\r\n"
		"CSeq: 1 ACK\r\n\r\n",
		"BYE sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP us\r\nCSeq: 1 BYE\r\n\r\n",
		"BYE sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP us;branch=z9hG4bK1\r\n\r\n",
	};

	begin(1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		CU_ASSERT_EQUAL(sip_transactions_request(all, &to, texts[i],
							 strlen(texts[i]), NULL, NULL),
				ERR_MALFORMED);
	request(invite, TRANSPORT_TCP);
	CU_ASSERT_EQUAL(sip_transactions_request(all, &to, invite, sizeof(invite) - 1,
						 NULL, NULL),
			ERR_EXISTS);
	CU_ASSERT_EQUAL(sip_transactions_request(all, &to, options, sizeof(options) - 1,
						 NULL, NULL),
			ERR_LIMIT);
	CU_ASSERT_EQUAL(sent, 1);
	finish();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "RFC 3261 17.1.2.2: a request is repeated until it times out",
		  a_request_is_repeated_until_it_times_out },
		{ "an answered request absorbs what comes again",
		  an_answered_request_absorbs_what_comes_again },
		{ "over a stream a request is sent once",
		  over_a_stream_a_request_is_sent_once },
		{ "RFC 3261 17.1.1.2: an INVITE is repeated until it times out",
		  an_invite_is_repeated_until_it_times_out },
		{ "a ringing INVITE waits without end",
		  a_ringing_invite_waits_without_end },
		{ "RFC 3261 17.1.1.3: a refusal gets its ACK each time",
		  a_refusal_gets_its_ack_each_time },
		{ "RFC 6026 7.2: every 2xx is passed up until timer M",
		  every_2xx_is_passed_up_until_timer_m },
		{ "RFC 3261 9.1: a CANCEL waits for a provisional response",
		  a_cancel_waits_for_a_provisional_response },
		{ "a cancelled invite without a final response ends by itself",
		  a_cancelled_invite_without_a_final_response_ends_by_itself },
		{ "a 200 that crosses the CANCEL is passed up",
		  a_200_that_crosses_the_cancel_is_passed_up },
		{ "a request that cannot be sent ends",
		  a_request_that_cannot_be_sent_ends },
		{ "what is no request of ours is not sent",
		  what_is_no_request_of_ours_is_not_sent },
		CU_TEST_INFO_NULL,
	};

	return suite_run("sip/transaction_client", tests);
}

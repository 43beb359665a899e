/* What the SIP layer costs without the socket, in this process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/err.h"
#include "bench/rows.h"
#include "net/loop.h"
#include "sip/check.h"
#include "sip/contact.h"
#include "sip/edit.h"
#include "sip/element.h"
#include "sip/response.h"
#include "sip/transaction.h"

#define HELP                                                                         \
 "What the ground of SIP costs without the socket: a REGISTER of a common\n"         \
 "telephone read, judged, given a transaction, its Contact read, answered; and\n"    \
 "the same message passed on by the editor. ns of CPU, the least of ten rounds.\n\n" \
 "usage: sip_cost [--json] [ROUNDS]\n\n"                                             \
 "  ROUNDS  messages a round, all of whose transactions are kept (default 100000)"

enum { ROUNDS = 100000, REPEATS = 10 };

static struct sip_message message;
static struct sip_editor editor;
static struct buffer out;
static uint64_t octets_sent;

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int on_send(void *arg, const struct sip_remote *to, const void *octets,
		   size_t len)
{
	(void)arg;
	(void)to;
	(void)octets;
	octets_sent += len;
	return OK;
}

static const struct sip_transactions_calls calls = { .send = on_send };

static size_t write_register(char *text, size_t cap, unsigned n)
{
	int len = snprintf(
		text, cap,
		"REGISTER sip:pbx.example SIP/2.0\r\n"
		"Via: SIP/2.0/UDP 192.0.2.77:5060;rport;branch=z9hG4bK%08x\r\n"
		"Max-Forwards: 70\r\n"
		"From: \"Desk %u\" <sip:%u@pbx.example>;tag=8a7f%08x\r\n"
		"To: \"Desk %u\" <sip:%u@pbx.example>\r\n"
		"Call-ID: 313233343536%08x@192.0.2.77\r\n"
		"CSeq: %u REGISTER\r\n"
		"Contact: <sip:%u@192.0.2.77:5060;line=i4zv>;reg-id=1;q=1.0;"
		"+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-%012x>\"\r\n"
		"User-Agent: Desk-Phone/10.1.73.16\r\n"
		"Allow: INVITE, ACK, CANCEL, BYE, REFER, OPTIONS, NOTIFY, SUBSCRIBE\r\n"
		"Supported: path, outbound, gruu, replaces\r\n"
		"Authorization: Digest username=\"%u\",realm=\"pbx.example\","
		"nonce=\"5d41402abc4b2a76b9719d911017c592\",uri=\"sip:pbx.example\","
		"response=\"7d793037a0760186574b0282f2f435e7\",algorithm=MD5,"
		"cnonce=\"0a4f113b\",qop=auth,nc=00000001\r\n"
		"Expires: 300\r\nContent-Length: 0\r\n\r\n",
		n, n, n, n, n, n, n, n % 1000 + 1, n, n, n);

	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

static void answer(struct sip_transaction *x, const struct addr *from)
{
	const struct sip_response r = { .status = 200,
					.reason = "OK",
					.to_tag = "8d1a",
					.fields = "Expires: 300\r\n",
					.from = from };
	struct sip_elements e = sip_elements_of(&message, SIP_CONTACT);
	struct sip_contact c;
	struct text t;

	while (sip_elements_next(&e, &t))
		if (sip_contact_read(t, &c))
			exit(1);
	out.len = 0;
	sip_response_write(&message, &r, &out);
	(void)sip_transaction_answer(x, 200, out.octets, out.len);
}

/* Returns nanoseconds a message; writing it is not counted. */
static double serve(unsigned rounds)
{
	struct loop *l = loop_new_virtual(1000);
	struct sip_transactions *t = sip_transactions_new(l, rounds, &calls, NULL);
	const struct sip_remote from = {
		.transport = TRANSPORT_UDP,
		.addr = { .octets = { 192, 0, 2, 77 }, .port = 5060, .family = AF_INET }
	};
	char(*texts)[1200] = calloc(rounds, sizeof(*texts));
	uint64_t begin;
	uint64_t end;

	if (!texts)
		exit(1);
	for (unsigned n = 0; n < rounds; n++)
		(void)write_register(texts[n], sizeof(texts[n]), n);
	begin = now_ns();
	for (unsigned n = 0; n < rounds; n++) {
		struct sip_transaction *x;

		if (sip_message_read(&message, texts[n], strlen(texts[n])) ||
		    sip_check(&message, NULL).action != SIP_ACTION_ACCEPT ||
		    sip_transactions_receive(t, &message, &from, &x) != SIP_ARRIVAL_NEW)
			exit(1);
		answer(x, &from.addr);
	}
	loop_advance(l, 40000); /* all end */
	end = now_ns();
	sip_transactions_free(t);
	loop_free(l);
	free(texts);
	return (double)(end - begin) / rounds;
}

static double pass_on(unsigned rounds)
{
	const struct addr from = { .octets = { 198, 51, 100, 9 },
				   .port = 40000,
				   .family = AF_INET };
	char text[1200];
	size_t len = write_register(text, sizeof(text), 7);
	uint64_t begin = now_ns();

	for (unsigned n = 0; n < rounds; n++) {
		if (sip_message_read(&message, text, len))
			exit(1);
		sip_edit_begin(&editor, &message);
		sip_edit_set_number(&editor, SIP_MAX_FORWARDS, 69);
		sip_edit_received(&editor, &from, true);
		sip_edit_push(&editor, SIP_PATH, text_from("<sip:token@us;lr;ob>"));
		sip_edit_push(&editor, SIP_VIA,
			      text_from("SIP/2.0/UDP us;branch=z9hG4bK0011223344"));
		sip_edit_uri(&editor, text_from("sip:192.0.2.10:5060"));
		out.len = 0;
		if (sip_edit_write(&editor, &out))
			exit(1);
	}
	return (double)(now_ns() - begin) / rounds;
}

int main(int argc, char **argv)
{
	static const struct row_column columns[] = {
		{ "row", "row", -44, 0 },
		{ "cpu_ns", "CPU ns", 8, 0 },
	};
	struct rows r = rows_open(&argc, argv, HELP, 10);
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : ROUNDS;
	double served = 1e12;
	double passed = 1e12;

	if (rounds == 0)
		return 2;
	for (int i = 0; i < REPEATS; i++) {
		double s = serve(rounds);
		double p = pass_on(rounds);

		served = s < served ? s : served;
		passed = p < passed ? p : passed;
	}
	rows_table(&r, "sip_cost", columns, sizeof(columns) / sizeof(*columns));
	rows_text(&r, "REGISTER in a transaction, answered, ended");
	rows_number(&r, served);
	rows_text(&r, "REGISTER read and passed on by the editor");
	rows_number(&r, passed);
	buffer_fini(&out);
	sip_edit_fini(&editor);
	return octets_sent ? 0 : 1;
}

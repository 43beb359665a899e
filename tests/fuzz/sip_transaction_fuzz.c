/*
 * Transactions under any order of events: the input is a list of steps, each an octet
 * that says what happens, one that says to which message, and one for time. Whatever
 * comes, each user is told of its end once, and all ends when nothing more happens.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/loop.h"
#include "sip/check.h"
#include "sip/transaction.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { USERS = 16, MAX = 12, STEP = 3, HOUR_MS = 3600 * 1000 };

/* One that has a transaction, or had. */
struct party {
	struct sip_transaction *x; /* NULL: ended */
	bool is_client;
};

static struct loop *loop;
static struct sip_transactions *all;
static struct party users[USERS];
static struct sip_message message;
static char text[1024];
static int send_result;
static unsigned drained;

static const char *const methods[] = { "INVITE", "REGISTER", "ACK", "CANCEL" };
static const enum transport transports[] = { TRANSPORT_UDP, TRANSPORT_TCP };

/* What goes out is SIP. */
static int on_send(void *arg, const struct sip_remote *to, const void *octets,
		   size_t len)
{
	static struct sip_message sent;

	(void)arg;
	(void)to;
	assert(sip_message_read(&sent, octets, len) == OK);
	assert(sip_check(&sent, NULL).action == SIP_ACTION_ACCEPT);
	return send_result;
}

static void on_answered(void *own, const struct sip_message *m)
{
	struct party *u = own;

	assert(u->x && u->is_client && m == &message);
	if (m->status == 183)
		sip_transaction_cancel(u->x, NULL);
}

static void on_ended(void *own, int reason)
{
	struct party *u = own;

	(void)reason;
	assert(u->x);
	u->x = NULL;
}

static void on_drained(void *arg)
{
	(void)arg;
	drained++;
}

static const struct sip_transactions_calls calls = { on_send, on_answered, on_ended,
						     on_drained };

static void write_request(unsigned which, const char *role)
{
	const char *method = methods[which % 4];

	(void)snprintf(text, sizeof(text),
		       "%s sip:u@h SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u\r\n"
		       "From: <sip:a@b>;tag=1\r\nTo: <sip:u@h>\r\nCall-ID: %u\r\n"
		       "CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
		       method, role, which / 8 % 4, which / 8 % 4, method);
}

static void write_response(unsigned which, unsigned status)
{
	const char *method = methods[which % 4];

	(void)snprintf(text, sizeof(text),
		       "SIP/2.0 %u X\r\nVia: SIP/2.0/UDP us;branch=z9hG4bK%u\r\n"
		       "From: <sip:a@b>;tag=1\r\nTo: <sip:u@h>;tag=2\r\nCall-ID: %u\r\n"
		       "CSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
		       status, which / 8 % 4, which / 8 % 4, method);
}

static struct party *free_user(bool is_client)
{
	for (int i = 0; i < USERS; i++) {
		if (users[i].x)
			continue;
		users[i].is_client = is_client;
		return &users[i];
	}
	return NULL;
}

static void receive(unsigned which)
{
	const struct sip_remote from = { .transport = transports[which / 4 % 2],
					 .addr = { .family = AF_INET } };
	struct party *u = free_user(false);
	struct sip_transaction *x;

	write_request(which, "them");
	assert(sip_message_read(&message, text, strlen(text)) == OK);
	if (message.method == SIP_CANCEL)
		(void)sip_transactions_cancelled(all, &message, &from);
	if (sip_transactions_receive(all, &message, &from, &x) != SIP_ARRIVAL_NEW ||
	    !x || !u)
		return;
	u->x = x;
	sip_transaction_set_own(x, u);
}

static void request(unsigned which)
{
	const struct sip_remote to = { .transport = transports[which / 4 % 2] };
	struct party *u = free_user(true);

	write_request(which, "us");
	if (u && sip_transactions_request(all, &to, text, strlen(text), u, &u->x))
		u->x = NULL;
}

static void respond(unsigned which, unsigned status)
{
	write_response(which, status);
	assert(sip_message_read(&message, text, strlen(text)) == OK);
	(void)sip_transactions_response(all, &message);
}

static void step(const uint8_t *s)
{
	static const uint16_t statuses[] = { 100, 183, 200, 302, 486 };
	static const int results[] = { OK, ERR_AGAIN, ERR_CLOSED };
	struct party *u = &users[s[1] % USERS];
	unsigned status = statuses[s[2] % 5];

	switch (s[0] % 7) {
	case 0:
		receive(s[1]);
		break;
	case 1:
		request(s[1]);
		break;
	case 2:
		respond(s[1], status);
		break;
	case 3:
		if (!u->x || u->is_client)
			break;
		write_response(s[1], status);
		(void)sip_transaction_answer(u->x, (uint16_t)status, text,
					     strlen(text));
		break;
	case 4:
		if (u->x && u->is_client)
			sip_transaction_cancel(u->x, "Reason: SIP;cause=200\r\n");
		break;
	case 5:
		loop_advance(loop, (uint64_t)s[1] * s[2]);
		break;
	default:
		send_result = results[s[1] % 3];
	}
}

/* Answers what waits for its user, and lets time do the rest. */
static void end_all(void)
{
	send_result = OK;
	for (int i = 0; i < USERS; i++) {
		struct party *u = &users[i];

		if (!u->x)
			continue;
		write_response(0, 486);
		if (u->is_client)
			sip_transaction_cancel(u->x, NULL);
		else
			(void)sip_transaction_answer(u->x, 486, text, strlen(text));
	}
	sip_transactions_drain(all);
	loop_advance(loop, HOUR_MS);
	for (int i = 0; i < USERS; i++)
		assert(!users[i].x);
	assert(sip_transactions_count(all) == 0);
	assert(drained > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(users, 0, sizeof(users));
	send_result = OK;
	drained = 0;
	loop = loop_new_virtual(1000);
	all = sip_transactions_new(loop, MAX, &calls, NULL);
	for (size_t at = 0; at + STEP <= size && at < 600; at += STEP)
		step(data + at);
	end_all();
	sip_transactions_free(all);
	loop_free(loop);
	return 0;
}

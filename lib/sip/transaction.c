#include "sip/transaction.h"

#include <stdlib.h>

#include "base/err.h"
#include "net/loop.h"
#include "sip/sequel.h"
#include "sip/transaction_body.h"
#include "sip/transport.h"

typedef void transaction_action_fn(struct sip_transaction *x);

static transaction_action_fn stay, send_again, answer, answer_last, accept_invite,
	refuse_invite, repeat_refusal, confirm, pass_2xx, hurry, repeat_invite,
	repeat_request, repeat_slowly, pass_up, ring, ring_and_cancel, cancel,
	end_request, client_accept, client_refused, send_ack, finish, time_out, lose;

/* clang-format off */
static const struct {
	enum transaction_state next;
	transaction_action_fn *act;
} steps[TRANSACTION_KINDS][TRANSACTION_STATES][TRANSACTION_EVENTS] = {
	[SERVER_OTHER] = {
		[STATE_TRYING][EVENT_REQUEST]         = { STATE_TRYING,     stay },
		[STATE_TRYING][EVENT_PROVISIONAL]     = { STATE_PROCEEDING, answer },
		[STATE_TRYING][EVENT_SUCCESS]         = { STATE_COMPLETED,  answer_last },
		[STATE_TRYING][EVENT_FAILURE]         = { STATE_COMPLETED,  answer_last },
		[STATE_PROCEEDING][EVENT_REQUEST]     = { STATE_PROCEEDING, send_again },
		[STATE_PROCEEDING][EVENT_PROVISIONAL] = { STATE_PROCEEDING, answer },
		[STATE_PROCEEDING][EVENT_SUCCESS]     = { STATE_COMPLETED,  answer_last },
		[STATE_PROCEEDING][EVENT_FAILURE]     = { STATE_COMPLETED,  answer_last },
		[STATE_PROCEEDING][EVENT_LOST]        = { STATE_ENDED,      lose },
		[STATE_COMPLETED][EVENT_REQUEST]      = { STATE_COMPLETED,  send_again },
		[STATE_COMPLETED][EVENT_OVER]         = { STATE_ENDED,      finish },
		[STATE_COMPLETED][EVENT_LOST]         = { STATE_ENDED,      lose },
	},
	[SERVER_INVITE] = {
		[STATE_TRYING][EVENT_REQUEST]         = { STATE_PROCEEDING, hurry },
		[STATE_TRYING][EVENT_HURRY]           = { STATE_PROCEEDING, hurry },
		[STATE_TRYING][EVENT_PROVISIONAL]     = { STATE_PROCEEDING, answer },
		[STATE_TRYING][EVENT_SUCCESS]         = { STATE_ACCEPTED,   accept_invite },
		[STATE_TRYING][EVENT_FAILURE]         = { STATE_COMPLETED,  refuse_invite },
		[STATE_PROCEEDING][EVENT_REQUEST]     = { STATE_PROCEEDING, send_again },
		[STATE_PROCEEDING][EVENT_PROVISIONAL] = { STATE_PROCEEDING, answer },
		[STATE_PROCEEDING][EVENT_SUCCESS]     = { STATE_ACCEPTED,   accept_invite },
		[STATE_PROCEEDING][EVENT_FAILURE]     = { STATE_COMPLETED,  refuse_invite },
		[STATE_PROCEEDING][EVENT_LOST]        = { STATE_ENDED,      lose },
		[STATE_COMPLETED][EVENT_REQUEST]      = { STATE_COMPLETED,  send_again },
		[STATE_COMPLETED][EVENT_REPEAT]       = { STATE_COMPLETED,  repeat_refusal },
		[STATE_COMPLETED][EVENT_ACK]          = { STATE_CONFIRMED,  confirm },
		[STATE_COMPLETED][EVENT_OVER]         = { STATE_ENDED,      time_out },
		[STATE_COMPLETED][EVENT_LOST]         = { STATE_ENDED,      lose },
		[STATE_CONFIRMED][EVENT_OVER]         = { STATE_ENDED,      finish },
		[STATE_ACCEPTED][EVENT_REQUEST]       = { STATE_ACCEPTED,   stay }, /* RFC 6026 7.1 */
		[STATE_ACCEPTED][EVENT_SUCCESS]       = { STATE_ACCEPTED,   pass_2xx },
		[STATE_ACCEPTED][EVENT_OVER]          = { STATE_ENDED,      finish },
	},
	[CLIENT_OTHER] = {
		[STATE_TRYING][EVENT_REPEAT]          = { STATE_TRYING,     repeat_request },
		[STATE_TRYING][EVENT_PROVISIONAL]     = { STATE_PROCEEDING, pass_up },
		[STATE_TRYING][EVENT_SUCCESS]         = { STATE_COMPLETED,  end_request },
		[STATE_TRYING][EVENT_FAILURE]         = { STATE_COMPLETED,  end_request },
		[STATE_TRYING][EVENT_OVER]            = { STATE_ENDED,      time_out },
		[STATE_TRYING][EVENT_LOST]            = { STATE_ENDED,      lose },
		[STATE_PROCEEDING][EVENT_REPEAT]      = { STATE_PROCEEDING, repeat_slowly },
		[STATE_PROCEEDING][EVENT_PROVISIONAL] = { STATE_PROCEEDING, pass_up },
		[STATE_PROCEEDING][EVENT_SUCCESS]     = { STATE_COMPLETED,  end_request },
		[STATE_PROCEEDING][EVENT_FAILURE]     = { STATE_COMPLETED,  end_request },
		[STATE_PROCEEDING][EVENT_OVER]        = { STATE_ENDED,      time_out },
		[STATE_PROCEEDING][EVENT_LOST]        = { STATE_ENDED,      lose },
		[STATE_COMPLETED][EVENT_OVER]         = { STATE_ENDED,      finish },
	},
	[CLIENT_INVITE] = {
		[STATE_TRYING][EVENT_REPEAT]          = { STATE_TRYING,     repeat_invite },
		[STATE_TRYING][EVENT_PROVISIONAL]     = { STATE_PROCEEDING, ring },
		[STATE_TRYING][EVENT_SUCCESS]         = { STATE_ACCEPTED,   client_accept },
		[STATE_TRYING][EVENT_FAILURE]         = { STATE_COMPLETED,  client_refused },
		[STATE_TRYING][EVENT_CANCEL]          = { STATE_DOOMED,     stay },
		[STATE_TRYING][EVENT_OVER]            = { STATE_ENDED,      time_out },
		[STATE_TRYING][EVENT_LOST]            = { STATE_ENDED,      lose },
		[STATE_DOOMED][EVENT_REPEAT]          = { STATE_DOOMED,     repeat_invite },
		[STATE_DOOMED][EVENT_PROVISIONAL]     = { STATE_CANCELLED,  ring_and_cancel },
		[STATE_DOOMED][EVENT_SUCCESS]         = { STATE_ACCEPTED,   client_accept },
		[STATE_DOOMED][EVENT_FAILURE]         = { STATE_COMPLETED,  client_refused },
		[STATE_DOOMED][EVENT_OVER]            = { STATE_ENDED,      time_out },
		[STATE_DOOMED][EVENT_LOST]            = { STATE_ENDED,      lose },
		[STATE_PROCEEDING][EVENT_PROVISIONAL] = { STATE_PROCEEDING, pass_up },
		[STATE_PROCEEDING][EVENT_SUCCESS]     = { STATE_ACCEPTED,   client_accept },
		[STATE_PROCEEDING][EVENT_FAILURE]     = { STATE_COMPLETED,  client_refused },
		[STATE_PROCEEDING][EVENT_CANCEL]      = { STATE_CANCELLED,  cancel },
		[STATE_CANCELLED][EVENT_PROVISIONAL]  = { STATE_CANCELLED,  pass_up },
		[STATE_CANCELLED][EVENT_SUCCESS]      = { STATE_ACCEPTED,   client_accept },
		[STATE_CANCELLED][EVENT_FAILURE]      = { STATE_COMPLETED,  client_refused },
		[STATE_CANCELLED][EVENT_OVER]         = { STATE_ENDED,      time_out },
		[STATE_COMPLETED][EVENT_FAILURE]      = { STATE_COMPLETED,  send_ack },
		[STATE_COMPLETED][EVENT_OVER]         = { STATE_ENDED,      finish },
		[STATE_COMPLETED][EVENT_LOST]         = { STATE_ENDED,      lose },
		[STATE_ACCEPTED][EVENT_SUCCESS]       = { STATE_ACCEPTED,   pass_up },
		[STATE_ACCEPTED][EVENT_OVER]          = { STATE_ENDED,      finish },
	},
};
/* clang-format on */

void transaction_step(struct sip_transaction *x, enum transaction_event event)
{
	enum transaction_state was = x->state;

	if (!steps[x->kind][was][event].act)
		return;
	x->state = steps[x->kind][was][event].next;
	steps[x->kind][was][event].act(x);
}

static bool is_reliable(const struct sip_transaction *x)
{
	return sip_transports[x->peer.transport].is_reliable;
}

static void on_repeat(void *arg)
{
	transaction_step(arg, EVENT_REPEAT);
}

static void on_hurry(void *arg)
{
	transaction_step(arg, EVENT_HURRY);
}

static void on_lost(void *arg)
{
	transaction_step(arg, EVENT_LOST);
}

void transaction_over(struct delayed *d)
{
	transaction_step(RING_OWNER(d, struct sip_transaction, over), EVENT_OVER);
}

/* If sending fails for good, this is reported in the next turn, because the caller may
 * be using the transaction. */
static void transmit(struct sip_transaction *x, const void *octets, size_t len)
{
	struct sip_transactions *t = x->all;

	t->sent = t->calls->send(t->arg, &x->peer, octets, len);
	if (!t->sent || t->sent == ERR_AGAIN)
		return;
	x->lost = t->sent;
	timer_start(t->loop, &x->repeat, 0, on_lost, x);
}

static void stay(struct sip_transaction *x)
{
	(void)x;
}

static void send_again(struct sip_transaction *x)
{
	transmit(x, x->octets.octets, x->octets.len);
}

/* Sends the present answer, which is repeated from now on. */
static void answer(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	x->octets.len = 0;
	buffer_put(&x->octets, x->all->fresh.at, text_len(&x->all->fresh));
	send_again(x);
}

/* There are no retransmissions over a stream: timers I, J and K are 0 there. */
static void answer_last(struct sip_transaction *x)
{
	delay_start(is_reliable(x) ? &x->all->soon : &x->all->life, &x->over);
	answer(x);
}

/* Sends the 100 that was prepared when the INVITE arrived. */
static void hurry(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	send_again(x);
}

static void accept_invite(struct sip_transaction *x)
{
	delay_start(&x->all->life, &x->over);
	timer_stop(&x->repeat);
	buffer_fini(&x->octets);
	pass_2xx(x);
}

/* The result of sending is returned to its user, which goes on by itself (RFC 6026
 * section 7.1).
 */
static void pass_2xx(struct sip_transaction *x)
{
	struct sip_transactions *t = x->all;

	t->sent = t->calls->send(t->arg, &x->peer, t->fresh.at, text_len(&t->fresh));
}

static void repeat_after(struct sip_transaction *x, uint32_t ms)
{
	x->repeat_ms = ms;
	if (!is_reliable(x))
		timer_start(x->all->loop, &x->repeat, ms, on_repeat, x);
}

static uint32_t at_most_t2(uint32_t ms)
{
	return ms < T2_MS ? ms : T2_MS;
}

static void refuse_invite(struct sip_transaction *x)
{
	delay_start(&x->all->life, &x->over);
	x->octets.len = 0;
	buffer_put(&x->octets, x->all->fresh.at, text_len(&x->all->fresh));
	timer_stop(&x->repeat);
	repeat_after(x, T1_MS);
	send_again(x);
}

static void repeat_refusal(struct sip_transaction *x)
{
	repeat_after(x, at_most_t2(x->repeat_ms * 2));
	send_again(x);
}

static void confirm(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	delay_start(is_reliable(x) ? &x->all->soon : &x->all->rest, &x->over);
}

static void repeat_request(struct sip_transaction *x)
{
	repeat_after(x, at_most_t2(x->repeat_ms * 2));
	send_again(x);
}

static void repeat_slowly(struct sip_transaction *x)
{
	repeat_after(x, T2_MS);
	send_again(x);
}

/* Timer A is limited only by timer B. */
static void repeat_invite(struct sip_transaction *x)
{
	repeat_after(x, x->repeat_ms * 2);
	send_again(x);
}

static void pass_up(struct sip_transaction *x)
{
	const struct sip_transactions_calls *calls = x->all->calls;

	if (x->own && calls->answered)
		calls->answered(x->own, x->all->incoming);
}

/* It now waits for a human: there is no timer, only its user can give up. */
static void ring(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	delay_stop(&x->over);
	pass_up(x);
}

static bool read_request(struct sip_transaction *x)
{
	return sip_message_read(&x->all->request, x->octets.octets, x->octets.len) ==
	       OK;
}

static void cancel(struct sip_transaction *x)
{
	struct sip_transactions *t = x->all;

	delay_start(&t->life, &x->over);
	if (!read_request(x))
		return;
	t->out.len = 0;
	sip_cancel_write(&t->request, x->cancel_fields, &t->out);
	/* If there is no room for a transaction, it is sent once. */
	if (sip_transactions_request(t, &x->peer, t->out.octets, t->out.len, NULL,
				     NULL) == ERR_LIMIT)
		(void)t->calls->send(t->arg, &x->peer, t->out.octets, t->out.len);
}

static void ring_and_cancel(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	cancel(x);
	pass_up(x);
}

static void end_request(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	delay_start(is_reliable(x) ? &x->all->soon : &x->all->rest, &x->over);
	pass_up(x);
}

static void client_accept(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	delay_start(&x->all->life, &x->over);
	pass_up(x);
}

static void send_ack(struct sip_transaction *x)
{
	struct sip_transactions *t = x->all;

	if (!read_request(x))
		return;
	t->out.len = 0;
	sip_ack_write(&t->request, t->incoming, &t->out);
	transmit(x, t->out.octets, t->out.len);
}

static void client_refused(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	delay_start(is_reliable(x) ? &x->all->soon : &x->all->life, &x->over);
	send_ack(x);
	pass_up(x);
}

void transaction_free(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	delay_stop(&x->over);
	hash_index_remove(&x->all->index, &x->entry);
	buffer_fini(&x->octets);
	free(x);
}

static void on_drained(void *arg)
{
	struct sip_transactions *t = arg;

	if (t->calls->drained)
		t->calls->drained(t->arg);
}

static void end(struct sip_transaction *x, int reason)
{
	struct sip_transactions *t = x->all;
	void *own = x->own;

	transaction_free(x);
	if (t->draining && t->index.count == 0)
		timer_start(t->loop, &t->drained, 0, on_drained, t);
	if (own && t->calls->ended)
		t->calls->ended(own, reason);
}

static void finish(struct sip_transaction *x)
{
	end(x, OK);
}

static void time_out(struct sip_transaction *x)
{
	end(x, ERR_TIMEOUT);
}

static void lose(struct sip_transaction *x)
{
	end(x, x->lost);
}

void sip_transactions_drain(struct sip_transactions *t)
{
	t->draining = true;
	if (t->index.count == 0)
		timer_start(t->loop, &t->drained, 0, on_drained, t);
}

void transaction_begin(struct sip_transaction *x)
{
	if (x->kind == SERVER_INVITE) {
		timer_start(x->all->loop, &x->repeat, TRYING_MS, on_hurry, x);
	} else if (x->kind != SERVER_OTHER) {
		delay_start(&x->all->life, &x->over);
		repeat_after(x, T1_MS);
		send_again(x);
	}
}

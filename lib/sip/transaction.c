#include "sip/transaction.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "net/loop.h"
#include "net/ring.h"

enum {
	T1_MS = 500,
	T2_MS = 4000,
	T4_MS = 5000,
	LIFE_MS = 64 * T1_MS, /* timers H, J and L */
	BUCKETS = 4096
};

enum transaction_kind { KIND_INVITE, KIND_OTHER, KINDS };

enum state {
	STATE_PROCEEDING,
	STATE_COMPLETED, /* a final answer went out */
	STATE_ACCEPTED,  /* INVITE: a 2xx did (RFC 6026) */
	STATE_CONFIRMED, /* INVITE: its ACK came */
	STATE_ENDED,
	STATES
};

enum transaction_event {
	EVENT_REQUEST, /* again */
	EVENT_PROVISIONAL,
	EVENT_SUCCESS, /* 2xx */
	EVENT_FAILURE, /* 3xx and beyond */
	EVENT_ACK,
	EVENT_REPEAT, /* timer G */
	EVENT_OVER,   /* timers H, I, J, L */
	EVENTS
};

struct sip_transaction {
	struct ring link;
	struct sip_transactions *all;
	enum transaction_kind kind;
	enum state state;
	struct sip_remote peer;
	struct buffer key;
	struct buffer answer; /* sent last */
	struct timer repeat;
	struct timer over;
	uint32_t repeat_ms;
};

struct sip_transactions {
	struct loop *loop;
	sip_send_fn *send;
	void *arg;
	uint32_t max, count;
	uint64_t secret;
	struct buffer key; /* of the request under way */
	struct ring buckets[BUCKETS];
};

typedef void transaction_action_fn(struct sip_transaction *x);

static transaction_action_fn send_answer, complete, complete_invite, accept_invite,
	confirm, send_repeat, finish, stay;

/* clang-format off */
static const struct {
	enum state next;
	transaction_action_fn *act;
} steps[KINDS][STATES][EVENTS] = {
	[KIND_OTHER] = {
		[STATE_PROCEEDING][EVENT_REQUEST]     = { STATE_PROCEEDING, send_answer },
		[STATE_PROCEEDING][EVENT_PROVISIONAL] = { STATE_PROCEEDING, send_answer },
		[STATE_PROCEEDING][EVENT_SUCCESS]     = { STATE_COMPLETED,  complete },
		[STATE_PROCEEDING][EVENT_FAILURE]     = { STATE_COMPLETED,  complete },
		[STATE_COMPLETED][EVENT_REQUEST]      = { STATE_COMPLETED,  send_answer },
		[STATE_COMPLETED][EVENT_OVER]         = { STATE_ENDED,      finish },
	},
	[KIND_INVITE] = {
		[STATE_PROCEEDING][EVENT_REQUEST]     = { STATE_PROCEEDING, send_answer },
		[STATE_PROCEEDING][EVENT_PROVISIONAL] = { STATE_PROCEEDING, send_answer },
		[STATE_PROCEEDING][EVENT_SUCCESS]     = { STATE_ACCEPTED,   accept_invite },
		[STATE_PROCEEDING][EVENT_FAILURE]     = { STATE_COMPLETED,  complete_invite },
		[STATE_COMPLETED][EVENT_REQUEST]      = { STATE_COMPLETED,  send_answer },
		[STATE_COMPLETED][EVENT_REPEAT]       = { STATE_COMPLETED,  send_repeat },
		[STATE_COMPLETED][EVENT_ACK]          = { STATE_CONFIRMED,  confirm },
		[STATE_COMPLETED][EVENT_OVER]         = { STATE_ENDED,      finish },
		[STATE_ACCEPTED][EVENT_REQUEST]       = { STATE_ACCEPTED,   send_answer },
		[STATE_ACCEPTED][EVENT_ACK]           = { STATE_ACCEPTED,   stay },
		[STATE_ACCEPTED][EVENT_OVER]          = { STATE_ENDED,      finish },
		[STATE_CONFIRMED][EVENT_OVER]         = { STATE_ENDED,      finish },
	},
};
/* clang-format on */

static void step(struct sip_transaction *x, enum transaction_event event)
{
	enum state was = x->state;

	if (!steps[x->kind][was][event].act)
		return;
	x->state = steps[x->kind][was][event].next;
	steps[x->kind][was][event].act(x);
}

static void on_over(void *arg)
{
	step(arg, EVENT_OVER);
}

static void on_repeat(void *arg)
{
	step(arg, EVENT_REPEAT);
}

static void stay(struct sip_transaction *x)
{
	(void)x;
}

static void send_answer(struct sip_transaction *x)
{
	if (x->answer.len)
		(void)x->all->send(x->all->arg, &x->peer, x->answer.octets,
				   x->answer.len);
}

static bool is_reliable(const struct sip_transaction *x)
{
	return x->peer.transport != SIP_TRANSPORT_UDP;
}

/* Over a stream no retransmission comes: timer J is nothing there. */
static void complete(struct sip_transaction *x)
{
	send_answer(x);
	timer_start(x->all->loop, &x->over, is_reliable(x) ? 0 : LIFE_MS, on_over, x);
}

static void accept_invite(struct sip_transaction *x)
{
	send_answer(x);
	timer_start(x->all->loop, &x->over, LIFE_MS, on_over, x);
}

static void complete_invite(struct sip_transaction *x)
{
	accept_invite(x);
	x->repeat_ms = T1_MS;
	if (!is_reliable(x))
		timer_start(x->all->loop, &x->repeat, T1_MS, on_repeat, x);
}

static void send_repeat(struct sip_transaction *x)
{
	send_answer(x);
	x->repeat_ms = x->repeat_ms * 2 < T2_MS ? x->repeat_ms * 2 : T2_MS;
	timer_start(x->all->loop, &x->repeat, x->repeat_ms, on_repeat, x);
}

static void confirm(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	timer_start(x->all->loop, &x->over, is_reliable(x) ? 0 : T4_MS, on_over, x);
}

static void finish(struct sip_transaction *x)
{
	timer_stop(&x->repeat);
	timer_stop(&x->over);
	ring_remove(&x->link);
	x->all->count--;
	buffer_fini(&x->key);
	buffer_fini(&x->answer);
	free(x);
}

struct sip_transactions *sip_transactions_new(struct loop *l, uint32_t max,
					      sip_send_fn *send, void *arg)
{
	struct sip_transactions *t = alloc(sizeof(*t));

	t->loop = l;
	t->max = max;
	t->send = send;
	t->arg = arg;
	for (size_t i = 0; i < BUCKETS; i++)
		ring_init(&t->buckets[i]);
	if (getrandom(&t->secret, sizeof(t->secret), GRND_NONBLOCK) < 0)
		t->secret = (uint64_t)(uintptr_t)t;
	return t;
}

void sip_transactions_free(struct sip_transactions *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct ring *r;

		while ((r = ring_first(&t->buckets[i])))
			finish(RING_OWNER(r, struct sip_transaction, link));
	}
	buffer_fini(&t->key);
	free(t);
}

uint32_t sip_transactions_count(const struct sip_transactions *t)
{
	return t->count;
}

/* Puts one part of a key; its length before it, so that parts cannot run together. */
static void put_part(struct buffer *key, struct text part)
{
	buffer_put_u16(key, (uint16_t)text_len(&part));
	buffer_put(key, part.at, text_len(&part));
}

static void put_field(struct buffer *key, const struct sip_message *m,
		      enum sip_header h)
{
	put_part(key, sip_field(m, h, 0));
}

/* What tells a request from all others (RFC 3261, 17.2.3). */
static void make_key(struct buffer *key, const struct sip_message *m,
		     const struct sip_remote *from)
{
	static const char cookie[] = "z9hG4bK";
	struct text value = sip_field(m, SIP_VIA, 0);
	struct text element = value;
	struct text number;
	struct sip_via via = { 0 };
	struct sip_address a;

	key->len = 0;
	buffer_put_u8(key, m->method == SIP_ACK ? SIP_INVITE : (uint8_t)m->method);
	if (m->method == SIP_METHOD_OTHER)
		put_part(key, m->method_name);
	(void)sip_list_next(&value, &element);
	(void)sip_via_read(element, &via);
	put_part(key, via.host);
	buffer_put_u16(key, via.port);
	put_part(key, via.branch);
	if (text_len(&via.branch) >= sizeof(cookie) &&
	    strncasecmp(via.branch.at, cookie, sizeof(cookie) - 1) == 0)
		return;
	/* An element of RFC 2543, or a branch that is the bare cookie. */
	buffer_put(key, from->addr.octets, sizeof(from->addr.octets));
	buffer_put_u16(key, from->addr.port);
	put_part(key, m->uri);
	put_field(key, m, SIP_CALL_ID);
	if (sip_address_read(sip_field(m, SIP_FROM, 0), &a) == OK)
		put_part(key, a.tag);
	number = sip_field(m, SIP_CSEQ, 0);
	put_part(key, text_while(&number, "0123456789"));
}

static struct ring *bucket_of(struct sip_transactions *t)
{
	uint64_t hash = t->secret;

	for (size_t i = 0; i < t->key.len; i++)
		hash = (hash ^ t->key.octets[i]) * 0x100000001b3U;
	return &t->buckets[(hash ^ hash >> 32) % BUCKETS];
}

static struct sip_transaction *new_transaction(struct sip_transactions *t,
					       struct ring *bucket,
					       const struct sip_message *m,
					       const struct sip_remote *from)
{
	struct sip_transaction *x = alloc(sizeof(*x));

	x->all = t;
	x->kind = m->method == SIP_INVITE ? KIND_INVITE : KIND_OTHER;
	x->peer = *from;
	buffer_put(&x->key, t->key.octets, t->key.len);
	ring_append(bucket, &x->link);
	t->count++;
	return x;
}

static struct sip_transaction *find(const struct sip_transactions *t,
				    const struct ring *bucket)
{
	for (struct ring *r = ring_first(bucket); r; r = ring_next(bucket, r)) {
		struct sip_transaction *x = RING_OWNER(r, struct sip_transaction, link);

		if (x->key.len == t->key.len &&
		    memcmp(x->key.octets, t->key.octets, t->key.len) == 0)
			return x;
	}
	return NULL;
}

enum sip_arrival sip_transactions_receive(struct sip_transactions *t,
					  const struct sip_message *m,
					  const struct sip_remote *from,
					  struct sip_transaction **out)
{
	struct ring *bucket;
	struct sip_transaction *x;

	*out = NULL;
	make_key(&t->key, m, from);
	bucket = bucket_of(t);
	x = find(t, bucket);
	if (x && m->method == SIP_ACK) {
		step(x, EVENT_ACK);
		return SIP_ARRIVAL_ACK;
	}
	if (x) {
		step(x, EVENT_REQUEST);
		return SIP_ARRIVAL_REPEATED;
	}
	if (m->method != SIP_ACK && t->count < t->max)
		*out = new_transaction(t, bucket, m, from);
	return SIP_ARRIVAL_NEW;
}

void sip_transaction_answer(struct sip_transaction *x, uint16_t status,
			    const void *octets, size_t len)
{
	assert(x->state == STATE_PROCEEDING);
	x->answer.len = 0;
	buffer_put(&x->answer, octets, len);
	if (status < 200)
		step(x, EVENT_PROVISIONAL);
	else
		step(x, status < 300 ? EVENT_SUCCESS : EVENT_FAILURE);
}

#include "sip/transaction.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "sip/element.h"
#include "sip/grammar.h"
#include "sip/response.h"
#include "sip/transaction_body.h"

enum { TAG_LEN = 20 };

struct sip_transactions *sip_transactions_new(
	struct loop *l, uint32_t max, const struct sip_transactions_calls *calls,
	void *arg)
{
	struct sip_transactions *t = alloc(sizeof(*t));
	uintptr_t place = (uintptr_t)t;

	t->loop = l;
	t->max = max;
	t->calls = calls;
	t->arg = arg;
	delay_init(&t->life, l, LIFE_MS, transaction_over);
	delay_init(&t->rest, l, T4_MS, transaction_over);
	delay_init(&t->soon, l, 0, transaction_over);
	if (getrandom(t->secret, sizeof(t->secret), GRND_NONBLOCK) < 0)
		memcpy(t->secret, &place,
		       sizeof(place)); /* the kernel has no random numbers yet */
	return t;
}

void sip_transactions_free(struct sip_transactions *t)
{
	struct hash_entry *e;

	if (!t)
		return;
	while ((e = hash_index_any(&t->index)))
		transaction_free(HASH_OWNER(e, struct sip_transaction, entry));
	delay_fini(&t->life);
	delay_fini(&t->rest);
	delay_fini(&t->soon);
	timer_stop(&t->drained);
	hash_index_fini(&t->index);
	buffer_fini(&t->key);
	buffer_fini(&t->out);
	free(t);
}

uint32_t sip_transactions_count(const struct sip_transactions *t)
{
	return t->index.count;
}

/* Puts one part of a key, preceded by its length, so that parts cannot be confused. */
static void put_part(struct buffer *key, struct text part)
{
	buffer_put_u16(key, (uint16_t)text_len(&part));
	buffer_put(key, part.at, text_len(&part));
}

static void put_method(struct buffer *key, enum sip_method method, struct text name)
{
	buffer_put_u8(key, (uint8_t)method);
	if (method == SIP_METHOD_OTHER)
		put_part(key, name);
}

/* Returns the topmost Via; empty if it cannot be read. */
static struct sip_via top_via(const struct sip_message *m)
{
	struct text element;
	struct sip_via via = { 0 };

	if (sip_element_first(m, SIP_VIA, &element))
		(void)sip_via_read(element, &via);
	return via;
}

static struct siphash hash_key(const struct sip_transactions *t)
{
	return siphash128(t->secret, t->key.octets, t->key.len);
}

/*
 * Makes the key that identifies a request (RFC 3261, 17.2.3), as if it had another
 * method: so an ACK and a CANCEL find their INVITE.
 */
static struct siphash server_key(struct sip_transactions *t,
				 const struct sip_message *m,
				 const struct sip_remote *from, enum sip_method method)
{
	struct buffer *key = &t->key;
	struct sip_via via = top_via(m);
	struct sip_address a;
	struct text number;

	key->len = 0;
	buffer_put_u8(key, 's');
	put_method(key, method, m->method_name);
	put_part(key, via.host);
	buffer_put_u16(key, via.port);
	put_part(key, via.branch);
	if (text_len(&via.branch) >= sizeof(SIP_COOKIE) &&
	    strncasecmp(via.branch.at, SIP_COOKIE, sizeof(SIP_COOKIE) - 1) == 0)
		return hash_key(t);
	/* A sender of RFC 2543, or a branch that is only the cookie. */
	buffer_put(key, from->addr.octets, sizeof(from->addr.octets));
	buffer_put_u16(key, from->addr.port);
	put_part(key, m->uri);
	put_part(key, sip_field(m, SIP_CALL_ID, 0));
	if (sip_address_read(sip_field(m, SIP_FROM, 0), &a) == OK)
		put_part(key, a.tag);
	number = sip_field(m, SIP_CSEQ, 0);
	put_part(key, text_while(&number, "0123456789"));
	return hash_key(t);
}

/* Makes the key that identifies responses to a request of ours (RFC 3261, 17.1.3). */
static struct siphash client_key(struct sip_transactions *t,
				 const struct sip_message *m,
				 const struct sip_cseq *cseq)
{
	struct sip_via via = top_via(m);

	t->key.len = 0;
	buffer_put_u8(&t->key, 'c');
	put_method(&t->key, cseq->method, cseq->method_name);
	put_part(&t->key, via.branch);
	return hash_key(t);
}

static struct sip_transaction *find(const struct sip_transactions *t,
				    const struct siphash *key)
{
	struct hash_entry *e = hash_index_find(&t->index, key->low);

	for (; e; e = hash_index_next(e)) {
		struct sip_transaction *x = HASH_OWNER(e, struct sip_transaction,
						       entry);

		if (x->key.high == key->high)
			return x;
	}
	return NULL;
}

static struct sip_transaction *new_transaction(struct sip_transactions *t,
					       const struct siphash *key,
					       enum transaction_kind kind,
					       const struct sip_remote *peer)
{
	struct sip_transaction *x = alloc(sizeof(*x));

	x->all = t;
	x->key = *key;
	x->kind = kind;
	x->peer = *peer;
	hash_index_put(&t->index, &x->entry, key->low);
	return x;
}

/* Without a transaction the answer must be the same each time: the tag is made from the
 * key. */
static void refuse(struct sip_transactions *t, const struct sip_message *m,
		   const struct sip_remote *from, const struct siphash *key)
{
	char tag[TAG_LEN];
	struct sip_response r = { .status = 503,
				  .reason = "Service Unavailable",
				  .to_tag = tag,
				  .fields = "Retry-After: 5\r\n",
				  .from = &from->addr };

	(void)snprintf(tag, sizeof(tag), "%016" PRIx64, key->high);
	t->out.len = 0;
	sip_response_write(m, &r, &t->out);
	(void)t->calls->send(t->arg, from, t->out.octets, t->out.len);
}

/* Prepares the 100 that is sent if there is no other answer in time. */
static void prepare_trying(struct sip_transaction *x, const struct sip_message *m)
{
	const struct sip_response r = { .status = 100,
					.reason = "Trying",
					.from = &x->peer.addr };

	sip_response_write(m, &r, &x->octets);
}

enum sip_arrival sip_transactions_receive(struct sip_transactions *t,
					  const struct sip_message *m,
					  const struct sip_remote *from,
					  struct sip_transaction **out)
{
	bool is_ack = m->method == SIP_ACK;
	struct siphash key = server_key(t, m, from, is_ack ? SIP_INVITE : m->method);
	struct sip_transaction *x = find(t, &key);

	*out = NULL;
	if (x && is_ack && x->state != STATE_ACCEPTED) {
		transaction_step(x, EVENT_ACK);
		return SIP_ARRIVAL_ACK;
	}
	if (is_ack)
		return SIP_ARRIVAL_NEW;
	if (x) {
		transaction_step(x, EVENT_REQUEST);
		return SIP_ARRIVAL_REPEATED;
	}
	if (t->index.count >= t->max) {
		if (m->method == SIP_CANCEL)
			return SIP_ARRIVAL_NEW;
		refuse(t, m, from, &key);
		return SIP_ARRIVAL_FULL;
	}
	x = new_transaction(t, &key,
			    m->method == SIP_INVITE ? SERVER_INVITE : SERVER_OTHER,
			    from);
	if (x->kind == SERVER_INVITE)
		prepare_trying(x, m);
	transaction_begin(x);
	*out = x;
	return SIP_ARRIVAL_NEW;
}

struct sip_transaction *sip_transactions_cancelled(struct sip_transactions *t,
						   const struct sip_message *cancel,
						   const struct sip_remote *from)
{
	struct siphash key = server_key(t, cancel, from, SIP_INVITE);

	return find(t, &key);
}

static enum transaction_event event_of(uint16_t status)
{
	if (status < 200)
		return EVENT_PROVISIONAL;
	return status < 300 ? EVENT_SUCCESS : EVENT_FAILURE;
}

int sip_transaction_answer(struct sip_transaction *x, uint16_t status,
			   const void *octets, size_t len)
{
	struct sip_transactions *t = x->all;

	t->fresh = text_of(octets, len);
	t->sent = OK;
	transaction_step(x, event_of(status));
	return t->sent;
}

void sip_transaction_set_own(struct sip_transaction *x, void *own)
{
	x->own = own;
}

void *sip_transaction_own(const struct sip_transaction *x)
{
	return x->own;
}

int sip_transactions_request(struct sip_transactions *t, const struct sip_remote *to,
			     const void *octets, size_t len, void *own,
			     struct sip_transaction **out)
{
	struct sip_message *m = &t->request;
	struct sip_transaction *x;
	struct sip_cseq cseq;
	struct sip_via via;
	struct siphash key;

	if (sip_message_read(m, octets, len) || m->is_response ||
	    m->method == SIP_ACK || sip_cseq_read(sip_field(m, SIP_CSEQ, 0), &cseq))
		return ERR_MALFORMED;
	via = top_via(m);
	if (text_len(&via.branch) == 0)
		return ERR_MALFORMED;
	key = client_key(t, m, &cseq);
	if (find(t, &key))
		return ERR_EXISTS;
	if (t->index.count >= t->max)
		return ERR_LIMIT;
	x = new_transaction(t, &key,
			    m->method == SIP_INVITE ? CLIENT_INVITE : CLIENT_OTHER, to);
	x->own = own;
	buffer_put(&x->octets, octets, len);
	transaction_begin(x);
	if (out)
		*out = x;
	return OK;
}

bool sip_transactions_response(struct sip_transactions *t, const struct sip_message *m)
{
	struct sip_transaction *x;
	struct sip_cseq cseq;
	struct siphash key;

	if (sip_cseq_read(sip_field(m, SIP_CSEQ, 0), &cseq))
		return false;
	key = client_key(t, m, &cseq);
	x = find(t, &key);
	if (!x)
		return false;
	t->incoming = m;
	transaction_step(x, event_of(m->status));
	return true;
}

void sip_transaction_cancel(struct sip_transaction *x, const char *fields)
{
	x->cancel_fields = fields;
	transaction_step(x, EVENT_CANCEL);
}

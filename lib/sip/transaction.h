/*
 * Server transactions (RFC 3261 section 17.2, RFC 6026): a request is handled once, its
 * retransmissions get the same answer again.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "sip/server.h"

struct loop;
struct sip_transaction;
struct sip_transactions;

typedef int sip_send_fn(void *arg, const struct sip_remote *to, const void *octets,
			size_t len);

enum sip_arrival {
	SIP_ARRIVAL_NEW,      /* to be handled */
	SIP_ARRIVAL_REPEATED, /* done: what was answered last went out again */
	SIP_ARRIVAL_ACK       /* done: it ends an INVITE that was refused */
};

/* max  transactions at once; requests beyond are handled without one */
struct sip_transactions *sip_transactions_new(struct loop *l, uint32_t max,
					      sip_send_fn *send, void *arg);
void sip_transactions_free(struct sip_transactions *t);
uint32_t sip_transactions_count(const struct sip_transactions *t);

/*
 * Takes a request that passed sip_check().
 *
 * out  with SIP_ARRIVAL_NEW the transaction to answer in, or NULL: beyond `max`, or an
 *      ACK of its own. It is gone 64 * T1 after a final answer at the earliest.
 */
enum sip_arrival sip_transactions_receive(struct sip_transactions *t,
					  const struct sip_message *m,
					  const struct sip_remote *from,
					  struct sip_transaction **out);

/* Sends an answer and keeps it for retransmissions. Never after a final one. */
void sip_transaction_answer(struct sip_transaction *x, uint16_t status,
			    const void *octets, size_t len);

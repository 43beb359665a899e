/*
 * Transactions (RFC 3261 section 17, RFC 6026). Server side: a request is handled once,
 * and its retransmissions get the same answer; retransmissions of an accepted INVITE
 * are absorbed, because its user repeats the 2xx until the ACK. Client side: a request
 * is sent until it is answered, and a refused INVITE gets its ACK.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/server.h"

struct loop;
struct sip_transaction;
struct sip_transactions;

struct sip_transactions_calls {
	/* Returns 0, ERR_AGAIN (this message is lost, as datagrams may be) or the
	 * reason why nothing more can be sent there. */
	int (*send)(void *arg, const struct sip_remote *to, const void *octets,
		    size_t len);

	/* A response to a request of ours: each provisional one, the final one, and for
	 * an INVITE each 2xx, repeated ones included. May be NULL. */
	void (*answered)(void *own, const struct sip_message *m);

	/*
	 * The transaction has ended: 0, ERR_TIMEOUT (no final response, or no ACK for
	 * ours) or the error of sending. Never called inside another function;
	 * sip_transactions_free() does not call it. May be NULL.
	 */
	void (*ended)(void *own, int reason);

	/* After sip_transactions_drain(): none is left. May be NULL. */
	void (*drained)(void *arg);
};

enum sip_arrival {
	SIP_ARRIVAL_NEW,      /* to be handled */
	SIP_ARRIVAL_REPEATED, /* no more to do: absorbed, or answered as before */
	SIP_ARRIVAL_ACK,      /* no more to do: it ends a refused INVITE */
	SIP_ARRIVAL_FULL      /* no more to do: answered with 503 */
};

/* max  transactions at once, of both sides together */
struct sip_transactions *sip_transactions_new(
	struct loop *l, uint32_t max, const struct sip_transactions_calls *calls,
	void *arg);
void sip_transactions_free(struct sip_transactions *t);
uint32_t sip_transactions_count(const struct sip_transactions *t);

/* Calls `drained` as soon as none is left, but not before the next turn. */
void sip_transactions_drain(struct sip_transactions *t);

/*
 * Handles a request that passed sip_check().
 *
 * out  with SIP_ARRIVAL_NEW the transaction in which to answer; NULL: an ACK that
 *      belongs to none, or a CANCEL beyond `max`, which is answered without one
 */
enum sip_arrival sip_transactions_receive(struct sip_transactions *t,
					  const struct sip_message *m,
					  const struct sip_remote *from,
					  struct sip_transaction **out);

/* Returns the INVITE that a CANCEL refers to (RFC 3261, 9.2), or NULL: answer 481. */
struct sip_transaction *sip_transactions_cancelled(struct sip_transactions *t,
						   const struct sip_message *cancel,
						   const struct sip_remote *from);

/*
 * Sends an answer and keeps it for retransmissions. After a final answer nothing more
 * is sent, except any number of 2xx to an INVITE.
 *
 * Returns 0 or the error of sending; the transaction exists until `ended`.
 */
int sip_transaction_answer(struct sip_transaction *x, uint16_t status,
			   const void *octets, size_t len);

/* Sets the argument of the calls. While it is NULL, as at first, no calls are made. */
void sip_transaction_set_own(struct sip_transaction *x, void *own);
void *sip_transaction_own(const struct sip_transaction *x);

/*
 * Sends a request with a Via of ours and a unique branch; not an ACK.
 *
 * out  may be NULL
 *
 * Returns 0, ERR_MALFORMED, ERR_LIMIT (beyond `max`) or ERR_EXISTS (the branch is in
 * use); errors of sending are reported by `ended`.
 */
int sip_transactions_request(struct sip_transactions *t, const struct sip_remote *to,
			     const void *octets, size_t len, void *own,
			     struct sip_transaction **out);

/* Handles a response that passed sip_check(). Returns whether it belongs to one of our
 * requests. */
bool sip_transactions_response(struct sip_transactions *t, const struct sip_message *m);

/*
 * Cancels an INVITE of ours: CANCEL is sent once there is a provisional response. The
 * INVITE ends with its final response, or 64 * T1 after the CANCEL (RFC 3261, 9.1).
 *
 * fields  more header lines of the CANCEL, borrowed as long as the transaction exists,
 * or NULL
 */
void sip_transaction_cancel(struct sip_transaction *x, const char *fields);

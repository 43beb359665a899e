/*
 * Transactions (RFC 3261 section 17, RFC 6026). Of the server: a request is handled
 * once, its retransmissions get the same answer again; of an INVITE that was accepted
 * they are absorbed, for its 2xx is its user's to repeat until the ACK. Of the client:
 * a request is sent until it is answered, a refused INVITE gets its ACK.
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
	/* Returns 0, ERR_AGAIN (this one is lost, as datagrams are) or why no more can
	 * be sent there. */
	int (*send)(void *arg, const struct sip_remote *to, const void *octets,
		    size_t len);

	/* A response to a request of ours: each provisional one, the final one, and of
	 * an INVITE each 2xx, also one that comes again. May be NULL. */
	void (*answered)(void *own, const struct sip_message *m);

	/*
	 * The transaction is gone: 0; ERR_TIMEOUT (no final response came, or no ACK
	 * for ours); or what sending ended with. Never inside another function but
	 * sip_transactions_free(), which does not call. May be NULL.
	 */
	void (*ended)(void *own, int reason);

	/* After sip_transactions_drain(): none is left. May be NULL. */
	void (*drained)(void *arg);
};

enum sip_arrival {
	SIP_ARRIVAL_NEW,      /* to be handled */
	SIP_ARRIVAL_REPEATED, /* done: absorbed, or answered as before */
	SIP_ARRIVAL_ACK,      /* done: it ends an INVITE that was refused */
	SIP_ARRIVAL_FULL      /* done: 503 */
};

/* max  transactions at once, of both sides together */
struct sip_transactions *sip_transactions_new(
	struct loop *l, uint32_t max, const struct sip_transactions_calls *calls,
	void *arg);
void sip_transactions_free(struct sip_transactions *t);
uint32_t sip_transactions_count(const struct sip_transactions *t);

/* Tells, from the next turn on, when none is left. */
void sip_transactions_drain(struct sip_transactions *t);

/*
 * Takes a request that passed sip_check().
 *
 * out  with SIP_ARRIVAL_NEW the transaction to answer in; NULL: an ACK of its own, or a
 *      CANCEL beyond `max`, which is answered without one
 */
enum sip_arrival sip_transactions_receive(struct sip_transactions *t,
					  const struct sip_message *m,
					  const struct sip_remote *from,
					  struct sip_transaction **out);

/* The INVITE that a CANCEL is about (RFC 3261, 9.2), or NULL: answer it with 481. */
struct sip_transaction *sip_transactions_cancelled(struct sip_transactions *t,
						   const struct sip_message *cancel,
						   const struct sip_remote *from);

/*
 * Sends an answer and keeps it for retransmissions. After a final one nothing more is
 * sent, but any number of 2xx to an INVITE.
 *
 * Returns what sending ended with; the transaction lives on until `ended`.
 */
int sip_transaction_answer(struct sip_transaction *x, uint16_t status,
			   const void *octets, size_t len);

/* What the calls get; they are not made while it is NULL, as it is at first. */
void sip_transaction_set_own(struct sip_transaction *x, void *own);
void *sip_transaction_own(const struct sip_transaction *x);

/*
 * Sends a request, which has a Via of ours with a branch of its own, and is no ACK.
 *
 * out  may be NULL
 *
 * Returns 0, ERR_MALFORMED, ERR_LIMIT (beyond `max`) or ERR_EXISTS (the branch is in
 * use); trouble with sending is told by `ended`.
 */
int sip_transactions_request(struct sip_transactions *t, const struct sip_remote *to,
			     const void *octets, size_t len, void *own,
			     struct sip_transaction **out);

/* Takes a response that passed sip_check(). Returns whether it is one to ours. */
bool sip_transactions_response(struct sip_transactions *t, const struct sip_message *m);

/*
 * Gives an INVITE of ours up: CANCEL goes out once a provisional response shows that it
 * can. It ends by its final response, or 64 * T1 after the CANCEL (RFC 3261, 9.1).
 *
 * fields  more header lines of the CANCEL, which live as long as the transaction, or
 *         NULL
 */
void sip_transaction_cancel(struct sip_transaction *x, const char *fields);

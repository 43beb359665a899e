/* The inside of transactions, shared by transaction.c (their machines) and
 * transactions.c (all of them). */
#pragma once

#include "base/buffer.h"
#include "base/hash_index.h"
#include "base/siphash.h"
#include "net/delay.h"
#include "sip/transaction.h"

enum {
	T1_MS = 500,
	T2_MS = 4000,
	T4_MS = 5000,
	LIFE_MS = 64 * T1_MS, /* timers B, D, F, H, J, L and M */
	TRYING_MS = 200       /* until a 100 goes out by itself */
};

enum transaction_kind {
	SERVER_INVITE,
	SERVER_OTHER,
	CLIENT_INVITE,
	CLIENT_OTHER,
	TRANSACTION_KINDS
};

enum transaction_state {
	STATE_TRYING,     /* nothing was answered */
	STATE_DOOMED,     /* the same, and it is to be cancelled */
	STATE_PROCEEDING, /* a provisional answer was */
	STATE_CANCELLED,  /* the same, and CANCEL was sent */
	STATE_COMPLETED,  /* a final one */
	STATE_ACCEPTED,   /* of an INVITE: a 2xx (RFC 6026) */
	STATE_CONFIRMED,  /* a refused INVITE got its ACK */
	STATE_ENDED,
	TRANSACTION_STATES
};

enum transaction_event {
	EVENT_REQUEST, /* again */
	EVENT_ACK,
	EVENT_PROVISIONAL, /* 1xx: to be sent, or received */
	EVENT_SUCCESS,     /* 2xx */
	EVENT_FAILURE,     /* 3xx and beyond */
	EVENT_CANCEL,      /* its user gives it up */
	EVENT_HURRY,       /* an INVITE waits for its first answer */
	EVENT_REPEAT,      /* timers A, E, G */
	EVENT_OVER,        /* all others */
	EVENT_LOST,        /* sending failed for good */
	TRANSACTION_EVENTS
};

struct sip_transaction {
	struct hash_entry entry;
	struct siphash key;
	struct sip_transactions *all;
	enum transaction_kind kind;
	enum transaction_state state; /* the step in transaction.c alone writes it */
	struct sip_remote peer;
	void *own;
	struct buffer octets; /* sent last: an answer, or the request */
	const char *cancel_fields;
	struct timer repeat; /* the next sending, or the news that one failed */
	struct delayed over;
	uint32_t repeat_ms;
	int lost; /* why */
};

struct sip_transactions {
	struct loop *loop;
	const struct sip_transactions_calls *calls;
	void *arg;
	uint32_t max;
	uint8_t secret[SIPHASH_KEY_LEN];
	struct hash_index index;
	struct delay life, rest, soon; /* LIFE_MS, T4_MS, nothing */
	struct timer drained;
	bool draining;
	struct buffer key; /* of the message under way */
	struct buffer out;
	struct text fresh;                  /* the answer under way */
	const struct sip_message *incoming; /* the response under way */
	int sent;                           /* what the last sending ended with */
	struct sip_message request;         /* of ours, read again */
};

/* Feeds a transaction one event. Nothing, where it means nothing in its state. */
void transaction_step(struct sip_transaction *x, enum transaction_event event);

/* Sends a new request for the first time, or lets an INVITE wait for its answer. */
void transaction_begin(struct sip_transaction *x);

/* A delay's end. */
void transaction_over(struct delayed *d);

/* Takes a transaction out of all and frees it, without a call. */
void transaction_free(struct sip_transaction *x);

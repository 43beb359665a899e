/* A table of transactions on a virtual clock, and what it sent and told. */
#pragma once

#include "sip/transaction.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/loop.h"
#include "tests/harness.h"

static struct loop *loop;
static struct sip_transactions *all;
static struct sip_message message;
static int sent;
static int send_result;
static char last[1024]; /* sent last */

/* What the user of a transaction was told. */
static struct user {
	int answered, ended;
	int reason;
	uint16_t status;
	bool cancels; /* as soon as anything is answered */
	struct sip_transaction *x;
} user;
static int drained;

static inline int on_send(void *arg, const struct sip_remote *to, const void *octets,
			  size_t len)
{
	(void)arg;
	(void)to;
	sent++;
	(void)snprintf(last, sizeof(last), "%.*s", (int)len, (const char *)octets);
	return send_result;
}

static inline void on_answered(void *own, const struct sip_message *m)
{
	struct user *u = own;

	u->answered++;
	u->status = m->status;
	if (u->cancels)
		sip_transaction_cancel(u->x, NULL);
}

static inline void on_ended(void *own, int reason)
{
	struct user *u = own;

	u->ended++;
	u->reason = reason;
}

static inline void on_drained(void *arg)
{
	(void)arg;
	drained++;
}

static const struct sip_transactions_calls calls = { on_send, on_answered, on_ended,
						     on_drained };

static inline void begin(uint32_t max)
{
	loop = loop_new_virtual(1000);
	all = sip_transactions_new(loop, max, &calls, NULL);
	sent = 0;
	send_result = OK;
	drained = 0;
	memset(&user, 0, sizeof(user));
}

static inline void finish(void)
{
	sip_transactions_free(all);
	loop_free(loop);
}

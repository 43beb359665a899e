/*
 * One endpoint at one address: sends probes, matches their answers, keeps the
 * connection open, and feeds the liveness. It sends and receives by a `struct wire`:
 * SIP channels in a node, a model in a simulation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "conf/endpoint.h"
#include "conf/probe.h"
#include "health/board.h"
#include "health/drain.h"
#include "health/host_calls.h"
#include "health/liveness.h"
#include "health/probes.h"
#include "health/rtt.h"
#include "net/loop.h"

struct target;

enum flow_state { FLOW_CLOSED, FLOW_OPENING, FLOW_OPEN };

/* One connection to an endpoint, or over UDP one source port. */
struct probe_flow {
	struct target *target;
	void *channel; /* the wire's */
	enum flow_state state;
	uint64_t opened_at;
};

/* How targets reach their endpoints. No target_*() is called inside these. */
struct wire {
	/* Returns 0 or ERR_SYSTEM with errno; then target_opened() or target_closed().
	 */
	int (*open)(void *arg, struct probe_flow *f);
	void (*close)(void *arg, struct probe_flow *f);
	/* Returns 0 or the error of sip_channel_send(). */
	int (*send)(void *arg, struct probe_flow *f, uint64_t branch);
	/* CRLF keepalive of a kept connection. */
	void (*keepalive)(void *arg, struct probe_flow *f);
	/* UDP: from the address that the routes of now give. */
	void (*renew)(void *arg, struct probe_flow *f);
	uint64_t (*now_us)(void *arg);
	uint64_t (*branch)(
		void *arg); /* returns a number that is not 0 and cannot be guessed */
	/* The settings have changed: what its certificate was judged by may be
	 * different. */
	void (*judge)(void *arg, struct target *t);
	void *arg;
};

/* What a target reports to the prober, and asks it. */
struct target_calls {
	/* Called before each event is handled: the prober checks whether our own thread
	 * was late. */
	void (*woke)(struct target *t);
	/* Something that the row of the board shows has changed. */
	void (*changed)(struct target *t);
	/* It is in doubt: others must be probed, to find out whether it is our link. */
	void (*doubted)(struct target *t);
	/* It is about to be probed in doubt, or while it is down. */
	void (*asked)(struct target *t);
	/* Its doubt begins: the others at its address are to be probed next. */
	void (*doubt_began)(struct target *t);
	/* Those at its address that live take turns: the time between its own. */
	uint32_t (*turn_every_ms)(const struct target *t);
	/* Those that are in doubt do too: how many they are, it included. */
	uint32_t (*doubt_count)(const struct target *t);
	/* The time between its probes while it is down. */
	uint32_t (*down_every_ms)(const struct target *t);
	/* It has answered for the first time since it was down. */
	void (*rising)(struct target *t);
	/* When it is its turn; 0: there are none in doubt to wait for. */
	uint64_t (*turn_at)(const struct target *t);
	/* When anything at its address last proved life; 0: never. */
	uint64_t (*address_alive_at)(const struct target *t);
	/* Refused or lost: the other endpoints of its pbx must be probed at once. */
	void (*hurt)(struct target *t);
	/* Whether an extra probe may be sent; their number over all targets is limited.
	 */
	bool (*may_send_extra)(struct target *t);
	/* It is down by silence. */
	void (*fell_silent)(struct target *t);
	/* When its address may be asked once more; not after now: at once. */
	uint64_t (*free_at)(const struct target *t);
	/* Whether its silence means that it is down. */
	bool (*may_fall)(struct target *t);
	/* For `probe --trace`; may be NULL. */
	void (*noted)(struct target *t, const char *what);
	/* The same: a message that was sent or received. May be NULL. */
	void (*message)(struct target *t, const char *what, const void *octets,
			size_t len);
	/* A probe was answered. */
	void (*answered)(struct target *t, uint64_t round_trip_us);
};

enum { FLOWS = 2 };

struct target {
	/* Set by the owner before target_start(). */
	struct loop *loop;
	const struct wire *wire;
	const struct target_calls *calls;
	void *owner;
	uint8_t endpoint, address;
	struct address *shared; /* with the others of its pbx at its address */
	enum transport transport;
	struct addr to;          /* with port */
	const char *server_name; /* of TLS and of the Request-URI; NULL: the address */
	bool own_host;           /* loopback or an address of ours */
	struct conf_probe probe;
	const uint16_t *dead_codes;
	size_t dead_code_count;
	uint32_t hold_ms; /* without any 503 before it drains no longer */

	struct liveness liveness;
	struct probes probes;
	struct rtt rtt;
	struct probe_flow
		flows[FLOWS]; /* the kept one, and a fresh one beside it in doubt */
	uint8_t kept_flow;    /* which of them is kept */
	bool left_out;        /* the kept one was, for a fresh one, at the last turn */
	bool fresh_next;      /* the next probe goes over the fresh one */
	uint64_t fresh_at;    /* it was opened; 0: not in this doubt */
	struct timer tick, due;
	uint64_t sent_at;          /* the last probe */
	uint64_t answered_sent_at; /* when the probe was sent that was answered last,
				      with whatever status */
	uint64_t keepalive_at;
	uint64_t suspected_at; /* 0: not */
	uint64_t call;         /* makes the From tag of all its probes */
	uint32_t cseq;
	uint32_t quick_count; /* probes still to be sent at once */
	enum verdict verdict;
	uint16_t status;     /* of the last response */
	const char *garbage; /* why it was none */
	uint64_t garbled_at;
	bool has_certificate;     /* it showed one */
	int32_t certificate_days; /* until that ends */
	const char *odd;          /* the last answer that was; NULL: none for long */
	uint64_t odd_at;
	bool kept;       /* the kept connection has carried an answer */
	bool after_loss; /* opening again, because a kept connection was lost */
	bool again;      /* the handshake after the loss failed once */
	struct drain drain;
	bool certificate_fault, own_fault, traced;
	char cause[CAUSE_LEN]; /* of the present state */
	char fault[CAUSE_LEN]; /* of its certificate */
	char loss[CAUSE_LEN];  /* of the last connection that ended */

	/* Used by the owner. */
	enum freeze withheld; /* its silence is known, and why it does not count */
	uint32_t interface;
	struct addr next_hop;
	bool on_link;
	bool no_carrier;
	uint64_t carrier_lost_at;
	bool was_alive, was_draining, was_faulty; /* on the board */
	bool held;
	uint64_t rose_at; /* monotonic */
	uint64_t fell, rose;
	int64_t since_ms;
};

/* Begins probing after `after_ms`, so that many targets do not send at once. */
void target_start(struct target *t, uint64_t after_ms);
void target_stop(struct target *t);

/* Makes it send the next probe no later than `after_ms` from now. */
void target_hurry(struct target *t, uint64_t after_ms);

/* Another endpoint of its pbx was refused or lost: probes at once, and one refusal is
 * then enough. */
void target_suspect(struct target *t);

/* Another at its address fell silent: with as many probes lost there, its own silence
 * counts as if it had been asked. */
void target_share_silence(struct target *t);

/* We could not receive: open probes do not count, and the window starts again. */
void target_void(struct target *t);

/* Its interface has lost its carrier, so that silence proves nothing, or has regained
 * it. */
void target_carrier(struct target *t, bool carrier);

/* Whether it counts as up: steady, doubted or not decided yet. */
bool target_is_alive(const struct target *t);

/* Returns the cause of its state; for a living one, a certificate fault comes first. */
const char *target_cause(const struct target *t);

/* Write the cause of a fall, and of a life. */
void target_write_cause(struct target *t);
void target_write_life(struct target *t);

/* For `probe --trace`: what has happened, if it is traced. */
void target_note(struct target *t, const char *what);

/* From the wire. */
void target_opened(struct probe_flow *f);

/* retry_after_s: of a 503; 0: none */
void target_answered(struct probe_flow *f, uint64_t branch, uint16_t status,
		     uint32_t retry_after_s);
void target_garbled(struct target *t, const char *why); /* a static text */
void target_odd(struct target *t, const char *odd);     /* the same, of an answer */
void target_asked(struct target *t); /* it sent a request of its own */
void target_ponged(struct target *t);
void target_certified(struct target *t, const char *fault); /* NULL: it is good */
void target_expires(struct target *t, int32_t days_left);   /* its certificate */
/* UDP: our own kernel could not send (errno). */
void target_failed(struct probe_flow *f, int number);
/*
 * UDP: an error that somebody sent.
 *
 * branch      of the probe that it quotes; 0: of none
 * is_refusal  the port is closed; else it is as good as silence
 * what        its kind and sender
 */
void target_rejected(struct probe_flow *f, uint64_t branch, bool is_refusal,
		     const char *what);
/* A connection ended or was not made: reasons of `struct stream_calls`, errno, text. */
void target_closed(struct probe_flow *f, int reason, int number, const char *text);

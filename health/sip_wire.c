#include "health/sip_wire.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "health/authority.h"
#include "health/flows.h"
#include "health/pbx.h"
#include "health/recheck.h"
#include "net/icmp.h"
#include "net/stream.h"
#include "net/tls.h"
#include "net/udp.h"
#include "sip/channel.h"
#include "sip/options.h"
#include "sip/reply.h"
#include "sip/response.h"
#include "sip/transport.h"

enum {
	OPEN_MIN_MS = 1000,
	RANDOM_LEN = 256,
	ANSWER_MS = 100,
	RESERVE_SHARE = 4, /* of the descriptors: what is not for probes */
	RESERVE_MAX = 16384,
	FRESH_SHARE = 8, /* of the channels: what fresh flows leave free */
	SPREAD_MS = 500  /* of the handshakes after a reload */
};

struct sip_wire {
	struct loop *loop;
	struct wire wire;
	struct authorities *authorities;
	size_t open_count, open_max; /* channels; each is a descriptor */
	uint64_t random[RANDOM_LEN / sizeof(uint64_t)];
	size_t random_left;
};

/* The channel of one flow of a target. */
struct probe_channel {
	struct probe_flow *flow;
	struct target *target;
	struct sip_wire *wire;
	struct recheck *recheck; /* of TLS, once it is open */
	char *judges;            /* what its certificate was judged by */
	struct sip_channel *channel;
	uint64_t answered_at; /* a request of its own; 0: never */
};

static const struct plan_pbx *plan_of(const struct target *t)
{
	const struct pbx *x = t->owner;

	return x->plan;
}

static struct tls *tls_for(struct sip_wire *p, const struct target *t,
			   uint64_t *generation)
{
	const struct conf_pbx *conf = &plan_of(t)->conf;

	return authorities_find(p->authorities, conf->ca_file, conf->certificate,
				&conf->key, generation);
}

/* The certificate is good if it is for every name that a phone may have asked for. */
static void check_certificate(struct probe_channel *b, struct stream *s)
{
	const struct plan_pbx *plan = plan_of(b->target);
	struct tls_certificate c;
	char fault[CAUSE_LEN];

	if (!s || !stream_certificate(s, &c)) {
		target_certified(b->target, NULL);
		return;
	}
	target_expires(b->target, c.days_left);
	if (!plan->conf.verify) {
		target_certified(b->target, NULL);
		return;
	}
	if (!c.verified) {
		target_certified(b->target, c.fault ? c.fault : "not verified");
		return;
	}
	for (size_t i = 1; i < plan->name_count; i++)
		if (!stream_certificate_is_for(s, plan->names[i])) {
			snprintf(fault, sizeof(fault), "not for %s", plan->names[i]);
			target_certified(b->target, fault);
			return;
		}
	target_certified(b->target, NULL);
}

static uint32_t open_ms(const struct target *t)
{
	uint32_t ms = 4 * t->probe.timeout_ms;

	return ms < OPEN_MIN_MS ? OPEN_MIN_MS : ms;
}

/* For `probe --trace`: the message as it is. */
static void show(struct target *t, const char *what, const void *octets, size_t len)
{
	if (t->traced && t->calls->message)
		t->calls->message(t, what, octets, len);
}

static void on_shown(void *arg, struct stream *s)
{
	check_certificate(arg, s);
}

static struct tls *context_of(void *arg)
{
	struct probe_channel *b = arg;
	uint64_t generation;

	return tls_for(b->wire, b->target, &generation);
}

/*
 * What a certificate is judged by, as one text. The caller's.
 */
static char *judges_of(const struct probe_channel *b)
{
	const struct plan_pbx *plan = plan_of(b->target);
	struct buffer out = { 0 };
	uint64_t generation = 0;

	(void)tls_for(b->wire, b->target, &generation);
	buffer_printf(&out, "%" PRIu64 " %d %" PRIu32 " %s", generation,
		      plan->conf.verify, plan->conf.certificate_check_ms,
		      b->target->server_name ? b->target->server_name : "");
	for (size_t i = 0; i < plan->name_count; i++)
		buffer_printf(&out, " %s", plan->names[i]);
	return buffer_take_text(&out);
}

static void begin_rechecks(struct probe_channel *b)
{
	const struct target *t = b->target;
	const struct recheck_target to = {
		.to = t->to,
		.server_name = t->server_name,
		.open_ms = open_ms(t),
		.interval_ms = plan_of(t)->conf.certificate_check_ms,
	};

	recheck_free(b->recheck);
	free(b->judges);
	b->judges = judges_of(b);
	b->recheck = recheck_new(t->loop, &to, context_of, on_shown, b);
}

static void on_opened(void *arg)
{
	struct probe_channel *b = arg;

	if (sip_transports[b->target->transport].is_secure) {
		check_certificate(b, sip_channel_stream(b->channel));
		begin_rechecks(b);
	}
	target_opened(b->flow);
}

/*
 * A PBX may send OPTIONS over our connection. That does not prove that it is alive: it
 * may send but not answer.
 */
static int answer_request(struct probe_channel *b, const void *octets, size_t len)
{
	uint64_t now = loop_now(b->target->loop);
	struct buffer out = { 0 };
	int err = sip_request_answer(octets, len, b->target->call, &b->target->to,
				     &out);

	if (err)
		return err;
	target_asked(b->target);
	if (!b->answered_at || now - b->answered_at >= ANSWER_MS) {
		b->answered_at = now;
		show(b->target, "sent", out.octets, out.len);
		/* If it fails it is asked again, or the connection tells. */
		(void)sip_channel_send(b->channel, out.octets, out.len);
	}
	buffer_fini(&out);
	return OK;
}

static void on_received(void *arg, const void *octets, size_t len)
{
	struct probe_channel *b = arg;
	struct sip_reply reply;

	show(b->target, "received", octets, len);
	if (sip_reply_read(octets, len, &reply)) {
		int err = answer_request(b, octets, len);

		if (err)
			target_garbled(b->target, err == ERR_CONFLICT
							  ? "our own request came back"
							  : reply.odd);
	} else {
		target_odd(b->flow->target, reply.odd);
		target_answered(b->flow, reply.has_branch ? reply.branch : 0,
				reply.status, reply.retry_after_s);
	}
}

static void on_pong(void *arg)
{
	struct probe_channel *b = arg;

	target_ponged(b->target);
}

static void on_garbage(void *arg, const void *octets, size_t len)
{
	struct probe_channel *b = arg;

	show(b->target, "received", octets, len);
	target_garbled(b->target, "no SIP");
}

/*
 * Anybody may send an ICMP error, and all our ports are soon tried. Only one that
 * quotes the branch of a probe of ours comes from somebody who has seen it.
 */
static void on_failed(void *arg, const struct udp_error *e)
{
	struct probe_channel *b = arg;
	uint64_t branch = 0;
	char by[ADDR_TEXT_LEN], what[CAUSE_LEN];

	if (!e->from_icmp) {
		target_failed(b->flow, e->number);
		return;
	}
	(void)sip_quoted_branch(e->quoted, e->quoted_len, &branch);
	snprintf(what, sizeof(what), "ICMP %s from %s",
		 icmp_name(b->flow->target->to.family, e->icmp_type, e->icmp_code),
		 addr_format(&e->by, by));
	target_rejected(b->flow, branch, e->err == ERR_REFUSED, what);
}

static void on_closed(void *arg, int reason)
{
	struct probe_channel *b = arg;
	struct stream *s = sip_channel_stream(b->channel);
	char text[CAUSE_LEN];

	snprintf(text, sizeof(text), "%s",
		 s && reason == ERR_TLS ? stream_error(s) : err_text(reason));
	target_closed(b->flow, reason, s ? stream_errno(s) : 0, text);
}

static const struct sip_channel_calls channel_calls = {
	.opened = on_opened,
	.received = on_received,
	.pong = on_pong,
	.garbage = on_garbage,
	.failed = on_failed,
	.closed = on_closed,
};

/* What answers comes first: a fleet may have more endpoints than descriptors. */
static size_t most_open(void)
{
	struct rlimit files;
	size_t reserve;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return SIZE_MAX;
	reserve = files.rlim_cur / RESERVE_SHARE;
	return files.rlim_cur - (reserve < RESERVE_MAX ? reserve : RESERVE_MAX);
}

/* A fresh flow beside a kept one may not use the last descriptors of those without any.
 */
static size_t most_for(const struct sip_wire *p, const struct probe_flow *f)
{
	const struct target *t = f->target;
	bool is_kept = f == &t->flows[t->kept_flow];

	return is_kept ? p->open_max : p->open_max - p->open_max / FRESH_SHARE;
}

static int channel_open(void *arg, struct probe_flow *f)
{
	struct sip_wire *p = arg;
	struct target *t = f->target;
	struct probe_channel *b;
	struct sip_channel_target to = {
		.transport = t->transport,
		.to = t->to,
		.server_name = t->server_name,
		.open_ms = open_ms(t),
		.user_timeout_ms = t->probe.silence_ms,
	};
	uint64_t generation;
	int err;

	if (p->open_count >= most_for(p, f)) {
		errno = EMFILE;
		return ERR_SYSTEM;
	}
	b = alloc(sizeof(*b));
	if (sip_transports[t->transport].is_secure)
		to.tls = tls_for(p, t, &generation);
	b->flow = f;
	b->target = t;
	b->wire = p;
	if (sip_transports[t->transport].is_secure && !to.tls) {
		free(b);
		errno = EACCES; /* the list of authorities cannot be read: our own fault
				 */
		return ERR_SYSTEM;
	}
	err = sip_channel_open(p->loop, &to, &channel_calls, b, &b->channel);
	if (err) {
		int number = errno;

		free(b);
		errno = number;
		return ERR_SYSTEM;
	}
	f->channel = b;
	p->open_count++;
	return OK;
}

static void channel_close(void *arg, struct probe_flow *f)
{
	struct sip_wire *p = arg;
	struct probe_channel *b = f->channel;

	p->open_count--;
	sip_channel_close(b->channel);
	recheck_free(b->recheck);
	free(b->judges);
	free(b);
	f->channel = NULL;
}

static int channel_send(void *arg, struct probe_flow *f, uint64_t branch)
{
	struct probe_channel *b = f->channel;
	struct target *t = f->target;
	const struct conf_pbx *conf = &plan_of(t)->conf;
	struct sip_options o = {
		.transport = t->transport,
		.to = t->to,
		.host = t->server_name,
		.user = conf->probe_user,
		.from_uri = conf->probe_from,
		.user_agent = conf->probe_agent,
		.max_forwards = (uint8_t)conf->max_forwards,
		.branch = branch,
		.call = t->call,
		.cseq = ++t->cseq & INT32_MAX,
	};
	char text[SIP_OPTIONS_MAX];
	size_t len;

	(void)arg;
	sip_channel_local(b->channel, &o.from);
	len = sip_options_write(&o, text, sizeof(text));
	show(t, "sent", text, len);
	return sip_channel_send(b->channel, text, len);
}

static void channel_keepalive(void *arg, struct probe_flow *f)
{
	struct probe_channel *b = f->channel;

	(void)arg;
	(void)sip_channel_ping(b->channel); /* if it fails the connection tells */
}

static void channel_renew(void *arg, struct probe_flow *f)
{
	struct probe_channel *b = f->channel;

	(void)arg;
	sip_channel_renew(b->channel, false);
}

/* Only what is judged by something else now is looked at: a reload is no storm. */
static void channel_judge(void *arg, struct target *t)
{
	struct sip_wire *p = arg;
	const struct probe_flow *f = flows_kept(t);
	struct probe_channel *b = f->channel;
	char *judges;

	if (f->state != FLOW_OPEN || !b->recheck)
		return;
	judges = judges_of(b);
	if (strcmp(judges, b->judges) != 0) {
		begin_rechecks(b);
		recheck_hasten(b->recheck, p->wire.branch(p) % SPREAD_MS);
	}
	free(judges);
}

static uint64_t channel_now_us(void *arg)
{
	struct timespec t;

	(void)arg;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t channel_branch(void *arg)
{
	struct sip_wire *p = arg;
	uint64_t branch = 0;

	while (!branch) {
		if (!p->random_left) {
			if (getrandom(p->random, sizeof(p->random), 0) !=
			    (ssize_t)sizeof(p->random))
				abort(); /* a kernel that gives less than 256 octets is
					    none */
			p->random_left = sizeof(p->random) / sizeof(*p->random);
		}
		branch = p->random[--p->random_left];
	}
	return branch;
}

struct sip_wire *sip_wire_new(struct loop *l)
{
	struct sip_wire *p = alloc(sizeof(*p));

	p->loop = l;
	p->open_max = most_open();
	p->authorities = authorities_new();
	p->wire = (struct wire){ channel_open,      channel_close, channel_send,
				 channel_keepalive, channel_renew, channel_now_us,
				 channel_branch,    channel_judge, p };
	return p;
}

void sip_wire_free(struct sip_wire *p)
{
	if (!p)
		return;
	authorities_free(p->authorities);
	free(p);
}

const struct wire *sip_wire_wire(struct sip_wire *p)
{
	return &p->wire;
}

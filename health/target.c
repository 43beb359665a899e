#include "health/target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "health/address.h"
#include "health/flows.h"
#include "sip/transport.h"

enum {
	QUICK_MS = 20, /* between the probes after a refusal */
	QUICK_COUNT = 2,
	SUSPECT_COUNT = 7,
	SUSPECT_MS = 1000, /* another endpoint's end is half a proof for so long */
	PING_MS = 10000,
	SLOW_MS = 5000,   /* a probe of one who is down may take so long */
	SLOWER_MS = 5400, /* and of one who is up and slow, at most */
	SLACK_MS = 20,
	ROOM = 40 /* probes sent meanwhile, at most */
};

/*
 * Between the probes at a suspect, last one first: a process that ends closes one
 * socket after another, within a moment that the load of its host makes long or short.
 */
static const uint8_t suspect_ms[SUSPECT_COUNT] = { 50, 50, 40, 30, 20, 7, 3 };

static uint64_t now_of(const struct target *t)
{
	return loop_now(t->loop);
}

bool target_is_alive(const struct target *t)
{
	return t->liveness.state == LIVENESS_STEADY ||
	       t->liveness.state == LIVENESS_DOUBTED;
}

static void tick(void *arg);
static void due(void *arg);

static void plan_tick(struct target *t, uint64_t at)
{
	timer_start_at(t->loop, &t->tick, at, tick, t);
}

void target_hurry(struct target *t, uint64_t after_ms)
{
	uint64_t at = now_of(t) + after_ms;

	if (timer_is_started(&t->tick) && t->tick.at > at)
		plan_tick(t, at);
}

void target_suspect(struct target *t)
{
	t->suspected_at = now_of(t);
	t->quick_count = SUSPECT_COUNT;
	target_hurry(t, 0);
}

/*
 * The timeout of a probe. A slow answer counts as alive, so who answers slowly all the
 * time is not in doubt for that, and who is down must be able to come back.
 */
static uint32_t patience_ms(const struct target *t)
{
	uint32_t most_ms = ROOM * t->probe.pace_ms; /* else no room is left to send */
	uint32_t usual_ms = rtt_shortest_us(&t->rtt) / 1000 * 3 / 2 + SLACK_MS;
	uint32_t ms = target_is_alive(t) ? usual_ms : SLOW_MS;

	if (ms > SLOWER_MS)
		ms = SLOWER_MS;
	if (ms > most_ms)
		ms = most_ms;
	return ms > t->probe.timeout_ms ? ms : t->probe.timeout_ms;
}

/* The next moment at which silence may prove something: a time-out, the window's end.
 */
static void plan_due(struct target *t)
{
	uint64_t at = probes_oldest_at(&t->probes);
	uint64_t silent_at = liveness_silent_at(&t->liveness, &t->probe);

	if (at != UINT64_MAX)
		at += patience_ms(t);
	if (silent_at <= now_of(t)) /* what speaks against its fall may end */
		silent_at = now_of(t) + t->probe.pace_ms;
	if (t->liveness.state == LIVENESS_DOUBTED && silent_at < at)
		at = silent_at;
	if (at == UINT64_MAX)
		timer_stop(&t->due);
	else
		timer_start_at(t->loop, &t->due, at, due, t);
}

static void step(struct target *t, enum liveness_event event);

/*
 * Who has not been probed for some turns has not been silent for so long: the window
 * begins one pace before what was missed, unless its whole address was silent earlier.
 */
static void begin_window(struct target *t)
{
	uint64_t at = t->sent_at - t->probe.pace_ms;
	uint64_t alive_at = t->calls->address_alive_at(t);

	if (alive_at && alive_at < at)
		at = alive_at;
	if (at > t->liveness.window_at)
		t->liveness.window_at = at;
}

/* The effects of a change of state. */
static void moved(struct target *t, enum liveness_state was)
{
	enum liveness_state is = t->liveness.state;

	if (is == LIVENESS_DOUBTED && was == LIVENESS_STEADY) {
		uint64_t at = t->sent_at + t->probe.after_miss_ms;

		begin_window(t);
		t->calls->doubt_began(t);
		target_hurry(t, at > now_of(t) ? at - now_of(t) : 0);
	}
	if (is == LIVENESS_DOWN && was != LIVENESS_RISING)
		target_write_cause(t);
	if (is == LIVENESS_RISING)
		t->calls->rising(t);
	if (is == LIVENESS_STEADY && was == LIVENESS_RISING)
		target_write_life(t);
	target_note(t, liveness_state_name(is));
}

static void step(struct target *t, enum liveness_event event)
{
	enum liveness_state was = t->liveness.state;
	bool decided = t->liveness.decided;

	liveness_step(&t->liveness, &t->probe, event, now_of(t));
	if (!decided && t->liveness.decided && target_is_alive(t))
		target_write_life(t);
	if (t->liveness.state != was)
		moved(t, was);
	if (t->liveness.state != was || t->liveness.decided != decided)
		t->calls->changed(t);
}

static void miss(struct target *t)
{
	t->shared->missed_count += target_is_alive(t);
	step(t, PROBE_MISSED);
}

static void judge_silence(struct target *t)
{
	t->liveness.missed_there = t->shared->missed_count;
	if (liveness_heeds(&t->liveness, &t->probe, SILENCE_PASSED, now_of(t)) &&
	    t->calls->may_fall(t)) {
		step(t, SILENCE_PASSED);
		t->calls->fell_silent(t);
	}
}

void target_share_silence(struct target *t)
{
	uint64_t alive_at = t->liveness.alive_at;

	if (t->liveness.state == LIVENESS_STEADY && alive_at && t->sent_at &&
	    alive_at + t->probe.silence_ms <= now_of(t)) {
		t->verdict = VERDICT_SILENCE;
		step(t, PROBE_MISSED);
	}
	if (t->liveness.state == LIVENESS_DOUBTED)
		judge_silence(t);
	plan_due(t);
}

static void due(void *arg)
{
	struct target *t = arg;
	uint64_t now = now_of(t);
	uint32_t told;
	uint32_t missed;

	t->calls->woke(t);
	missed = probes_expire(&t->probes, now - patience_ms(t), &told);
	while (missed--) {
		if (missed >= told) { /* the others were told as refused */
			if (now - t->garbled_at > patience_ms(t) + t->probe.pace_ms)
				t->verdict = VERDICT_SILENCE;
			target_note(t, "missed");
		}
		miss(t);
	}
	if (t->liveness.state == LIVENESS_DOUBTED)
		t->calls->doubted(t);
	judge_silence(t);
	plan_due(t);
}

/* Attempts to connect; a failure on our side is not a fault of the endpoint. */
static void open_kept(struct target *t)
{
	t->kept = false;
	flow_close(flows_fresh(t)); /* this one is as fresh */
	if (flow_open(t, flows_kept(t)) == OK)
		t->own_fault = false;
	else
		target_failed(flows_kept(t), errno);
}

static void send_over(struct target *t, struct probe_flow *f)
{
	uint64_t branch = t->wire->branch(t->wire->arg);
	int err;

	if (!probes_have_room(&t->probes))
		return;
	t->sent_at = now_of(t);
	probes_add(&t->probes, branch, t->sent_at, t->wire->now_us(t->wire->arg));
	allowance_sent(&t->shared->allowance, t, branch, t->sent_at);
	err = t->wire->send(t->wire->arg, f, branch);
	if (err == ERR_SYSTEM) /* what others sent is told by target_rejected() */
		target_failed(f, errno);
}

static void send_probe(struct target *t)
{
	struct probe_flow *kept = flows_kept(t);

	send_over(t, flows_next(t));
	if (sip_transports[t->transport].is_reliable && kept->state == FLOW_OPEN &&
	    t->sent_at - t->keepalive_at >= PING_MS) {
		t->keepalive_at = t->sent_at;
		t->wire->keepalive(t->wire->arg, kept);
	}
}

/* A silence may be our own socket's: routes have changed. */
static void renew(struct target *t)
{
	if (!sip_transports[t->transport].is_reliable &&
	    (t->liveness.state == LIVENESS_DOUBTED ||
	     t->liveness.state == LIVENESS_DOWN))
		t->wire->renew(t->wire->arg, flows_kept(t));
}

/* Those in doubt at an address take turns. */
static uint64_t doubt_interval(struct target *t)
{
	uint64_t silent_ms = now_of(t) - t->liveness.window_at;
	uint64_t every_ms = probe_doubt_ms(&t->probe, silent_ms);

	if (every_ms < t->probe.after_miss_ms && !t->calls->may_send_extra(t))
		every_ms = t->probe.after_miss_ms;
	return every_ms * t->calls->doubt_count(t);
}

static uint64_t interval(struct target *t)
{
	if (t->quick_count) {
		t->quick_count--;
		return t->suspected_at ? suspect_ms[t->quick_count] : QUICK_MS;
	}
	if (t->liveness.state == LIVENESS_STEADY)
		return t->calls->turn_every_ms(t);
	return t->liveness.state == LIVENESS_DOUBTED ? doubt_interval(t)
						     : t->calls->down_every_ms(t);
}

static bool waits_for_turn(struct target *t)
{
	uint64_t at = flows_kept(t)->state == FLOW_OPEN ? t->calls->free_at(t) : 0;

	if (at > now_of(t)) {
		plan_tick(t, at);
		return true;
	}
	at = t->calls->turn_at(t);
	if (t->liveness.state != LIVENESS_STEADY || t->quick_count || at <= now_of(t))
		return false;
	plan_tick(t, at);
	return true;
}

static void tick(void *arg)
{
	struct target *t = arg;
	uint64_t now = now_of(t);
	uint64_t next;

	t->calls->woke(t);
	if (t->liveness.state == LIVENESS_DOUBTED || t->liveness.state == LIVENESS_DOWN)
		t->calls->asked(t);
	if (waits_for_turn(t))
		return;
	next = t->tick.at + interval(t);
	plan_tick(t, next > now ? next : now + t->probe.pace_ms); /* we were late */
	if (flows_kept(t)->state == FLOW_OPEN) {
		renew(t);
		t->left_out = flows_try_fresh(t) && t->liveness.state == LIVENESS_DOWN;
		if (!t->left_out)
			send_probe(t); /* else over the fresh one when it is open */
	} else {
		/* Without a connection a probe is lost as if it had been sent. */
		t->sent_at = now;
		if (probes_have_room(&t->probes))
			probes_add(&t->probes, 0, now, 0);
		if (flows_kept(t)->state == FLOW_CLOSED)
			open_kept(t);
	}
	plan_due(t);
}

void target_start(struct target *t, uint64_t after_ms)
{
	if (t->liveness.window_at == 0)
		liveness_init(&t->liveness, now_of(t));
	t->liveness.window_at = now_of(t) + after_ms;
	t->call = t->wire->branch(t->wire->arg);
	plan_tick(t, now_of(t) + after_ms);
}

void target_stop(struct target *t)
{
	timer_stop(&t->tick);
	timer_stop(&t->due);
	flow_close(flows_kept(t));
	flow_close(flows_fresh(t));
}

static void void_probes(struct target *t)
{
	probes_void(&t->probes, UINT64_MAX);
	step(t, WINDOW_VOID);
	plan_due(t);
}

void target_void(struct target *t)
{
	allowance_void(&t->shared->allowance, now_of(t));
	t->shared->missed_count = 0;
	void_probes(t);
}

void target_carrier(struct target *t, bool carrier)
{
	if (t->no_carrier == !carrier)
		return; /* the kernel tells of links for many reasons */
	t->no_carrier = !carrier;
	t->withheld = carrier ? FREEZE_NONE : FREEZE_LINK;
	t->carrier_lost_at = now_of(t);
	if (carrier)
		target_void(t);
}

void target_opened(struct probe_flow *f)
{
	struct target *t = f->target;

	t->calls->woke(t);
	f->state = FLOW_OPEN;
	f->opened_at = now_of(t);
	if (f == flows_kept(t)) /* those that waited for the connection */
		probes_void(&t->probes, UINT64_MAX);
	target_note(t, "connected");
	if (t->calls->free_at(t) <= now_of(t))
		send_over(t, f);
	plan_due(t);
}

/* An answer to what was sent after the carrier was lost came over another interface. */
static void forget_carrier(struct target *t, const struct probe *probe)
{
	if (!t->no_carrier || probe->sent_at <= t->carrier_lost_at)
		return;
	t->no_carrier = false;
	t->withheld = FREEZE_NONE;
	t->calls->changed(t);
}

/* An answer that proves life. */
static void live(struct probe_flow *f, const struct probe *probe)
{
	struct target *t = f->target;
	uint64_t round_trip_us = t->wire->now_us(t->wire->arg) - probe->sent_us;

	t->kept = sip_transports[t->transport].is_reliable;
	t->after_loss = t->again = t->own_fault = false;
	if (probe->sent_at >
	    t->suspected_at) { /* not the last message of a process that is ending */
		t->quick_count = 0;
		t->suspected_at = 0;
	}
	t->loss[0] = 0;
	t->shared->missed_count = 0;
	/* Good ones in a row are wanted: not one that another has overtaken. */
	if (probes_oldest_at(&t->probes) < probe->sent_at)
		step(t, PROBE_OVERTAKEN);
	probes_void(&t->probes,
		    probe->sent_at); /* what was lost before proves nothing now */
	flows_keep(t, f);
	rtt_add(&t->rtt, round_trip_us);
	t->calls->answered(t, round_trip_us);
	step(t, PROBE_ANSWERED);
	step(t, ROSE);
}

static void judge_drain(struct target *t, uint32_t retry_after_s)
{
	bool was = t->drain.draining;

	if (t->verdict == VERDICT_DRAINING)
		drain_note_503(&t->drain, retry_after_s, t->hold_ms,
			       !target_is_alive(t), now_of(t));
	else
		drain_note_other(&t->drain, now_of(t));
	if (t->drain.draining == was)
		return;
	target_write_life(t);
	t->calls->changed(t);
}

void target_answered(struct probe_flow *f, uint64_t branch, uint16_t status,
		     uint32_t retry_after_s)
{
	struct target *t = f->target;
	struct probe *probe = probes_find(&t->probes, branch);
	enum verdict v = verdict_of(status, t->dead_codes, t->dead_code_count);
	struct probe was;

	t->calls->woke(t);
	if (!probe) {
		target_note(t, "answer matches no probe");
		return;
	}
	t->answered_sent_at = probe->sent_at;
	allowance_read(&t->shared->allowance, &t->probe, t, branch, now_of(t));
	forget_carrier(t, probe);
	target_note(t, verdict_name(v));
	if (v == VERDICT_PROVISIONAL)
		return;
	was = *probe;
	probes_close(&t->probes, probe);
	t->verdict = v;
	t->status = status;
	if (v == VERDICT_ALIVE || v == VERDICT_DRAINING) {
		judge_drain(t, retry_after_s); /* before it rises */
		live(f, &was);
	} else if (was.state == PROBE_OPEN) {
		miss(t);
		judge_silence(t);
	}
	plan_due(t);
}

static void refused(struct target *t)
{
	t->verdict = VERDICT_REFUSED;
	step(t, PROBE_REFUSED);
	step(t, REFUSED_TWICE);
	if (t->suspected_at && now_of(t) - t->suspected_at <= SUSPECT_MS)
		step(t, SIBLING_GONE);
	if (t->liveness.state == LIVENESS_DOUBTED && t->liveness.refused_count == 1) {
		t->quick_count = QUICK_COUNT - 1;
		target_hurry(t, QUICK_MS);
		t->calls->hurt(t);
	}
	plan_due(t);
}

void target_rejected(struct probe_flow *f, uint64_t branch, bool is_refusal,
		     const char *what)
{
	struct target *t = f->target;
	struct probe *probe = probes_find(&t->probes, branch);

	t->calls->woke(t);
	target_note(t, what);
	if (f != flows_kept(t))
		return;
	if (!probe || probe->state != PROBE_OPEN || probe->told) {
		target_note(t, "it quotes no open probe");
		return;
	}
	if (!is_refusal) {
		/* Silence, which the window and our own link judge. */
		snprintf(t->loss, sizeof(t->loss), "%s", what);
		return;
	}
	probe->told = true;
	allowance_refused(&t->shared->allowance, t, branch);
	target_note(t, "refused");
	refused(t);
}

void target_failed(struct probe_flow *f, int number)
{
	struct target *t = f->target;

	t->calls->woke(t);
	if (f != flows_kept(t))
		return;
	/* No route: silence, which the window and our own link judge. */
	if (!verdict_is_own_fault(number))
		return;
	void_probes(t);
	allowance_void_of(&t->shared->allowance, t);
	snprintf(t->loss, sizeof(t->loss), "not sent: %s", strerror(number));
	if (!t->own_fault) {
		t->own_fault = true;
		t->calls->changed(t);
	}
}

/* A kept connection was lost: reconnect at once, before anything is concluded. */
static void lost(struct target *t, int reason, const char *text)
{
	if (reason != ERR_TIMEOUT) /* then it is silence that tells */
		snprintf(t->loss, sizeof(t->loss), "connection lost (%s)", text);
	t->after_loss = true;
	t->again = false;
	probes_void(&t->probes, UINT64_MAX);
	if (now_of(t) - flows_kept(t)->opened_at < t->probe.pace_ms)
		return; /* it closes after each answer: the next probe opens again */
	t->calls->hurt(t);
	open_kept(t);
}

/* What its operator can mend is named; what OpenSSL calls the rest is for the trace. */
static const char *handshake_failed(const char *text)
{
	return strstr(text, "client certificate") ? text : "handshake failed";
}

static void not_made(struct target *t, int reason, const char *text)
{
	t->verdict = reason == ERR_TLS ? VERDICT_TLS : VERDICT_REFUSED;
	if (t->after_loss && reason != ERR_REFUSED && !t->again) {
		t->again = true;
		open_kept(t);
		return;
	}
	snprintf(t->loss, sizeof(t->loss), "%s%s",
		 t->after_loss ? "connection lost, then " : "",
		 reason == ERR_TLS ? handshake_failed(text) : text);
	if (t->after_loss) {
		t->after_loss = false;
		step(t, PROVEN_GONE);
		return;
	}
	probes_report(&t->probes);
	refused(t);
}

/*
 * A connection that carried no answer ended: by a time-out, or because what came was
 * not SIP. What was sent on it is lost, as the next one would make forget.
 */
static void went_unanswered(struct target *t, int reason)
{
	uint32_t told; /* garbage was */

	t->after_loss = false;
	if (reason != ERR_MALFORMED)
		return; /* the time-outs of its probes will tell */
	t->loss[0] = 0;
	for (uint32_t n = probes_expire(&t->probes, now_of(t), &told); n; n--)
		miss(t);
	judge_silence(t);
}

void target_closed(struct probe_flow *f, int reason, int number, const char *text)
{
	struct target *t = f->target;
	bool kept = t->kept;

	t->calls->woke(t);
	target_note(t, text);
	flow_close(f);
	if (f != flows_kept(t))
		return;
	t->kept = false;
	if (reason == ERR_SYSTEM && verdict_is_own_fault(number))
		target_failed(f, number);
	else if (kept)
		lost(t, reason, text);
	else if (reason == ERR_REFUSED || reason == ERR_TLS || reason == ERR_CLOSED)
		not_made(t, reason, text);
	else
		went_unanswered(t, reason);
	plan_due(t);
}

#include "recursor/engine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unbound-event.h>
#include <unbound.h>

#include "base/alloc.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "dns/edns.h"
#include "dns/question.h"
#include "dns/rr.h"
#include "net/loop.h"
#include "recursor/anchors.h"
#include "recursor/budget.h"
#include "recursor/events.h"
#include "recursor/packet.h"
#include "recursor/private.h"
#include "recursor/reason.h"

enum { HEADER_AD = 0x20, MIB = 1 << 20, SEC_BOGUS = 1, SEC_SECURE = 2 };

/* No clock of a running node stands before this: 1 January 2026. Signatures cannot be
 * judged by one that does. */
enum { CLOCK_SANE_S = 1767225600 };

/* One question that libunbound works on. */
struct engine_job {
	LIST_ENTRY(engine_job) entry;
	struct engine *engine;
	struct recursion_question question;
	engine_answer_fn *fn;
	void *arg;
	struct timer limit;
	struct budget *budget;
	int async_id;
	bool done; /* answered while it was asked */
	bool asking;
};

LIST_HEAD(jobs, engine_job);

struct engine {
	struct loop *loop;
	struct ub_event_base *base;
	struct ub_ctx *ctx;
	struct jobs jobs;
	size_t outstanding;
	struct engine_counts counts;
	struct name *inside;
	size_t inside_count;
};

struct option {
	const char *name;
	const char *value;
};

/* clang-format off */
static const struct option fixed_options[] = {
	/* answers that are not what they say */
	{ "harden-glue:",               "yes" },
	{ "harden-short-bufsize:",      "yes" },
	{ "harden-large-queries:",      "yes" },
	{ "harden-dnssec-stripped:",    "yes" },
	{ "harden-below-nxdomain:",     "yes" },
	{ "harden-algo-downgrade:",     "no" }, /* RFC 6840 5.11 */
	{ "qname-minimisation:",        "yes" },
	{ "aggressive-nsec:",           "yes" },
	{ "val-clean-additional:",      "yes" },
	{ "hide-identity:",             "yes" },
	{ "hide-version:",              "yes" },
	/* stale answers while servers cannot be reached */
	{ "serve-expired:",                "yes" },
	{ "serve-expired-ttl:",            "86400" },
	{ "serve-expired-reply-ttl:",      "100000" }, /* STALE_MARK_S of packet.h */
	{ "serve-expired-client-timeout:", "300" }, /* 0 does nothing in the library */
	/* its defaults are those of a small program */
	{ "outgoing-range:",            "4096" },
	{ "outgoing-num-tcp:",          "64" }, /* when all are in use, 1.17.1 sends one's question to another's server */
	{ "num-queries-per-thread:",    "4096" },
	{ "edns-buffer-size:",          "1232" },
	{ "cache-max-ttl:",             "86400" },
	{ "cache-max-negative-ttl:",    "3600" },
	{ "infra-cache-numhosts:",      "10000" },
	{ "minimal-responses:",         "yes" },
	{ "outbound-msg-retry:",        "3" }, /* after more time-outs it would give up mixed case */
	{ "infra-cache-min-rtt:",       "376" }, /* of a quick server as of one not known: 376, 752 and 1504 ms */
	{ NULL, NULL },
};
/* clang-format on */

/* clang-format off */
static struct event unkept = {
	.name = "anchors-not-kept", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	.help = "cannot write the root key file: the built-in root keys are used, and changes to them are not followed",
};

static struct event bogus = {
	.name = "answer-bogus", .level = LOG_LEVEL_NOTICE, .per_minute = 30,
	.help = "an answer failed DNSSEC validation and was withheld",
};

static struct event kept_out = {
	.name = "private-kept-out", .level = LOG_LEVEL_NOTICE, .per_minute = 30,
	.help = "a private address was removed from an answer; if it is of your own network, list its domain under `recursion: inside`",
};
/* clang-format on */

static int set(struct engine *e, const char *name, const char *value, char **why)
{
	int err = ub_ctx_set_option(e->ctx, name, value);

	if (err == 0)
		return OK;
	*why = alloc_format("%s %s: %s", name, value, ub_strerror(err));
	return ERR_INVALID;
}

static int set_size(struct engine *e, const char *name, uint64_t octets, char **why)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)octets);
	return set(e, name, text, why);
}

static int set_forwarders(struct engine *e, const struct engine_options *o, char **why)
{
	int err = OK;

	for (size_t i = 0; i < o->forwarder_count && err == OK; i++) {
		char text[ADDR_TEXT_LEN];
		char *at = alloc_format("%s@%u", addr_format(&o->forwarders[i], text),
					o->forwarders[i].port);
		int refused = ub_ctx_set_fwd(e->ctx, at);

		free(at);
		if (refused) {
			*why = alloc_format("forwarder %s: %s", text,
					    ub_strerror(refused));
			return ERR_INVALID;
		}
		if (addr_is_loopback(&o->forwarders[i]))
			err = set(e, "do-not-query-localhost:", "no", why);
	}
	/* They know the names of their networks; built-in zones do not. */
	if (err == OK && o->forwarder_count)
		err = set(e, "unblock-lan-zones:", "yes", why);
	if (err == OK && o->forwarder_count)
		err = set(e, "insecure-lan-zones:", "yes", why);
	return err;
}

static const char unnamed_half_soa[] =
	"c.f.ip6.arpa. 10800 IN SOA localhost. nobody.invalid. 1 3600 1200 604800 10800";

/* The zones are declared before the context is finished: one that is added to it later
 * (as with 1.17.1's misreading of `nodefault`) loses the built-in one around it. */
static int set_inside(struct engine *e, const struct engine_options *o, char **why)
{
	static const struct name root = { .len = 1 };
	int err = OK;

	e->inside = alloc_array(o->inside_count + 1, sizeof(*e->inside));

	/* The half of fc00::/7 that RFC 6303 does not name, with its SOA. */
	if (o->forwarder_count == 0) {
		err = set(e, "local-zone:", "c.f.ip6.arpa. static", why);
		if (err == OK)
			err = set(e, "local-data:", unnamed_half_soa, why);
	}
	/* What is denied above them by the signed tree (RFC 8020) says nothing of them.
	 */
	if (err == OK && o->insecure_count)
		err = set(e, "harden-below-nxdomain:", "no", why);
	for (size_t i = 0; i < o->inside_count && err == OK; i++) {
		char *open = alloc_format("%s transparent", o->inside[i]);

		if (name_parse(o->inside[i], strlen(o->inside[i]), &root,
			       &e->inside[e->inside_count]) == OK)
			e->inside_count++;

		err = set(e, "private-domain:", o->inside[i], why);
		/* What a forwarder says of them is not in the signed tree. */
		if (err == OK && i < o->insecure_count)
			err = set(e, "domain-insecure:", o->inside[i], why);
		if (err == OK)
			err = set(e, "local-zone:", open, why);
		free(open);
	}
	return err;
}

/* On a full disk the keys of today do: what is not kept cannot follow a change. */
static int add_root_keys(struct engine *e, const char *path)
{
	const char *key;
	int err = 0;

	if (anchors_prepare(path) == OK)
		return ub_ctx_add_ta_autr(e->ctx, path);
	log_event(&unkept, "file=%s error=%s", log_quote(path),
		  log_quote(strerror(errno)));
	for (unsigned i = 0; err == 0 && (key = anchors_at(i)); i++)
		err = ub_ctx_add_ta(e->ctx, key);
	return err;
}

static int not_a_file(const char *path, char **why)
{
	*why = alloc_format("%s: %s", path, err_text(ERR_NOT_FILE));
	return ERR_INVALID;
}

static int set_anchors(struct engine *e, const struct engine_options *o, char **why)
{
	int err;

	if (!o->validate)
		return set(e, "module-config:", "iterator", why);
	if (time(NULL) < CLOCK_SANE_S) {
		err = set(e, "val-override-date:", "-1", why);
		if (err)
			return err;
	}
	if (o->anchor_file && file_check(o->anchor_file) == ERR_NOT_FILE)
		return not_a_file(o->anchor_file, why);
	if (o->anchor_file) {
		err = ub_ctx_add_ta_file(e->ctx, o->anchor_file);
	} else {
		err = add_root_keys(e, o->kept_anchors);
	}
	if (err == 0)
		return OK;
	*why = alloc_format("trust anchors: %s", ub_strerror(err));
	return ERR_INVALID;
}

static int set_sizes(struct engine *e, const struct engine_options *o, char **why)
{
	uint64_t octets = (uint64_t)o->cache_mib * MIB;
	int err = set_size(e, "msg-cache-size:", octets / 4, why);

	if (err == OK)
		err = set_size(e, "rrset-cache-size:", octets / 2, why);
	if (err == OK)
		err = set_size(e, "key-cache-size:", octets / 8, why);
	if (err == OK)
		err = set_size(e, "neg-cache-size:", octets / 8, why);
	return err;
}

static int set_all(struct engine *e, const struct engine_options *o, char **why)
{
	int err = OK;

	(void)ub_ctx_debuglevel(e->ctx, 0);
	for (const struct option *at = fixed_options; at->name && err == OK; at++)
		err = set(e, at->name, at->value, why);
	/* Removed from answers (the workers check again, resolver/recursion/rebind),
	 * and never queried. */
	for (size_t i = 0; private_range_at(i) && err == OK; i++)
		err = set(e, "private-address:", private_range_at(i), why);
	if (err == OK)
		err = set_sizes(e, o, why);
	if (err == OK)
		err = set_forwarders(e, o, why);
	if (err == OK && o->root_hints && file_check(o->root_hints) == ERR_NOT_FILE)
		err = not_a_file(o->root_hints, why);
	if (err == OK && o->root_hints) {
		err = set(e, "root-hints:", o->root_hints, why);
		/* A file of hints may name this host, built-in ones never do. */
		if (err == OK)
			err = set(e, "do-not-query-localhost:", "no", why);
	}
	/* 0x20 (draft-vixie-dnsext-dns0x20) helps where the port alone protects. */
	if (err == OK && o->forwarder_count == 0)
		err = set(e, "use-caps-for-id:", "yes", why);
	if (err == OK)
		err = set_inside(e, o, why);
	if (err == OK)
		err = set_anchors(e, o, why);
	return err;
}

/* The first look-up finishes the context: files are read then, so it is done now. */
/* NOLINTBEGIN(readability-function-size,readability-non-const-parameter): a type of
 * libunbound's */
static void nobody_asked(void *arg, int rcode, void *packet, int len, int sec,
			 char *why_bogus, int limited)
{
	(void)arg;
	(void)rcode;
	(void)packet;
	(void)len;
	(void)sec;
	(void)why_bogus;
	(void)limited;
}
/* NOLINTEND(readability-function-size,readability-non-const-parameter) */

static int finish(struct engine *e, char **why)
{
	int err = ub_resolve_event(e->ctx, "localhost.", RR_A, CLASS_IN, NULL,
				   nobody_asked, NULL);

	if (err == 0)
		return OK;
	*why = alloc_format("libunbound: %s", ub_strerror(err));
	return ERR_INVALID;
}

int engine_new(struct loop *l, const struct engine_options *options, char **why,
	       struct engine **out)
{
	struct engine *e = alloc(sizeof(*e));
	int err = ERR_INVALID;

	LIST_INIT(&e->jobs);
	e->loop = l;
	e->base = events_new(l);
	e->ctx = ub_ctx_create_ub_event(e->base);
	if (e->ctx == NULL)
		*why = alloc_text("libunbound: out of memory");
	else
		err = set_all(e, options, why);
	if (err == OK)
		err = finish(e, why);
	if (err)
		engine_free(e);
	else
		*out = e;
	return err;
}

static void job_free(struct engine_job *j)
{
	if (budget_was_short(j->budget))
		j->engine->counts.short_of_budget++;
	budget_close(j->budget);
	budget_unref(j->budget);
	timer_stop(&j->limit);
	LIST_REMOVE(j, entry);
	j->engine->outstanding--;
	free(j);
}

void engine_free(struct engine *e)
{
	struct engine_job *next;

	if (e == NULL)
		return;
	for (struct engine_job *j = LIST_FIRST(&e->jobs); j; j = next) {
		next = LIST_NEXT(j, entry);
		(void)ub_cancel(e->ctx, j->async_id);
		job_free(j);
	}
	if (e->ctx)
		ub_ctx_delete(e->ctx);
	events_free(e->base);
	free(e->inside);
	free(e);
}

static void answer(struct engine_job *j, struct recursion_answer *a)
{
	struct budget *was = budget_charge(NULL); /* our answer is not charged */

	a->tag = j->question.tag;
	j->fn(j->arg, a);
	j->done = true;
	budget_return(was);
}

static void answer_failure(struct engine_job *j, enum ede ede)
{
	struct recursion_answer a = { .rcode = RCODE_SERVFAIL,
				      .has_ede = true,
				      .ede = (uint16_t)ede };

	answer(j, &a);
}

/* Domains that do not exist (RFC 6761 6.2, 6.4; RFC 7686): libunbound says so of all
 * names below them, but not of themselves. */
static bool is_nowhere(const struct recursion_question *q)
{
	static const char *const names[] = { "\4test", "\7invalid", "\5onion" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (name_equal(q->name.wire, (const uint8_t *)names[i]))
			return q->type != RR_SOA && q->type != RR_NS;
	return false;
}

/* Reports addresses that libunbound removed. Returns whether it did. */
static bool report_private(const struct engine_job *j, const void *packet, int len)
{
	const struct recursion_question *q = &j->question;
	char text[NAME_TEXT_LEN];

	if (!private_hides(&q->name, q->type, packet, len > 0 ? (size_t)len : 0))
		return false;
	for (size_t i = 0; i < j->engine->inside_count; i++)
		if (name_is_within(q->name.wire, j->engine->inside[i].wire))
			return false;
	j->engine->counts.kept_out++;
	log_event(&kept_out, "name=%s hint=%s",
		  log_quote(name_format(q->name.wire, text)),
		  "\"if it is of your own network, list its domain under recursion: "
		  "inside\"");
	return true;
}

/* NOLINTBEGIN(readability-function-size,readability-non-const-parameter): a type of
 * libunbound's */
static void on_answer(void *arg, int rcode, void *packet, int len, int sec,
		      char *why_bogus, int limited)
{
	struct engine_job *j = arg;
	struct engine_counts *counts = &j->engine->counts;
	struct recursion_answer a = { .secure = sec == SEC_SECURE };
	bool hidden = report_private(j, packet, len);

	(void)limited;
	if (hidden && (sec == SEC_BOGUS || rcode)) {
		answer_failure(j, EDE_BLOCKED);
	} else if (sec == SEC_BOGUS && !j->question.checking_disabled) {
		counts->bogus++;
		log_event(&bogus, "reason=%s",
			  log_quote(why_bogus ? why_bogus : "unknown"));
		answer_failure(j, reason_ede(why_bogus));
	} else if (rcode || packet == NULL || len <= 0 || /* then it is malformed */
		   packet_read(packet, (size_t)len, &a)) {
		counts->failed++;
		answer_failure(j, EDE_NO_REACHABLE_AUTHORITY);
	} else {
		if (a.rcode == RCODE_NOERROR && a.counts[0] == 0 &&
		    is_nowhere(&j->question))
			a.rcode = RCODE_NXDOMAIN;
		if (a.rcode == RCODE_SERVFAIL) {
			counts->failed++;
			a.has_ede = true;
			a.ede = EDE_NO_REACHABLE_AUTHORITY;
		}
		if (hidden) {
			a.has_ede = true;
			a.ede = EDE_BLOCKED;
		}
		answer(j, &a);
	}
	if (!j->asking)
		job_free(j);
}
/* NOLINTEND(readability-function-size,readability-non-const-parameter) */

static void on_late(void *arg)
{
	struct engine_job *j = arg;

	j->engine->counts.late++;
	/* libunbound continues in the background for later queries, but not under load.
	 */
	if (j->engine->outstanding > ENGINE_OUTSTANDING_MAX / 2)
		budget_end(j->budget);
	(void)ub_cancel(j->engine->ctx, j->async_id); /* it will not call any more */
	answer_failure(j, EDE_NO_REACHABLE_AUTHORITY);
	job_free(j);
}

void engine_ask(struct engine *e, const struct recursion_question *q,
		engine_answer_fn *fn, void *arg)
{
	char text[NAME_TEXT_LEN];
	struct engine_job *j = alloc(sizeof(*j));
	struct budget *was;
	int err;

	j->engine = e;
	j->question = *q;
	j->fn = fn;
	j->arg = arg;
	j->asking = true;
	j->budget = budget_new(ENGINE_PACKETS_MAX);
	LIST_INSERT_HEAD(&e->jobs, j, entry);
	e->outstanding++;
	e->counts.questions++;
	if (e->outstanding > ENGINE_OUTSTANDING_MAX) {
		e->counts.refused++;
		answer_failure(j, EDE_NOT_READY);
		job_free(j);
		return;
	}
	was = budget_charge(j->budget);
	err = ub_resolve_event(e->ctx, name_format(q->name.wire, text), q->type,
			       CLASS_IN, j, on_answer, &j->async_id);
	budget_return(was);
	if (err && !j->done)
		answer_failure(j, EDE_OTHER);
	j->asking = false;
	if (j->done)
		job_free(j);
	else
		timer_start(e->loop, &j->limit, ENGINE_LIMIT_MS, on_late, j);
}

const struct engine_counts *engine_counts(const struct engine *e)
{
	return &e->counts;
}

size_t engine_outstanding(const struct engine *e)
{
	return e->outstanding;
}

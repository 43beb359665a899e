#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "base/operator/diag.h"
#include "base/process/diag_form.h"
#include "base/text.h"
#include "conf/conf.h"
#include "resolver/history/explain_at.h"
#include "resolver/lists.h"
#include "resolver/live/held.h"
#include "resolver/live/whatif.h"
#include "resolver/resolver_body.h"

enum { SWITCH_HISTORY_SHOWN = 20 };

static const struct live_answers *answers_of(const struct request *req)
{
	const struct resolver *r = req->module;

	return publisher_now(r->publisher);
}

/* Reads a domain name; fails the request if it is none. */
static int name_of(struct request *req, struct name *out)
{
	static const struct name root = { .len = 1 };
	const char *word = request_word(req, 0);

	if (word && name_parse(word, strlen(word), &root, out) == OK)
		return OK;
	request_fail(req, EXIT_USAGE, "%s is not a domain name",
		     word ? word : "nothing");
	return ERR_MALFORMED;
}

/* The live name (index in conf), or CONF_NONE. */
static uint32_t live_named(const struct live_answers *a, const struct name *name)
{
	uint32_t number = live_names_find(a->world->names, name->wire);
	const struct live_name *n;

	if (number == CONF_NONE)
		return CONF_NONE;
	n = &a->world->names->rows[number];
	return n->pbx == CONF_NONE ? n->live : CONF_NONE;
}

static const char *live_at(const void *arg, size_t i)
{
	return ((const struct conf *)arg)->lives[i].name.text;
}

/* The live name that may have been meant, or NULL. */
static const char *live_meant(const struct live_answers *a, const char *word)
{
	const struct conf *c = a->world->conf;
	size_t len = strlen(word);
	char *text = alloc_format("%s%s", word, len && word[len - 1] == '.' ? "" : ".");
	const char *meant = suggest(text, c->live_count, live_at, c);

	free(text);
	return meant;
}

static void fail_not_live(struct request *req, const struct live_answers *a)
{
	const char *word = request_word(req, 0);
	const char *meant = live_meant(a, word);

	if (meant)
		request_fail(req, EXIT_NEGATIVE,
			     "%s is not a live name; did you mean '%s'?", word, meant);
	else
		request_fail(req, EXIT_NEGATIVE,
			     "%s is not a live name; see: deputy name list", word);
}

static void show_name(struct request *req)
{
	const struct live_answers *a = answers_of(req);
	struct name name;
	uint32_t live;

	if (name_of(req, &name))
		return;
	live = live_named(a, &name);
	if (live == CONF_NONE) {
		fail_not_live(req, a);
		return;
	}
	answer_name(req, live);
}

/* Returns the reason for a name that is not served here. asker: NULL: the question is
 * not about one address. */
static const char *why_elsewhere(const struct live_answers *a,
				 const struct asker *asker)
{
	if (!conf_recurses(a->world->conf))
		return "not served here: REFUSED";
	if (asker == NULL)
		return "not served here: resolved for the networks in access: recursion, REFUSED for others";
	return asker->rights & ACCESS_RECURSION
		       ? "not served here: resolved for this address"
		       : "not served here, and this address is not in access: recursion: REFUSED";
}

/* Explains a name that is not live: which zone it is in. */
static void explain_zone(struct request *req, const struct live_answers *a,
			 const struct name *name, const struct asker *asker)
{
	char text[NAME_TEXT_LEN];
	bool broken;
	const struct zone *z = zone_set_find(a->world->zones, name, &broken);
	const char *meant = live_meant(a, request_word(req, 0));

	json_text(&req->json, "name", name_format(name->wire, text));
	json_bool(&req->json, "live", false);
	if (meant)
		json_text(&req->json, "meant", meant);
	json_text(&req->json, "zone",
		  z ? name_format(zone_origin(z)->wire, text) : NULL);
	json_text(&req->json, "because",
		  z        ? "it is in a zone of this node"
		  : broken ? "its zone could not be loaded: SERVFAIL"
			   : why_elsewhere(a, asker));
	if (z == NULL)
		req->status = EXIT_NEGATIVE;
}

/* Takes the chain from the held snapshot, where it is the same. */
static void report_past(struct request *req, uint32_t live, uint32_t site)
{
	struct resolver *r = req->module;
	struct held *held = held_new(r->builder, publisher_now(r->publisher));
	uint32_t class = site == CONF_NONE ? (uint32_t)live_class_count(held->live) - 1
					   : site;
	struct timespec now;
	struct explain_at e = {
		.answer_history = r->answer_history,
		.switch_history = r->switch_history,
		.held = held,
		.chain = live_chain(held->live, live, class),
	};

	clock_gettime(CLOCK_REALTIME, &now);
	e.now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	explain_at(&e, request_option(req, "at"), req);
}

static void explain(struct request *req)
{
	const struct live_answers *a = answers_of(req);
	const char *from = request_option(req, "from");
	struct asker asker = { .site = CONF_NONE };
	struct name name;
	const struct chain *chain;
	struct choice choice;
	struct trace trace;
	struct addr addr;
	uint32_t live;

	if (name_of(req, &name))
		return;
	if (from) {
		if (addr_parse(from, &addr)) {
			request_fail(req, EXIT_USAGE, "%s is not an address", from);
			return;
		}
		asker = access_find(a->world->access, &addr);
		json_text(&req->json, "from", from);
		json_bool(&req->json, "may_query", asker.rights & ACCESS_QUERY);
	}
	live = live_named(a, &name);
	if (live == CONF_NONE) {
		explain_zone(req, a, &name, from ? &asker : NULL);
		return;
	}
	chain = live_chain(a->live, live, live_answers_class(a, asker.site));
	if (request_option(req, "at")) {
		report_past(req, live, asker.site);
		return;
	}
	chain_choose(chain, a->board, &choice, &trace);
	trace_json(&trace, &req->json);
}

static void show_whatif(struct request *req)
{
	const struct resolver *r = req->module;
	struct held *held = held_new(r->builder, publisher_now(r->publisher));
	const struct whatif w = {
		.told_from = "the running node",
		.conf = held->world->conf,
		.slots = held->world->slots,
		.access = held->world->access,
		.board = held->board,
		.release = held_free,
		.release_arg = held,
	};

	whatif_answer(&w, req);
}

/* A `zone reload` that waits for the builder. */
struct zone_reload {
	struct resolver *resolver;
	struct request *request;
	uint32_t zone; /* of conf; CONF_NONE: all */
};

static void put_reloaded(const struct zone_reload *w, const struct diags *faults)
{
	const struct resolver *r = w->resolver;
	struct request *req = w->request;
	size_t count = 0;
	size_t broken = 0;

	json_array(&req->json, "zones");
	for (uint32_t i = 0; i < r->world->conf->zone_count; i++) {
		if (w->zone != CONF_NONE && w->zone != i)
			continue;
		zone_json(&req->json, r->world, i);
		broken += r->world->states[i].broken;
		count++;
	}
	json_end(&req->json);
	diags_json(faults, &req->json);
	if (broken)
		request_fail(req, broken == count ? EXIT_NEGATIVE : EXIT_PARTIAL,
			     "%zu of %zu zone files have errors; their last good "
			     "versions stay in use, or are answered with SERVFAIL",
			     broken, count);
}

static void reload_ended(void *arg, const char *why, const struct diags *faults)
{
	struct zone_reload *w = arg;

	(void)why; /* errors in zones do not reject anything */
	put_reloaded(w, faults);
	request_finish(w->request);
	free(w);
}

static const char *zone_at(const void *arg, size_t i)
{
	return ((const struct conf *)arg)->zones[i].name.text;
}

/* The zone that is named, or CONF_NONE for all; fails the request if there is none. */
static int zone_named(struct request *req, const struct world *w, uint32_t *out)
{
	struct name name;
	char text[NAME_TEXT_LEN];
	const char *meant;
	size_t number;

	*out = CONF_NONE;
	if (request_word(req, 0) == NULL)
		return OK;
	if (name_of(req, &name))
		return ERR_MALFORMED;
	if (zone_set_number(w->zones, &name, &number) && number < w->conf->zone_count) {
		*out = (uint32_t)number;
		return OK;
	}
	name_lower(&name);
	meant = suggest(name_format(name.wire, text), w->conf->zone_count, zone_at,
			w->conf);
	if (meant)
		request_fail(req, EXIT_NEGATIVE,
			     "no zone %s is configured with a file; did you mean '%s'?",
			     request_word(req, 0), meant);
	else
		request_fail(
			req, EXIT_NEGATIVE,
			"no zone %s is configured with a file; see: deputy zone list",
			request_word(req, 0));
	return ERR_NOT_FOUND;
}

static void reload_zones(struct request *req)
{
	struct resolver *r = req->module;
	struct zone_reload *w;
	uint32_t zone;

	if (zone_named(req, r->world, &zone))
		return;
	if (r->preparing || r->prepared) {
		request_fail(req, EXIT_CONFLICT, "another reload is in progress");
		return;
	}
	w = alloc(sizeof(*w));
	w->resolver = r;
	w->request = request_defer(req);
	w->zone = zone;
	(void)resolver_reload_zones(r, zone, reload_ended, w);
}

static void counters(struct request *req)
{
	const struct resolver *r = req->module;

	for (enum count i = 0; i < COUNTS; i++)
		json_int(&req->json, count_name(i), (int64_t)resolver_count(r, i));
	json_int(&req->json, "tcp_open", (int64_t)resolver_open_count(r));
}

static void status(struct request *req)
{
	const struct resolver *r = req->module;
	const struct live_answers *a = answers_of(req);
	size_t broken = 0;

	for (size_t i = 0; i < r->world->conf->zone_count; i++)
		broken += r->world->states[i].broken;
	json_text(&req->json, "node", r->world->conf->node.name);
	json_text(&req->json, "version", DEPUTY_VERSION);
	time_json(&req->json, "started", r->started_at);
	json_int(&req->json, "generation", (int64_t)a->board->generation);
	json_int(&req->json, "world", (int64_t)a->world->serial);
	json_int(&req->json, "zones", (int64_t)zone_set_count(a->world->zones));
	json_int(&req->json, "zones_broken", (int64_t)broken);
	json_bool(&req->json, "state_kept", r->store != NULL && !r->unkept);
	json_int(&req->json, "variants", (int64_t)live_variant_count(a->live));
	json_int(&req->json, "queries",
		 (int64_t)(resolver_count(r, COUNT_UDP) + resolver_count(r, COUNT_TCP) +
			   resolver_count(r, COUNT_TLS)));
	json_int(&req->json, "tcp_open", (int64_t)resolver_open_count(r));
	if (resolver_recursion_count(r, RECURSION_CLIENT_MEMORY)) {
		json_int(&req->json, "cached",
			 (int64_t)resolver_recursion_count(r, RECURSION_CLIENT_KEPT));
		json_int(&req->json, "recursion_waiting",
			 (int64_t)resolver_recursion_count(r,
							   RECURSION_CLIENT_WAITING));
	}
	answer_status(req);
}

static void show_history(struct request *req)
{
	const char *text = request_option(req, "count");
	struct text count = text_from(text ? text : "");
	size_t shown = text ? text_u64(&count, SWITCH_HISTORY_MAX)
			    : SWITCH_HISTORY_SHOWN;

	if (count.err || text_len(&count)) {
		request_fail(req, EXIT_USAGE, "--count must be a number up to %d",
			     SWITCH_HISTORY_MAX);
		return;
	}
	answer_switches(req, shown);
}

/* clang-format off */
const struct command resolver_commands[] = {
	/* name            args               right        run            help */
	{ "status",         "",               MAY_READ,   status,       "the state of this node and of its live names", NULL, NULL },
	{ "explain",        "NAME [--from IP] [--at TIME]", MAY_READ, explain, "why a name is answered as it is, or was at a time, for a client",
		"--from IP\tthe address of the client; without it, a client of no site\n"
		"--at TIME\tin the past: 14:03, -10m, or 2026-11-22T14:03:07Z\n",
		"pbx.wildixin.com --from 10.1.0.77 --at -10m" },
	{ "whatif",         WHATIF_ARGS,      MAY_READ,   show_whatif,  WHATIF_HELP, NULL, NULL },
	{ "name list",      "",               MAY_READ,   answer_names,  "live names and the PBX each is answered with", NULL, "" },
	{ "name show",      "NAME",           MAY_READ,   show_name,    "one live name, as the clients of each site see it",
		"NAME\ta live name, as `deputy name list` shows it\n", "pbx.wildixin.com" },
	{ "zone list",      "",               MAY_READ,   answer_zones,  "zones, their serials and the state of their files", NULL, "" },
	{ "zone reload",    "[ZONE]",         MAY_CHANGE, reload_zones, "read all zone files anew, or one; a broken one changes nothing",
		"ZONE\ta zone, as `deputy zone list` shows it; without it, all\n", "wildixin.com" },
	{ "switch history", "[--count N]",    MAY_READ,   show_history, "the latest switches, the answers that changed, and the results of hooks",
		"--count N\thow many; 20 by default, at most 10000\n", "--count 100" },
	{ "counters",       "",               MAY_READ,   counters,     "the workers' counters since the start", NULL, "" },
	{ "metrics",        "",               MAY_READ,   resolver_show_metrics, "the counters of this process", NULL, NULL },
	{ .name = NULL },
};
/* clang-format on */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "base/operator/diag.h"
#include "base/process/diag_form.h"
#include "base/text.h"
#include "resolver/history/explain_at.h"
#include "resolver/live/whatif.h"
#include "resolver/resolver_body.h"

enum { SWITCH_HISTORY_SHOWN = 20, TIME_TEXT_LEN = 24 };

static const struct live_answers *answers_of(const struct request *req)
{
	const struct resolver *r = req->module;

	return publisher_now(r->publisher);
}

static const char *class_name(const struct live_answers *a, uint32_t class)
{
	return class < a->world->conf->site_count ? a->world->conf->sites[class].name
						  : "-";
}

static void put_time(struct json *j, const char *key, int64_t at_s)
{
	char text[TIME_TEXT_LEN];
	struct tm tm;
	time_t at = at_s;

	if (gmtime_r(&at, &tm) && strftime(text, sizeof(text), "%FT%TZ", &tm))
		json_text(j, key, text);
}

/* What each class of clients gets; classes with the same answer as everybody else are
 * omitted unless `all`. */
static void put_name(struct json *j, const struct live_answers *a, uint32_t live,
		     bool all)
{
	uint32_t others = live_answers_class(a, CONF_NONE);
	const struct live_answer *rest = live_answers_row(a, live, others);

	for (uint32_t i = 0; i < a->class_count; i++) {
		const struct live_answer *row = live_answers_row(a, live, i);

		if (!all && i != others && strcmp(row->answer, rest->answer) == 0)
			continue;
		json_object(j, NULL);
		json_text(j, "name", a->world->conf->lives[live].name);
		json_text(j, "site", class_name(a, i));
		json_text(j, "answer", row->answer);
		json_text(j, "reason", row->reason);
		json_end(j);
	}
}

static void list_names(struct request *req)
{
	const struct live_answers *a = answers_of(req);

	json_array(&req->json, "names");
	for (uint32_t i = 0; i < a->world->conf->live_count; i++)
		put_name(&req->json, a, i, false);
	json_end(&req->json);
}

/* Reads a domain name; fails the request if it is not one. */
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
	return ((const struct conf *)arg)->lives[i].name;
}

/* Returns a suggestion among the live names, or NULL. */
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
	json_array(&req->json, "answers");
	put_name(&req->json, a, live, true);
	json_end(&req->json);
}

/* For a name that is not served here. asker: NULL: not for a particular address. */
static const char *why_elsewhere(const struct live_answers *a,
				 const struct asker *asker)
{
	if (!conf_recurses(a->world->conf))
		return "not served here: REFUSED";
	if (asker == NULL)
		return "not served here: resolved for the networks in access: "
		       "recursion, REFUSED for others";
	return asker->rights & ACCESS_RECURSION
		       ? "not served here: resolved for this address"
		       : "not served here, and this address is not in access: "
			 "recursion: REFUSED";
}

/* For a name that is not a live name: the zone that it is in. */
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
}

static void report_past(struct request *req, const struct live_answers *a,
			const struct chain *chain)
{
	const struct resolver *r = req->module;
	struct timespec now;
	struct explain_at e = {
		.answer_history = r->answer_history,
		.switch_history = r->switch_history,
		.chain = chain,
		.board = a->board,
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
		report_past(req, a, chain);
		return;
	}
	chain_choose(chain, a->board, &choice, &trace);
	trace_json(&trace, &req->json);
}

static void show_whatif(struct request *req)
{
	const struct live_answers *a = answers_of(req);
	const struct whatif w = {
		.told_from = "the running node",
		.conf = a->world->conf,
		.slots = a->world->slots,
		.access = a->world->access,
		.board = a->board,
	};

	whatif_answer(&w, req);
}

static void put_zone(struct json *j, const struct resolver *r, uint32_t i)
{
	const struct conf_zone *z = &r->world->conf->zones[i];
	const struct world_zone *state = &r->world->states[i];
	const struct zone *zone = NULL;
	struct name origin;

	if (name_parse(z->name, strlen(z->name), NULL, &origin) == OK)
		zone = zone_set_exact(r->world->zones, &origin);
	json_object(j, NULL);
	json_text(j, "zone", z->name);
	json_text(j, "state",
		  !state->broken ? "ok"
		  : state->kept  ? "last good"
				 : "SERVFAIL");
	if (zone) {
		json_int(j, "serial", zone_serial(zone));
		json_int(j, "records", (int64_t)zone_record_count(zone));
		json_int(j, "octets", (int64_t)zone_memory_len(zone));
		put_time(j, "loaded", state->loaded_at);
	}
	json_text(j, "file", z->file);
	if (state->error)
		json_text(j, "error", state->error);
	json_end(j);
}

static void list_zones(struct request *req)
{
	const struct resolver *r = req->module;

	json_array(&req->json, "zones");
	for (uint32_t i = 0; i < r->world->conf->zone_count; i++)
		put_zone(&req->json, r, i);
	json_end(&req->json);
}

/* A `zone reload` that waits for the builder. */
struct zone_reload {
	struct resolver *resolver;
	struct request *request;
};

static void put_reloaded(struct request *req, const struct resolver *r,
			 const struct diags *faults)
{
	size_t count = r->world->conf->zone_count;
	size_t broken = 0;

	json_array(&req->json, "zones");
	for (uint32_t i = 0; i < count; i++) {
		put_zone(&req->json, r, i);
		broken += r->world->states[i].broken;
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

	if (why) {
		diags_json(faults, &w->request->json);
		request_fail(w->request, EXIT_NEGATIVE, "%s", why);
	} else {
		resolver_commit(w->resolver, NULL, 0);
		put_reloaded(w->request, w->resolver, faults);
	}
	request_finish(w->request);
	free(w);
}

static void reload_zones(struct request *req)
{
	struct resolver *r = req->module;
	struct zone_reload *w;

	if (r->preparing || r->prepared) {
		request_fail(req, EXIT_CONFLICT, "another reload is in progress");
		return;
	}
	w = alloc(sizeof(*w));
	w->resolver = r;
	w->request = request_defer(req);
	(void)resolver_reload_zones(r, reload_ended, w);
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
	put_time(&req->json, "started", r->started_at);
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
	list_names(req);
}

static void show_history(struct request *req)
{
	const struct resolver *r = req->module;
	const char *text = request_option(req, "count");
	struct text count = text_from(text ? text : "");
	size_t shown = text ? text_u64(&count, SWITCH_HISTORY_MAX)
			    : SWITCH_HISTORY_SHOWN;

	if (count.err || text_len(&count)) {
		request_fail(req, EXIT_USAGE, "--count must be a number up to %d",
			     SWITCH_HISTORY_MAX);
		return;
	}
	switch_history_json(r->switch_history, shown, &req->json);
}

/* clang-format off */
const struct command resolver_commands[] = {
	/* name            args               right        run            help */
	{ "status",         "",               MAY_READ,   status,       "the state of this node and of its live names" },
	{ "explain",        "NAME [--from IP] [--at TIME]", MAY_READ, explain, "why a name is answered as it is, or was at a time, for a client" },
	{ "whatif",         WHATIF_ARGS,      MAY_READ,   show_whatif,  WHATIF_HELP },
	{ "name list",      "",               MAY_READ,   list_names,   "live names and the PBX each is answered with" },
	{ "name show",      "NAME",           MAY_READ,   show_name,    "one live name, as the clients of each site see it" },
	{ "zone list",      "",               MAY_READ,   list_zones,   "zones, their serials and the state of their files" },
	{ "zone reload",    "",               MAY_CHANGE, reload_zones, "reload all zone files; one with errors changes nothing" },
	{ "switch history", "[--count N]",    MAY_READ,   show_history, "the latest switches, the answers that changed, and the results of hooks" },
	{ "counters",       "",               MAY_READ,   counters,     "the workers' counters since the start" },
	{ "metrics",        "",               MAY_READ,   resolver_show_metrics, "the counters of this process" },
	{ NULL, NULL, MAY_READ, NULL, NULL },
};
/* clang-format on */

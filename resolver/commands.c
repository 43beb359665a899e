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

/* What each class of askers gets; classes with the same answer as everybody else's are
 * left out unless `all`. */
static void put_name(struct json *j, const struct live_answers *a, uint32_t live,
		     bool all)
{
	uint32_t others = live_answers_class(a, CONF_NONE);
	const struct live_answer *rest = live_answers_row(a, live, others);

	for (uint32_t i = 0; i < a->class_count; i++) {
		const struct live_answer *row = live_answers_row(a, live, i);
		char reason[TRACE_EDE_MAX + 1];

		if (!all && i != others && strcmp(row->answer, rest->answer) == 0)
			continue;
		json_object(j, NULL);
		json_text(j, "name", a->world->conf->lives[live].name);
		json_text(j, "site", class_name(a, i));
		json_text(j, "answer", row->answer);
		(void)live_answers_reason(a, row, reason);
		json_text(j, "reason", reason);
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

/* Reads a domain name; fails the request if it is none. */
static int name_of(struct request *req, struct name *out)
{
	static const struct name root = { .len = 1 };
	const char *word = request_word(req, 0);

	if (word && name_parse(word, strlen(word), &root, out) == OK)
		return OK;
	request_fail(req, EXIT_USAGE, "%s is no domain name", word ? word : "nothing");
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
			     "%s is no live name; did you mean '%s'?", word, meant);
	else
		request_fail(req, EXIT_NEGATIVE,
			     "%s is no live name; see: deputy name list", word);
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

/* Of a name that is nobody's here. asker: NULL: not asked for one address. */
static const char *why_elsewhere(const struct live_answers *a,
				 const struct asker *asker)
{
	if (!conf_recurses(a->world->conf))
		return "it is not ours: REFUSED";
	if (asker == NULL)
		return "it is not ours: looked up for whom access: recursion names, "
		       "REFUSED for others";
	return asker->rights & ACCESS_RECURSION
		       ? "it is not ours: looked up for this address"
		       : "it is not ours, and access: recursion does not name this "
			 "address: REFUSED";
}

/* What is not live: which zone it stands in. */
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
		  z        ? "it stands in a zone of ours"
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
			request_fail(req, EXIT_USAGE, "%s is no address", from);
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
		put_zone(&req->json, r, i);
		broken += r->world->states[i].broken;
		count++;
	}
	json_end(&req->json);
	diags_json(faults, &req->json);
	if (broken)
		request_fail(req, broken == count ? EXIT_NEGATIVE : EXIT_PARTIAL,
			     "%zu of %zu zone files have errors; their last good zones "
			     "stay, or SERVFAIL is answered",
			     broken, count);
}

static void reload_ended(void *arg, const char *why, const struct diags *faults)
{
	struct zone_reload *w = arg;

	(void)why; /* zones forbid nothing */
	put_reloaded(w, faults);
	request_finish(w->request);
	free(w);
}

static const char *zone_at(const void *arg, size_t i)
{
	return ((const struct conf *)arg)->zones[i].name;
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
			     "%s is no zone with a file; did you mean '%s'?",
			     request_word(req, 0), meant);
	else
		request_fail(req, EXIT_NEGATIVE,
			     "%s is no zone with a file; see: deputy zone list",
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
		request_fail(req, EXIT_CONFLICT, "another reload is under way");
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
		request_fail(req, EXIT_USAGE, "--count takes a number up to %d",
			     SWITCH_HISTORY_MAX);
		return;
	}
	switch_history_json(r->switch_history, shown, &req->json);
}

/* clang-format off */
const struct command resolver_commands[] = {
	/* name            args               right        run            help */
	{ "status",         "",               MAY_READ,   status,       "this node, its live names and who answers for them" },
	{ "explain",        "NAME [--from IP] [--at TIME]", MAY_READ, explain, "why a name is answered as it is, or was at a time, for clients at an address" },
	{ "whatif",         WHATIF_ARGS,      MAY_READ,   show_whatif,  WHATIF_HELP },
	{ "name list",      "",               MAY_READ,   list_names,   "live names and who answers for them" },
	{ "name show",      "NAME",           MAY_READ,   show_name,    "one live name, as clients of each site get it" },
	{ "zone list",      "",               MAY_READ,   list_zones,   "zones, their serials and the state of their files" },
	{ "zone reload",    "[ZONE]",         MAY_CHANGE, reload_zones, "read all zone files anew, or one; a broken one changes nothing" },
	{ "switch history", "[--count N]",    MAY_READ,   show_history, "the last switches, the answers that moved, the fate of hooks" },
	{ "counters",       "",               MAY_READ,   counters,     "what the workers counted since the start" },
	{ "metrics",        "",               MAY_READ,   resolver_show_metrics, "what this process counted" },
	{ NULL, NULL, MAY_READ, NULL, NULL },
};
/* clang-format on */

/* What an operator asks of PBXs and sites, on the main loop. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "base/operator/diag.h"
#include "base/text.h"
#include "health/commands_body.h"
#include "health/health_body.h"
#include "health/hush.h"

enum { TRACE_S = 3, TRACE_MAX_S = 60, ROWS_A_PIECE = 64 };

static void put_time(struct json *j, const char *key, int64_t at_ms)
{
	time_t at = (time_t)(at_ms / 1000);
	char text[32];
	struct tm tm;

	if (at_ms && gmtime_r(&at, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		json_text(j, key, text);
	else
		json_null(j, key);
}

static const char *name_at(const void *arg, size_t i)
{
	const struct board *b = arg;

	return b->rows[i] ? b->rows[i]->name : NULL;
}

static void fail_unknown(struct request *req, const struct board *b, const char *name)
{
	const char *meant = b ? suggest(name, b->row_count, name_at, b) : NULL;

	if (meant)
		request_fail(req, EXIT_NEGATIVE,
			     "no PBX is named \"%s\"; did you mean '%s'?", name, meant);
	else
		request_fail(req, EXIT_NEGATIVE,
			     "no PBX is named \"%s\"; see: deputy pbx list", name);
}

uint32_t command_pbx(struct request *req)
{
	const struct health *h = req->module;
	const char *name = request_word(req, 0);

	for (uint32_t i = 0; name && h->seen && i < h->seen->row_count; i++)
		if (h->seen->rows[i] && strcmp(h->seen->rows[i]->name, name) == 0)
			return i;
	if (!name)
		request_fail(req, EXIT_USAGE, "missing argument: the name of a PBX");
	else
		fail_unknown(req, h->seen, name);
	return CONF_NONE;
}

static size_t living(const struct board_row *row)
{
	size_t count = 0;

	for (size_t i = 0; i < row->target_count; i++)
		count += row->targets[i].alive;
	return count;
}

void board_row_json(const struct board_row *row, struct json *j)
{
	json_object(j, NULL);
	json_text(j, "pbx", row->name);
	json_text(j, "state", standing_name(row_standing(row)));
	json_text(j, "probes", pbx_state_name(row->state));
	put_time(j, "since", row->since_ms);
	json_format(j, "endpoints", "%zu/%zu", living(row), row->target_count);
	json_text(j, "profile", profile_name(row->profile));
	json_text(j, "cause", row->cause);
	json_end(j);
}

/* A list under way, from which rows are taken. */
struct list {
	struct board *board;      /* may be NULL */
	struct site_table *sites; /* or NULL */
	size_t at;
};

static void list_end(void *arg)
{
	struct list *l = arg;

	board_unref(l->board);
	site_table_unref(l->sites);
	free(l);
}

static enum piece put_rows(struct request *req, void *arg)
{
	struct list *l = arg;
	const struct board *b = l->board;

	for (int n = 0; n < ROWS_A_PIECE && l->at < b->row_count; l->at++, n++)
		if (b->rows[l->at])
			board_row_json(b->rows[l->at], &req->json);
	if (l->at < b->row_count)
		return PIECE_MORE;
	json_end(&req->json);
	return PIECE_LAST;
}

static void begin_rows(void *arg, struct board *b)
{
	struct request *req = arg;
	struct list *l = alloc(sizeof(*l));

	l->board = board_ref(b);
	json_int(&req->json, "generation", (int64_t)b->generation);
	json_array(&req->json, "pbxs");
	request_pull(req, put_rows, list_end, l);
}

static void list_pbxs(struct request *req)
{
	health_snapshot(req->module, CONF_NONE, begin_rows, request_defer(req));
}

static void put_target(struct json *j, const struct board_row *row,
		       const struct board_target *t)
{
	const struct board_endpoint *e = &row->endpoints[t->endpoint];
	struct addr at = row->addresses[t->address];
	char text[ADDR_TEXT_LEN], ends[32] = "";

	at.port = e->port;
	json_object(j, NULL);
	json_text(j, "transport", transport_name(e->transport));
	json_text(j, "address", addr_format_port(&at, text));
	json_text(j, "state", !t->decided ? "undecided" : t->alive ? "alive" : "dead");
	put_time(j, "since", t->since_ms);
	if (t->has_certificate && t->certificate_days < CERTIFICATE_SOON_DAYS)
		snprintf(ends, sizeof(ends), "expires in %d days ",
			 t->certificate_days);
	json_format(j, "notes", "%s%s%s%s%s%s%s", t->doubted ? "doubted " : "",
		    t->held ? "held " : "", t->draining ? "draining " : "",
		    t->certificate_fault ? "certificate " : "", ends,
		    t->odd ? "odd: " : "", t->odd ? t->odd : "");
	json_int(j, "rtt_us", t->rtt_us);
	json_int(j, "rtt_p99_us", t->rtt_p99_us);
	json_int(j, "lost", t->lost_count);
	json_text(j, "cause", t->cause);
	json_end(j);
}

static void put_whole(struct json *j, const struct board_row *row)
{
	json_text(j, "pbx", row->name);
	json_text(j, "state", standing_name(row_standing(row)));
	json_text(j, "probes", pbx_state_name(row->state));
	put_time(j, "since", row->since_ms);
	json_text(j, "cause", row->cause);
	if (hush_name(row->hush))
		json_text(j, "fell_silent", hush_name(row->hush));
	json_text(j, "profile", profile_name(row->profile));
	json_text(j, "forced", force_name(row->force));
	if (row->force != FORCE_NONE) {
		json_text(j, "forced_by", row->force_author);
		json_text(j, "forced_reason", row->force_reason);
		put_time(j, "forced_since", row->force_since_ms);
		put_time(j, "forced_until", row->force_until_ms);
	}
	json_text(j, "frozen", freeze_name(row->freeze));
	json_bool(j, "held_by_hand", row->held_by_hand);
	json_int(j, "hold_left_s", (row->hold_left_ms + 999) / 1000);
	json_array(j, "endpoints");
	for (size_t i = 0; i < row->target_count; i++)
		put_target(j, row, &row->targets[i]);
	json_end(j);
}

struct wait *command_wait(struct request *req, uint32_t slot)
{
	struct wait *w = alloc(sizeof(*w));

	w->request = request_defer(req);
	w->slot = slot;
	return w;
}

void command_put_pbx(struct request *req, uint32_t slot, const struct board *b)
{
	const struct board_row *row = board_row(b, slot);

	if (row)
		put_whole(&req->json, row);
	else
		request_fail(req, EXIT_CONFLICT,
			     "the PBX has been removed from the configuration");
}

static void put_shown(void *arg, struct board *b)
{
	struct wait *w = arg;

	command_put_pbx(w->request, w->slot, b);
	request_finish(w->request);
	free(w);
}

static void show_pbx(struct request *req)
{
	uint32_t slot = command_pbx(req);

	if (slot != CONF_NONE)
		health_snapshot(req->module, slot, put_shown, command_wait(req, slot));
}

static void put_notes(void *arg, const struct trace_note *notes, size_t count,
		      const struct board *b)
{
	struct wait *w = arg;
	struct json *j = &w->request->json;
	const struct board_row *row = board_row(b, w->slot);

	command_put_pbx(w->request, w->slot, b);
	if (request_option(w->request, "trace")) {
		json_array(j, "trace");
		for (size_t i = 0; i < count; i++) {
			json_object(j, NULL);
			json_int(j, "ms", notes[i].at_ms);
			json_text(j, "endpoint", notes[i].endpoint);
			json_text(j, "what", notes[i].what);
			if (notes[i].message)
				json_text(j, "message", notes[i].message);
			json_end(j);
		}
		json_end(j);
	}
	if (row && row->state == PBX_DOWN)
		w->request->status = EXIT_NEGATIVE;
	request_finish(w->request);
	free(w);
}

/* Nobody waits for the notes any more. */
static void drop_probe(void *arg)
{
	struct wait *w = arg;

	health_trace_cancel(w->tracing);
	request_finish(w->request);
	free(w);
}

static void probe_pbx(struct request *req)
{
	uint32_t for_s = TRACE_S;
	struct wait *w;
	uint32_t slot;

	if (command_span(req, "for", TRACE_MAX_S, &for_s))
		return;
	slot = command_pbx(req);
	if (slot == CONF_NONE)
		return;
	w = command_wait(req, slot);
	w->tracing = health_trace_pbx(req->module, slot, for_s * 1000, put_notes, w);
	request_gone(w->request, drop_probe, w);
}

static void put_site(const struct site_row *s, const struct board *b, struct json *j)
{
	const struct board_row *home = b ? board_row(b, s->slot) : NULL;

	json_object(j, NULL);
	json_text(j, "site", s->name);
	json_text(j, "home", s->pbx);
	if (home)
		json_text(j, "state", standing_name(row_standing(home)));
	json_text(j, "networks", s->networks);
	json_end(j);
}

static enum piece put_sites(struct request *req, void *arg)
{
	struct list *l = arg;
	size_t count = l->sites ? l->sites->count : 0;

	for (int n = 0; n < ROWS_A_PIECE && l->at < count; l->at++, n++)
		put_site(&l->sites->rows[l->at], l->board, &req->json);
	if (l->at < count)
		return PIECE_MORE;
	json_end(&req->json);
	return PIECE_LAST;
}

static void list_sites(struct request *req)
{
	struct health *h = req->module;
	struct list *l = alloc(sizeof(*l));

	l->board = health_board(h);
	l->sites = h->sites;
	if (l->sites)
		l->sites->refs++;
	json_array(&req->json, "sites");
	request_pull(req, put_sites, list_end, l);
}

/* clang-format off */
const struct command health_commands[] = {
	/* name          args                                            right       run             help */
	{ "pbx list",     "",                                             MAY_READ,   list_pbxs,      "the state of every PBX", NULL, "" },
	{ "pbx show",     "PBX",                                          MAY_READ,   show_pbx,       "one PBX: its endpoints, round trips, forces and holds", NULL, "main" },
	{ "pbx force",    "PBX up|down|drain [--for TIME] [--reason TEXT]", MAY_CHANGE, command_force,    "override the probes, for a time or until released",
		"up\tits clients are sent to it whatever the probes say\n"
		"down\tthey are sent to a stand-in\n"
		"drain\tlikewise, but it is used rather than none at all\n"
		"--for TIME\thow long: 90s, 10m, 2h or 1d, at most 31d; by default until released\n"
		"--reason TEXT\tshown wherever the force is, up to 120 octets\n",
		"main drain --for 1h --reason \"new disks\"" },
	{ "pbx release",  "PBX",                                          MAY_CHANGE, command_release,    "let the probes decide again", NULL, "main" },
	{ "pbx failover", "PBX",                                          MAY_CHANGE, command_fail_over,      "move its clients to a stand-in that is up, until failback", NULL, "main" },
	{ "pbx failback", "PBX",                                          MAY_CHANGE, command_fail_back,      "end a manual failover or a hold: use it again now", NULL, "main" },
	{ "probe",        "PBX [--trace] [--for TIME]",                   MAY_READ,   probe_pbx,      "probe every endpoint now and show what comes back",
		"--trace\talso show each message sent and received\n"
		"--for TIME\thow long: 1s to 60s; 3s by default\n",
		"main --trace --for 5s" },
	{ "site list",    "",                                             MAY_READ,   list_sites,     "sites, their networks and their home PBX", NULL, "" },
	{ "watch",        "",                                             MAY_READ,   watch_switches, "show switches as they happen", NULL, "" },
	{ .name = NULL },
};
/* clang-format on */

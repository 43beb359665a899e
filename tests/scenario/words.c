#include "tests/scenario/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/text.h"
#include "dns/edns.h"

enum { WORDS_MAX = 24, SUBNET_MAX = 24, SHORT = 400 };

/* One line: its words up to " = ", and what stands behind that. */
struct line {
	char *copy;
	const char *words[WORDS_MAX];
	size_t count;
	const char *want; /* NULL: nothing is expected */
	const char *path;
	size_t number;
};

static const char *word(const struct line *l, size_t i)
{
	return i < l->count ? l->words[i] : "";
}

/* The word behind `key`, or NULL. */
static const char *option(const struct line *l, const char *key)
{
	for (size_t i = 1; i + 1 < l->count; i++)
		if (strcmp(l->words[i], key) == 0)
			return l->words[i + 1];
	return NULL;
}

static void fail(struct scene *s, const struct line *l, const char *what,
		 const char *which)
{
	s->failed++;
	(void)printf("# %s:%zu: %s %s\n", l->path, l->number, what, which);
}

static long number_at(const struct line *l, size_t i)
{
	return strtol(word(l, i), NULL, 10);
}

/* "250ms", "3s", "2m", "1h"; a sign in front is kept. */
static int64_t span_ms(const char *text)
{
	char *unit;
	long value = strtol(text, &unit, 10);

	if (strcmp(unit, "ms") == 0)
		return value;
	return value * (*unit == 'h' ? 3600000 : *unit == 'm' ? 60000 : 1000);
}

static void start(struct scene *s, const struct line *l)
{
	(void)l;
	stand_reload(s->stand, s->conf);
	sim_run(&s->stand->sim, 0);
}

static void reload(struct scene *s, const struct line *l)
{
	start(s, l);
}

static void restart(struct scene *s, const struct line *l)
{
	(void)l;
	stand_restart(s->stand);
	sim_run(&s->stand->sim, 0);
}

static void run(struct scene *s, const struct line *l)
{
	sim_run(&s->stand->sim, (uint64_t)span_ms(word(l, 1)));
}

static bool set_mode(struct scene *s, uint8_t host, const char *mode)
{
	static const char *const modes[] = {
		[SIM_ALIVE] = "alive",   [SIM_REFUSES] = "refuses",
		[SIM_SILENT] = "silent", [SIM_STOPPED] = "stopped",
		[SIM_DRAINS] = "drains", [SIM_FAILS] = "fails",
		[SIM_NO_TLS] = "no-tls",
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(mode, modes[i]) != 0)
			continue;
		if (s->stand->sim.prober)
			sim_mode(&s->stand->sim, host, (enum sim_mode)i);
		else
			s->stand->sim.hosts[host].mode = (enum sim_mode)i;
		return true;
	}
	return false;
}

static void host(struct scene *s, const struct line *l)
{
	uint8_t number = (uint8_t)number_at(l, 1);
	struct sim_host *h = &s->stand->sim.hosts[number];
	const char *what = word(l, 2);

	if (strcmp(what, "status") == 0)
		h->status = (uint16_t)number_at(l, 3);
	else if (strcmp(what, "rtt") == 0)
		h->rtt_ms = (uint32_t)span_ms(word(l, 3));
	else if (strcmp(what, "loses") == 0)
		h->loss.alone = strtod(word(l, 3), NULL);
	else if (strcmp(what, "answers-one-in") == 0)
		h->one_in = (uint32_t)number_at(l, 3);
	else if (strcmp(what, "busy-one-in") == 0)
		h->busy_one_in = (uint32_t)number_at(l, 3);
	else if (strcmp(what, "retry-after") == 0)
		h->retry_after_s = (uint32_t)(span_ms(word(l, 3)) / 1000);
	else if (strcmp(what, "is-ours") == 0)
		h->own_host = true;
	else if (strcmp(what, "flows-mute") == 0)
		sim_mute(&s->stand->sim, number);
	else if (strcmp(what, "flows-mute-after") == 0)
		h->mute_after_ms = (uint32_t)span_ms(word(l, 3));
	else if (strcmp(what, "certificate") == 0)
		h->fault = strcmp(word(l, 3), "bad") == 0 ? "expired" : NULL;
	else if (!set_mode(s, number, what))
		fail(s, l, "a host cannot be", what);
}

static void gateway(struct scene *s, const struct line *l)
{
	s->stand->sim.gateway_dead = strcmp(word(l, 1), "alive") != 0;
}

static void carrier(struct scene *s, const struct line *l)
{
	prober_carrier(s->stand->sim.prober, 2, strcmp(word(l, 1), "found") == 0);
}

static void route(struct scene *s, const struct line *l)
{
	s->stand->sim.no_route = strcmp(word(l, 1), "lost") == 0;
}

static void descriptors(struct scene *s, const struct line *l)
{
	s->stand->sim.no_descriptors = strcmp(word(l, 1), "none") == 0;
}

static void wall(struct scene *s, const struct line *l)
{
	s->stand->sim.wall_ms += span_ms(word(l, 1));
}

/* `name NAME ADDRESS...`: what it resolves to from now on. */
static void name(struct scene *s, const struct line *l)
{
	static char texts[SIM_NAMES][64]; /* one node at a time */
	struct sim *sim = &s->stand->sim;
	struct sim_name *n = sim->names;

	while (n->name && strcmp(n->name, word(l, 1)) != 0)
		n++;
	if (n == sim->names + SIM_NAMES - 1)
		abort();
	(void)snprintf(texts[n - sim->names], sizeof(*texts), "%s", word(l, 1));
	n->name = texts[n - sim->names];
	n->count = 0;
	for (size_t i = 2; i < l->count; i++)
		if (addr_parse(word(l, i), &n->addresses[n->count++]))
			fail(s, l, "no address:", word(l, i));
	if (sim->prober)
		prober_relay(sim->prober, n->name);
	sim_run(sim, 0);
}

static void give(struct scene *s, const struct line *l, struct health_order *o)
{
	o->slot = stand_pbx(s->stand, word(l, 1));
	(void)snprintf(o->author, sizeof(o->author), "anna");
	if (prober_order(s->stand->sim.prober, o))
		fail(s, l, "no such pbx, or no such order:", word(l, 1));
	sim_run(&s->stand->sim, 0);
}

/* `force PBX up|down|drain [for TIME] [because WORD]` */
static void force(struct scene *s, const struct line *l)
{
	struct health_order o = { .order = ORDER_FORCE };
	const char *span = option(l, "for");
	const char *because = option(l, "because");

	for (enum force f = FORCE_UP; f < FORCES; f++)
		if (strcmp(word(l, 2), force_name(f)) == 0)
			o.force = f;
	o.for_s = span ? (uint32_t)(span_ms(span) / 1000) : 0;
	(void)snprintf(o.reason, sizeof(o.reason), "%s", because ? because : "");
	give(s, l, &o);
}

static void release(struct scene *s, const struct line *l)
{
	struct health_order o = { .order = ORDER_RELEASE };

	give(s, l, &o);
}

static void failover(struct scene *s, const struct line *l)
{
	struct health_order o = { .order = ORDER_FAILOVER };

	give(s, l, &o);
}

static void failback(struct scene *s, const struct line *l)
{
	struct health_order o = { .order = ORDER_FAILBACK };

	give(s, l, &o);
}

/* "10.1.2.0/24" as the option of EDNS; returns its length. */
static size_t put_subnet(const char *text, uint8_t out[SUBNET_MAX])
{
	struct prefix p;
	size_t len;

	if (prefix_parse(text, &p))
		abort();
	len = (p.len + 7u) / 8;
	out[0] = 0;
	out[1] = EDNS_ECS;
	out[2] = 0;
	out[3] = (uint8_t)(4 + len);
	out[4] = 0;
	out[5] = p.addr.family == AF_INET6 ? 2 : 1;
	out[6] = (uint8_t)p.len;
	out[7] = 0;
	memcpy(out + 8, p.addr.octets, len);
	return 8 + len;
}

/* Asks what a line asks; returns the RCODE. */
static int ask(struct scene *s, const struct line *l, uint16_t type)
{
	uint8_t subnet[SUBNET_MAX];
	struct ask a = { .name = word(l, 1),
			 .type = type,
			 .from = option(l, "from"),
			 .edns = true };

	if (option(l, "subnet")) {
		a.options = subnet;
		a.options_len = put_subnet(option(l, "subnet"), subnet);
	}
	return stage_ask(s->stand->stage, &a);
}

/* "10 A 192.0.2.1 | ...", "nodata 10", "servfail". */
static void put_answer(const struct stage *st, int rcode, struct buffer *out)
{
	static const char *const rcodes[] = { "",         "formerr", "servfail",
					      "nxdomain", "notimp",  "refused" };
	unsigned count = stage_count(st, 0);
	uint8_t scope[64];

	if (rcode > 0 && rcode <= RCODE_REFUSED)
		buffer_put_text(out, rcodes[rcode]);
	else if (rcode == 0 && count == 0)
		buffer_printf(out, "nodata %ld",
			      strtol(strchr(stage_record(st, 1, 0), ' ') + 1, NULL,
				     10));
	for (unsigned i = 0; i < count; i++)
		buffer_printf(out, "%s%s", i ? " | " : "",
			      strchr(stage_record(st, 0, i), ' ') + 1);
	if (stage_option(st, EDNS_ECS, scope) >= 4)
		buffer_printf(out, " scope %u", scope[3]);
}

static void expect(struct scene *s, const struct line *l, struct buffer *got)
{
	char *text;

	buffer_put_u8(got, 0);
	text = (char *)got->octets;
	if (strcmp(text, l->want) != 0)
		fail(s, l, "it is", text);
	buffer_fini(got);
}

/* `answer NAME TYPE [from ADDRESS] [subnet PREFIX] = ANSWER` */
static void answer(struct scene *s, const struct line *l)
{
	struct buffer got = { 0 };
	uint16_t type;

	if (rr_type_parse(word(l, 2), strlen(word(l, 2)), &type)) {
		fail(s, l, "no type", word(l, 2));
		return;
	}
	put_answer(s->stand->stage, ask(s, l, type), &got);
	expect(s, l, &got);
}

/* `why NAME [from ADDRESS] = PART`: a part of the reason that is told. */
static void why(struct scene *s, const struct line *l)
{
	const char *text;

	(void)ask(s, l, RR_A);
	(void)stage_ede(s->stand->stage, &text);
	if (!strstr(text, l->want) || strlen(text) > TRACE_EDE_MAX)
		fail(s, l, "the reason is", text);
}

/* `pbx NAME = STATE[ frozen: WHY][ forced: WHAT][ held]` */
static void pbx(struct scene *s, const struct line *l)
{
	const struct board_row *row = board_row(s->stand->sim.board,
						stand_pbx(s->stand, word(l, 1)));
	struct buffer got = { 0 };
	bool held = false;

	if (row == NULL) {
		buffer_put_text(&got, "none");
		expect(s, l, &got);
		return;
	}
	for (size_t i = 0; i < row->target_count; i++)
		held |= row->targets[i].held;
	buffer_put_text(&got, pbx_state_name(row->state));
	if (row->freeze != FREEZE_NONE)
		buffer_printf(&got, " frozen: %s", freeze_name(row->freeze));
	if (row->force != FORCE_NONE)
		buffer_printf(&got, " forced: %s", force_name(row->force));
	if (held || row->held_by_hand)
		buffer_put_text(&got, " held");
	expect(s, l, &got);
}

/* Each wanted piece, parted by " | ", is how a line begins, in order; "none": no line.
 */
static void expect_lines(struct scene *s, const struct line *l, struct buffer *got)
{
	struct text lines = text_of(got->octets, got->len);
	const char *want = strcmp(l->want, "none") == 0 ? "" : l->want;

	while (*want) {
		const char *end = strstr(want, " | ");
		size_t len = end ? (size_t)(end - want) : strlen(want);
		struct text line = text_split(&lines, '\n');

		if (text_len(&line) < len || memcmp(line.at, want, len) != 0)
			break;
		want += len + (end ? 3 : 0);
	}
	buffer_put_u8(got, 0);
	if (*want || text_len(&lines))
		fail(s, l, "it is", (const char *)got->octets);
	buffer_fini(got);
}

static void history(struct scene *s, const struct line *l)
{
	struct buffer got = { 0 };

	stand_history(s->stand, &got);
	expect_lines(s, l, &got);
}

static void moves(struct scene *s, const struct line *l)
{
	struct buffer got = s->stand->moves;

	s->stand->moves = (struct buffer){ 0 };
	expect_lines(s, l, &got);
}

/* clang-format off */
static const struct {
	const char *word;
	bool wants;
	void (*fn)(struct scene *s, const struct line *l);
} rows[] = {
	{ "answer",      true,  answer },
	{ "carrier",     false, carrier },
	{ "descriptors", false, descriptors },
	{ "failback",    false, failback },
	{ "failover",    false, failover },
	{ "force",       false, force },
	{ "gateway",     false, gateway },
	{ "history",     true,  history },
	{ "host",        false, host },
	{ "moves",       true,  moves },
	{ "name",        false, name },
	{ "pbx",         true,  pbx },
	{ "release",     false, release },
	{ "reload",      false, reload },
	{ "restart",     false, restart },
	{ "route",       false, route },
	{ "run",         false, run },
	{ "start",       false, start },
	{ "wall",        false, wall },
	{ "why",         true,  why },
};
/* clang-format on */

static void cut(const char *text, struct line *l)
{
	char *equals, *rest;

	l->copy = alloc_text(text);
	equals = strstr(l->copy, " = ");
	if (equals) {
		*equals = '\0';
		l->want = equals + 3;
	}
	for (char *w = strtok_r(l->copy, " \t", &rest); w && l->count < WORDS_MAX;
	     w = strtok_r(NULL, " \t", &rest))
		l->words[l->count++] = w;
}

void words_do(struct scene *s, const char *text, const char *path, size_t number)
{
	struct line l = { .path = path, .number = number };

	cut(text, &l);
	if (!s->stand && s->conf)
		s->stand = stand_new(s->conf);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(word(&l, 0), rows[i].word) != 0)
			continue;
		if (!s->stand || rows[i].wants != (l.want != NULL))
			fail(s, &l,
			     "no conf above, or an expectation too many or missing:",
			     rows[i].word);
		else
			rows[i].fn(s, &l);
		free(l.copy);
		return;
	}
	fail(s, &l, "no word", word(&l, 0));
	free(l.copy);
}

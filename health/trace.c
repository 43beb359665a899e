#include "health/trace.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/operator/json.h"
#include "base/rune.h"

enum { LINE_MAX = 255, CLOCK_LEN = 32 };

/* clang-format off */
static const struct {
	const char *name;  /* for machines */
	const char *text;  /* for people, behind the member's name */
	bool cause;        /* has a moment and a cause of its own */
} reasons[REASONS] = {
	[REASON_FORCED_DOWN]  = { "forced-down",  "forced down",       true },
	[REASON_FORCED_DRAIN] = { "forced-drain", "forced drain",      true },
	[REASON_FORCED_UP]    = { "forced-up",    "forced up",         true },
	[REASON_NO_ADDRESS]   = { "no-address",   "no address",   false },
	[REASON_UP]           = { "up",           "up",                true },
	[REASON_UNDECIDED]    = { "undecided",    "undecided",         false },
	[REASON_HELD]         = { "held",         "up but held",       true },
	[REASON_CERTIFICATE]  = { "certificate",  "certificate fault", true },
	[REASON_DRAINING]     = { "draining",     "draining",          true },
	[REASON_DOWN]         = { "down",         "down",              true },
	[REASON_NEED]         = { "need",         "not up as needed",  true },
};

static const char *const phase_names[TTL_PHASES] = {
	[TTL_STEADY]   = "steady",
	[TTL_DOUBTED]  = "doubted",
	[TTL_SWITCHED] = "switched",
};

static const char *const policy_names[] = {
	[ALL_DOWN_LAST_KNOWN] = "last-known",
	[ALL_DOWN_FIRST]      = "first",
	[ALL_DOWN_REGISTRAR]  = "registrar",
	[ALL_DOWN_FILE]       = "file",
	[ALL_DOWN_SERVFAIL]   = "servfail",
};
/* clang-format on */

const char *trace_answer(const struct trace *t)
{
	static const char *const kinds[] = { "", "registrar", "file", "servfail" };

	if (t->choice.kind == CHOICE_PBX)
		return t->members[t->choice.winner.member].name;
	return kinds[t->choice.kind];
}

const char *trace_policy(const struct trace *t)
{
	return t->all_down ? policy_names[t->chain->all_down] : NULL;
}

static bool is_forced(enum reason r)
{
	return r == REASON_FORCED_DOWN || r == REASON_FORCED_DRAIN ||
	       r == REASON_FORCED_UP;
}

static int64_t member_since(const struct trace_member *m)
{
	if (!m->row || !reasons[m->reason].cause)
		return 0;
	if (is_forced(m->reason))
		return m->row->force_since_ms;
	return m->witness ? m->witness->since_ms : m->row->since_ms;
}

static const char *member_cause(const struct trace_member *m)
{
	if (!m->row || !reasons[m->reason].cause)
		return "";
	if (is_forced(m->reason))
		return m->row->force_reason;
	if (m->frozen && m->reason != REASON_DOWN)
		return freeze_name(m->row->freeze);
	return m->witness ? m->witness->cause : m->row->cause;
}

/* "14:03:07Z" within a day of `now_ms`, else "2026-11-22T14:03Z"; "" for no moment. */
static const char *clock_text(int64_t at_ms, int64_t now_ms, char out[CLOCK_LEN])
{
	time_t at = (time_t)(at_ms / 1000);
	int64_t apart_ms = at_ms > now_ms ? at_ms - now_ms : now_ms - at_ms;
	struct tm tm;

	out[0] = 0;
	if (at_ms && gmtime_r(&at, &tm))
		strftime(out, CLOCK_LEN,
			 apart_ms < 86400000 ? "%H:%M:%SZ" : "%Y-%m-%dT%H:%MZ", &tm);
	return out;
}

static const char *full_clock_text(int64_t at_ms, char out[CLOCK_LEN])
{
	time_t at = (time_t)(at_ms / 1000);
	struct tm tm;

	out[0] = 0;
	if (at_ms && gmtime_r(&at, &tm))
		strftime(out, CLOCK_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

/* "berlin down since 14:03:07Z", without the cause. */
static void put_member(struct buffer *out, const struct trace_member *m, int64_t now_ms)
{
	char clock[CLOCK_LEN];

	buffer_printf(out, "%s %s%s", m->name, m->frozen ? "frozen " : "",
		      reasons[m->reason].text);
	if (is_forced(m->reason) && m->row->force_author[0])
		buffer_printf(out, " by %s", m->row->force_author);
	if (clock_text(member_since(m), now_ms, clock)[0])
		buffer_printf(out, " since %s", clock);
	if (is_forced(m->reason) &&
	    clock_text(m->row->force_until_ms, now_ms, clock)[0])
		buffer_printf(out, " until %s", clock);
}

const char *reason_text(enum reason r)
{
	return reasons[r].text;
}

void trace_put_member(const struct trace *t, size_t member, struct buffer *out)
{
	put_member(out, &t->members[member], t->board->wall_ms);
}

size_t trace_reason(const struct trace *t, char out[TRACE_REASON_MAX + 1])
{
	const struct trace_member *home = &t->members[0];
	const char *cause = member_cause(home);
	struct buffer b = { 0 };
	size_t room = TRACE_REASON_MAX;
	size_t len;

	buffer_printf(&b, "site=%s answer=%s because ",
		      t->chain->site_name ? t->chain->site_name : "-", trace_answer(t));
	if (t->all_down)
		buffer_printf(&b, "all down (%s), ", policy_names[t->chain->all_down]);
	put_member(&b, home, t->board->wall_ms);
	if (cause[0] && b.len + 5 < room) { /* " (x)" and a letter at least */
		size_t most = rune_fit(text_from(cause), room - b.len - 3);

		buffer_printf(&b, " (%.*s)", (int)most, cause);
	}
	len = b.len < room ? b.len : room;
	memcpy(out, b.octets, len);
	out[len] = '\0';
	buffer_fini(&b);
	return len;
}

size_t trace_gen(uint64_t generation, char out[TRACE_GEN_MAX + 1])
{
	static const uint64_t end = 10000000000u; /* in 300 years of one a second */

	return (size_t)snprintf(out, TRACE_GEN_MAX + 1, " gen %llu",
				(unsigned long long)(generation % end));
}

size_t trace_ede(const struct trace *t, char out[TRACE_EDE_MAX + 1])
{
	char reason[TRACE_REASON_MAX + 1];
	char gen[TRACE_GEN_MAX + 1];
	size_t len = trace_reason(t, reason);
	size_t gen_len = trace_gen(t->board->generation, gen);

	memcpy(out, reason, len);
	memcpy(out + len, gen, gen_len + 1);
	return len + gen_len;
}

struct trace_lines {
	struct buffer line;
	trace_line_fn *fn;
	void *arg;
};

static void line_end(struct trace_lines *l)
{
	const char *line = (const char *)l->line.octets;

	l->fn(l->arg, line, rune_fit(text_of(line, l->line.len), LINE_MAX));
	buffer_drop(&l->line, l->line.len);
}

static void target_line(struct trace_lines *l, const struct board_row *row,
			const struct board_target *t)
{
	const struct board_endpoint *e = &row->endpoints[t->endpoint];
	char address[ADDR_TEXT_LEN], clock[CLOCK_LEN];

	buffer_printf(&l->line, "- %s %s@%u at %s %s", row->name,
		      transport_name(e->transport), (unsigned)e->port,
		      addr_format(&row->addresses[t->address], address),
		      t->decided ? t->alive ? "alive" : "dead" : "undecided");
	buffer_printf(&l->line, "%s%s%s%s", t->doubted ? " doubted" : "",
		      t->held ? " held" : "", t->draining ? " draining" : "",
		      t->certificate_fault ? " certificate-fault" : "");
	if (full_clock_text(t->since_ms, clock)[0])
		buffer_printf(&l->line, " since %s", clock);
	if (t->cause[0])
		buffer_printf(&l->line, " (%s)", t->cause);
	if (t->rtt_us)
		buffer_printf(&l->line, " rtt %u us", t->rtt_us);
	line_end(l);
}

static const char *member_role(const struct trace *t, size_t i)
{
	if (t->choice.kind != CHOICE_PBX)
		return "";
	if (i == t->choice.winner.member)
		return ", chosen";
	return i == t->choice.next.member ? ", next" : "";
}

static void member_lines(struct trace_lines *l, const struct trace *t, size_t i)
{
	const struct trace_member *m = &t->members[i];
	const char *cause = member_cause(m);

	buffer_printf(&l->line, "%zu ", i + 1);
	put_member(&l->line, m, t->board->wall_ms);
	if (cause[0])
		buffer_printf(&l->line, " (%s)", cause);
	buffer_put_text(&l->line, member_role(t, i));
	line_end(l);
	for (size_t k = 0; m->row && k < m->row->target_count; k++)
		target_line(l, m->row, &m->row->targets[k]);
}

void trace_lines(const struct trace *t, trace_line_fn *fn, void *arg)
{
	struct trace_lines l = { .fn = fn, .arg = arg };
	const struct chain *c = t->chain;
	char clock[CLOCK_LEN];

	buffer_printf(&l.line,
		      "name=%s site=%s home=%s answer=%s ttl=%u %s gen=%llu at=%s",
		      c->live, c->site_name ? c->site_name : "-", c->members[0].name,
		      trace_answer(t), chain_ttl(c->ttl_s, t->choice.phase),
		      phase_names[t->choice.phase],
		      (unsigned long long)t->board->generation,
		      full_clock_text(t->board->wall_ms, clock));
	line_end(&l);
	if (t->all_down) {
		buffer_printf(&l.line, "all down: policy %s",
			      policy_names[c->all_down]);
		line_end(&l);
	}
	for (size_t i = 0; i < t->member_count; i++)
		member_lines(&l, t, i);
	buffer_fini(&l.line);
}

static void member_json(const struct trace *t, size_t i, struct json *j)
{
	const struct trace_member *m = &t->members[i];
	char clock[CLOCK_LEN];

	json_object(j, NULL);
	json_text(j, "member", m->name);
	json_text(j, "reason", reasons[m->reason].name);
	json_bool(j, "frozen", m->frozen);
	json_text(j, "since",
		  full_clock_text(member_since(m), clock)[0] ? clock : NULL);
	json_text(j, "cause", member_cause(m));
	json_text(j, "role", *member_role(t, i) ? member_role(t, i) + 2 : "");
	json_end(j);
}

void trace_json(const struct trace *t, struct json *j)
{
	const struct chain *c = t->chain;
	char ede[TRACE_EDE_MAX + 1];

	trace_ede(t, ede);
	json_text(j, "live", c->live);
	json_text(j, "site", c->site_name);
	json_text(j, "home", c->members[0].name);
	json_text(j, "answer", trace_answer(t));
	json_text(j, "because", ede);
	json_int(j, "ttl", chain_ttl(c->ttl_s, t->choice.phase));
	json_text(j, "phase", phase_names[t->choice.phase]);
	json_int(j, "generation", (int64_t)t->board->generation);
	json_text(j, "policy", trace_policy(t));
	json_array(j, "members");
	for (size_t i = 0; i < t->member_count; i++)
		member_json(t, i, j);
	json_end(j);
}

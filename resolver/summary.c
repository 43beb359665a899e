#include "resolver/summary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "health/trace.h"

enum { NAMES_SHOWN = 3, MEMBERS_SHOWN = 4 };

/* How a choice serves its clients, worst first. */
enum serving {
	SERVED_NONE,
	SERVED_FORCED,
	SERVED_REFUSED,
	SERVED_DRAINING,
	SERVED_CUT_OFF,
	SERVED_UNPROBED,
	SERVED_ELSEWHERE,
	SERVED_HOME,
	SERVED_KINDS
};

/* The names that are served alike. */
struct served_row {
	size_t count;
	char *names[NAMES_SHOWN];
	char *detail;
	bool various; /* not all have the same detail */
};

struct summary {
	size_t name_count;
	struct served_row rows[SERVED_KINDS];

	/* of the current name */
	enum serving worst;
	size_t choice_count; /* how many, and of the worst */
	size_t worst_count;
	const char *site; /* of the first of the worst; NULL: none */
	bool siteless;    /* clients of no site are among the worst */
	char *detail;
	bool various; /* not all of the worst have the same */
};

struct summary *summary_new(void)
{
	struct summary *s = alloc(sizeof(*s));

	s->worst = SERVED_HOME;
	return s;
}

void summary_free(struct summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < SERVED_KINDS; i++) {
		for (size_t n = 0; n < NAMES_SHOWN; n++)
			free(s->rows[i].names[n]);
		free(s->rows[i].detail);
	}
	free(s->detail);
	free(s);
}

static enum serving served_as(const struct trace *t)
{
	const struct trace_member *home = &t->members[0];
	const struct trace_member *winner;

	if (t->all_down)
		return SERVED_NONE;
	winner = &t->members[t->choice.winner.member];
	switch (winner->reason) {
	case REASON_FORCED_UP:
		if (winner->row && winner->row->state == PBX_DOWN)
			return SERVED_FORCED;
		break;
	case REASON_CERTIFICATE:
		return SERVED_REFUSED;
	case REASON_DRAINING:
	case REASON_FORCED_DRAIN:
		return SERVED_DRAINING;
	case REASON_UNDECIDED:
		return SERVED_UNPROBED;
	default:
		break;
	}
	if (winner->frozen || home->frozen)
		return SERVED_CUT_OFF;
	return winner == home ? SERVED_HOME : SERVED_ELSEWHERE;
}

/* "all forced down", or "main down, standby forced down". */
static void put_members(struct buffer *out, const struct trace *t)
{
	size_t same = 1;

	while (same < t->member_count &&
	       t->members[same].reason == t->members[0].reason)
		same++;
	if (same == t->member_count && same > 1) {
		buffer_printf(out, "all %s", reason_text(t->members[0].reason));
		return;
	}
	for (size_t i = 0; i < t->member_count && i < MEMBERS_SHOWN; i++)
		buffer_printf(out, "%s%s %s", i ? ", " : "", t->members[i].name,
			      reason_text(t->members[i].reason));
	if (t->member_count > MEMBERS_SHOWN)
		buffer_printf(out, " and %zu more", t->member_count - MEMBERS_SHOWN);
}

static char *detail_of(enum serving served, const struct trace *t)
{
	struct buffer out = { 0 };
	const struct trace_member *winner;

	if (served == SERVED_NONE) {
		buffer_put_text(&out, "no living PBX (");
		put_members(&out, t);
		buffer_put_text(&out, ")");
		return buffer_take_text(&out);
	}
	winner = &t->members[t->choice.winner.member];
	switch (served) {
	case SERVED_FORCED:
		buffer_printf(&out, "answered with %s, forced up although it is down",
			      winner->name);
		break;
	case SERVED_REFUSED:
		buffer_printf(&out, "answered with %s, whose certificate phones refuse",
			      winner->name);
		break;
	case SERVED_DRAINING:
		buffer_printf(&out, "no PBX left but %s, which is %s", winner->name,
			      reason_text(winner->reason));
		break;
	case SERVED_CUT_OFF:
		buffer_printf(
			&out,
			"%s kept while probes prove nothing (own link, path or host)",
			winner->name);
		break;
	case SERVED_UNPROBED:
		buffer_printf(&out, "answered with %s, not known yet to be up",
			      winner->name);
		break;
	default:
		buffer_printf(&out, "served by %s (", winner->name);
		trace_put_member(t, 0, &out);
		buffer_put_text(&out, ")");
	}
	return buffer_take_text(&out);
}

static void begin_choices(struct summary *s, enum serving worst)
{
	free(s->detail);
	s->detail = NULL;
	s->various = false;
	s->worst = worst;
	s->worst_count = 0;
	s->siteless = false;
	s->site = NULL;
}

void summary_add_choice(struct summary *s, const struct trace *t)
{
	enum serving served = served_as(t);
	char *detail;

	s->choice_count++;
	if (served < s->worst)
		begin_choices(s, served);
	if (served > s->worst)
		return;
	s->worst_count++;
	if (t->chain->site_name == NULL)
		s->siteless = true;
	else if (s->site == NULL)
		s->site = t->chain->site_name;
	if (served == SERVED_HOME || s->various)
		return;
	detail = detail_of(served, t);
	s->various = s->detail && strcmp(s->detail, detail) != 0;
	free(s->detail);
	s->detail = detail;
}

/* "pbx.wildixin.com", "pbx.wildixin.com for site milan". */
static char *shown_name(const struct summary *s, const char *name)
{
	size_t site_count = s->worst_count - s->siteless;
	int len = (int)strlen(name);

	if (len > 1 && name[len - 1] == '.')
		len--;
	if (s->worst_count == s->choice_count)
		return alloc_format("%.*s", len, name);
	if (site_count == 0)
		return alloc_format("%.*s for clients of no site", len, name);
	if (site_count == 1)
		return alloc_format("%.*s for site %s%s", len, name, s->site,
				    s->siteless ? " and clients of no site" : "");
	return alloc_format("%.*s for %zu of %zu sites%s", len, name, site_count,
			    s->choice_count - 1,
			    s->siteless ? " and clients of no site" : "");
}

void summary_end_name(struct summary *s, const char *name)
{
	struct served_row *row = &s->rows[s->worst];

	if (row->count < NAMES_SHOWN)
		row->names[row->count] = shown_name(s, name);
	row->various |= s->various || (row->detail && s->detail &&
				       strcmp(row->detail, s->detail) != 0);
	if (row->detail == NULL) {
		row->detail = s->detail;
		s->detail = NULL;
	}
	row->count++;
	s->name_count++;
	s->choice_count = 0;
	begin_choices(s, SERVED_HOME);
}

/* What is said of names with different details. */
static const char *const various[SERVED_KINDS] = {
	[SERVED_NONE] = "no living PBX",
	[SERVED_FORCED] = "answered with a PBX forced up although it is down",
	[SERVED_REFUSED] = "answered with a PBX whose certificate phones refuse",
	[SERVED_DRAINING] = "no PBX left but one that is draining",
	[SERVED_CUT_OFF] =
		"PBX kept while probes prove nothing (own link, path or host)",
	[SERVED_UNPROBED] = "answered with a PBX not known yet to be up",
	[SERVED_ELSEWHERE] = "served by another than their home PBX",
};

static void put_row(struct buffer *out, const struct served_row *row,
		    enum serving served, const char *between)
{
	buffer_put_text(out, between);
	for (size_t i = 0; i < NAMES_SHOWN && i < row->count; i++)
		buffer_printf(out, "%s%s", i ? ", " : "", row->names[i]);
	if (row->count > NAMES_SHOWN)
		buffer_printf(out, " and %zu more", row->count - NAMES_SHOWN);
	buffer_printf(out, ": %s", row->various ? various[served] : row->detail);
}

void summary_format(const struct summary *s, struct buffer *out)
{
	size_t home_count = s->rows[SERVED_HOME].count;
	const char *between = "";

	if (s->name_count == 0) {
		buffer_put_text(out, "no live names are configured");
		return;
	}
	for (enum serving i = 0; i < SERVED_HOME; i++)
		if (s->rows[i].count) {
			put_row(out, &s->rows[i], i, between);
			between = "; ";
		}
	if (home_count)
		buffer_printf(out, "%s%zu of %zu name%s served by %s home PBX", between,
			      home_count, s->name_count, s->name_count == 1 ? "" : "s",
			      s->name_count == 1 ? "its" : "their");
}

enum exit_status summary_status(const struct summary *s)
{
	if (s->rows[SERVED_NONE].count)
		return EXIT_NEGATIVE;
	return s->rows[SERVED_HOME].count == s->name_count ? EXIT_DONE : EXIT_PARTIAL;
}

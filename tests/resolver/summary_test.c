#include "resolver/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "health/trace.h"
#include "tests/harness.h"
#include "tests/health/board_fixture.h"

enum { BOTH = 1 << TRANSPORT_UDP | 1 << TRANSPORT_TLS };

static const struct fixture_pbx pbxs[] = {
	{ "main", BOTH, 1 },
	{ "standby", BOTH, 1 },
};

/* Adds the choice of one class of clients; site NULL: of those in no site. */
static void add(struct summary *s, const struct board *b, const char *site)
{
	struct chain chain = {
		.live = "pbx.wildixin.com.",
		.site_name = site,
		.site = CONF_NONE,
		.ttl_s = 10,
		.member_count = 2,
		.members = { { "main", 0 }, { "standby", 1 } },
	};
	struct choice choice;
	struct trace trace;

	chain_choose(&chain, b, &choice, &trace);
	summary_add_choice(s, &trace);
}

static void says(struct summary *s, const char *expected, enum exit_status status)
{
	struct buffer out = { 0 };
	char *text;

	summary_format(s, &out);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, expected);
	CU_ASSERT_EQUAL(summary_status(s), status);
	free(text);
	summary_free(s);
}

/* Of one name without sites. */
static void one(const struct board *b, const char *expected, enum exit_status status)
{
	struct summary *s = summary_new();

	add(s, b, NULL);
	summary_end_name(s, "pbx.wildixin.com.");
	says(s, expected, status);
}

static void names_at_home_are_counted(void)
{
	struct board *b = fixture_board(pbxs, 2);
	struct summary *s = summary_new();

	add(s, b, NULL);
	summary_end_name(s, "pbx.wildixin.com.");
	add(s, b, NULL);
	summary_end_name(s, "auto.wildixin.com.");
	says(s, "2 of 2 names served by their home PBX", EXIT_DONE);
	one(b, "1 of 1 name served by its home PBX", EXIT_DONE);
	says(summary_new(), "no live names are configured", EXIT_DONE);
	board_unref(b);
}

static void a_name_without_a_living_pbx_is_told_with_the_states_of_its_pbxs(void)
{
	struct board *b = fixture_board(pbxs, 2);

	fixture_fall(fixture_row(b, 0), 1);
	fixture_fall(fixture_row(b, 1), 2);
	one(b, "pbx.wildixin.com: no living PBX (all down)", EXIT_NEGATIVE);
	fixture_row(b, 1)->force = FORCE_DOWN;
	one(b, "pbx.wildixin.com: no living PBX (main down, standby forced down)",
	    EXIT_NEGATIVE);
	fixture_row(b, 0)->force = FORCE_DOWN;
	one(b, "pbx.wildixin.com: no living PBX (all forced down)", EXIT_NEGATIVE);
	board_unref(b);
}

static void what_is_not_as_planned_is_told(void)
{
	struct board *b = fixture_board(pbxs, 2);
	struct board_row *home = fixture_row(b, 0), *standby = fixture_row(b, 1);

	fixture_fall(home, 1);
	one(b, "pbx.wildixin.com: served by standby (main down since 14:03:07Z)",
	    EXIT_PARTIAL);
	home->freeze = FREEZE_PATH;
	one(b,
	    "pbx.wildixin.com: standby kept while probes prove nothing (own link, path or host)",
	    EXIT_PARTIAL);
	home->freeze = FREEZE_NONE;
	standby->force = FORCE_DRAIN;
	one(b, "pbx.wildixin.com: no PBX left but standby, which is forced drain",
	    EXIT_PARTIAL);
	standby->force = FORCE_NONE;
	home->force = FORCE_UP;
	one(b, "pbx.wildixin.com: answered with main, forced up although it is down",
	    EXIT_PARTIAL);
	board_unref(b);
}

static void targets_of_both(struct board *b, void (*set)(struct board_target *t))
{
	for (uint32_t slot = 0; slot < 2; slot++)
		for (size_t i = 0; i < fixture_row(b, slot)->target_count; i++)
			set(&fixture_row(b, slot)->targets[i]);
}

static void not_probed(struct board_target *t)
{
	t->decided = false;
}

static void refused(struct board_target *t)
{
	t->decided = true;
	t->certificate_fault = true;
}

static void drains(struct board_target *t)
{
	t->draining = true;
}

static void pbxs_that_are_alive_but_no_good_are_told(void)
{
	struct board *b = fixture_board(pbxs, 2);

	targets_of_both(b, not_probed);
	one(b, "pbx.wildixin.com: answered with main, not known yet to be up",
	    EXIT_PARTIAL);
	targets_of_both(b, refused);
	one(b, "pbx.wildixin.com: answered with main, whose certificate phones refuse",
	    EXIT_PARTIAL);
	targets_of_both(b, drains);
	one(b, "pbx.wildixin.com: no PBX left but main, which is draining",
	    EXIT_PARTIAL);
	board_unref(b);
}

static void the_worst_comes_first_and_of_many_names_the_first_few(void)
{
	struct board *good = fixture_board(pbxs, 2), *bad = fixture_board(pbxs, 2);
	struct board *away = fixture_board(pbxs, 2), *other = fixture_board(pbxs, 2);
	struct summary *s = summary_new();
	char name[32];

	fixture_fall(fixture_row(away, 0), 1);
	fixture_fall(fixture_row(bad, 0), 1);
	fixture_fall(fixture_row(bad, 1), 2);
	fixture_row(other, 0)->force = FORCE_DOWN;
	fixture_fall(fixture_row(other, 1), 2);
	add(s, good, NULL);
	summary_end_name(s, "a.");
	for (int i = 0; i < 5; i++) {
		(void)snprintf(name, sizeof(name), "away%d.", i);
		add(s, away, NULL);
		summary_end_name(s, name);
	}
	add(s, bad, NULL);
	summary_end_name(s, "bad.");
	add(s, other, NULL);
	summary_end_name(s, "other.");
	says(s,
	     "bad, other: no living PBX; away0, away1, away2 and 2 more: served by standby (main down since 14:03:07Z); 1 of 8 names served by their home PBX",
	     EXIT_NEGATIVE);
	board_unref(good);
	board_unref(bad);
	board_unref(away);
	board_unref(other);
}

static void the_sites_for_which_a_name_is_worst_are_told(void)
{
	static const struct {
		const char *bad; /* a letter per site; '-': clients of no site */
		const char *where;
	} cases[] = {
		{ "b", " for site b" },
		{ "-", " for clients of no site" },
		{ "ac", " for 2 of 3 sites" },
		{ "b-", " for site b and clients of no site" },
		{ "ac-", " for 2 of 3 sites and clients of no site" },
		{ "abc-", "" },
	};
	static const char *const sites[] = { "a", "b", "c", "-" };
	struct board *good = fixture_board(pbxs, 2), *bad = fixture_board(pbxs, 2);

	fixture_fall(fixture_row(bad, 0), 1);
	fixture_fall(fixture_row(bad, 1), 2);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct summary *s = summary_new();
		char expected[160];

		for (size_t k = 0; k < 4; k++)
			add(s, strchr(cases[i].bad, *sites[k]) ? bad : good,
			    k < 3 ? sites[k] : NULL);
		summary_end_name(s, "x.");
		(void)snprintf(expected, sizeof(expected),
			       "x%s: no living PBX (all down)", cases[i].where);
		says(s, expected, EXIT_NEGATIVE);
	}
	board_unref(good);
	board_unref(bad);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "names at home are counted", names_at_home_are_counted },
		{ "a name without a living PBX is told with the states of its PBXs",
		  a_name_without_a_living_pbx_is_told_with_the_states_of_its_pbxs },
		{ "what is not as planned is told", what_is_not_as_planned_is_told },
		{ "PBXs that are alive but no good are told",
		  pbxs_that_are_alive_but_no_good_are_told },
		{ "the worst comes first, and of many names the first few",
		  the_worst_comes_first_and_of_many_names_the_first_few },
		{ "the sites for which a name is worst are told",
		  the_sites_for_which_a_name_is_worst_are_told },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/summary", tests);
}

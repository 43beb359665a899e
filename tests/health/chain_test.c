#include "health/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/json.h"
#include "base/rune.h"
#include "health/trace.h"
#include "tests/harness.h"
#include "tests/health/board_fixture.h"

enum { ANY = 1 << TRANSPORT_UDP | 1 << TRANSPORT_TLS };

static const struct fixture_pbx three[] = {
	{ "berlin", ANY, 1 },
	{ "hq", ANY, 2 },
	{ "backup", ANY, 1 },
};

static struct chain chain_of(size_t count)
{
	struct chain c = { .live = "pbx.wildixin.com.",
			   .site_name = "berlin",
			   .site = CONF_NONE,
			   .ttl_s = 10,
			   .member_count = count };

	for (uint32_t i = 0; i < count; i++)
		c.members[i] = (struct chain_member){ three[i].name, i };
	return c;
}

static struct choice choose(const struct chain *c, const struct board *b)
{
	struct choice out;

	chain_choose(c, b, &out, NULL);
	return out;
}

static void the_first_member_that_is_up_is_chosen(void)
{
	struct board *b = fixture_board(three, 3);
	struct chain c = chain_of(3);

	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	CU_ASSERT_EQUAL(choose(&c, b).next.member, 1);
	fixture_fall(fixture_row(b, 0), 1);
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	CU_ASSERT_EQUAL(choose(&c, b).next.member, 2);
	fixture_fall(fixture_row(b, 1), 2);
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 2);
	CU_ASSERT_EQUAL(choose(&c, b).next.member, CHAIN_NONE);
	board_unref(b);
}

static void living_endpoints_and_addresses_are_listed(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);
	struct board_row *hq = fixture_row(b, 1);
	struct choice got;

	fixture_fall(fixture_row(b, 0), 1);
	hq->targets[0].alive = false; /* udp at the first address */
	got = choose(&c, b);
	CU_ASSERT_EQUAL(got.winner.endpoints, 3);
	CU_ASSERT_EQUAL(got.winner.addresses, 3);
	hq->targets[1].alive = false; /* and tls there */
	got = choose(&c, b);
	CU_ASSERT_EQUAL(got.winner.endpoints, 3);
	CU_ASSERT_EQUAL(got.winner.addresses, 2);
	hq->targets[2].alive = false; /* udp at the second */
	got = choose(&c, b);
	CU_ASSERT_EQUAL(got.winner.endpoints, 2);
	board_unref(b);
}

static void needs_tighten_what_up_means(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);

	fixture_row(b, 0)->targets[1].alive = false; /* tls */
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	c.needs = 1 << TRANSPORT_TLS;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	board_unref(b);
}

static void force_overrules_verdict_and_hold(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);
	struct board_row *home = fixture_row(b, 0);

	home->force = FORCE_DOWN;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	fixture_fall(home, 1);
	home->force = FORCE_UP;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	CU_ASSERT_EQUAL(choose(&c, b).winner.endpoints, 3);
	home->force = FORCE_DRAIN;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	board_unref(b);
}

static void a_draining_member_is_chosen_only_alone(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);
	struct board_row *home = fixture_row(b, 0);

	home->targets[0].draining = home->targets[1].draining = true;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	fixture_fall(fixture_row(b, 1), 1);
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	fixture_row(b, 1)->targets[0].alive = true;
	home->targets[0].draining = home->targets[1].draining = false;
	home->force = FORCE_DRAIN;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	home->force = FORCE_NONE;
	fixture_row(b, 1)->force = FORCE_DRAIN; /* which does not revive it */
	fixture_fall(fixture_row(b, 1), 2);
	fixture_fall(home, 1);
	c.all_down = ALL_DOWN_SERVFAIL;
	CU_ASSERT_EQUAL(choose(&c, b).kind, CHOICE_SERVFAIL);
	board_unref(b);
}

static void a_held_member_waits_but_beats_nothing_at_all(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);
	struct board_row *home = fixture_row(b, 0), *hq = fixture_row(b, 1);

	for (size_t i = 0; i < home->target_count; i++)
		home->targets[i].held = true, home->targets[i].rose = 7;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	for (size_t i = 0; i < hq->target_count; i++)
		hq->targets[i].draining = true;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	for (size_t i = 0; i < hq->target_count; i++)
		hq->targets[i].draining = false;
	fixture_fall(hq, 8);
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	/* hq came back before home: home's return must not move clients without its
	 * hold */
	for (size_t i = 0; i < hq->target_count; i++)
		hq->targets[i].alive = hq->targets[i].held = true,
		hq->targets[i].rose = 6;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	hq->held_by_hand = home->held_by_hand = false;
	for (size_t i = 0; i < home->target_count; i++)
		home->targets[i].held = false;
	home->held_by_hand = true;
	hq->targets[0].held = false;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	board_unref(b);
}

static void a_certificate_fault_ranks_behind_and_flips_nothing_alone(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);

	fixture_row(b, 0)->targets[1].certificate_fault = true;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1); /* others are fine */
	c.needs = 1 << TRANSPORT_TLS;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	for (size_t i = 0; i < 4; i++)
		fixture_row(b, 1)->targets[i].certificate_fault = true;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	board_unref(b);
}

static void all_down_is_answered_by_policy(void)
{
	struct board *b = fixture_board(three, 3);
	struct chain c = chain_of(3);

	for (uint32_t i = 0; i < 3; i++)
		fixture_fall(fixture_row(b, i), i == 1 ? 9 : i + 1);
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1); /* fell last */
	CU_ASSERT_EQUAL(choose(&c, b).winner.addresses, 3);
	fixture_row(b, 1)->force = FORCE_DOWN;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 2);
	c.all_down = ALL_DOWN_FIRST;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	c.all_down = ALL_DOWN_FILE;
	CU_ASSERT_EQUAL(choose(&c, b).kind, CHOICE_FILE);
	c.all_down = ALL_DOWN_REGISTRAR;
	CU_ASSERT_EQUAL(choose(&c, b).kind, CHOICE_REGISTRAR);
	c.all_down = ALL_DOWN_SERVFAIL;
	CU_ASSERT_EQUAL(choose(&c, b).kind, CHOICE_SERVFAIL);
	board_unref(b);
}

static void an_undecided_member_counts_as_up(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);

	for (size_t i = 0; i < 2; i++)
		fixture_row(b, 0)->targets[i].decided = false;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 0);
	board_unref(b);
}

static void a_member_without_address_is_passed_over(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);

	fixture_row(b, 0)->views[0].addresses = 0;
	CU_ASSERT_EQUAL(choose(&c, b).winner.member, 1);
	fixture_row(b, 1)->views[0].addresses = 0;
	CU_ASSERT_EQUAL(choose(&c, b).kind, CHOICE_SERVFAIL);
	board_unref(b);
}

static void doubt_and_switch_shorten_the_ttl(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);

	CU_ASSERT_EQUAL(choose(&c, b).phase, TTL_STEADY);
	fixture_row(b, 1)->targets[0].doubted = true; /* SRV names it too */
	CU_ASSERT_EQUAL(choose(&c, b).phase, TTL_DOUBTED);
	fixture_row(b, 1)->targets[0].doubted = false;
	fixture_row(b, 1)->switched = true;
	CU_ASSERT_EQUAL(choose(&c, b).phase, TTL_SWITCHED);
	fixture_row(b, 0)->targets[0].doubted = true;
	CU_ASSERT_EQUAL(choose(&c, b).phase, TTL_DOUBTED);
	fixture_row(b, 0)->freeze = FREEZE_LINK; /* kept: nothing is to be decided */
	CU_ASSERT_EQUAL(choose(&c, b).phase, TTL_SWITCHED);
	CU_ASSERT_EQUAL(chain_ttl(10, TTL_STEADY), 10);
	CU_ASSERT_EQUAL(chain_ttl(10, TTL_DOUBTED), 1);
	CU_ASSERT_EQUAL(chain_ttl(10, TTL_SWITCHED), 2);
	CU_ASSERT_EQUAL(chain_ttl(1, TTL_SWITCHED), 1);
	board_unref(b);
}

struct chain_seen {
	uint8_t *count;
	size_t places, told;
	const struct chain *chain;
	const struct board *board;
	const struct chain_part *part;
};

static void see(void *arg, size_t index, const struct choice *choice)
{
	struct chain_seen *s = arg;

	s->told++;
	CU_ASSERT_FATAL(index < s->places);
	s->count[index]++;
	CU_ASSERT_EQUAL(chain_state_index(s->chain, s->board, s->part, choice), index);
}

static size_t enumerate(const struct chain *c, const struct board *b,
			const struct chain_part *part)
{
	struct chain_seen s = { .chain = c, .board = b, .part = part };

	CU_ASSERT_EQUAL_FATAL(chain_state_count(c, b, part, 1 << 20, &s.places), OK);
	s.count = alloc(s.places);
	chain_states(c, b, part, see, &s);
	for (size_t i = 0; i < s.places; i++)
		CU_ASSERT(s.count[i] <= 1);
	free(s.count);
	return s.told;
}

static void every_state_has_one_number(void)
{
	struct board *b = fixture_board(three, 3);
	struct chain c = chain_of(3);
	struct chain_part identity = { .next = true };
	struct chain_part addresses = { .families = 1 };
	struct chain_part tls = { .next = true, .transports = 1 << TRANSPORT_TLS };
	struct chain_part whole = { .next = true, .transports = 7, .families = 3 };

	CU_ASSERT_EQUAL(enumerate(&c, b, &identity), 9); /* 3 alone, 6 pairs */
	CU_ASSERT_EQUAL(enumerate(&c, b, &addresses), 1 + 3 + 1);
	CU_ASSERT_EQUAL(enumerate(&c, b, &tls), 3 * 2 + 6 * 4);
	/* endpoints 3 non-empty sets each; addresses of the winner 1, 3, 1 */
	CU_ASSERT_EQUAL(enumerate(&c, b, &whole), (size_t)(3 + 9 + 3) * (1 + 3 + 3));
	c.all_down = ALL_DOWN_SERVFAIL;
	CU_ASSERT_EQUAL(enumerate(&c, b, &addresses), 1 + 3 + 1 + 1);
	board_unref(b);
}

static void too_many_states_are_an_error(void)
{
	struct board *b = fixture_board(three, 3);
	struct chain c = chain_of(3);
	struct chain_part whole = { .next = true, .transports = 7, .families = 3 };
	size_t count;

	CU_ASSERT_EQUAL(chain_state_count(&c, b, &whole, 10, &count), ERR_LIMIT);
	board_unref(b);
}

static void shake(struct board_row *row, unsigned *seed)
{
	row->force = (enum force)(rand_r(seed) % 7 ? 0 : rand_r(seed) % FORCES);
	for (size_t k = 0; k < row->target_count; k++) {
		row->targets[k].alive = rand_r(seed) & 1;
		row->targets[k].draining = !(rand_r(seed) & 3);
		row->targets[k].held = !(rand_r(seed) & 3);
		row->targets[k].fell = (uint64_t)rand_r(seed);
	}
}

/* Random rows: what is chosen always is one of the states that were enumerated. */
static void every_choice_was_enumerated(void)
{
	struct chain_part whole = { .next = true, .transports = 7, .families = 3 };
	unsigned seed = 1;

	for (int round = 0; round < 2000; round++) {
		struct board *b = fixture_board(three, 3);
		struct chain c = chain_of(3);
		struct chain_seen s = { .chain = &c, .board = b, .part = &whole };
		struct choice got;

		c.all_down = (enum all_down)(rand_r(&seed) % 5);
		for (uint32_t i = 0; i < 3; i++)
			shake(fixture_row(b, i), &seed);
		chain_choose(&c, b, &got, NULL);
		if (chain_state_count(&c, b, &whole, 1 << 20, &s.places))
			CU_FAIL_FATAL("too many states");
		s.count = alloc(s.places);
		chain_states(&c, b, &whole, see, &s);
		CU_ASSERT_EQUAL(s.count[chain_state_index(&c, b, &whole, &got)], 1);
		free(s.count);
		board_unref(b);
	}
}

static void a_line(void *arg, const char *line, size_t len)
{
	struct buffer *b = arg;

	CU_ASSERT(len <= 255);
	buffer_put(b, line, len);
	buffer_put_text(b, "\n");
}

static void ede_text_lines_and_json_tell_one_reason(void)
{
	struct board *b = fixture_board(three, 2);
	struct chain c = chain_of(2);
	struct trace t;
	struct choice got;
	char ede[TRACE_EDE_MAX + 1];
	struct buffer lines = { 0 }, out = { 0 };
	struct json j = json_to(&out);
	char *text, *json;

	fixture_fall(fixture_row(b, 0), 1);
	chain_choose(&c, b, &got, &t);
	CU_ASSERT_EQUAL(trace_ede(&t, ede), strlen(ede));
	CU_ASSERT_STRING_EQUAL(
		ede, "site=berlin answer=hq because berlin down since 14:03:07Z "
		     "(options/udp timeout x10) gen 4711");
	trace_lines(&t, a_line, &lines);
	text = buffer_take_text(&lines);
	json_object(&j, NULL);
	trace_json(&t, &j);
	json_end(&j);
	json = buffer_take_text(&out);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "answer=hq"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "1 berlin down since 14:03:07Z (options/udp timeout "
			     "x10)\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "2 hq up since 14:03:07Z, chosen\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"answer\":\"hq\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, ede));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"cause\":\"options/udp timeout x10\""));
	free(text);
	free(json);
	board_unref(b);
}

static void an_ede_text_never_exceeds_its_room(void)
{
	struct fixture_pbx long_names[] = {
		{ "a-pbx-with-a-name-that-is-as-long-as-names-of-pbxs-may-be-or-so",
		  ANY, 1 },
		{ "another-pbx-with-a-name-that-is-as-long-as-names-may-be-or-longer",
		  ANY, 1 },
	};
	struct board *b = fixture_board(long_names, 2);
	struct chain c = chain_of(2);
	struct choice got;
	struct trace t;
	char ede[TRACE_EDE_MAX + 1];

	c.members[0].name = long_names[0].name;
	c.members[1].name = long_names[1].name;
	fixture_fall(fixture_row(b, 0), 1);
	fixture_fall(fixture_row(b, 1), 2);
	chain_choose(&c, b, &got, &t);
	CU_ASSERT_EQUAL(trace_ede(&t, ede), TRACE_REASON_MAX + strlen(" gen 4711"));
	CU_ASSERT_PTR_NOT_NULL(strstr(ede, " gen 4711"));
	b->generation = 9999999999u;
	CU_ASSERT_EQUAL(trace_ede(&t, ede), TRACE_EDE_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(ede, " gen 9999999999"));
	board_unref(b);
}

static void a_reason_is_cut_between_characters(void)
{
	struct board *b = fixture_board(three, 2);
	struct board_row *row = fixture_row(b, 0);
	struct chain c = chain_of(2);
	char ede[TRACE_EDE_MAX + 1];
	struct choice got;
	struct trace t;

	row->force = FORCE_DOWN;
	for (size_t first = 0; first < 3; first++) { /* of a character's octets */
		memset(row->force_reason, 0, sizeof(row->force_reason));
		memset(row->force_reason, 'x', first);
		for (size_t i = first; i + 3 < sizeof(row->force_reason); i += 3)
			memcpy(row->force_reason + i, "\xe2\x82\xac", 3);
		chain_choose(&c, b, &got, &t);
		(void)trace_ede(&t, ede);
		CU_ASSERT_PTR_NOT_NULL(strstr(ede, "\xe2\x82\xac) gen "));
		CU_ASSERT_EQUAL(rune_check(text_from(ede)), OK);
	}
	board_unref(b);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the first member that is up is chosen",
		  the_first_member_that_is_up_is_chosen },
		{ "living endpoints and addresses are listed",
		  living_endpoints_and_addresses_are_listed },
		{ "needs tighten what up means", needs_tighten_what_up_means },
		{ "force overrules verdict and hold",
		  force_overrules_verdict_and_hold },
		{ "a draining member is chosen only alone",
		  a_draining_member_is_chosen_only_alone },
		{ "a held member waits, but beats nothing at all",
		  a_held_member_waits_but_beats_nothing_at_all },
		{ "a certificate fault ranks behind and flips nothing alone",
		  a_certificate_fault_ranks_behind_and_flips_nothing_alone },
		{ "all down is answered by policy", all_down_is_answered_by_policy },
		{ "an undecided member counts as up",
		  an_undecided_member_counts_as_up },
		{ "a member without address is passed over",
		  a_member_without_address_is_passed_over },
		{ "doubt and switch shorten the TTL",
		  doubt_and_switch_shorten_the_ttl },
		{ "every state has one number", every_state_has_one_number },
		{ "too many states are an error", too_many_states_are_an_error },
		{ "every choice was enumerated", every_choice_was_enumerated },
		{ "EDE, text lines and JSON tell one reason",
		  ede_text_lines_and_json_tell_one_reason },
		{ "an EDE text never exceeds its room",
		  an_ede_text_never_exceeds_its_room },
		{ "a reason is cut between characters",
		  a_reason_is_cut_between_characters },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/chain", tests);
}

#include "health/chain.h"

#include "conf/conf.h"
#include "health/slots.h"
#include "health/trace.h"

/* The rank of a member, best first; a member of rank RANK_NEVER is not chosen. */
enum rank {
	RANK_UP,
	RANK_FAULT,
	RANK_HELD,
	RANK_HELD_FAULT,
	RANK_DRAINING,
	RANK_NEVER
};

/* One member as seen by clients of the chain's site. */
struct standing {
	enum rank rank;
	enum reason reason;
	const struct board_row *row;
	const struct board_view *view;
	const struct board_target *witness; /* for the reason */
	uint64_t fell, rose;                /* the last fall, the first rise */
	uint32_t endpoints, addresses;      /* living */
	bool doubted;
};

void chain_init(struct chain *chain, const struct conf *c, const struct slots *s,
		uint32_t live, uint32_t site)
{
	const struct conf_live *l = &c->lives[live];
	uint32_t home = l->by_site && site != CONF_NONE ? c->sites[site].pbx : l->home;
	const struct conf_pbx *p = &c->pbxs[home];

	*chain = (struct chain){
		.live = l->name.text,
		.site_name = site == CONF_NONE ? NULL : c->sites[site].name,
		.site = site,
		.needs = l->needs,
		.all_down = l->all_down,
		.ttl_s = l->ttl_s,
		.member_count = 1,
		.members = { { p->name, slots_at(s, home) } },
	};
	for (size_t i = 0; i < p->failover_count; i++) {
		uint32_t m = p->failover[i];

		if (chain->member_count < CHAIN_MEMBERS_MAX)
			chain->members[chain->member_count++] = (struct chain_member){
				c->pbxs[m].name, slots_at(s, m)
			};
	}
}

static enum rank target_rank(const struct board_row *row, const struct board_target *t)
{
	bool held = t->held || row->held_by_hand;

	if (t->draining)
		return RANK_DRAINING;
	if (held)
		return t->certificate_fault ? RANK_HELD_FAULT : RANK_HELD;
	return t->certificate_fault ? RANK_FAULT : RANK_UP;
}

/* Counts one living target that the live name may use. */
static void count_living(struct standing *s, const struct board_target *t)
{
	enum rank rank = target_rank(s->row, t);

	s->addresses |= 1u << t->address;
	if (rank < s->rank ||
	    (rank == s->rank && s->witness && t->decided && !s->witness->decided)) {
		s->rank = rank;
		s->witness = t;
	}
	if (t->rose < s->rose)
		s->rose = t->rose;
}

/*
 * A phone that is told to use TLS does not fall back to UDP: one certificate that it
 * would reject ranks the whole member behind.
 */
static void count_fault(struct standing *s, const struct board_target *fault)
{
	if (!fault || (s->rank != RANK_UP && s->rank != RANK_HELD))
		return;
	s->rank = s->rank == RANK_UP ? RANK_FAULT : RANK_HELD_FAULT;
	s->witness = fault;
}

static void count_targets(struct standing *s, uint32_t needs)
{
	const struct board_target *dead = NULL, *fault = NULL;

	for (size_t i = 0; i < s->row->target_count; i++) {
		const struct board_target *t = &s->row->targets[i];
		enum transport transport = s->row->endpoints[t->endpoint].transport;

		if (!(s->view->endpoints >> t->endpoint & 1) ||
		    !(s->view->addresses >> t->address & 1))
			continue;
		if (t->alive)
			s->endpoints |= 1u << t->endpoint;
		if (needs && !(needs >> transport & 1))
			continue;
		s->doubted |= t->alive && t->doubted;
		if (t->alive && t->certificate_fault)
			fault = t;
		if (t->fell > s->fell)
			s->fell = t->fell;
		if (t->alive)
			count_living(s, t);
		else if (!dead || t->fell > dead->fell)
			dead = t;
	}
	count_fault(s, fault);
	if (!s->witness)
		s->witness = dead;
}

static enum reason reason_of(const struct standing *s)
{
	switch (s->rank) {
	case RANK_UP:
		return s->witness->decided ? REASON_UP : REASON_UNDECIDED;
	case RANK_FAULT:
		return REASON_CERTIFICATE;
	case RANK_HELD:
	case RANK_HELD_FAULT:
		return REASON_HELD;
	case RANK_DRAINING:
		return REASON_DRAINING;
	case RANK_NEVER:
		break;
	}
	return s->endpoints ? REASON_NEED : REASON_DOWN;
}

static void apply_force(struct standing *s)
{
	switch (s->row->force) {
	case FORCE_UP:
		s->rank = RANK_UP;
		s->reason = REASON_FORCED_UP;
		break;
	case FORCE_DOWN:
		s->rank = RANK_NEVER;
		s->reason = REASON_FORCED_DOWN;
		break;
	case FORCE_DRAIN:
		if (s->rank == RANK_NEVER)
			break;
		s->rank = RANK_DRAINING;
		s->reason = REASON_FORCED_DRAIN;
		break;
	case FORCE_NONE:
	case FORCES:
		break;
	}
}

static void stand(struct standing *s, const struct board_row *row,
		  const struct chain *chain)
{
	*s = (struct standing){ .rank = RANK_NEVER,
				.reason = REASON_NO_ADDRESS,
				.rose = UINT64_MAX,
				.row = row };
	if (!row)
		return;
	s->view = row_view(row, chain->site);
	if (!s->view->addresses || !s->view->endpoints)
		return;
	count_targets(s, chain->needs);
	s->reason = reason_of(s);
	apply_force(s);
}

static bool stands_before(const struct standing *a, const struct standing *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	/* Among held members the one that came back first stays, or a second return
	 * would cause a switch without a hold. */
	if (a->rank == RANK_HELD || a->rank == RANK_HELD_FAULT)
		return a->rose < b->rose;
	return false;
}

static uint32_t best(const struct standing *s, size_t count, uint32_t without)
{
	uint32_t found = CHAIN_NONE;

	for (uint32_t i = 0; i < count; i++)
		if (i != without && s[i].rank != RANK_NEVER &&
		    (found == CHAIN_NONE || stands_before(&s[i], &s[found])))
			found = i;
	return found;
}

/* The member that the policy selects if none is up, or CHAIN_NONE. */
static uint32_t last_resort(const struct standing *s, size_t count,
			    enum all_down policy)
{
	uint32_t found = CHAIN_NONE;

	for (uint32_t i = 0; i < count; i++) {
		bool forced = s[i].reason == REASON_FORCED_DOWN;
		bool better;

		if (s[i].reason == REASON_NO_ADDRESS)
			continue;
		if (found == CHAIN_NONE ||
		    (s[found].reason == REASON_FORCED_DOWN && !forced)) {
			found = i;
			continue;
		}
		better = policy == ALL_DOWN_LAST_KNOWN && s[i].fell > s[found].fell;
		if (better && (!forced || s[found].reason == REASON_FORCED_DOWN))
			found = i;
	}
	return found;
}

static struct pick pick_of(const struct standing *s, uint32_t member)
{
	struct pick p = { .member = member };

	if (member == CHAIN_NONE)
		return p;
	p.endpoints = s[member].endpoints ? s[member].endpoints
					  : s[member].view->endpoints;
	p.addresses = s[member].addresses ? s[member].addresses
					  : s[member].view->addresses;
	return p;
}

static enum ttl_phase phase_of(const struct standing *s, size_t count,
			       const struct choice *c)
{
	enum ttl_phase phase = TTL_STEADY;

	for (uint32_t i = 0; i < count; i++) {
		if (!s[i].row)
			continue;
		if (s[i].row->switched)
			phase = TTL_SWITCHED;
		if ((i == c->winner.member || i == c->next.member) && s[i].doubted &&
		    s[i].row->freeze == FREEZE_NONE)
			return TTL_DOUBTED;
	}
	return phase;
}

static void choose_policy(const struct chain *chain, const struct standing *s,
			  struct choice *out)
{
	switch (chain->all_down) {
	case ALL_DOWN_LAST_KNOWN:
	case ALL_DOWN_FIRST:
		out->winner = pick_of(s, last_resort(s, chain->member_count,
						     chain->all_down));
		if (out->winner.member == CHAIN_NONE)
			out->kind = CHOICE_SERVFAIL;
		break;
	case ALL_DOWN_REGISTRAR:
		out->kind = CHOICE_REGISTRAR;
		break;
	case ALL_DOWN_FILE:
		out->kind = CHOICE_FILE;
		break;
	case ALL_DOWN_SERVFAIL:
		out->kind = CHOICE_SERVFAIL;
		break;
	}
}

static void explain(const struct chain *chain, const struct board *b,
		    const struct standing *s, struct trace *t)
{
	t->chain = chain;
	t->board = b;
	t->member_count = chain->member_count;
	for (size_t i = 0; i < chain->member_count; i++)
		t->members[i] = (struct trace_member){
			.name = chain->members[i].name,
			.row = s[i].row,
			.witness = s[i].witness,
			.reason = s[i].reason,
			.frozen = s[i].row && s[i].row->freeze != FREEZE_NONE,
		};
}

void chain_choose(const struct chain *chain, const struct board *b, struct choice *out,
		  struct trace *trace)
{
	struct standing s[CHAIN_MEMBERS_MAX];
	struct pick none = { .member = CHAIN_NONE };
	uint32_t winner;

	for (size_t i = 0; i < chain->member_count; i++)
		stand(&s[i], board_row(b, chain->members[i].slot), chain);
	*out = (struct choice){ .kind = CHOICE_PBX, .winner = none, .next = none };
	winner = best(s, chain->member_count, CHAIN_NONE);
	if (winner != CHAIN_NONE) {
		out->winner = pick_of(s, winner);
		out->next = pick_of(s, best(s, chain->member_count, winner));
	} else {
		choose_policy(chain, s, out);
	}
	out->phase = phase_of(s, chain->member_count, out);
	if (trace) {
		explain(chain, b, s, trace);
		trace->choice = *out;
		trace->all_down = winner == CHAIN_NONE;
	}
}

uint32_t chain_ttl(uint32_t ttl_s, enum ttl_phase phase)
{
	static const uint32_t most_s[TTL_PHASES] = { UINT32_MAX, 1, 2 };

	return ttl_s < most_s[phase] ? ttl_s : most_s[phase];
}

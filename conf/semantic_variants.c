/*
 * How many ready answers a live name needs: every state of every chain that its clients
 * may be sent to is built beforehand.
 */
#include <inttypes.h>

#include "conf/listing.h"
#include "conf/semantic.h"
#include "conf/value.h"

enum {
	NAME_VARIANTS_MAX = 1 << 20,
	ADDRESSES_OF_A_NAME = 2, /* how many a host name is taken to have */
	POLICIES = 3,            /* answers of a set that are of no member */
};

/* What counts, for one member, for the number of variants of a set. */
struct member_bits {
	unsigned v4, v6, transports[TRANSPORTS], endpoints;
};

static unsigned at_most(unsigned count, unsigned most)
{
	return count < most ? count : most;
}

static struct member_bits member_bits(const struct conf_pbx *pbx, uint32_t site)
{
	const struct conf_pbx_view *view = view_of(pbx, site);
	const struct conf_endpoint *endpoints;
	struct member_bits bits = { 0 };
	size_t count;

	if (view == NULL)
		return bits;
	for (size_t i = 0; i < view->address_count; i++) {
		const struct conf_pbx_address *a = &view->addresses[i];

		bits.v4 += a->name ? ADDRESSES_OF_A_NAME : a->addr.family == AF_INET;
		bits.v6 += a->name ? ADDRESSES_OF_A_NAME : a->addr.family == AF_INET6;
	}
	bits.v4 = at_most(bits.v4, LISTING_MAX);
	bits.v6 = at_most(bits.v6, LISTING_MAX);
	endpoints = view_endpoints(pbx, view, &count);
	for (size_t i = 0; i < count; i++)
		bits.transports[endpoints[i].transport]++;
	bits.endpoints = (unsigned)count;
	return bits;
}

/*
 * States of a set, as health/chain_states.c numbers them: each list of the winner's
 * addresses with each set of its endpoints and, if `next`, none or one of the others
 * with each set of its endpoints.
 */
static uint64_t states(const uint64_t *lists, const unsigned *endpoints, size_t count,
		       bool next)
{
	uint64_t sum = POLICIES;

	for (size_t i = 0; i < count; i++) {
		uint64_t followers = 1;

		for (size_t j = 0; next && j < count; j++)
			if (j != i)
				followers += UINT64_C(1) << endpoints[j];
		sum += (followers << endpoints[i]) * lists[i];
	}
	return sum;
}

struct chain_sums {
	uint64_t sum, largest; /* of all sets, of one set */
};

static void add_set(struct chain_sums *s, uint64_t count)
{
	s->sum += count;
	if (count > s->largest)
		s->largest = count;
}

/* Whether or not SRV records can have the live name as target is not known here. */
static struct chain_sums chain_variants(const struct conf *c, uint32_t home,
					uint32_t site)
{
	static const unsigned none[CHAIN_MAX];
	uint64_t v4[CHAIN_MAX], v6[CHAIN_MAX], both[CHAIN_MAX], one[CHAIN_MAX];
	unsigned all[CHAIN_MAX], of[TRANSPORTS][CHAIN_MAX];
	uint32_t chain[CHAIN_MAX];
	size_t count = chain_of(c, home, chain);
	struct chain_sums s = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct member_bits m = member_bits(&c->pbxs[chain[i]], site);

		v4[i] = listing_count(m.v4);
		v6[i] = listing_count(m.v6);
		both[i] = v4[i] * v6[i];
		one[i] = 1;
		all[i] = m.endpoints;
		for (size_t t = 0; t < TRANSPORTS; t++)
			of[t][i] = m.transports[t];
	}
	add_set(&s, states(v4, none, count, false));
	add_set(&s, states(v6, none, count, false));
	add_set(&s, states(one, all, count, true));
	for (size_t t = 0; t < TRANSPORTS; t++) {
		uint64_t glued = states(both, of[t], count, true);

		add_set(&s, glued > LIVE_GLUED_STATES_MAX
				    ? states(one, of[t], count, true)
				    : glued);
	}
	return s;
}

/* One sum for all names that answer by site: only their defaults differ. */
static uint64_t site_variants(const struct semantic *x)
{
	const struct conf *c = x->conf;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < c->site_count; i++)
		sum += chain_variants(c, c->sites[i].pbx, i).sum;
	return sum;
}

/* n  where the chain is written */
static void check_chain(const struct semantic *x, const struct node *n, uint32_t home,
			uint32_t site)
{
	struct chain_sums s = chain_variants(x->conf, home, site);
	bool is_one = s.largest > LIVE_STATES_MAX;

	if (is_one || s.sum > LIVE_CHAIN_STATES_MAX)
		parse_fault(x->d, n,
			    "this chain has %" PRIu64
			    " possible answers%s, more than the %d that can be "
			    "prebuilt: use fewer members or endpoints",
			    is_one ? s.largest : s.sum, is_one ? " of one kind" : "",
			    is_one ? LIVE_STATES_MAX : LIVE_CHAIN_STATES_MAX);
}

/* A site may see other endpoints of a pbx than everybody else. */
static bool sees_others(const struct conf *c, uint32_t home, uint32_t site)
{
	uint32_t chain[CHAIN_MAX];
	size_t count = chain_of(c, home, chain);

	for (size_t m = 0; m < count; m++)
		if (view_of(&c->pbxs[chain[m]], site) !=
		    view_of(&c->pbxs[chain[m]], CONF_NONE))
			return true;
	return false;
}

static void check_site_chains(const struct semantic *x)
{
	const struct conf *c = x->conf;

	for (uint32_t i = 0; i < c->site_count; i++) {
		uint32_t pbx = c->sites[i].pbx;

		if (sees_others(c, pbx, i))
			check_chain(x, parse_node(x->d, &c->sites[i].pbx, c), pbx, i);
		for (size_t k = 0; k < c->live_count; k++) {
			const struct conf_live *live = &c->lives[k];

			if (!live->by_site && live->home != pbx &&
			    sees_others(c, live->home, i))
				check_chain(x, parse_node(x->d, &live->home, live),
					    live->home, i);
		}
	}
}

void semantic_check_variants(const struct semantic *x)
{
	const struct conf *c = x->conf;
	uint64_t by_site = site_variants(x);

	for (uint32_t i = 0; i < c->pbx_count; i++)
		check_chain(x, parse_node(x->d, &c->pbxs[i].failover, &c->pbxs[i]), i,
			    CONF_NONE);
	check_site_chains(x);
	for (size_t i = 0; i < c->live_count; i++) {
		const struct conf_live *live = &c->lives[i];
		uint64_t count = by_site;

		if (!live->by_site)
			continue;
		count += chain_variants(c, live->home, CONF_NONE).sum;
		if (count > NAME_VARIANTS_MAX)
			parse_fault(x->d, parse_node(x->d, live, c),
				    "'%.*s' has %" PRIu64
				    " possible answers, more than the %d that can be "
				    "prebuilt: use fewer sites, members or endpoints",
				    domain_len(live->name.text ? live->name.text : "."),
				    live->name.text ? live->name.text : "", count,
				    NAME_VARIANTS_MAX);
	}
}

/*
 * How many ready answers a live name needs: every state of every chain that its clients
 * may be sent to is built beforehand.
 */
#include <inttypes.h>

#include "conf/semantic.h"
#include "conf/value.h"

enum {
	CHAIN_VARIANTS_MAX = 65536,
	NAME_VARIANTS_MAX = 1 << 20,
	ADDRESSES_OF_A_NAME = 2, /* how many a host name is taken to have */
};

/* What counts, for one member, for the number of variants of a set. */
struct member_bits {
	unsigned v4, v6, transports[TRANSPORTS], endpoints;
};

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
	endpoints = view_endpoints(pbx, view, &count);
	for (size_t i = 0; i < count; i++)
		bits.transports[endpoints[i].transport]++;
	bits.endpoints = (unsigned)count;
	return bits;
}

/* States of a set whose members have this many bits each; with the next living member
 * beside the winner, or without. */
static uint64_t states(const unsigned *bits, size_t count, bool next)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t followers = 1;

		for (size_t j = 0; next && j < count; j++)
			if (j != i)
				followers += UINT64_C(1) << bits[j];
		sum += followers << bits[i];
	}
	return sum;
}

static uint64_t chain_variants(const struct conf *c, uint32_t home, uint32_t site)
{
	enum { SETS = 3 + TRANSPORTS };
	unsigned bits[SETS][CHAIN_MAX];
	uint32_t chain[CHAIN_MAX];
	size_t count = chain_of(c, home, chain);
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		struct member_bits m = member_bits(&c->pbxs[chain[i]], site);

		bits[0][i] = m.v4 < 24 ? m.v4 : 24;
		bits[1][i] = m.v6 < 24 ? m.v6 : 24;
		bits[2][i] = m.endpoints;
		for (size_t t = 0; t < TRANSPORTS; t++)
			bits[3 + t][i] = m.transports[t];
	}
	for (size_t set = 0; set < SETS; set++)
		sum += states(bits[set], count, set >= 2);
	return sum;
}

/* One sum for all names that answer by site: only their defaults differ. */
static uint64_t site_variants(const struct semantic *x)
{
	const struct conf *c = x->conf;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < c->site_count; i++)
		sum += chain_variants(c, c->sites[i].pbx, i);
	return sum;
}

static void check_pbx_chain(const struct semantic *x, uint32_t pbx)
{
	const struct conf *c = x->conf;
	uint64_t count = chain_variants(c, pbx, CONF_NONE);

	if (count > CHAIN_VARIANTS_MAX)
		parse_fault(x->d,
			    parse_node(x->d, &c->pbxs[pbx].failover, &c->pbxs[pbx]),
			    "this chain has %" PRIu64
			    " possible answers, more than the %d that can be prebuilt: "
			    "use fewer members, endpoints or addresses",
			    count, CHAIN_VARIANTS_MAX);
}

void semantic_check_variants(const struct semantic *x)
{
	const struct conf *c = x->conf;
	uint64_t by_site = site_variants(x);

	for (uint32_t i = 0; i < c->pbx_count; i++)
		check_pbx_chain(x, i);
	for (size_t i = 0; i < c->live_count; i++) {
		const struct conf_live *live = &c->lives[i];
		uint64_t count = by_site;

		if (!live->by_site)
			continue;
		count += chain_variants(c, live->home, CONF_NONE);
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

/* Sites: networks that belong to two of them, pbxs they cannot reach. */
#include <stdlib.h>

#include "base/alloc.h"
#include "conf/semantic.h"

struct claim {
	const struct prefix *prefix;
	const struct conf_site *site;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a;
	const struct claim *y = b;
	int order = (int)x->prefix->addr.family - (int)y->prefix->addr.family;

	if (order == 0)
		order = addr_compare(&x->prefix->addr, &y->prefix->addr);
	if (order == 0)
		order = (int)x->prefix->len - (int)y->prefix->len;
	if (order == 0)
		order = (x->site > y->site) - (x->site < y->site);
	return order ? order : (x->prefix > y->prefix) - (x->prefix < y->prefix);
}

static bool same_prefix(const struct prefix *a, const struct prefix *b)
{
	return a->addr.family == b->addr.family && a->len == b->len &&
	       addr_equal(&a->addr, &b->addr);
}

static void check_claims(const struct semantic *x)
{
	const struct conf *c = x->conf;
	size_t count = 0;
	struct claim *claims;
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; i < c->site_count; i++)
		count += c->sites[i].network_count;
	claims = alloc_array(count, sizeof *claims);
	count = 0;
	for (size_t i = 0; i < c->site_count; i++)
		for (size_t j = 0; j < c->sites[i].network_count; j++)
			claims[count++] = (struct claim){ &c->sites[i].networks[j],
							  &c->sites[i] };
	qsort(claims, count, sizeof *claims, compare_claims);
	for (size_t i = 1; i < count; i++) {
		const struct conf_site *was = claims[i - 1].site;
		const struct node *n = parse_node(x->d, claims[i].prefix,
						  claims[i].site);

		if (!same_prefix(claims[i - 1].prefix, claims[i].prefix))
			continue;
		if (was == claims[i].site)
			parse_fault(x->d, n, "%s is listed twice",
				    prefix_format(claims[i].prefix, text));
		else
			parse_fault(
				x->d, n,
				"%s is also a network of site '%s' (line %u): a client "
				"can have only one home",
				prefix_format(claims[i].prefix, text),
				was->name ? was->name : "?", was->place.line);
	}
	free(claims);
}

/* Whether live names send clients of no site to the chain of this home. */
static bool *homes_of_strangers(const struct conf *c)
{
	bool *homes = alloc_array(c->pbx_count, sizeof *homes);

	for (size_t i = 0; i < c->live_count; i++)
		if (c->lives[i].home < c->pbx_count)
			homes[c->lives[i].home] = true;
	return homes;
}

static void check_strangers(const struct semantic *x, const bool *homes)
{
	const struct conf *c = x->conf;
	bool *told = alloc_array(c->pbx_count, sizeof *told);
	uint32_t chain[CHAIN_MAX];

	for (uint32_t i = 0; i < c->pbx_count; i++) {
		size_t count = homes[i] ? chain_of(c, i, chain) : 0;

		for (size_t j = 0; j < count; j++) {
			const struct conf_pbx *p = &c->pbxs[chain[j]];

			if (told[chain[j]] || !parse_is_sound(x->d, p) ||
			    view_of(p, CONF_NONE))
				continue;
			told[chain[j]] = true;
			parse_fault(
				x->d, parse_node(x->d, &p->views, p),
				"pbx '%s' has addresses only for sites, but clients of "
				"no site are also sent to it",
				p->name ? p->name : "?");
		}
	}
	free(told);
}

static void check_site_reach(const struct semantic *x, uint32_t site, uint32_t home)
{
	const struct conf *c = x->conf;
	uint32_t chain[CHAIN_MAX];
	size_t count = chain_of(c, home, chain);

	for (size_t i = 0; i < count; i++) {
		const struct conf_pbx *p = &c->pbxs[chain[i]];

		if (parse_is_sound(x->d, p) && !view_of(p, site))
			parse_fault(
				x->d, parse_node(x->d, &c->sites[site].pbx, c),
				"pbx '%s', in the chain of site '%s', has no address "
				"for its clients",
				p->name ? p->name : "?",
				c->sites[site].name ? c->sites[site].name : "?");
	}
}

void semantic_check_sites(const struct semantic *x)
{
	const struct conf *c = x->conf;
	bool *homes = homes_of_strangers(c);
	bool by_site = false;

	check_claims(x);
	check_strangers(x, homes);
	free(homes);
	for (size_t i = 0; i < c->live_count; i++)
		by_site |= c->lives[i].by_site;
	if (!by_site && c->site_count && c->live_count)
		parse_notice(x->d, parse_node(x->d, &c->sites, c), NOTICE_UNUSED_SITES,
			     "no live name has answer: site, so 'sites' has no effect");
	for (uint32_t i = 0; by_site && i < c->site_count; i++)
		check_site_reach(x, i, c->sites[i].pbx);
}

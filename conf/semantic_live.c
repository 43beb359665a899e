/* Live names: their policy, and what the members of their chains can offer. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/semantic.h"
#include "conf/value.h"

/* Returns the transports that a pbx offers to any client. */
static uint32_t offered(const struct conf_pbx *pbx)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < pbx->endpoint_count; i++)
		bits |= 1U << pbx->endpoints[i].transport;
	for (size_t v = 0; v < pbx->view_count; v++)
		for (size_t i = 0; i < pbx->views[v].endpoint_count; i++)
			bits |= 1U << pbx->views[v].endpoints[i].transport;
	return bits;
}

/* Needs that no member of a chain, or not all of them, can meet. */
static void check_chain_needs(const struct semantic *x, const struct conf_live *live,
			      uint32_t home)
{
	const struct conf *c = x->conf;
	const struct node *n = parse_node(x->d, &live->needs, live);
	uint32_t chain[CHAIN_MAX];
	size_t count = chain_of(c, home, chain);
	size_t unable = 0;

	for (size_t i = 0; i < count; i++)
		if (!parse_is_sound(x->d, &c->pbxs[chain[i]]))
			return;
	for (size_t i = 0; i < count; i++)
		unable += (offered(&c->pbxs[chain[i]]) & live->needs) != live->needs;
	if (count && unable == count) {
		parse_fault(x->d, n,
			    "no member of the chain of pbx '%s' has the transports in "
			    "'needs': it could never be the answer",
			    c->pbxs[home].name ? c->pbxs[home].name : "?");
		return;
	}
	for (size_t i = 0; i < count; i++)
		if ((offered(&c->pbxs[chain[i]]) & live->needs) != live->needs)
			parse_notice(
				x->d, n, NOTICE_NEEDS_LACKING,
				"pbx '%s', in the chain of pbx '%s', lacks a transport "
				"in 'needs': it will never be the answer",
				c->pbxs[chain[i]].name ? c->pbxs[chain[i]].name : "?",
				c->pbxs[home].name ? c->pbxs[home].name : "?");
}

/* told  bit per mask of needs that was checked at all sites: the same for each name */
static void check_needs(const struct semantic *x, const struct conf_live *live,
			uint32_t *told)
{
	bool default_is_home = false;

	if (live->needs == 0)
		return;
	for (size_t i = 0; live->by_site && i < x->site_home_count; i++) {
		default_is_home |= x->site_homes[i] == live->home;
		if (!(*told & 1U << live->needs))
			check_chain_needs(x, live, x->site_homes[i]);
	}
	if (live->by_site)
		*told |= 1U << live->needs;
	if (!default_is_home)
		check_chain_needs(x, live, live->home);
}

/* Whether a name could be delegated by other DNS servers. */
static bool looks_public(const char *name)
{
	static const char *const private_ends[] = {
		".lan.",     ".local.",   ".localdomain.", ".internal.",  ".intranet.",
		".private.", ".corp.",    ".home.",        ".home.arpa.", ".test.",
		".example.", ".invalid.", ".localhost.",   ".fritz.box.",
	};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof private_ends / sizeof *private_ends; i++) {
		size_t end = strlen(private_ends[i]);

		if (len > end && strcmp(name + len - end, private_ends[i]) == 0)
			return false;
	}
	return strchr(name, '.') != name + len - 1; /* a single label is private */
}

static void check_ns(const struct semantic *x, const struct conf_live *live)
{
	const struct node *n = parse_node(x->d, &live->ns, live);

	if (live->zone != CONF_NONE && live->ns_count)
		parse_fault(x->d, n,
			    "'ns' is only for live names outside all zones: the name "
			    "servers of this one are in the file of zone '%.*s'",
			    domain_len(x->conf->zones[live->zone].name.text),
			    x->conf->zones[live->zone].name.text);
	else if (live->zone == CONF_NONE && live->ns_count == 0 && !x->d->had_ns_note &&
		 looks_public(live->name.text)) {
		x->d->had_ns_note = true;
		parse_notice(x->d, parse_node(x->d, live, x->conf), NOTICE_UNDELEGATED,
			     "'%.*s' can be resolved only by asking this node; for "
			     "public resolution delegate it to this node and set 'ns'",
			     domain_len(live->name.text), live->name.text);
	}
	for (size_t i = 0; i < live->ns_count; i++) {
		const struct node *at = parse_node(x->d, &live->ns[i], live);

		if (domains_enclosing(&x->lives, live->ns[i].wire.wire) != CONF_NONE)
			parse_fault(x->d, at,
				    "a name server cannot be at or below a live name: "
				    "those names hold the addresses of pbxs");
		for (size_t j = 0; j < i; j++)
			if (name_equal(live->ns[i].wire.wire, live->ns[j].wire.wire))
				parse_fault(x->d, at, "'%s' is listed twice", at->text);
	}
}

static void check_policy(const struct semantic *x, const struct conf_live *live)
{
	const struct node *n = parse_node(x->d, &live->all_down, live);

	if (live->all_down == ALL_DOWN_FILE && live->zone == CONF_NONE)
		parse_fault(x->d, n,
			    "all-down: file needs a zone that "
			    "contains the name, and there is none");
	if (live->ttl_s > 60)
		parse_notice(
			x->d, parse_node(x->d, &live->ttl_s, live), NOTICE_LONG_TTL,
			"devices may keep using the address of a dead pbx for %u s "
			"after a switch",
			live->ttl_s);
}

/* A second pbx that is missing in the chain of the first one is not noticed before the
 * first one fails. */
static void check_alone(const struct semantic *x, const struct conf_live *live)
{
	const struct conf *c = x->conf;

	if (live->by_site || live->home >= c->pbx_count || c->pbx_count < 2 ||
	    c->pbxs[live->home].failover_count)
		return;
	parse_notice(
		x->d, parse_node(x->d, &live->home, live), NOTICE_NO_STAND_IN,
		"no stand-in for pbx '%s': its 'failover' lists none of the others",
		c->pbxs[live->home].name);
}

static void check_use(const struct semantic *x)
{
	const struct conf *c = x->conf;
	bool *used = alloc_array(c->pbx_count, sizeof *used);
	bool by_site = false;
	uint32_t chain[CHAIN_MAX];

	for (size_t i = 0; i < c->live_count; i++) {
		by_site |= c->lives[i].by_site;
		for (size_t n = chain_of(c, c->lives[i].home, chain); n-- > 0;)
			used[chain[n]] = true;
	}
	for (size_t i = 0; by_site && i < x->site_home_count; i++)
		for (size_t n = chain_of(c, x->site_homes[i], chain); n-- > 0;)
			used[chain[n]] = true;
	for (size_t i = 0; i < c->pbx_count; i++)
		if (!used[i])
			parse_notice(
				x->d, parse_node(x->d, &c->pbxs[i], c),
				NOTICE_UNUSED_PBX,
				"pbx '%s' is in no live name's chain: it is probed, "
				"but never an answer",
				c->pbxs[i].name ? c->pbxs[i].name : "?");
	free(used);
}

void semantic_check_lives(const struct semantic *x)
{
	const struct conf *c = x->conf;
	uint32_t told = 0;

	for (size_t i = 0; i < c->live_count; i++) {
		const struct conf_live *live = &c->lives[i];

		check_needs(x, live, &told);
		check_policy(x, live);
		if (live->name.text)
			check_ns(x, live);
		if (live->by_site && c->site_count == 0)
			parse_notice(x->d, parse_node(x->d, &live->by_site, live),
				     NOTICE_NO_SITES,
				     "no site is declared, so every "
				     "client gets the default");
	}
	if (x->d->diags->error_count)
		return;
	for (size_t i = 0; i < c->live_count; i++)
		check_alone(x, &c->lives[i]);
	check_use(x);
}

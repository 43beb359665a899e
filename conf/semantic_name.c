/* Domain names that conflict with each other: live names, zones, hosts, names of pbxs.
 */
#include <string.h>
#include <strings.h>

#include "conf/semantic.h"
#include "conf/value.h"

/* Whether a pbx of this name is in the chain of a home. */
static bool is_in_chain(const struct conf *c, uint32_t home, const uint8_t *label)
{
	uint32_t chain[CHAIN_MAX];
	size_t count = chain_of(c, home, chain);

	for (size_t i = 0; i < count; i++) {
		const char *name = c->pbxs[chain[i]].name;

		if (name && strlen(name) == *label &&
		    strncasecmp(name, (const char *)label + 1, *label) == 0)
			return true;
	}
	return false;
}

/* A live name of the form PBX.LIVE takes the name that SRV records give that pbx. */
static void check_member_name(const struct semantic *x, const struct conf_live *live)
{
	const struct conf *c = x->conf;
	const uint8_t *label = live->name.wire.wire;
	const struct conf_live *above;
	const struct node *place;
	bool taken;
	uint32_t at;

	if (live->name.wire.label_count < 2)
		return;
	at = domains_find(&x->lives, name_parent(label));
	if (at == CONF_NONE)
		return;
	above = &c->lives[at];
	place = parse_node(x->d, above, c);
	taken = is_in_chain(c, above->home, label);
	for (size_t i = 0; above->by_site && !taken && i < x->site_home_count; i++)
		taken = is_in_chain(c, x->site_homes[i], label);
	if (taken)
		parse_notice(
			x->d, parse_node(x->d, live, c), NOTICE_NAME_TAKEN,
			"'%.*s' is also the name of pbx '%.*s' in the SRV records of "
			"'%.*s' (%u:%u): as a live name it may be answered with "
			"another pbx",
			domain_len(live->name.text), live->name.text, *label,
			(const char *)label + 1, domain_len(above->name.text),
			above->name.text, place ? place->line : 0,
			place ? place->col : 0);
}

static void check_live_name(const struct semantic *x, const struct conf_live *live)
{
	const struct node *n = parse_node(x->d, live, x->conf);

	if (live->name.text == NULL)
		return;
	if (live->name.text[0] == '_')
		parse_fault(
			x->d, n,
			"names with an underscore are reserved for the SRV records "
			"below a live name: write the name that devices are configured "
			"with");
	else if (x->lives.count > 1 && live->name.wire.label_count > 1 &&
		 live->zone == CONF_NONE) {
		uint32_t above = domains_enclosing(&x->lives,
						   name_parent(live->name.wire.wire));

		if (above != CONF_NONE)
			parse_notice(x->d, n, NOTICE_LIVE_NESTED,
				     "'%.*s' is below the live name '%.*s'",
				     domain_len(live->name.text), live->name.text,
				     domain_len(x->conf->lives[above].name.text),
				     x->conf->lives[above].name.text);
	}
}

static void check_host(const struct semantic *x, const struct conf_host *h)
{
	const struct conf *c = x->conf;
	const struct node *n = parse_node(x->d, h, c);
	uint32_t zone = domains_enclosing(&x->zones, h->name.wire.wire);
	uint32_t live = domains_enclosing(&x->lives, h->name.wire.wire);

	for (size_t i = 0; i < h->address_count; i++)
		for (size_t j = 0; j < i; j++)
			if (addr_equal(&h->addresses[i], &h->addresses[j]))
				parse_fault(x->d, parse_node(x->d, &h->addresses[i], h),
					    "this address is listed twice");
	if (zone != CONF_NONE)
		parse_fault(x->d, n,
			    "'%.*s' is inside zone '%.*s': put it in the zone file",
			    domain_len(h->name.text), h->name.text,
			    domain_len(c->zones[zone].name.text),
			    c->zones[zone].name.text);
	else if (live != CONF_NONE &&
		 name_equal(c->lives[live].name.wire.wire, h->name.wire.wire))
		parse_fault(
			x->d, n,
			"'%.*s' is a live name: its addresses are those of its pbxs",
			domain_len(h->name.text), h->name.text);
	else if (live != CONF_NONE)
		parse_fault(
			x->d, n,
			"'%.*s' is below the live name '%.*s', where only the records "
			"of that live name are allowed",
			domain_len(h->name.text), h->name.text,
			domain_len(c->lives[live].name.text), c->lives[live].name.text);
}

static void check_pbx_name(const struct semantic *x, const struct conf_pbx *pbx,
			   const struct conf_pbx_address *a)
{
	const struct node *n = parse_node(x->d, a, pbx);

	if (domains_enclosing(&x->lives, a->name->wire.wire) != CONF_NONE)
		parse_fault(
			x->d, n,
			"'%.*s' is a live name: the address of a pbx cannot depend on "
			"which pbx is alive",
			domain_len(a->name->text), a->name->text);
	else if (domains_find(&x->hosts, a->name->wire.wire) != CONF_NONE)
		parse_fault(x->d, n,
			    "'%.*s' is in 'hosts', which is not used to resolve pbxs: "
			    "write the address instead",
			    domain_len(a->name->text), a->name->text);
	else if (domains_enclosing(&x->zones, a->name->wire.wire) != CONF_NONE)
		parse_notice(
			x->d, n, NOTICE_OWN_ZONE,
			"'%.*s' is resolved by 'resolvers', not from this node's own "
			"zone: write the address, or make sure that they can resolve "
			"it",
			domain_len(a->name->text), a->name->text);
}

void semantic_check_names(const struct semantic *x)
{
	const struct conf *c = x->conf;

	for (size_t i = 0; i < c->live_count; i++) {
		check_live_name(x, &c->lives[i]);
		if (c->lives[i].name.text)
			check_member_name(x, &c->lives[i]);
	}
	for (size_t i = 0; i < c->host_count; i++)
		if (c->hosts[i].name.text)
			check_host(x, &c->hosts[i]);
	for (size_t i = 0; i < c->pbx_count; i++)
		for (size_t v = 0; v < c->pbxs[i].view_count; v++) {
			const struct conf_pbx_view *view = &c->pbxs[i].views[v];

			for (size_t a = 0; a < view->address_count; a++)
				if (view->addresses[a].name)
					check_pbx_name(x, &c->pbxs[i],
						       &view->addresses[a]);
		}
}

#include "resolver/live/access.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bounds.h"
#include "base/err.h"
#include "conf/conf.h"

struct access {
	struct bounds *all; /* value: index into askers */
	struct bounds *sites;
	struct asker *askers;
	struct asker stranger; /* in no prefix at all */
};

/* The meaning of `local`, in addition to the declared sites. */
static const char *const local_prefixes[] = {
	"127.0.0.0/8",    "::1",           "10.0.0.0/8", "172.16.0.0/12",
	"192.168.0.0/16", "100.64.0.0/10", "fc00::/7",   "169.254.0.0/16",
	"fe80::/10",
};

struct access_rows {
	struct bounds_row *rows;
	size_t count;
};

static void rows_add(struct access_rows *r, const struct prefix *p)
{
	r->rows = alloc_resize(r->rows, r->count + 1, sizeof(*r->rows));
	r->rows[r->count] = (struct bounds_row){ .prefix = *p,
						 .value = (uint32_t)r->count };
	r->count++;
}

static void add_networks(struct access_rows *r, const struct conf_networks *n)
{
	for (size_t i = 0; i < n->prefix_count; i++)
		rows_add(r, &n->prefixes[i]);
}

static bool covers(const struct prefix *wide, const struct prefix *narrow)
{
	return wide->len <= narrow->len && prefix_contains(wide, &narrow->addr);
}

/* Only this address. A client with an address that we listen on is on this host; the
 * answer to a forged query would go to ourselves. */
static struct prefix host_of(const struct addr *at)
{
	struct prefix p = { .addr = *at, .len = at->family == AF_INET ? 32 : 128 };

	p.addr.port = 0;
	return p;
}

/* All prefixes of all lists: the longest one that contains an address has the rights of
 * all of them, because every other prefix that contains the address also contains that
 * one. */
static bool is_local(const struct conf *c, const struct prefix *p)
{
	struct prefix local;

	for (size_t i = 0; i < c->node.listen_count; i++) {
		local = host_of(&c->node.listens[i]);
		if (covers(&local, p))
			return true;
	}
	for (size_t i = 0; i < sizeof(local_prefixes) / sizeof(*local_prefixes); i++)
		if (prefix_parse(local_prefixes[i], &local) == OK && covers(&local, p))
			return true;
	for (size_t i = 0; i < c->site_count; i++)
		for (size_t k = 0; k < c->sites[i].network_count; k++)
			if (covers(&c->sites[i].networks[k], p))
				return true;
	return false;
}

static bool list_covers(const struct conf *c, const struct conf_networks *n,
			const struct prefix *p)
{
	if (n->any || (n->local && is_local(c, p)))
		return true;
	for (size_t i = 0; i < n->prefix_count; i++)
		if (covers(&n->prefixes[i], p))
			return true;
	return false;
}

static uint32_t site_of(const struct conf *c, const struct prefix *p)
{
	uint32_t best = CONF_NONE;
	unsigned best_len = 0;

	for (size_t i = 0; i < c->site_count; i++)
		for (size_t k = 0; k < c->sites[i].network_count; k++) {
			const struct prefix *at = &c->sites[i].networks[k];

			if (covers(at, p) &&
			    (best == CONF_NONE || at->len >= best_len)) {
				best = (uint32_t)i;
				best_len = at->len;
			}
		}
	return best;
}

static struct asker asker_of(const struct conf *c, const struct prefix *p)
{
	const struct {
		const struct conf_networks *list;
		enum access_right right;
	} lists[] = {
		{ &c->access.query, ACCESS_QUERY },
		{ &c->access.recursion, ACCESS_RECURSION },
		{ &c->access.diagnostics, ACCESS_DIAGNOSTICS },
		{ &c->access.ecs, ACCESS_ECS },
	};
	struct asker asker = { .site = p ? site_of(c, p) : CONF_NONE };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (p ? list_covers(c, lists[i].list, p) : lists[i].list->any)
			asker.rights |= lists[i].right;
	return asker;
}

static void gather(struct access_rows *all, struct access_rows *sites,
		   const struct conf *c)
{
	struct prefix local;

	for (size_t i = 0; i < sizeof(local_prefixes) / sizeof(*local_prefixes); i++)
		if (prefix_parse(local_prefixes[i], &local) == OK)
			rows_add(all, &local);
	for (size_t i = 0; i < c->node.listen_count; i++) {
		local = host_of(&c->node.listens[i]);
		if (!addr_is_any(&local.addr))
			rows_add(all, &local);
	}
	add_networks(all, &c->access.query);
	add_networks(all, &c->access.recursion);
	add_networks(all, &c->access.diagnostics);
	add_networks(all, &c->access.ecs);
	for (size_t i = 0; i < c->site_count; i++)
		for (size_t k = 0; k < c->sites[i].network_count; k++) {
			rows_add(all, &c->sites[i].networks[k]);
			rows_add(sites, &c->sites[i].networks[k]);
			sites->rows[sites->count - 1].value = (uint32_t)i;
		}
}

struct access *access_new(const struct conf *c)
{
	struct access *a = alloc(sizeof(*a));
	struct access_rows all = { 0 };
	struct access_rows sites = { 0 };

	gather(&all, &sites, c);
	a->askers = alloc_array(all.count, sizeof(*a->askers));
	for (size_t i = 0; i < all.count; i++)
		a->askers[i] = asker_of(c, &all.rows[i].prefix);
	a->stranger = asker_of(c, NULL);
	a->all = bounds_new(all.rows, all.count);
	a->sites = bounds_new(sites.rows, sites.count);
	free(all.rows);
	free(sites.rows);
	return a;
}

void access_free(struct access *a)
{
	if (a == NULL)
		return;
	bounds_free(a->all);
	bounds_free(a->sites);
	free(a->askers);
	free(a);
}

struct asker access_find(const struct access *a, const struct addr *from)
{
	uint32_t row = bounds_find(a->all, from, NULL);

	return row == BOUNDS_NONE ? a->stranger : a->askers[row];
}

uint32_t access_site(const struct access *a, const struct addr *at, uint8_t *scope_len)
{
	uint32_t site = bounds_find(a->sites, at, scope_len);

	return site == BOUNDS_NONE ? CONF_NONE : site;
}

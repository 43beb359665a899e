#include "resolver/live/live_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "conf/conf.h"
#include "zones/hash.h"

enum { LIVE_SETS_ALWAYS = 1 << LIVE_A | 1 << LIVE_AAAA | 1 << LIVE_NAPTR };

void live_names_member(const struct name *live, const char *pbx, struct name *out)
{
	if (name_parse(pbx, strlen(pbx), live, out) != OK)
		*out = *live;
	name_lower(out);
}

static uint64_t hash_of(const uint8_t *wire)
{
	uint64_t hash = hash_root();
	struct {
		struct name name;
		uint8_t pad[8]; /* hash_label() reads on */
	} lower = { 0 };

	lower.name.len = (uint8_t)name_wire_len(wire);
	memcpy(lower.name.wire, wire, lower.name.len);
	name_lower(&lower.name);
	for (const uint8_t *at = lower.name.wire; *at; at += *at + 1)
		hash = hash_label(hash, at);
	return hash;
}

/* Returns the slot of the name, or the free slot where it belongs. */
static uint32_t *slot_of(const struct live_names *n, const uint8_t *wire)
{
	size_t at = hash_of(wire) & (n->slot_count - 1);

	while (n->slots[at] && !name_equal(n->rows[n->slots[at] - 1].name.wire, wire))
		at = (at + 1) & (n->slot_count - 1);
	return &n->slots[at];
}

uint32_t live_names_find(const struct live_names *n, const uint8_t *wire)
{
	uint32_t number = *slot_of(n, wire);

	return number ? number - 1 : CONF_NONE;
}

static void grow(struct live_names *n)
{
	n->cap = n->cap ? 2 * n->cap : 16;
	n->rows = alloc_resize(n->rows, n->cap, sizeof(*n->rows));
	free(n->slots);
	n->slot_count = 2 * n->cap;
	n->slots = alloc_array(n->slot_count, sizeof(*n->slots));
	for (size_t i = 0; i < n->count; i++)
		*slot_of(n, n->rows[i].name.wire) = (uint32_t)i + 1;
}

/* The row of a name: the one it had before, or a new one. */
static struct live_name *row_for(struct live_names *n, const struct name *name)
{
	uint32_t *slot = slot_of(n, name->wire);

	if (*slot)
		return &n->rows[*slot - 1];
	if (n->count == n->cap) {
		grow(n);
		slot = slot_of(n, name->wire);
	}
	n->rows[n->count] = (struct live_name){
		.name = *name,
		.live = CONF_NONE,
		.pbx = CONF_NONE,
	};
	*slot = (uint32_t)++n->count;
	return &n->rows[n->count - 1];
}

static uint32_t transport_sets(const struct conf_endpoint *endpoints, size_t count)
{
	static const uint32_t sets[TRANSPORTS] = {
		[TRANSPORT_UDP] = 1 << LIVE_SRV_UDP,
		[TRANSPORT_TCP] = 1 << LIVE_SRV_TCP,
		[TRANSPORT_TLS] = 1 << LIVE_SRVS_TCP,
	};
	uint32_t all = 0;

	for (size_t i = 0; i < count; i++)
		all |= sets[endpoints[i].transport];
	return all;
}

static uint32_t pbx_sets(const struct conf_pbx *p)
{
	uint32_t sets = transport_sets(p->endpoints, p->endpoint_count);

	for (size_t i = 0; i < p->view_count; i++)
		sets |= transport_sets(p->views[i].endpoints,
				       p->views[i].endpoint_count);
	return sets;
}

/* Marks the pbxs of one chain: its home and who stands in for it. */
static void mark_chain(const struct conf *c, uint32_t home, bool *members)
{
	if (home == CONF_NONE)
		return;
	members[home] = true;
	for (size_t i = 0; i < c->pbxs[home].failover_count; i++)
		members[c->pbxs[home].failover[i]] = true;
}

static void add_live(struct live_names *n, const struct conf *c, uint32_t live)
{
	const struct conf_live *l = &c->lives[live];
	bool *members = alloc_array(c->pbx_count, sizeof(*members));
	uint32_t sets = LIVE_SETS_ALWAYS;
	struct live_name *row;
	mark_chain(c, l->home, members);
	for (size_t i = 0; l->by_site && i < c->site_count; i++)
		mark_chain(c, c->sites[i].pbx, members);
	for (size_t p = 0; p < c->pbx_count; p++)
		sets |= members[p] ? pbx_sets(&c->pbxs[p]) : 0;
	row = row_for(n, &l->name.wire);
	row->live = live;
	row->pbx = CONF_NONE;
	row->sets = sets;
	for (uint32_t p = 0; p < c->pbx_count; p++) {
		struct name member;

		if (!members[p])
			continue;
		live_names_member(&l->name.wire, c->pbxs[p].name, &member);
		row = row_for(n, &member);
		if (row->live != CONF_NONE)
			continue; /* a live name itself */
		row->live = live;
		row->pbx = p;
		row->sets = LIVE_SETS_ALWAYS;
	}
	free(members);
}

struct live_names *live_names_new(const struct conf *c, const struct live_names *was)
{
	struct live_names *n = alloc(sizeof(*n));

	hash_init();
	grow(n);
	for (size_t i = 0; was && i < was->count; i++)
		row_for(n, &was->rows[i].name);
	for (uint32_t i = 0; i < c->live_count; i++)
		add_live(n, c, i);
	return n;
}

void live_names_free(struct live_names *n)
{
	if (n == NULL)
		return;
	free(n->rows);
	free(n->slots);
	free(n);
}

#include "zones/zone_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "zones/match.h"
#include "zones/table.h"

enum { APEXES_MIN = 16 };

struct apex {
	struct name origin; /* lower case */
	struct zone *zone;  /* the set's reference; NULL: broken */
	uint64_t hash;
	size_t number;
};

struct zone_set {
	struct apex **apexes;
	size_t count;
	uint32_t *slots; /* number + 1 of an apex by hash; 0: empty */
	size_t slot_count;
	unsigned depth_max;
	uint64_t depths[2]; /* bit n: an apex of n labels exists */
};

struct zone_set *zone_set_new(void)
{
	struct zone_set *s = alloc(sizeof(*s));

	hash_init();
	s->slot_count = APEXES_MIN;
	s->slots = alloc_array(s->slot_count, sizeof(s->slots[0]));
	return s;
}

bool zone_set_free_slice(struct zone_set *s, size_t len)
{
	if (s == NULL)
		return true;
	if (s->count) {
		if (zone_free_slice(s->apexes[s->count - 1]->zone, len))
			free(s->apexes[--s->count]);
		return false;
	}
	free(s->apexes);
	free(s->slots);
	free(s);
	return true;
}

void zone_set_free(struct zone_set *s)
{
	while (!zone_set_free_slice(s, (size_t)8 << 20))
		;
}

static void enter(struct zone_set *s, size_t number)
{
	size_t mask = s->slot_count - 1;
	size_t i = s->apexes[number]->hash & mask;

	while (s->slots[i])
		i = (i + 1) & mask;
	s->slots[i] = (uint32_t)number + 1;
}

static void grow(struct zone_set *s)
{
	free(s->slots);
	s->slot_count *= 2;
	s->slots = alloc_array(s->slot_count, sizeof(s->slots[0]));
	for (size_t i = 0; i < s->count; i++)
		enter(s, i);
}

/* The apex whose name these octets are, or NULL. */
static const struct apex *find_apex(const struct zone_set *s, uint64_t hash,
				    const uint8_t *lower, size_t len)
{
	size_t mask = s->slot_count - 1;

	for (size_t i = hash & mask; s->slots[i]; i = (i + 1) & mask) {
		const struct apex *a = s->apexes[s->slots[i] - 1];

		if (a->hash == hash && a->origin.len == len &&
		    memcmp(a->origin.wire, lower, len) == 0)
			return a;
	}
	return NULL;
}

/* A name in lower case with what the look-up needs of it. */
struct key {
	uint8_t lower[NAME_MAX_LEN + 8];
	uint8_t label_at[NAME_MAX_LABELS + 1];
	uint64_t hash[NAME_MAX_LABELS + 1];
	unsigned label_count;
	size_t len;
};

static void key_init(struct key *k, const struct name *name)
{
	struct name lower = *name;

	name_lower(&lower);
	memset(k, 0, sizeof(*k));
	memcpy(k->lower, lower.wire, lower.len);
	k->len = lower.len;
	for (size_t at = 0; k->lower[at] != 0; at += (size_t)k->lower[at] + 1)
		k->label_at[k->label_count++] = (uint8_t)at;
	k->label_at[k->label_count] = (uint8_t)(k->len - 1);
	hash_ancestors(k->lower, k->label_at, k->label_count, k->hash);
}

static int add(struct zone_set *s, const struct name *origin, struct zone *z)
{
	struct key k;
	struct apex *a;

	key_init(&k, origin);
	if (find_apex(s, k.hash[k.label_count], k.lower, k.len))
		return ERR_EXISTS;
	if (4 * s->count >= 3 * s->slot_count)
		grow(s);
	a = alloc(sizeof(*a));
	a->origin = *origin;
	name_lower(&a->origin);
	a->hash = k.hash[k.label_count];
	a->zone = z;
	a->number = s->count;
	s->apexes = alloc_resize(s->apexes, s->count + 1, sizeof(struct apex *));
	s->apexes[s->count] = a;
	enter(s, s->count++);
	s->depths[k.label_count / 64] |= (uint64_t)1 << k.label_count % 64;
	if (k.label_count > s->depth_max)
		s->depth_max = k.label_count;
	return OK;
}

int zone_set_add(struct zone_set *s, struct zone *z)
{
	int err = add(s, &z->origin, z);

	if (err == OK)
		(void)zone_ref(z);
	return err;
}

int zone_set_add_broken(struct zone_set *s, const struct name *origin)
{
	return add(s, origin, NULL);
}

size_t zone_set_count(const struct zone_set *s)
{
	return s->count;
}

struct zone *zone_set_at(const struct zone_set *s, size_t n, const struct name **origin)
{
	assert(n < s->count);
	*origin = &s->apexes[n]->origin;
	return s->apexes[n]->zone;
}

bool zone_set_number(const struct zone_set *s, const struct name *origin, size_t *out)
{
	struct key k;
	const struct apex *a;

	key_init(&k, origin);
	a = find_apex(s, k.hash[k.label_count], k.lower, k.len);
	if (a)
		*out = a->number;
	return a != NULL;
}

struct zone *zone_set_exact(const struct zone_set *s, const struct name *origin)
{
	struct key k;
	const struct apex *a;

	key_init(&k, origin);
	a = find_apex(s, k.hash[k.label_count], k.lower, k.len);
	return a ? a->zone : NULL;
}

/* The longest match with at most `depth` labels. */
static const struct apex *match(const struct zone_set *s, const struct match_name *n,
				unsigned depth)
{
	if (depth > s->depth_max)
		depth = s->depth_max;
	for (unsigned d = depth + 1; d-- > 0;) {
		const struct apex *a;
		size_t at;

		if (!(s->depths[d / 64] >> d % 64 & 1))
			continue;
		at = n->label_at[n->label_count - d];
		a = find_apex(s, n->hash[d], n->lower + at, n->len - at);
		if (a)
			return a;
	}
	return NULL;
}

/*
 * Whether DS at the name is this zone's to answer (RFC 4035 3.1.4.1): it must have the
 * name, or refer or redirect it. One that was never told of the zone below would deny
 * the name itself, and with it all that is there (RFC 8020).
 */
static bool knows(const struct zone *z, const struct match_name *n)
{
	const struct record *r = NULL;
	unsigned depth = n->label_count;

	if (z == NULL)
		return true;
	for (; depth >= z->origin.label_count; depth--) {
		size_t at = n->label_at[n->label_count - depth];

		r = zone_record(z, n->hash[depth], n->lower + at,
				n->len - at - z->origin.len);
		if (r || depth == 0)
			break;
	}
	return r &&
	       (depth == n->label_count || r->flags & (RECORD_CUT | RECORD_OCCLUDED |
						       RECORD_DNAME | RECORD_WILDCARD));
}

enum match_result zone_set_match(const struct zone_set *s, const struct match_name *n,
				 uint16_t type, struct zone **out)
{
	const struct apex *a = match(s, n, n->label_count);

	if (a && type == RR_DS && a->origin.len == n->len && n->label_count) {
		const struct apex *parent = match(s, n, n->label_count - 1);

		if (parent && knows(parent->zone, n))
			a = parent;
	}
	if (a == NULL)
		return MATCH_NONE;
	*out = a->zone;
	return a->zone ? MATCH_ZONE : MATCH_BROKEN;
}

struct zone *zone_set_find(const struct zone_set *s, const struct name *name,
			   bool *broken)
{
	struct key k;
	struct match_name n;
	struct zone *z = NULL;

	key_init(&k, name);
	n = (struct match_name){ k.lower, k.label_at, k.hash, k.label_count, k.len };
	*broken = zone_set_match(s, &n, RR_A, &z) == MATCH_BROKEN;
	return z;
}

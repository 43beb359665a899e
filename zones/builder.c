#include "zones/builder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

enum { FILES_MAX = 255, LINE_MAX_NUMBER = 0xffffff, AHEAD = 8 };

struct zone_builder *zone_builder_new(const struct name *origin, struct diags *diags)
{
	struct zone_builder *b = alloc(sizeof(*b));

	b->origin = *origin;
	name_lower(&b->origin);
	b->diags = diags;
	b->errors_before = diags->error_count;
	store_init(&b->store, &b->origin);
	return b;
}

void zone_builder_free(struct zone_builder *b)
{
	if (b == NULL)
		return;
	store_fini(&b->store);
	for (size_t i = 0; i < b->file_count; i++)
		free(b->files[i]);
	free(b->files);
	free(b->lives);
	free(b);
}

static uint32_t file_number(struct zone_builder *b, const char *file)
{
	if (file == NULL)
		file = "";
	for (size_t i = b->file_count; i-- > 0;)
		if (strcmp(b->files[i], file) == 0)
			return (uint32_t)i;
	if (b->file_count == FILES_MAX)
		return FILES_MAX - 1;
	b->files = alloc_resize(b->files, b->file_count + 1, sizeof(b->files[0]));
	b->files[b->file_count] = alloc_text(file);
	return (uint32_t)b->file_count++;
}

struct diag_place builder_place(const struct zone_builder *b, const struct piece *p)
{
	return (struct diag_place){
		.file = b->file_count ? b->files[p->line >> 24] : b->path,
		.line = p->line & LINE_MAX_NUMBER,
	};
}

/* Whether the record may stand in a zone at all; says why not. */
static bool judge(struct zone_builder *b, const struct master_record *r)
{
	char type[16];

	if (r->class != CLASS_IN) {
		diags_add(b->diags, DIAG_ERROR, r->place, "class %s: only IN is served",
			  rr_class_format(r->class, type));
		return false;
	}
	if (rr_type_is_meta(r->type)) {
		diags_add(b->diags, DIAG_ERROR, r->place,
			  "%s is a type of questions and never of records",
			  rr_type_format(r->type, type));
		return false;
	}
	return true;
}

static void say_outside(struct zone_builder *b, const struct master_record *r)
{
	char owner[NAME_TEXT_LEN];
	char origin[NAME_TEXT_LEN];

	diags_add(b->diags, DIAG_ERROR, r->place, "%s stands outside of %s",
		  name_format(r->owner->wire, owner),
		  name_format(b->origin.wire, origin));
}

/* Whether the origin ends the owner, which goes to b->lower. */
static bool take_owner(struct zone_builder *b, const struct name *owner)
{
	size_t at = 0;

	for (size_t i = 0; i < owner->len; i++) {
		uint8_t c = owner->wire[i]; /* lengths are below 'A' */

		b->lower[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
	}
	while (owner->len - at > b->origin.len)
		at += (size_t)b->lower[at] + 1;
	return owner->len - at == b->origin.len &&
	       memcmp(b->lower + at, b->origin.wire, b->origin.len) == 0;
}

int zone_builder_add(void *builder, const struct master_record *r)
{
	const struct ready_rdata rdata = { r->rdata, (uint16_t)r->rdlen };
	struct zone_builder *b = builder;
	uint32_t line = r->place.line;
	const struct name *owner = r->owner;
	const uint8_t *name = NULL;
	struct piece *p;

	if (!judge(b, r))
		return OK;
	if (owner->len != b->last_owner.len ||
	    memcmp(owner->wire, b->last_owner.wire, owner->len) != 0) {
		b->last_owner.len = 0;
		if (!take_owner(b, owner)) {
			say_outside(b, r);
			return OK;
		}
		memcpy(b->last_owner.wire, owner->wire, owner->len);
		b->last_owner.len = owner->len;
		name = b->lower;
	}
	p = store_add(&b->store, name, (size_t)owner->len - b->origin.len, r->type,
		      &rdata);
	p->line = line < LINE_MAX_NUMBER ? line : LINE_MAX_NUMBER;
	p->line |= file_number(b, r->place.file) << 24;
	p->ttl = r->ttl <= INT32_MAX ? r->ttl : 0; /* RFC 2181 8 */
	return OK;
}

static void mark_live(struct zone_builder *b, const struct zone_live *live,
		      enum live_set set)
{
	struct {
		struct name name;
		uint8_t pad[8];
	} owner;
	uint32_t ref;
	struct node *n;

	if (live_set_owner(&live->name, set, &owner.name) ||
	    !name_is_within(owner.name.wire, b->origin.wire))
		return;
	name_lower(&owner.name);
	ref = store_take(&b->store, owner.name.wire,
			 (size_t)owner.name.len - b->origin.len);
	n = store_at(&b->store, ref);
	n->flags |= RECORD_LIVE;
	b->lives = alloc_resize(b->lives, b->live_count + 1, sizeof(b->lives[0]));
	b->lives[b->live_count++] = (struct build_live){ ref, live->index, set };
}

void zone_builder_live(struct zone_builder *b, const struct zone_live *live)
{
	mark_live(b, live, LIVE_A);
	for (enum live_set set = LIVE_SRV_UDP; set < LIVE_SETS; set++)
		if (live->sets & 1U << set)
			mark_live(b, live, set);
}

const struct build_live *builder_live_of(const struct zone_builder *b, uint32_t node)
{
	for (size_t i = 0; i < b->live_count; i++)
		if (b->lives[i].node == node)
			return &b->lives[i];
	return NULL;
}

uint32_t builder_find(struct zone_builder *b, const uint8_t *wire)
{
	struct {
		struct name name;
		uint8_t pad[8];
	} lower;

	if (!name_is_within(wire, b->origin.wire))
		return STORE_NONE;
	lower.name.len = (uint8_t)name_wire_len(wire);
	memcpy(lower.name.wire, wire, lower.name.len);
	name_lower(&lower.name);
	return store_find(&b->store, lower.name.wire,
			  (size_t)lower.name.len - b->origin.len);
}

uint32_t builder_occluder(const struct zone_builder *b, uint32_t node)
{
	const struct node *n = store_at(&b->store, node);
	uint32_t found = STORE_NONE;

	for (uint32_t up = n->parent; up != STORE_NONE; up = n->parent) {
		n = store_at(&b->store, up);
		if (n->flags & (RECORD_CUT | RECORD_DNAME))
			found = up;
	}
	return found;
}

bool builder_is_ours(const struct zone_builder *b, uint32_t node)
{
	const struct node *n = store_at(&b->store, node);

	return !(n->flags & RECORD_CUT) && builder_occluder(b, node) == STORE_NONE;
}

bool builder_has(const struct zone_builder *b, uint32_t node, uint16_t type)
{
	const struct node *n = store_at(&b->store, node);

	for (uint32_t ref = n->first; ref != STORE_NONE;) {
		const struct piece *p = store_at(&b->store, ref);

		if (p->type == type)
			return true;
		ref = p->next;
	}
	return false;
}

/* Nodes by segment: segment i has refs[starts[i]] up to refs[starts[i + 1]]. */
struct spread {
	unsigned shift; /* of the hash's upper half */
	size_t segment_count;
	uint32_t *starts;
	uint32_t *refs;
};

static void spread_init(struct spread *sp, const struct store *s)
{
	uint32_t *next;

	sp->segment_count = 2; /* of one the shift would be by the whole width */
	sp->shift = 31;
	while (sp->segment_count < SEGMENTS_MAX &&
	       sp->segment_count * SEGMENT_NAMES < s->node_count) {
		sp->segment_count *= 2;
		sp->shift--;
	}
	sp->starts = alloc_array(sp->segment_count + 1, sizeof(uint32_t));
	sp->refs = alloc_array(s->node_count, sizeof(uint32_t));
	for (size_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].at != STORE_NONE)
			sp->starts[(s->slots[i].tag >> sp->shift) + 1]++;
	for (size_t i = 0; i < sp->segment_count; i++)
		sp->starts[i + 1] += sp->starts[i];
	next = alloc_copy(sp->starts, sp->segment_count * sizeof(uint32_t));
	for (size_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].at != STORE_NONE)
			sp->refs[next[s->slots[i].tag >> sp->shift]++] = s->slots[i].at;
	free(next);
}

static void spread_fini(struct spread *sp)
{
	free(sp->starts);
	free(sp->refs);
}

/* Where segments are put: areas as they fill up. */
struct ground {
	struct area *area;
	size_t used_len;
	size_t guess_len; /* of all that is still to come */
};

static void ground_close(struct ground *g)
{
	if (g->area)
		area_trim(g->area, g->used_len);
	area_unref(g->area);
	g->area = NULL;
}

static void ground_put(struct ground *g, const struct buffer *octets,
		       struct segment *out)
{
	size_t len = (octets->len + 63) & ~(size_t)63; /* slots fill whole lines */

	if (g->area == NULL || g->area->len - g->used_len < len) {
		ground_close(g);
		g->area = area_new(g->guess_len > len ? g->guess_len : len);
		g->used_len = 0;
	}
	memcpy(g->area->octets + g->used_len, octets->octets, octets->len);
	out->octets = g->area->octets + g->used_len;
	out->len = (uint32_t)octets->len;
	out->area = g->area;
	atomic_fetch_add(&g->area->refs, 1);
	g->used_len += len;
	g->guess_len -= g->guess_len > len ? len : g->guess_len;
}

static uint64_t owner_hash(const struct layout *l)
{
	const uint8_t *labels[NAME_MAX_LABELS];
	unsigned count = 0;
	uint64_t hash = l->b->store.origin_hash;

	for (const uint8_t *p = l->owner.wire; count < l->node->label_count;
	     p += *p + 1)
		labels[count++] = p;
	while (count)
		hash = hash_label(hash, labels[--count]);
	return hash;
}

static void enter(struct buffer *out, struct segment *s, uint64_t hash, size_t at)
{
	struct slot *slots = (struct slot *)(void *)out->octets;
	uint32_t i = segment_slot(s, hash);

	while (slots[i].at != 0)
		if (++i == s->slot_count)
			i = 0;
	slots[i] = (struct slot){ (uint32_t)(hash >> 32), (uint32_t)at };
}

/* Fetches a node that comes soon, and the first record of one that comes sooner. */
static void prefetch_nodes(const struct store *s, const uint32_t *refs, size_t left)
{
	if (left > 2 * AHEAD) {
		const uint8_t *at = store_at(s, refs[2 * AHEAD]);

		__builtin_prefetch(at);
		__builtin_prefetch(at + 32);
	}
	if (left > AHEAD) {
		const struct node *n = store_at(s, refs[AHEAD]);

		__builtin_prefetch(store_at(s, n->first));
	}
}

static void build_segment(struct layout *l, const uint32_t *refs, size_t count,
			  struct segment *s, struct buffer *out)
{
	size_t slots_len;

	s->name_count = (uint32_t)count;
	s->slot_count = (uint32_t)(count * 8 / 5 + 1);
	slots_len = s->slot_count * sizeof(struct slot);
	out->len = 0;
	memset(buffer_reserve(out, slots_len), 0, slots_len);
	out->len = slots_len;
	for (size_t i = 0; i < count; i++) {
		size_t at = out->len;

		prefetch_nodes(&l->b->store, refs + i, count - i);
		layout_take(l, refs[i]);
		integrity_check_node(l);
		layout_write(l, out);
		enter(out, s, owner_hash(l), at);
	}
}

static void read_soa(struct zone *z, const struct layout *l)
{
	const struct layout_group *g = layout_find(l, RR_SOA);
	const struct piece *p;
	struct ready_rrset set;
	struct ready_plan plan = { .qname = z->origin.wire,
				   .authoritative = true,
				   .rrsets = &set,
				   .count = 1 };
	const uint8_t *tail;
	uint32_t minimum;

	if (g == NULL)
		return;
	p = l->rows[g->first].piece;
	if (p->rdlen < 22)
		return;
	tail = p->rdata + p->rdlen - 20;
	z->serial = (uint32_t)tail[0] << 24 | (uint32_t)tail[1] << 16 |
		    (uint32_t)tail[2] << 8 | tail[3];
	minimum = (uint32_t)tail[16] << 24 | (uint32_t)tail[17] << 16 |
		  (uint32_t)tail[18] << 8 | tail[19];
	z->negative_ttl = minimum < g->ttl ? minimum : g->ttl;
	z->soa_octets = alloc_copy(p->rdata, p->rdlen);
	z->soa = (struct ready_rdata){ z->soa_octets, p->rdlen };
	zone_negative_soa(z, &set);
	z->negative = ready_new(&plan);
}

static struct zone *build(struct zone_builder *b)
{
	struct zone *z = alloc(sizeof(*z));
	struct layout l;
	struct spread sp;
	struct ground ground = { 0 };
	struct buffer out = { 0 };

	atomic_init(&z->refs, 1);
	z->origin = b->origin;
	z->has_live = b->live_count != 0;
	z->name_count = b->store.node_count;
	spread_init(&sp, &b->store);
	zone_layout_init(&l, b);
	z->segment_shift = sp.shift;
	z->segment_count = sp.segment_count;
	z->segments = alloc_array(sp.segment_count, sizeof(z->segments[0]));
	ground.guess_len = b->store.node_count * 64 + b->store.piece_count * 64;
	for (size_t i = 0; i < sp.segment_count; i++) {
		build_segment(&l, sp.refs + sp.starts[i],
			      sp.starts[i + 1] - sp.starts[i], &z->segments[i], &out);
		ground_put(&ground, &out, &z->segments[i]);
	}
	ground_close(&ground);
	z->depth_max = l.depth_max;
	z->record_count = l.record_count;
	layout_take(&l, STORE_APEX);
	read_soa(z, &l);
	zone_layout_fini(&l);
	spread_fini(&sp);
	buffer_fini(&out);
	return z;
}

int zone_builder_finish(struct zone_builder *b, const char *path, struct zone **out)
{
	struct zone *z;

	b->path = path;
	store_settle(&b->store);
	integrity_check_zone(b);
	z = build(b);
	store_fini(&b->store);
	if (b->diags->error_count > b->errors_before) {
		zone_unref(z);
		return ERR_INVALID;
	}
	assert(z->negative != NULL);
	*out = z;
	return OK;
}

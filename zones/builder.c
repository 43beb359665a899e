#include "zones/builder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "zones/layout.h"
#include "zones/table.h"

enum { FILES_MAX = 255, LINE_MAX_NUMBER = 0xffffff };

struct zone_builder *zone_builder_new(const struct name *origin, struct diags *diags)
{
	struct zone_builder *b = alloc(sizeof(*b));

	b->origin = *origin;
	name_lower(&b->origin);
	b->diags = diags;
	b->errors_before = diags->error_count;
	b->now_s = (uint32_t)time(NULL);
	name_tree_init(&b->tree, &b->origin);
	return b;
}

void zone_builder_free(struct zone_builder *b)
{
	if (b == NULL)
		return;
	name_tree_fini(&b->tree);
	while (!denial_free_slice(b->denial, SIZE_MAX))
		;
	for (size_t i = 0; i < b->file_count; i++)
		free(b->files[i]);
	free(b->files);
	free(b->lives);
	free(b->live_slots);
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

struct diag_place builder_place(const struct zone_builder *b,
				const struct tree_record *p)
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
		diags_add(b->diags, DIAG_ERROR, r->place,
			  "class %s: only class IN is served",
			  rr_class_format(r->class, type));
		return false;
	}
	if (rr_type_is_meta(r->type)) {
		diags_add(b->diags, DIAG_ERROR, r->place,
			  "%s is a query type and cannot be a record",
			  rr_type_format(r->type, type));
		return false;
	}
	return true;
}

static void report_outside(struct zone_builder *b, const struct master_record *r)
{
	char owner[NAME_TEXT_LEN];
	char origin[NAME_TEXT_LEN];

	diags_add(b->diags, DIAG_ERROR, r->place, "%s is outside of %s",
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
	struct tree_record *p;

	if (!judge(b, r))
		return OK;
	if (owner->len != b->last_owner.len ||
	    memcmp(owner->wire, b->last_owner.wire, owner->len) != 0) {
		b->last_owner.len = 0;
		if (!take_owner(b, owner)) {
			report_outside(b, r);
			return OK;
		}
		memcpy(b->last_owner.wire, owner->wire, owner->len);
		b->last_owner.len = owner->len;
		name = b->lower;
	}
	p = name_tree_add(&b->tree, name, (size_t)owner->len - b->origin.len, r->type,
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
	struct tree_node *n;

	if (live_set_owner(live->name, set, &owner.name) ||
	    !name_is_within(owner.name.wire, b->origin.wire))
		return;
	name_lower(&owner.name);
	ref = name_tree_take(&b->tree, owner.name.wire,
			     (size_t)owner.name.len - b->origin.len);
	n = name_tree_at(&b->tree, ref);
	n->flags |= RECORD_LIVE;
	if (b->live_count == b->live_cap) {
		b->live_cap = 2 * b->live_cap + 8;
		b->lives = alloc_resize(b->lives, b->live_cap, sizeof(b->lives[0]));
	}
	b->lives[b->live_count++] = (struct build_live){ ref, live->index, set,
							 live->uses_file, live->place };
}

void zone_builder_live(struct zone_builder *b, const struct zone_live *live)
{
	mark_live(b, live, LIVE_A);
	for (enum live_set set = LIVE_SRV_UDP; set < LIVE_SETS; set++)
		if (live->sets & 1U << set)
			mark_live(b, live, set);
}

/* Where the mark of a node is found, or belongs. */
static uint32_t *live_slot(const struct zone_builder *b, uint32_t node)
{
	size_t mask = b->live_slot_count - 1;
	size_t at = (node * (uint64_t)0x9e3779b97f4a7c15 >> 32) & mask;

	while (b->live_slots[at] && b->lives[b->live_slots[at] - 1].node != node)
		at = (at + 1) & mask;
	return &b->live_slots[at];
}

/* Of the marks of one node the first counts. */
static void enter_lives(struct zone_builder *b)
{
	b->live_slot_count = 2;
	while (b->live_slot_count < 2 * b->live_count)
		b->live_slot_count *= 2;
	b->live_slots = alloc_array(b->live_slot_count, sizeof(*b->live_slots));
	for (size_t i = 0; i < b->live_count; i++) {
		uint32_t *slot = live_slot(b, b->lives[i].node);

		if (*slot == 0)
			*slot = (uint32_t)i + 1;
	}
}

const struct build_live *builder_live_of(const struct zone_builder *b, uint32_t node)
{
	uint32_t number = b->live_count ? *live_slot(b, node) : 0;

	return number ? &b->lives[number - 1] : NULL;
}

uint32_t builder_find(struct zone_builder *b, const uint8_t *wire)
{
	struct {
		struct name name;
		uint8_t pad[8];
	} lower;

	if (!name_is_within(wire, b->origin.wire))
		return NAME_TREE_NONE;
	lower.name.len = (uint8_t)name_wire_len(wire);
	memcpy(lower.name.wire, wire, lower.name.len);
	name_lower(&lower.name);
	return name_tree_find(&b->tree, lower.name.wire,
			      (size_t)lower.name.len - b->origin.len);
}

/* Whether a node holds nothing but NSEC3 records, which a DNAME at the apex does not
 * redirect (RFC 6672 5.3.4.1, RFC 5155 7.2.8). */
static bool is_hash(const struct zone_builder *b, const struct tree_node *n)
{
	bool found = false;

	if (n->label_count != 1)
		return false;
	for (uint32_t ref = n->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(&b->tree, ref);

		if (p->type != RR_NSEC3 && p->type != RR_RRSIG)
			return false;
		found |= p->type == RR_NSEC3;
		ref = p->next;
	}
	return found && builder_has(b, NAME_TREE_APEX, RR_NSEC3PARAM);
}

uint32_t builder_occluder(const struct zone_builder *b, uint32_t node)
{
	const struct tree_node *n = name_tree_at(&b->tree, node);
	const struct tree_node *below = n;
	uint32_t found = NAME_TREE_NONE;

	for (uint32_t up = n->parent; up != NAME_TREE_NONE; up = n->parent) {
		n = name_tree_at(&b->tree, up);
		if (n->flags & (RECORD_CUT | RECORD_DNAME))
			found = up;
	}
	return found == NAME_TREE_APEX && is_hash(b, below) ? NAME_TREE_NONE : found;
}

bool builder_is_ours(const struct zone_builder *b, uint32_t node)
{
	const struct tree_node *n = name_tree_at(&b->tree, node);

	return !(n->flags & RECORD_CUT) && builder_occluder(b, node) == NAME_TREE_NONE;
}

bool builder_has(const struct zone_builder *b, uint32_t node, uint16_t type)
{
	const struct tree_node *n = name_tree_at(&b->tree, node);

	for (uint32_t ref = n->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(&b->tree, ref);

		if (p->type == type)
			return true;
		ref = p->next;
	}
	return false;
}

bool builder_is_signed(const struct zone_builder *b)
{
	const struct tree_node *n = name_tree_at(&b->tree, NAME_TREE_APEX);

	for (uint32_t ref = n->first; ref != NAME_TREE_NONE;) {
		const struct tree_record *p = name_tree_at(&b->tree, ref);

		if (p->type == RR_RRSIG && p->rdata[0] == 0 && p->rdata[1] == RR_SOA)
			return true;
		ref = p->next;
	}
	return false;
}

int zone_builder_finish(struct zone_builder *b, const char *path, struct zone **out)
{
	struct zone *z;

	b->path = path;
	name_tree_settle(&b->tree);
	enter_lives(b);
	integrity_check_zone(b);
	z = build_zone(b);
	name_tree_fini(&b->tree);
	if (b->diags->error_count > b->errors_before) {
		zone_unref(z);
		return ERR_INVALID;
	}
	assert(z->negative != NULL);
	*out = z;
	return OK;
}

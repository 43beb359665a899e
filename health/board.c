#include "health/board.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "health/layout.h"
#include "health/row.h"
#include "health/slots.h"

/* clang-format off */
static const char *const state_names[PBX_STATES] = {
	[PBX_UP]        = "up",
	[PBX_DOWN]      = "down",
	[PBX_DRAINING]  = "draining",
	[PBX_UNDECIDED] = "undecided",
};

static const char *const standing_names[STANDINGS] = {
	[STANDING_UP]           = "up",
	[STANDING_DOWN]         = "down",
	[STANDING_DRAINING]     = "draining",
	[STANDING_UNDECIDED]    = "undecided",
	[STANDING_FORCED_UP]    = "forced up",
	[STANDING_FORCED_DOWN]  = "forced down",
	[STANDING_FORCED_DRAIN] = "forced drain",
	[STANDING_FROZEN]       = "frozen",
	[STANDING_HELD_BY_HAND] = "held by hand",
	[STANDING_HELD]         = "held",
};

static const char *const force_names[FORCES] = {
	[FORCE_NONE]  = "none",
	[FORCE_UP]    = "up",
	[FORCE_DOWN]  = "down",
	[FORCE_DRAIN] = "drain",
};

static const char *const freeze_names[FREEZES] = {
	[FREEZE_NONE]      = "none",
	[FREEZE_LINK]      = "own link lost",
	[FREEZE_PATH]      = "path lost",
	[FREEZE_OWN_FAULT] = "own fault",
};
/* clang-format on */

struct board *board_new(uint64_t generation, int64_t wall_ms, size_t row_count)
{
	struct board *b = alloc(sizeof(*b) + row_count * sizeof(struct board_row *));

	b->refs = 1;
	b->generation = generation;
	b->wall_ms = wall_ms;
	b->row_count = row_count;
	return b;
}

struct board *board_ref(struct board *b)
{
	__atomic_add_fetch(&b->refs, 1, __ATOMIC_RELAXED);
	return b;
}

void board_unref(struct board *b)
{
	if (!b || __atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (size_t i = 0; i < b->row_count; i++)
		row_unref(b->rows[i]);
	free(b);
}

const struct board_row *board_row(const struct board *b, uint32_t slot)
{
	return slot < b->row_count ? b->rows[slot] : NULL;
}

struct board_row *row_new(const char *name, const struct pbx_layout *l)
{
	struct board_row *row = alloc(sizeof(*row));

	row->refs = 1;
	row->name = alloc_text(name);
	row->layout = l->id;
	row->endpoint_count = l->endpoint_count;
	row->endpoints = alloc_copy(l->endpoints,
				    l->endpoint_count * sizeof(*l->endpoints));
	row->address_count = l->address_count;
	row->addresses = alloc_copy(l->addresses,
				    l->address_count * sizeof(*l->addresses));
	row->view_count = l->view_count;
	row->views = alloc_copy(l->views, l->view_count * sizeof(*l->views));
	row->targets = alloc_array(l->endpoint_count * l->address_count,
				   sizeof(*row->targets));
	row->state = PBX_UNDECIDED;
	for (size_t a = 0; a < l->address_count; a++)
		for (size_t e = 0; e < l->endpoint_count; e++)
			if (layout_pairs(l, e, a))
				row->targets[row->target_count++] =
					(struct board_target){ .endpoint = (uint8_t)e,
							       .address = (uint8_t)a,
							       .alive = true };
	return row;
}

struct board_row *row_ref(struct board_row *row)
{
	__atomic_add_fetch(&row->refs, 1, __ATOMIC_RELAXED);
	return row;
}

void row_unref(struct board_row *row)
{
	if (!row || __atomic_sub_fetch(&row->refs, 1, __ATOMIC_ACQ_REL))
		return;
	free(row->name);
	free(row->endpoints);
	free(row->addresses);
	free(row->views);
	free(row->targets);
	free(row);
}

const struct board_view *row_view(const struct board_row *row, uint32_t site)
{
	for (size_t i = 1; i < row->view_count; i++)
		if (row->views[i].site == site)
			return &row->views[i];
	return &row->views[0];
}

struct board *board_from_conf(const struct conf *c, const struct slots *s)
{
	struct board *b = board_new(0, 0, slots_end(s));

	for (uint32_t i = 0; i < c->pbx_count; i++) {
		struct pbx_layout l;

		layout_init(&l, &c->pbxs[i], NULL, NULL);
		b->rows[slots_at(s, i)] = row_new(c->pbxs[i].name, &l);
		layout_fini(&l);
	}
	return b;
}

struct board *board_with_known(const struct conf *c, const struct slots *s,
			       const struct board *known)
{
	struct board *b = board_from_conf(c, s);

	b->generation = known->generation;
	b->wall_ms = known->wall_ms;
	for (size_t i = 0; i < b->row_count && i < known->row_count; i++) {
		if (!b->rows[i] || !known->rows[i] ||
		    b->rows[i]->layout != known->rows[i]->layout)
			continue;
		row_unref(b->rows[i]);
		b->rows[i] = row_ref(known->rows[i]);
	}
	return b;
}

bool row_is_held(const struct board_row *row)
{
	bool alive = false;

	for (size_t i = 0; i < row->target_count; i++) {
		if (row->targets[i].alive && !row->targets[i].held)
			return row->held_by_hand;
		alive |= row->targets[i].alive;
	}
	return alive;
}

enum row_standing row_standing(const struct board_row *row)
{
	if (row->force != FORCE_NONE)
		return STANDING_FORCED_UP + (row->force - FORCE_UP);
	if (row->freeze != FREEZE_NONE)
		return STANDING_FROZEN;
	if (row->held_by_hand)
		return STANDING_HELD_BY_HAND;
	if (row->state == PBX_UP && row_is_held(row))
		return STANDING_HELD;
	return (enum row_standing)row->state;
}

const char *standing_name(enum row_standing s)
{
	return standing_names[s];
}

const char *pbx_state_name(enum pbx_state s)
{
	return state_names[s];
}

const char *force_name(enum force f)
{
	return force_names[f];
}

const char *freeze_name(enum freeze f)
{
	return freeze_names[f];
}

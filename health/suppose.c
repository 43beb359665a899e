#include "health/suppose.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "health/layout.h"
#include "health/row.h"
#include "health/slots.h"

static const char *const names[SUPPOSITIONS] = {
	[SUPPOSE_DOWN] = "down",           [SUPPOSE_UP] = "up",
	[SUPPOSE_DRAINED] = "drained",     [SUPPOSE_FORCED_DOWN] = "forced down",
	[SUPPOSE_FORCED_UP] = "forced up", [SUPPOSE_FORCED_DRAIN] = "forced drain",
	[SUPPOSE_RELEASED] = "released",
};

static const char cause[] = "supposed";

const char *supposition_name(enum supposition s)
{
	return names[s];
}

/* A pbx known by name has an address, whichever. */
static size_t any_address(void *arg, const char *name, struct addr *out, size_t max)
{
	(void)arg;
	(void)name;
	(void)max;
	*out = (struct addr){ .family = AF_INET, .octets = { 192, 0, 2, 1 } };
	return 1;
}

struct board *board_all_up(const struct conf *c, const struct slots *s)
{
	struct board *b = board_new(0, 0, slots_end(s));

	for (uint32_t i = 0; i < c->pbx_count; i++) {
		struct board_row *row;
		struct pbx_layout l;

		layout_init(&l, &c->pbxs[i], any_address, NULL);
		row = row_new(c->pbxs[i].name, &l);
		layout_fini(&l);
		row->state = PBX_UP;
		for (size_t k = 0; k < row->target_count; k++)
			row->targets[k].decided = true;
		b->rows[slots_at(s, i)] = row;
	}
	return b;
}

struct board *board_suppose(const struct board *b)
{
	struct board *own = board_new(b->generation, b->wall_ms, b->row_count);

	for (size_t i = 0; i < b->row_count; i++)
		if (b->rows[i])
			own->rows[i] = row_ref(b->rows[i]);
	return own;
}

static struct board_row *row_copy(const struct board_row *row)
{
	const size_t at = offsetof(struct board_row, generation);
	struct board_row *own = alloc(sizeof(*own));

	/* Others may be counting references meanwhile. */
	memcpy((uint8_t *)own + at, (const uint8_t *)row + at, sizeof(*row) - at);
	own->refs = 1;
	own->name = alloc_text(row->name);
	own->endpoints = alloc_copy(row->endpoints,
				    row->endpoint_count * sizeof(*row->endpoints));
	own->addresses = alloc_copy(row->addresses,
				    row->address_count * sizeof(*row->addresses));
	own->views = alloc_copy(row->views, row->view_count * sizeof(*row->views));
	own->targets = alloc_copy(row->targets,
				  row->target_count * sizeof(*row->targets));
	return own;
}

/* The last fall on a board: hypothetical falls come after it. */
static uint64_t last_fall(const struct board *b)
{
	uint64_t last = 0;

	for (size_t i = 0; i < b->row_count; i++)
		for (size_t k = 0; b->rows[i] && k < b->rows[i]->target_count; k++)
			if (b->rows[i]->targets[k].fell > last)
				last = b->rows[i]->targets[k].fell;
	return last;
}

/* Every target as the probes would have it. */
static void suppose_probes(struct board *b, struct board_row *row, enum pbx_state state)
{
	uint64_t fell = last_fall(b) + 1;

	row->state = state;
	row->freeze = FREEZE_NONE;
	row->held_by_hand = row->held_by_hand && state != PBX_UP;
	row->doubted = false;
	row->since_ms = 0;
	(void)snprintf(row->cause, sizeof(row->cause), "%s", cause);
	for (size_t i = 0; i < row->target_count; i++) {
		struct board_target *t = &row->targets[i];

		if (state == PBX_DOWN && t->alive)
			t->fell = fell;
		t->alive = state != PBX_DOWN;
		t->decided = true;
		t->doubted = false;
		t->held = t->held && state != PBX_UP;
		t->draining = state == PBX_DRAINING;
		t->since_ms = 0;
		(void)snprintf(t->cause, sizeof(t->cause), "%s", cause);
	}
}

static void suppose_force(struct board_row *row, enum force force)
{
	row->force = force;
	row->force_since_ms = 0;
	row->force_until_ms = 0;
	row->force_author[0] = 0;
	(void)snprintf(row->force_reason, sizeof(row->force_reason), "%s", cause);
}

void board_suppose_row(struct board *b, uint32_t slot, enum supposition s)
{
	struct board_row *row = row_copy(b->rows[slot]);

	row_unref(b->rows[slot]);
	b->rows[slot] = row;
	row->switched = false;
	switch (s) {
	case SUPPOSE_DOWN:
		suppose_probes(b, row, PBX_DOWN);
		break;
	case SUPPOSE_UP:
		suppose_probes(b, row, PBX_UP);
		break;
	case SUPPOSE_DRAINED:
		suppose_probes(b, row, PBX_DRAINING);
		break;
	case SUPPOSE_FORCED_DOWN:
		suppose_force(row, FORCE_DOWN);
		break;
	case SUPPOSE_FORCED_UP:
		suppose_force(row, FORCE_UP);
		break;
	case SUPPOSE_FORCED_DRAIN:
		suppose_force(row, FORCE_DRAIN);
		break;
	case SUPPOSE_RELEASED:
		row->force = FORCE_NONE;
		row->held_by_hand = false;
		break;
	case SUPPOSITIONS:
		break;
	}
}

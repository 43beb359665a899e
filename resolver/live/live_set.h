/*
 * The records of one owned set in one state, as a ready answer: what phones get at a
 * live name while one pbx is chosen and another is the next living member.
 */
#pragma once

#include <stdint.h>

#include "dns/name.h"
#include "health/chain.h"
#include "zones/ready.h"
#include "zones/zone.h"

/* What a set is made of, beside the choice. Borrows everything. */
struct live_place {
	struct name name; /* the live name */
	const struct chain *chain;
	const struct board *board;
	struct ready_builder *builder;
};

/* Returns the part of a choice that a set depends on. */
struct chain_part live_set_part(const struct live_place *at, enum live_set set);

/*
 * Builds the set.
 *
 * choice  of kind CHOICE_PBX, at least as much of it as the set's part asks for
 *
 * Returns a blob, valid until the builder's next, or NULL if there are no records, or
 * more than a message can hold.
 */
const struct ready *live_set_build(const struct live_place *at, enum live_set set,
				   const struct choice *choice, uint32_t ttl_s);

/*
 * Builds a set at the name of one pbx below the live name: its addresses as clients of
 * a view see them, whether it is alive or not. Returns as live_set_build() does.
 */
const struct ready *live_set_build_member(const struct live_place *at,
					  const struct name *name,
					  const struct board_row *row,
					  const struct board_view *view,
					  enum live_set set);

/*
 * Every answer a live name can give, built beforehand: for each live name and each site
 * the chain, and for each state of it each owned set in each TTL phase. Immutable,
 * counted. Made by the builder for some settings and the layouts of one board; what
 * zones hold is not in it (resolver/live/live_zone.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"
#include "health/chain.h"
#include "zones/ready.h"
#include "zones/zone.h"

struct settings;
struct live;

/*
 * settings  of which a reference is taken
 * board     whose rows' layouts count; a reference is taken
 * diags     gets an error for a live name with too many states
 *
 * Returns 0 or ERR_INVALID.
 */
int live_new(struct settings *settings, struct board *board, struct diags *diags,
	     struct live **out);
struct live *live_ref(struct live *l); /* returns `l` */

/* Frees it when this was the last reference; call it on the builder's thread. NULL does
 * nothing. */
void live_unref(struct live *l);

struct settings *live_settings(const struct live *l);

/* Returns the number of classes of clients: one per site, and one for all others. */
size_t live_class_count(const struct live *l);

/* Returns the chain of a live name (index in conf) for a class. Borrowed. */
const struct chain *live_chain(const struct live *l, uint32_t live, uint32_t class);

/* Whether the chain's rows are laid out on `board` as they were when this was built. */
bool live_chain_fits(const struct live *l, uint32_t live, uint32_t class,
		     const struct board *board);

/* Returns one more than the largest slot of any pbx in a chain. */
uint32_t live_slot_end(const struct live *l);

/*
 * Returns the rows whose chains contain the pbx of a slot, in ascending order. A row is
 * a live name (index in conf) times the number of classes, plus a class.
 */
const uint32_t *live_rows_of(const struct live *l, uint32_t slot, size_t *count);

/* Whether the pbx is laid out on `board` as it was when this was built; the same for
 * all pbxs of all chains. */
bool live_slot_fits(const struct live *l, uint32_t slot, const struct board *board);
bool live_fits(const struct live *l, const struct board *board);

/* Whether a board has a row for every member of every chain: one of another
 * configuration may not. */
bool live_is_known(const struct live *l, const struct board *board);

/* Returns the blob of one owned set. NULL: there are no records, the policy is `file`,
 * or no such set is owned. `board` must fit. */
const struct ready *live_find(const struct live *l, uint32_t live, uint32_t class,
			      enum live_set set, const struct board *board,
			      const struct choice *choice);

/* Returns the blob of a set at the name of a pbx (by its number among the live names).
 * NULL: there are no records. */
const struct ready *live_find_member(const struct live *l, uint32_t number,
				     uint32_t class, enum live_set set);

/* Blobs and their octets, for the operator. */
size_t live_variant_count(const struct live *l);
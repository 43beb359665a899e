/*
 * What one address was asked lately, as the flood rule of its PBX may count it: only so
 * many requests count at a time (conf/pace.h). To count what was sent is not enough:
 * the clock of a PBX that stalls stands still while requests wait for it, and when it
 * goes on it finds those from before the stall, all that waited, and what follows in
 * one unit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/probe.h"

enum allowance_state {
	ALLOWANCE_WAITS,   /* nobody knows whether it was read: counts for 6 s */
	ALLOWANCE_READ,    /* counts for 2 s on the clock of the PBX */
	ALLOWANCE_REFUSED, /* by its host: counts for 2 s */
};

/* All zero at first. */
struct allowance {
	struct allowance_row {
		const void *by;  /* who asked */
		uint64_t branch; /* of the request */
		uint64_t sent_at;
		uint64_t read_at; /* by the clock of the PBX */
		enum allowance_state state;
	} * rows;
	size_t count, cap;
	uint64_t heard_at;     /* the last answer */
	uint64_t pbx_clock_ms; /* then */
};

/* Who ran before us may have asked just now: the first requests are sent more slowly.
 */
void allowance_begin(struct allowance *a, const struct conf_probe *p, uint64_t now);
void allowance_fini(struct allowance *a);

/*
 * Who wants to ask. Whatever was lost before, the silence of one that lives must be
 * noticed: it is asked at half its pace at least, and in doubt what a window of silence
 * needs may be sent since the last answer.
 */
struct claimant {
	const void *by;
	bool lives;
	bool in_doubt;
	bool is_lossy; /* its path loses packets: nothing waits, no PBX stands still */
	uint32_t every_ms; /* between its turns, while it lives */
	uint32_t leaves;   /* so many for others, which live beside it */
};

/* Returns when one more may be sent; not after `now`: at once. */
uint64_t allowance_free_at(struct allowance *a, const struct conf_probe *p,
			   const struct claimant *who, uint64_t now);

void allowance_sent(struct allowance *a, const void *by, uint64_t branch, uint64_t now);

/* It was answered: the PBX has read it, and all that the same one had sent before. */
void allowance_read(struct allowance *a, const struct conf_probe *p, const void *by,
		    uint64_t branch, uint64_t now);
/* We could not receive, or nothing could arrive: none waits. */
void allowance_void(struct allowance *a, uint64_t now);

/* None of one of those that ask, or of any (NULL), waits. */
void allowance_void_of(struct allowance *a, const void *by);
void allowance_refused(struct allowance *a, const void *by, uint64_t branch);

/*
 * What one address was asked lately, as the flood rule of its PBX may count it: only so
 * many requests count at a time. To count what was sent is not enough. The clock of a
 * PBX that stalls stands still while requests wait for it, and when it goes on it finds
 * those from before the stall, all that waited, and what follows within one unit.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "conf/probe.h"

enum asked_state {
	ASKED_WAITS,   /* nobody knows whether it was read: counts for 6 s */
	ASKED_READ,    /* counts for 2 s on the clock of the PBX */
	ASKED_REFUSED, /* by its host: counts for 2 s */
};

/* All zero at first. */
struct asked {
	struct asked_row {
		const void *by;  /* who asked */
		uint64_t branch; /* of the request */
		uint64_t sent_at;
		uint64_t read_at; /* by the clock of the PBX */
		enum asked_state state;
	} * rows;
	size_t count, cap;
	uint64_t heard_at;     /* the last answer */
	uint64_t pbx_clock_ms; /* then */
};

/*
 * How many may count: what the pace sends in 2 s, and what a window of silence needs.
 * 14 and 13 in the profiles lan and wan, for common flood rules allow 15 in 2 s.
 * UINT32_MAX: a declared pace that such a rule does not allow has no limit.
 */
uint32_t asked_limit(const struct conf_probe *p);

/* Who ran before us may have asked just now: the first requests are sent more slowly.
 */
void asked_begin(struct asked *a, const struct conf_probe *p, uint64_t now);
void asked_fini(struct asked *a);

/*
 * Of who wants to ask. Whatever was lost before, the silence of one that lives must be
 * noticed: the pace goes on, and what a window of silence needs may be sent since the
 * last answer.
 */
enum {
	ASKED_LOSSY =
		1, /* the path loses packets: nothing waits, no PBX stands still */
	ASKED_LIVES = 2,
	ASKED_DOUBTED = 4
};

/* Returns when one more may be sent; not after `now`: at once. */
uint64_t asked_free_at(struct asked *a, const struct conf_probe *p, unsigned how,
		       uint64_t now);

void asked_sent(struct asked *a, const void *by, uint64_t branch, uint64_t now);

/* It was answered: the PBX has read it, and all that the same one had sent before. */
void asked_read(struct asked *a, const struct conf_probe *p, const void *by,
		uint64_t branch, uint64_t now);
/* Returns how many were sent since the last answer, and until `until`. */
uint32_t asked_unanswered(const struct asked *a, uint64_t until);

/* We could not receive, or nothing could arrive: none waits. */
void asked_void(struct asked *a, uint64_t now);
void asked_refused(struct asked *a, const void *by, uint64_t branch);

/*
 * The probes of one target that may still be answered: an answer is matched by its
 * branch, and a probe is missed when its timeout has passed. A missed probe is kept,
 * because a late answer is proof of life too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBES_OPEN_MAX = 48, PROBES_MAX = 96 };

enum probe_state { PROBE_FREE, PROBE_OPEN, PROBE_LATE, PROBE_VOID };

struct probe {
	uint64_t branch; /* 0: it could not be sent, there was no connection */
	uint64_t sent_at;
	uint64_t sent_us;
	enum probe_state state : 7;
	bool told              : 1; /* probes_report() was called for it */
};

/* All zero at first. */
struct probes {
	struct probe ring[PROBES_MAX];
	uint32_t next;
	uint32_t open_count;
};

/* Whether one more may be sent. */
bool probes_have_room(const struct probes *t);
void probes_add(struct probes *t, uint64_t branch, uint64_t now, uint64_t now_us);

/* Returns the probe of a branch, open, late or void, or NULL; the caller closes it. */
struct probe *probes_find(struct probes *t, uint64_t branch);
void probes_close(struct probes *t, struct probe *probe);

/* Marks the newest open probe as reported: its end is known, and its timeout will add
 * nothing. */
void probes_report(struct probes *t);

/*
 * Marks as late the probes sent until `sent_at`. Returns how many.
 *
 * told  receives how many of them had already been reported
 */
uint32_t probes_expire(struct probes *t, uint64_t sent_at, uint32_t *told);

/* Returns when the oldest open probe was sent, or UINT64_MAX. */
uint64_t probes_oldest_at(const struct probes *t);

/* Probes sent before `before` no longer count as missed; answers to them still do. */
void probes_void(struct probes *t, uint64_t before);

/*
 * The probes of one target that may still be answered: matched by branch, missed by
 * time-out. One that was missed is remembered: a late answer is proof of life too.
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
	bool told              : 1; /* by probes_report() */
};

/* All zero is none. */
struct probes {
	struct probe ring[PROBES_MAX];
	uint32_t next;
	uint32_t open_count;
};

/* Whether one more may be sent. */
bool probes_have_room(const struct probes *t);
void probes_add(struct probes *t, uint64_t branch, uint64_t now, uint64_t now_us);

/* The probe of a branch, open or late or void, or NULL; the caller closes it. */
struct probe *probes_find(struct probes *t, uint64_t branch);
void probes_close(struct probes *t, struct probe *probe);

/* The newest open one came to an end that was told: its time-out is no news. */
void probes_report(struct probes *t);

/*
 * Makes those late that were sent until `sent_at`. Returns how many.
 *
 * told  gets how many of them were told already
 */
uint32_t probes_expire(struct probes *t, uint64_t sent_at, uint32_t *told);

/* The oldest open one's moment of sending, or UINT64_MAX. */
uint64_t probes_oldest_at(const struct probes *t);

/* Those sent before do not count as missed any more; answers to them still count. */
void probes_void(struct probes *t, uint64_t before);

/* What the files of the simulated network share. */
#pragma once

#include "tests/health/sim.h"

enum event_kind {
	EVENT_OPENED,
	EVENT_CLOSED,
	EVENT_REFUSED,
	EVENT_REPEATED, /* TCP sends again what was lost */
	EVENT_READ,     /* by the process of the PBX */
	EVENT_ANSWERED,
	EVENT_ECHOED
};

struct sim_event {
	struct timer timer;
	struct sim *sim;
	struct sim_event *next, *before;
	enum event_kind kind;
	struct probe_flow *flow;
	struct ping *ping;
	uint64_t branch, sent_at;
	uint64_t rto_ms; /* EVENT_REPEATED; 0: behind one that is */
	int reason;
	uint16_t status;
};

extern const struct wire sim_wire;

uint8_t sim_number_of(const struct addr *a);
struct sim_host *sim_host_of(struct sim *s, const struct addr *a);

/* Whether a round trip that begins now fails. */
bool sim_lost(struct sim *s, struct sim_host *h);

struct sim_event *sim_schedule(struct sim *s, enum event_kind kind,
			       struct probe_flow *f, uint64_t after_ms);
void sim_event_free(struct sim_event *e);
void sim_free_events(struct sim_event *e);

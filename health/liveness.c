#include "health/liveness.h"

#include <stddef.h>

typedef void endpoint_action_fn(struct liveness *e, uint64_t now);

static void note_life(struct liveness *e, uint64_t now)
{
	e->decided = true;
	e->alive_at = e->window_at = now;
	e->missed_count = e->refused_count = 0;
	e->good_count++;
}

static void note_miss(struct liveness *e, uint64_t now)
{
	(void)now;
	e->missed_count++;
	e->good_count = 0;
}

static void note_refusal(struct liveness *e, uint64_t now)
{
	e->refused_count++;
	note_miss(e, now);
}

static void begin_doubt(struct liveness *e, uint64_t now)
{
	e->doubted_at = now;
	note_miss(e, now);
}

static void begin_doubt_refused(struct liveness *e, uint64_t now)
{
	e->refused_count++;
	begin_doubt(e, now);
}

static void fall(struct liveness *e, uint64_t now)
{
	(void)now;
	e->decided = true;
	e->good_count = 0;
}

static void rise(struct liveness *e, uint64_t now)
{
	(void)now;
	e->good_count = 0;
}

static void begin_window(struct liveness *e, uint64_t now)
{
	e->window_at = now;
	e->missed_count = e->refused_count = 0;
}

/* clang-format off */
static const struct {
	enum liveness_state next;
	endpoint_action_fn *act;
} steps[LIVENESS_STATES][LIVENESS_EVENTS] = {
	[LIVENESS_STEADY][PROBE_ANSWERED]    = { LIVENESS_STEADY,  note_life },
	[LIVENESS_STEADY][PROBE_MISSED]      = { LIVENESS_DOUBTED, begin_doubt },
	[LIVENESS_STEADY][PROBE_REFUSED]     = { LIVENESS_DOUBTED, begin_doubt_refused },
	[LIVENESS_STEADY][PROVEN_GONE]     = { LIVENESS_DOWN,    fall },
	[LIVENESS_STEADY][WINDOW_VOID]     = { LIVENESS_STEADY,  begin_window },
	[LIVENESS_DOUBTED][PROBE_ANSWERED]   = { LIVENESS_STEADY,  note_life },
	[LIVENESS_DOUBTED][PROBE_MISSED]     = { LIVENESS_DOUBTED, note_miss },
	[LIVENESS_DOUBTED][PROBE_REFUSED]    = { LIVENESS_DOUBTED, note_refusal },
	[LIVENESS_DOUBTED][REFUSED_TWICE]  = { LIVENESS_DOWN,    fall }, /* two proofs */
	[LIVENESS_DOUBTED][PROVEN_GONE]    = { LIVENESS_DOWN,    fall },
	[LIVENESS_DOUBTED][SILENCE_PASSED] = { LIVENESS_DOWN,    fall },
	[LIVENESS_DOUBTED][WINDOW_VOID]    = { LIVENESS_DOUBTED, begin_window },
	[LIVENESS_DOWN][PROBE_ANSWERED]      = { LIVENESS_RISING,  note_life },
	[LIVENESS_RISING][PROBE_ANSWERED]    = { LIVENESS_RISING,  note_life },
	[LIVENESS_RISING][PROBE_MISSED]      = { LIVENESS_DOWN,    note_miss },
	[LIVENESS_RISING][PROBE_REFUSED]     = { LIVENESS_DOWN,    note_miss },
	[LIVENESS_RISING][PROVEN_GONE]     = { LIVENESS_DOWN,    note_miss },
	[LIVENESS_RISING][ROSE]            = { LIVENESS_STEADY,  rise },
};

static const char *const names[LIVENESS_STATES] = {
	[LIVENESS_STEADY]  = "steady",
	[LIVENESS_DOUBTED] = "doubted",
	[LIVENESS_DOWN]    = "down",
	[LIVENESS_RISING]  = "rising",
};
/* clang-format on */

void liveness_init(struct liveness *e, uint64_t now)
{
	*e = (struct liveness){ .state = LIVENESS_STEADY, .window_at = now };
}

void liveness_init_down(struct liveness *e, uint64_t now)
{
	*e = (struct liveness){ .state = LIVENESS_DOWN,
				.decided = true,
				.window_at = now };
}

void liveness_step(struct liveness *e, enum liveness_event event, uint64_t now)
{
	enum liveness_state was = e->state;

	if (!steps[was][event].act)
		return;
	e->state = steps[was][event].next; /* before the action: a nested event meets
					      the new state */
	steps[was][event].act(e, now);
}

const char *liveness_state_name(enum liveness_state s)
{
	return names[s];
}

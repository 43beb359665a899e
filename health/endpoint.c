#include "health/endpoint.h"

#include <stddef.h>

typedef void endpoint_action_fn(struct endpoint *e, uint64_t now);

static void note_life(struct endpoint *e, uint64_t now)
{
	e->decided = true;
	e->alive_at = e->window_at = now;
	e->missed_count = e->refused_count = 0;
	e->good_count++;
}

static void note_miss(struct endpoint *e, uint64_t now)
{
	(void)now;
	e->missed_count++;
	e->good_count = 0;
}

static void note_refusal(struct endpoint *e, uint64_t now)
{
	e->refused_count++;
	note_miss(e, now);
}

static void begin_doubt(struct endpoint *e, uint64_t now)
{
	e->doubted_at = now;
	note_miss(e, now);
}

static void begin_doubt_refused(struct endpoint *e, uint64_t now)
{
	e->refused_count++;
	begin_doubt(e, now);
}

static void fall(struct endpoint *e, uint64_t now)
{
	(void)now;
	e->decided = true;
	e->good_count = 0;
}

static void rise(struct endpoint *e, uint64_t now)
{
	(void)now;
	e->good_count = 0;
}

static void begin_window(struct endpoint *e, uint64_t now)
{
	e->window_at = now;
	e->missed_count = e->refused_count = 0;
}

/* clang-format off */
static const struct {
	enum endpoint_state next;
	endpoint_action_fn *act;
} steps[ENDPOINT_STATES][ENDPOINT_EVENTS] = {
	[ENDPOINT_STEADY][TRY_ANSWERED]    = { ENDPOINT_STEADY,  note_life },
	[ENDPOINT_STEADY][TRY_MISSED]      = { ENDPOINT_DOUBTED, begin_doubt },
	[ENDPOINT_STEADY][TRY_REFUSED]     = { ENDPOINT_DOUBTED, begin_doubt_refused },
	[ENDPOINT_STEADY][PROVEN_GONE]     = { ENDPOINT_DOWN,    fall },
	[ENDPOINT_STEADY][WINDOW_VOID]     = { ENDPOINT_STEADY,  begin_window },
	[ENDPOINT_DOUBTED][TRY_ANSWERED]   = { ENDPOINT_STEADY,  note_life },
	[ENDPOINT_DOUBTED][TRY_MISSED]     = { ENDPOINT_DOUBTED, note_miss },
	[ENDPOINT_DOUBTED][TRY_REFUSED]    = { ENDPOINT_DOUBTED, note_refusal },
	[ENDPOINT_DOUBTED][REFUSED_TWICE]  = { ENDPOINT_DOWN,    fall }, /* two proofs */
	[ENDPOINT_DOUBTED][PROVEN_GONE]    = { ENDPOINT_DOWN,    fall },
	[ENDPOINT_DOUBTED][SILENCE_PASSED] = { ENDPOINT_DOWN,    fall },
	[ENDPOINT_DOUBTED][WINDOW_VOID]    = { ENDPOINT_DOUBTED, begin_window },
	[ENDPOINT_DOWN][TRY_ANSWERED]      = { ENDPOINT_RISING,  note_life },
	[ENDPOINT_RISING][TRY_ANSWERED]    = { ENDPOINT_RISING,  note_life },
	[ENDPOINT_RISING][TRY_MISSED]      = { ENDPOINT_DOWN,    note_miss },
	[ENDPOINT_RISING][TRY_REFUSED]     = { ENDPOINT_DOWN,    note_miss },
	[ENDPOINT_RISING][PROVEN_GONE]     = { ENDPOINT_DOWN,    note_miss },
	[ENDPOINT_RISING][ROSE]            = { ENDPOINT_STEADY,  rise },
};

static const char *const names[ENDPOINT_STATES] = {
	[ENDPOINT_STEADY]  = "steady",
	[ENDPOINT_DOUBTED] = "doubted",
	[ENDPOINT_DOWN]    = "down",
	[ENDPOINT_RISING]  = "rising",
};
/* clang-format on */

void endpoint_init(struct endpoint *e, uint64_t now)
{
	*e = (struct endpoint){ .state = ENDPOINT_STEADY, .window_at = now };
}

void endpoint_init_down(struct endpoint *e, uint64_t now)
{
	*e = (struct endpoint){ .state = ENDPOINT_DOWN,
				.decided = true,
				.window_at = now };
}

void endpoint_step(struct endpoint *e, enum endpoint_event event, uint64_t now)
{
	enum endpoint_state was = e->state;

	if (!steps[was][event].act)
		return;
	e->state = steps[was][event].next; /* before the action: a nested event meets
					      the new state */
	steps[was][event].act(e, now);
}

const char *endpoint_state_name(enum endpoint_state s)
{
	return names[s];
}

#include "health/liveness.h"

#include <stddef.h>

typedef void liveness_action_fn(struct liveness *e, uint64_t now);
typedef bool liveness_guard_fn(const struct liveness *e, const struct conf_probe *p,
			       uint64_t now);

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

static bool refused_twice(const struct liveness *e, const struct conf_probe *p,
			  uint64_t now)
{
	(void)p;
	(void)now;
	return e->refused_count >= 2;
}

static bool long_silent(const struct liveness *e, const struct conf_probe *p,
			uint64_t now)
{
	return now >= liveness_silent_at(e, p) &&
	       (e->missed_count >= p->lost_count || e->missed_there >= p->lost_count);
}

static bool good_in_a_row(const struct liveness *e, const struct conf_probe *p,
			  uint64_t now)
{
	(void)now;
	return e->good_count >= p->rise_count;
}

/* clang-format off */
static const struct step {
	enum liveness_state next;
	liveness_action_fn *act;
	liveness_guard_fn *when; /* NULL: always */
} steps[LIVENESS_STATES][LIVENESS_EVENTS] = {
	[LIVENESS_STEADY][PROBE_ANSWERED]    = { LIVENESS_STEADY,  note_life,           NULL },
	[LIVENESS_STEADY][PROBE_MISSED]      = { LIVENESS_DOUBTED, begin_doubt,         NULL },
	[LIVENESS_STEADY][PROBE_REFUSED]     = { LIVENESS_DOUBTED, begin_doubt_refused, NULL },
	[LIVENESS_STEADY][PROVEN_GONE]       = { LIVENESS_DOWN,    fall,                NULL },
	[LIVENESS_STEADY][WINDOW_VOID]       = { LIVENESS_STEADY,  begin_window,        NULL },
	[LIVENESS_DOUBTED][PROBE_ANSWERED]   = { LIVENESS_STEADY,  note_life,           NULL },
	[LIVENESS_DOUBTED][PROBE_MISSED]     = { LIVENESS_DOUBTED, note_miss,           NULL },
	[LIVENESS_DOUBTED][PROBE_REFUSED]    = { LIVENESS_DOUBTED, note_refusal,        NULL },
	[LIVENESS_DOUBTED][REFUSED_TWICE]    = { LIVENESS_DOWN,    fall,                refused_twice }, /* two proofs */
	[LIVENESS_DOUBTED][SIBLING_GONE]     = { LIVENESS_DOWN,    fall,                NULL }, /* it is the first of the two */
	[LIVENESS_DOUBTED][PROVEN_GONE]      = { LIVENESS_DOWN,    fall,                NULL },
	[LIVENESS_DOUBTED][SILENCE_PASSED]   = { LIVENESS_DOWN,    fall,                long_silent },
	[LIVENESS_DOUBTED][WINDOW_VOID]      = { LIVENESS_DOUBTED, begin_window,        NULL },
	[LIVENESS_DOWN][PROBE_ANSWERED]      = { LIVENESS_RISING,  note_life,           NULL },
	[LIVENESS_RISING][PROBE_ANSWERED]    = { LIVENESS_RISING,  note_life,           NULL },
	[LIVENESS_RISING][PROBE_MISSED]      = { LIVENESS_DOWN,    note_miss,           NULL },
	[LIVENESS_RISING][PROBE_OVERTAKEN]   = { LIVENESS_DOWN,    note_miss,           NULL }, /* it breaks the row */
	[LIVENESS_RISING][PROBE_REFUSED]     = { LIVENESS_DOWN,    note_miss,           NULL },
	[LIVENESS_RISING][PROVEN_GONE]       = { LIVENESS_DOWN,    note_miss,           NULL },
	[LIVENESS_RISING][ROSE]              = { LIVENESS_STEADY,  rise,                good_in_a_row },
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

bool liveness_heeds(const struct liveness *e, const struct conf_probe *p,
		    enum liveness_event event, uint64_t now)
{
	const struct step *row = &steps[e->state][event];

	return row->act && (!row->when || row->when(e, p, now));
}

void liveness_step(struct liveness *e, const struct conf_probe *p,
		   enum liveness_event event, uint64_t now)
{
	const struct step *row = &steps[e->state][event];

	if (!liveness_heeds(e, p, event, now))
		return;
	/* Before the action: a nested event meets the new state. */
	e->state = row->next;
	row->act(e, now);
}

const char *liveness_state_name(enum liveness_state s)
{
	return names[s];
}

/* What is told of a target beside its state: traces, oddities, its certificate. */
#include <stdio.h>
#include <string.h>

#include "health/target.h"

enum { ODD_MS = 3600000 /* an odd answer is shown so long */ };

void target_note(struct target *t, const char *what)
{
	if (t->traced && t->calls->noted)
		t->calls->noted(t, what);
}

void target_garbled(struct target *t, const char *why)
{
	t->verdict = VERDICT_GARBAGE;
	t->garbage = why;
	t->garbled_at = loop_now(t->loop);
	t->answered_sent_at = t->sent_at; /* it is not silent */
	target_note(t, "garbage");
	target_note(t, why);
}

void target_odd(struct target *t, const char *odd)
{
	if (odd) {
		t->odd = odd;
		t->odd_at = loop_now(t->loop);
		target_note(t, odd);
	} else if (loop_now(t->loop) - t->odd_at > ODD_MS) {
		t->odd = NULL;
	}
}

void target_asked(struct target *t)
{
	target_note(t, "a request from the PBX");
}

void target_ponged(struct target *t)
{
	target_note(t, "pong");
}

void target_certified(struct target *t, const char *fault)
{
	bool is = fault != NULL;
	char was[CAUSE_LEN];

	memcpy(was, t->fault, sizeof(was));
	memset(t->fault, 0, sizeof(t->fault));
	if (is) {
		target_note(t, fault);
		snprintf(t->fault, sizeof(t->fault), "certificate: %s", fault);
	}
	if (is == t->certificate_fault && strcmp(was, t->fault) == 0)
		return;
	if (!is && !was[0]) /* a fault from before a restart, told in the cause */
		snprintf(t->cause, sizeof(t->cause), "certificate is valid again");
	t->certificate_fault = is;
	t->calls->changed(t);
}

const char *target_cause(const struct target *t)
{
	return t->fault[0] && target_is_alive(t) ? t->fault : t->cause;
}

void target_expires(struct target *t, int32_t days_left)
{
	t->certificate_days = days_left;
	t->has_certificate = true;
}

void target_write_cause(struct target *t)
{
	const char *via = transport_name(t->transport);
	uint32_t lost_count = t->liveness.missed_count > t->liveness.missed_there
				      ? t->liveness.missed_count
				      : t->liveness.missed_there;

	if (t->loss[0])
		snprintf(t->cause, sizeof(t->cause), "options/%s %.50s", via, t->loss);
	else if (t->verdict == VERDICT_DEAD)
		snprintf(t->cause, sizeof(t->cause), "options/%s status %u x%u", via,
			 (unsigned)t->status, t->liveness.missed_count);
	else if (t->verdict == VERDICT_GARBAGE)
		snprintf(t->cause, sizeof(t->cause), "options/%s garbage: %.32s x%u",
			 via, t->garbage, t->liveness.missed_count);
	else if (t->verdict == VERDICT_REFUSED)
		snprintf(t->cause, sizeof(t->cause), "options/%s refused x%u", via,
			 t->liveness.refused_count);
	else
		snprintf(t->cause, sizeof(t->cause), "options/%s %s x%u", via,
			 verdict_name(t->verdict), lost_count);
}

void target_write_life(struct target *t)
{
	snprintf(t->cause, sizeof(t->cause), "options/%s %u",
		 transport_name(t->transport), (unsigned)t->status);
}

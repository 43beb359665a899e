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
	bool soon = t->has_certificate && t->certificate_days < CERTIFICATE_SOON_DAYS;
	bool told = soon && t->certificate_days == days_left;

	t->certificate_days = days_left;
	t->has_certificate = true;
	if (soon ? !told : days_left < CERTIFICATE_SOON_DAYS)
		t->calls->changed(t);
}

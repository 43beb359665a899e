/* What an operator orders: forces, fail-over by hand and back. On the main loop. */
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "base/rune.h"
#include "base/text.h"
#include "health/commands_body.h"
#include "health/health_body.h"

enum { DAY_S = 86400 };

/* Returns the seconds of a duration, or 0. */
static uint64_t span_s(struct text t)
{
	static const struct {
		char unit;
		uint32_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', DAY_S } };
	uint64_t value = text_u64(&t, UINT32_MAX);

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (text_skip(&t, units[i].unit) && text_len(&t) == 0)
			return t.err ? 0 : value * units[i].s;
	return 0;
}

/* A number and nothing else: it is the unit that is missing. */
static bool is_bare(const char *text)
{
	size_t len = strspn(text, "0123456789");

	return len && len < 10 && *text != '0' && text[len] == '\0';
}

/* "31d", "60s". */
static char *span_format(uint32_t s)
{
	return s % DAY_S ? alloc_format("%us", s) : alloc_format("%ud", s / DAY_S);
}

int command_span(struct request *req, const char *option, uint32_t max_s,
		 uint32_t *out_s)
{
	const char *text = request_option(req, option);
	uint64_t s = text ? span_s(text_from(text)) : 0;
	char *max;

	if (text == NULL)
		return OK;
	if (s && s <= max_s) {
		*out_s = (uint32_t)s;
		return OK;
	}
	max = span_format(max_s);
	if (is_bare(text))
		request_fail(req, EXIT_USAGE,
			     "--%s %s has no unit: write %ss for seconds, %sm for "
			     "minutes or %sh for hours",
			     option, text, text, text, text);
	else if (s)
		request_fail(req, EXIT_USAGE, "--%s must be from 1s to %s, not %s",
			     option, max, text);
	else
		request_fail(req, EXIT_USAGE,
			     "--%s \"%s\" is not a duration such as 90s, 10m, 2h or "
			     "1d, up to %s",
			     option, text, max);
	free(max);
	return ERR_INVALID;
}

static void ordered(void *arg, int err)
{
	struct wait *w = arg;
	const struct health *h = w->request->module;

	if (err && err != ERR_SYSTEM)
		request_fail(w->request, EXIT_CONFLICT, "%s", err_text(err));
	else if (h->seen)
		command_put_pbx(w->request, w->slot, h->seen);
	if (err == ERR_SYSTEM)
		request_fail(
			w->request, EXIT_PARTIAL,
			"done, but it could not be written to the state directory: it "
			"will be lost at a restart");
	request_finish(w->request);
	free(w);
}

/* A login name, fit for a TXT record and one line. */
static void copy_author(char out[NOTE_LEN], const char *name)
{
	size_t len = 0;

	for (; name && *name && len < NOTE_LEN - 1; name++)
		out[len++] = isprint((unsigned char)*name) ? *name : '?';
	out[len] = 0;
}

/* Kept octet for octet, or refused. */
static int take_reason(struct request *req, char out[REASON_LEN])
{
	const char *text = request_option(req, "reason");
	size_t len = text ? strlen(text) : 0;
	int err = rune_check(text_of(text, len));

	if (err) {
		request_fail(req, EXIT_USAGE,
			     err == ERR_MALFORMED
				     ? "--reason is not valid UTF-8"
				     : "--reason must be one line without control "
				       "characters");
		return err;
	}
	if (len >= REASON_LEN) {
		request_fail(req, EXIT_USAGE,
			     "--reason has %zu octets; at most %d are allowed", len,
			     REASON_LEN - 1);
		return ERR_RANGE;
	}
	if (len)
		memcpy(out, text, len);
	out[len] = '\0';
	return OK;
}

static void give_order(struct request *req, struct health_order *o)
{
	o->slot = command_pbx(req);
	if (o->slot == CONF_NONE)
		return;
	copy_author(o->author, req->author);
	health_order(req->module, o, ordered, command_wait(req, o->slot));
}

void command_force(struct request *req)
{
	struct health_order o = { .order = ORDER_FORCE };
	const char *to = request_word(req, 1);

	for (int f = FORCE_UP; to && f < FORCES; f++)
		if (strcmp(to, force_name((enum force)f)) == 0)
			o.force = (enum force)f;
	if (o.force == FORCE_NONE) {
		request_fail(req, EXIT_USAGE, "missing argument: up, down or drain");
		return;
	}
	if (command_span(req, "for", COMMAND_SPAN_MAX_S, &o.for_s) ||
	    take_reason(req, o.reason))
		return;
	give_order(req, &o);
}

/* The row of the pbx an argument names, or NULL after the request was failed. */
static const struct board_row *find_row(struct request *req)
{
	const struct health *h = req->module;
	uint32_t slot = command_pbx(req);

	return slot == CONF_NONE ? NULL : board_row(h->seen, slot);
}

static bool any_held(const struct board_row *row)
{
	for (size_t i = 0; i < row->target_count; i++)
		if (row->targets[i].held)
			return true;
	return false;
}

void command_release(struct request *req)
{
	struct health_order o = { .order = ORDER_RELEASE };
	const struct board_row *row = find_row(req);

	if (row == NULL)
		return;
	if (row->force == FORCE_NONE) {
		request_fail(req, EXIT_NEGATIVE,
			     "%s is not forced: nothing to release%s%s", row->name,
			     row_is_held(row) ? "; to end its hold, "
						"run: deputy pbx failback "
					      : "",
			     row_is_held(row) ? row->name : "");
		return;
	}

	give_order(req, &o);
}

void command_fail_over(struct request *req)
{
	struct health_order o = { .order = ORDER_FAILOVER };

	give_order(req, &o);
}

void command_fail_back(struct request *req)
{
	struct health_order o = { .order = ORDER_FAILBACK };
	const struct board_row *row = find_row(req);

	if (row == NULL)
		return;
	if (!row->held_by_hand && !any_held(row)) {
		request_fail(req, EXIT_NEGATIVE, "%s is not held: nothing to end%s%s",
			     row->name,
			     row->force == FORCE_NONE ? ""
						      : "; to end its forced state, "
							"run: deputy pbx release ",
			     row->force == FORCE_NONE ? "" : row->name);
		return;
	}
	give_order(req, &o);
}

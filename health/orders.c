/* What an operator orders: forces, fail-over by hand and back. On the main loop. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/operator/command.h"
#include "base/text.h"
#include "health/commands_body.h"
#include "health/health_body.h"

enum { MONTH_S = 31 * 86400 };

int command_span(const char *text, uint32_t *out)
{
	static const struct {
		char unit;
		uint32_t s;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	struct text t = text_from(text);
	uint64_t value = text_u64(&t, MONTH_S);
	uint64_t factor = 1;

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (text_skip(&t, units[i].unit)) {
			factor = units[i].s;
			break;
		}
	if (t.err || text_len(&t) || value == 0 || value * factor > MONTH_S)
		return ERR_MALFORMED;
	*out = (uint32_t)(value * factor);
	return OK;
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

/* Text of an operator, fit for a TXT record and one line. */
static void copy_note(char out[NOTE_LEN], const char *text)
{
	size_t len = 0;

	for (; text && *text && len < NOTE_LEN - 1; text++)
		out[len++] = isprint((unsigned char)*text) ? *text : '?';
	out[len] = 0;
}

static void give_order(struct request *req, struct health_order *o)
{
	o->slot = command_pbx(req);
	if (o->slot == CONF_NONE)
		return;
	copy_note(o->author, req->author);
	health_order(req->module, o, ordered, command_wait(req, o->slot));
}

void command_force(struct request *req)
{
	struct health_order o = { .order = ORDER_FORCE };
	const char *to = request_word(req, 1);
	const char *span = request_option(req, "for");

	for (int f = FORCE_UP; to && f < FORCES; f++)
		if (strcmp(to, force_name((enum force)f)) == 0)
			o.force = (enum force)f;
	if (o.force == FORCE_NONE) {
		request_fail(req, EXIT_USAGE, "missing argument: up, down or drain");
		return;
	}
	if (span && command_span(span, &o.for_s)) {
		request_fail(req, EXIT_USAGE,
			     "\"%s\" is not a time such as 90s, 10m, 2h or 1d", span);
		return;
	}
	copy_note(o.reason, request_option(req, "reason"));
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

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/link.h"
#include "keeper/keeper_body.h"

/* clang-format off */
static struct event no_pair = {
	.name = "no-link", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	.help = "two children could not be linked; they do without each other until one of them starts again",
};
/* clang-format on */

/* with: whose the other end is */
static void send_end(struct process *p, const struct process *with, uint16_t use,
		     uint16_t worker, int fd)
{
	const char *name = with->kind->row->name;
	struct buffer b = { 0 };

	buffer_put_u16(&b, use);
	buffer_put_u16(&b, worker);
	buffer_put_u32(&b, (uint32_t)strlen(name));
	buffer_put_text(&b, name);
	process_send(p, CHILD_LINK, 0, b.octets, b.len, fd);
	buffer_fini(&b);
}

/* What is sent is a duplicate: both ends are closed here. */
static void join_one(struct process *a, struct process *b, uint16_t use,
		     uint16_t worker)
{
	int ends[2];

	if (link_pair(ends)) {
		log_event(&no_pair, "child=%s other=%s worker=%u",
			  a->kind->row->program, b->kind->row->program, worker);
		return;
	}
	send_end(b, a, use, worker, ends[0]);
	send_end(a, b, use, worker, ends[1]);
	close(ends[0]);
	close(ends[1]);
}

static void join(const struct keeper *k, const struct child_tie *tie, struct process *a,
		 struct process *b)
{
	if (tie->worker_links == 0)
		join_one(a, b, 0, 0);
	for (unsigned use = 0; use < CHILD_SOCKET_KINDS; use++)
		for (uint16_t i = 0; i < k->sockets.workers[use]; i++)
			if (tie->worker_links & CHILD_USE(use))
				join_one(a, b, (uint16_t)use, i);
}

/* One of a former release would take any link for the unnamed one. */
static bool understands(const struct process *p, const struct child_tie *tie)
{
	return tie->unnamed || p->speaks >= CHILD_SPEAKS_NAMES;
}

void links_join(struct keeper *k, struct process *p)
{
	for (struct process *o = k->processes; o; o = o->next) {
		const struct child_tie *tie = child_tie_find(p->kind->row,
							     o->kind->row);

		if (tie && o->state == PROCESS_RUNNING && understands(p, tie) &&
		    understands(o, tie))
			join(k, tie, p, o);
	}
}

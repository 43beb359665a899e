#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/link.h"
#include "keeper/keeper_body.h"

/* clang-format off */
static struct event no_pair = {
	.name = "no-link", .level = LOG_LEVEL_ERROR, .per_minute = 6,
	.help = "two child processes could not be connected; a worker has no recursion until one of them restarts",
};
/* clang-format on */

static void send_end(struct process *p, uint16_t kind, uint16_t worker, int fd)
{
	struct buffer b = { 0 };

	buffer_put_u16(&b, kind);
	buffer_put_u16(&b, worker);
	process_send(p, CHILD_PEER, 0, b.octets, b.len, fd);
	buffer_fini(&b);
}

/* A pair for each worker. What is sent is a duplicate: both ends are closed here. */
static void join(const struct keeper *k, struct process *dns, struct process *recursor)
{
	for (unsigned kind = 0; kind < CHILD_SOCKET_KINDS; kind++)
		for (unsigned i = 0; i < k->sockets.workers[kind]; i++) {
			int ends[2];

			if (link_pair(ends)) {
				log_event(&no_pair, "worker=%u", i);
				continue;
			}
			send_end(recursor, (uint16_t)kind, (uint16_t)i, ends[0]);
			send_end(dns, (uint16_t)kind, (uint16_t)i, ends[1]);
			close(ends[0]);
			close(ends[1]);
		}
}

void peers_join(struct keeper *k, struct process *p)
{
	for (struct process *o = k->processes; o; o = o->next) {
		if (o->state != PROCESS_RUNNING || o->kind == p->kind)
			continue;
		if (p->kind == &k->dns)
			join(k, p, o);
		else
			join(k, o, p);
	}
}

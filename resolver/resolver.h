/*
 * The DNS process as its main thread drives it: the world of now and the one prepared,
 * the threads that answer, and what is kept on disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/operator/command.h"
#include "base/operator/diag.h"
#include "base/process/child.h"

struct health;
struct loop;
struct resolver;

/* Rows of the control socket; their module is the struct resolver. */
extern const struct command resolver_commands[];

struct resolver_plan {
	struct loop *main;
	struct child *child; /* of the keeper, for hooks; NULL: there is none */
	const char *conf_path;
	const void *conf;
	size_t conf_len;
	uint16_t udp_workers, stream_workers;
};

/*
 * Builds the first world, opens what was kept, starts all threads, and answers from
 * the moment resolver_sockets() is called. Faults are written to standard error.
 *
 * Returns 0, ERR_INVALID (the configuration) or ERR_SYSTEM.
 */
int resolver_new(const struct resolver_plan *plan, struct resolver **out);

/* Ends all threads; what waits for the world, and connections, have `grace_ms`. */
void resolver_stop(struct resolver *r, uint32_t grace_ms);

struct health *resolver_health(struct resolver *r);

/* Sockets beside those it has; they become the workers'. */
void resolver_sockets(struct resolver *r, const struct child_socket *sockets,
		      size_t count);

/* A link of one worker to deputy-recursor, the worker's from now on. */
void resolver_link(struct resolver *r, enum child_socket_kind kind, uint16_t worker,
		   int fd);

/*
 * why     what forbids the configuration; NULL: it can be committed
 * faults  its diagnoses; without `why` those of zone files, whose last good zones stay
 */
typedef void resolver_prepared_fn(void *arg, const char *why,
				  const struct diags *faults);

/* Builds another world aside. One at a time: ERR_CONFLICT. */
int resolver_prepare(struct resolver *r, const char *conf_path, const void *conf,
		     size_t conf_len, resolver_prepared_fn *done, void *arg);
void resolver_abort(struct resolver *r);

/* Cannot fail. gone: ids of sockets to be closed; those prepared with it were given to
 * resolver_sockets() before. */
void resolver_commit(struct resolver *r, const uint32_t *gone, size_t gone_count);

/* The name of a thread that did not turn since this was asked last, or NULL: all that
 * answer or probe did. The builder may work as long as it needs. */
const char *resolver_stuck(struct resolver *r);

void resolver_hook_done(struct resolver *r, const struct child_message *m);

/*
 * The DNS process as its main thread controls it: the current world and the prepared
 * one, the threads that answer, and the state on disk.
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
	struct child *child; /* link to the keeper, for hooks; NULL: none */
	const char *conf_path;
	const void *conf;
	size_t conf_len;
	const char *state_dir; /* NULL: as configured */
	uint16_t udp_workers, stream_workers;
};

/*
 * Builds the first world, opens the saved state, starts all threads, and answers once
 * resolver_sockets() has been called. Errors are written to standard error.
 *
 * Returns 0, ERR_INVALID (the configuration) or ERR_SYSTEM.
 */
int resolver_new(const struct resolver_plan *plan, struct resolver **out);

/* Ends all threads; queries that wait for recursion, and connections, have `grace_ms`
 * to finish. */
void resolver_stop(struct resolver *r, uint32_t grace_ms);

struct health *resolver_health(struct resolver *r);

/* Adds sockets, which the workers then own. */
void resolver_sockets(struct resolver *r, const struct child_socket *sockets,
		      size_t count);

/* Sets the link of one worker to deputy-recursor, which the worker then owns. */
void resolver_link(struct resolver *r, enum child_socket_kind kind, uint16_t worker,
		   int fd);

/*
 * why     why the configuration is rejected; NULL: it can be committed
 * faults  its diagnoses; without `why` those of zone files, whose last good versions
 * stay
 */
typedef void resolver_prepared_fn(void *arg, const char *why,
				  const struct diags *faults);

/* Builds another world in the background. One at a time, otherwise ERR_CONFLICT. */
int resolver_prepare(struct resolver *r, const char *conf_path, const void *conf,
		     size_t conf_len, resolver_prepared_fn *done, void *arg);
void resolver_abort(struct resolver *r);

/* Cannot fail. gone: ids of sockets to close; new sockets were passed to
 * resolver_sockets() before. */
void resolver_commit(struct resolver *r, const uint32_t *gone, size_t gone_count);

/* Returns the name of a thread that has made no loop turn since the last call, or NULL
 * if all that answer or probe have. The builder may take as long as it needs. */
const char *resolver_stuck(struct resolver *r);

void resolver_hook_done(struct resolver *r, const struct child_message *m);

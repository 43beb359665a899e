/* What the parts of the keeper know of each other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/operator/diag.h"
#include "keeper/hooks.h"
#include "keeper/keeper.h"
#include "keeper/process.h"
#include "keeper/sockets.h"
#include "net/loop.h"

enum { KEEPER_CONF_MAX_LEN = 16 << 20 };

/* A configuration and its octets in a sealed memory file. */
struct keeper_conf {
	struct conf *conf;
	int octets; /* descriptor; -1: none */
};

/* A reload under way: everything was checked and bound, the children prepare. */
struct reload {
	bool active;
	bool wanted;             /* as soon as no child starts or ends */
	struct request *waiting; /* who wants it; NULL: a signal, or nobody */
	uint32_t sequence;
	struct keeper_conf fresh;
	struct diags diags; /* warnings to be told with success */
	struct request *asker;
	size_t waiting_count;
	struct timer timer;
};

enum upgrade_state { UPGRADE_NONE, UPGRADE_WANTED, UPGRADE_CHECKING };

struct upgrade {
	enum upgrade_state state;
	struct request *asker;
	pid_t pid; /* the new deputyd's check of itself */
	struct timer timer;
};

struct keeper {
	struct loop *loop;
	struct keeper_options options;
	char *conf_path;
	struct keeper_conf conf;
	struct sockets sockets;
	struct process_kind dns;
	struct process_kind recursor;
	struct process *processes; /* newest first */
	struct past {              /* of those of a kind that ended for good */
		uint64_t starts;
		uint64_t hung;
	} dns_past, recursor_past;
	struct hooks *hooks;
	struct reload reload;
	struct upgrade upgrade;
	int signals;
	struct watch *signal_watch;
	uint64_t since_at;
	bool stopping;
	bool was_ready;
};

/*
 * Reads and checks a configuration.
 *
 * fd  descriptor of its octets; -1: read from the path
 *
 * Returns 0 or ERR_INVALID with diagnoses.
 */
int keeper_conf_read(const char *path, int fd, struct diags *diags,
		     struct keeper_conf *out);
void keeper_conf_fini(struct keeper_conf *c);

/* What a process is told at its start, and what it is asked to prepare. */
void keeper_send_conf(struct keeper *k, struct process *p, uint32_t type,
		      uint32_t sequence, const struct keeper_conf *c, bool fresh_only);

/* Whether all children run and nothing is under way that a change would disturb. */
bool keeper_is_quiet(const struct keeper *k);

/* Starts and stops children as the configuration of now wants them. */
void keeper_populate(struct keeper *k);

/* Links a child that runs now with those of the other kind. */
void peers_join(struct keeper *k, struct process *p);

/* Begins what waited for quiet. */
void keeper_settle(struct keeper *k);

/* asker: a deferred request, or NULL for a signal. */
void reload_begin(struct keeper *k, struct request *asker);
void reload_heard(struct keeper *k, struct process *p, uint32_t sequence,
		  const char *why_not, struct text faults);
void reload_lost(struct keeper *k, struct process *p); /* it ended */

void upgrade_begin(struct keeper *k, struct request *asker);
void upgrade_check(struct keeper *k); /* it is quiet now */
bool upgrade_exited(struct keeper *k, pid_t pid, int wait_status);

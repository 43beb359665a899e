/* Declarations shared by the files of the keeper. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/operator/diag.h"
#include "keeper/handover.h"
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
	struct request *waiting; /* the request for it; NULL: a signal, or nobody */
	uint32_t sequence;
	struct keeper_conf fresh;
	struct diags diags; /* warnings to be shown on success */
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
	struct started started;
	struct process_kind *kinds; /* as the options' */
	size_t kind_count;
	struct process *processes; /* newest first */
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

/* Sends a configuration to a process, at its start or to be prepared. */
void keeper_send_conf(struct keeper *k, struct process *p, uint32_t type,
		      uint32_t sequence, const struct keeper_conf *c, bool fresh);

/* Whether all children run and nothing is under way that a change would disturb. */
bool keeper_is_quiet(const struct keeper *k);

/* What the keeper does on messages of a child. */
extern const struct process_calls keeper_process_calls;

/* Sets up the kinds of children; none is running. */
void children_init(struct keeper *k);
void children_fini(struct keeper *k); /* kills those that run */

/*
 * Takes over the children of a former keeper; all of them or none.
 *
 * Returns 0 or ERR_INVALID with diagnoses: there is no such kind.
 */
int children_adopt(struct keeper *k, const struct handover *h, struct diags *diags);

/* Starts one of each kind that the configuration wants; it replaces the running one. */
void children_start(struct keeper *k);

/* Starts and stops children as the current configuration requires. */
void children_populate(struct keeper *k);

/* A child is running: the one that it replaces is drained. */
void children_running(struct keeper *k, struct process *p);

/* Whether a child of each essential kind is running. */
bool children_are_ready(const struct keeper *k);

/* A child's process has ended. */
void children_exited(struct keeper *k, pid_t pid, int wait_status);

void children_stop(struct keeper *k);

/* Frees the children that have ended for good. */
void children_sweep(struct keeper *k);

/* Links a running child with those of the kinds to which its kind is tied. */
void links_join(struct keeper *k, struct process *p);

/* Begins the reload or upgrade that waited until keeper_is_quiet(). */
void keeper_settle(struct keeper *k);

/* asker: a deferred request, or NULL for a signal. */
void reload_begin(struct keeper *k, struct request *asker);
void reload_heard(struct keeper *k, struct process *p, uint32_t sequence,
		  const char *why_not, struct text faults);
void reload_lost(struct keeper *k, struct process *p);   /* it ended */
void reload_joined(struct keeper *k, struct process *p); /* it runs */

void upgrade_begin(struct keeper *k, struct request *asker);
void upgrade_check(struct keeper *k); /* it is quiet now */
bool upgrade_exited(struct keeper *k, pid_t pid, int wait_status);

/*
 * The keeper: first process, one thread, reads nothing from the network. It binds the
 * sockets, keeps the children running, hands a new configuration or a new deputyd over,
 * and runs the on-switch programs.
 */
#pragma once

#include <stdbool.h>

#include "base/operator/command.h"

struct child_kind;
struct conf;
struct diags;
struct keeper;
struct loop;

struct keeper_options {
	const char *conf_path;
	const char *log_path; /* opened anew at SIGUSR1; NULL: standard error stays */
	char *const *argv;    /* what a new deputyd is run with; argv[0] is a path */
	const struct child_kind *kinds; /* the children it has */
	char *const *programs;          /* a path for each kind */
	int handover;                   /* descriptor of another keeper's; -1: none */
	void (*ready)(void *arg); /* called when all essential children answer for the
				     first time; may be NULL */
	void (*before_exec)(void *arg); /* the last moment of this deputyd */
	void *arg;
};

/*
 * Checks the configuration, makes the folders and binds all sockets, or none of it;
 * or takes everything over from another keeper.
 *
 * Returns 0 or ERR_INVALID; everything wrong is in `diags`.
 */
int keeper_open(struct loop *l, const struct keeper_options *options,
		struct diags *diags, struct keeper **out);

/* Starts the children, and watches signals from now on. */
void keeper_start(struct keeper *k);

/* Stops the children; the loop stops when they have ended. */
void keeper_stop(struct keeper *k);

void keeper_free(struct keeper *k);

/* Returns the run directory of the start: no reload changes it. */
const char *keeper_run_dir(const struct keeper *k);
const struct conf *keeper_conf(const struct keeper *k);

/* Rows whose module is the keeper. */
extern const struct command keeper_commands[];

/* Starts a program: a child of the product, a hook, or the check of a new deputyd. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct spawn {
	char *const *argv; /* argv[0] is the path */
	const char *user;  /* becomes this user if root and it exists; NULL: stays */
	int link;          /* to be CHILD_LINK_FD in the program; -1: none */
	int input;         /* to be its standard input; -1: /dev/null */
	int output;        /* to be its output and standard error; 0: ours */
	bool dies_with_us; /* is terminated when the keeper ends */
};

/*
 * It runs in a process group of its own, with no signal blocked, no descriptors but the
 * standard ones (output goes to standard error) and `link`, and without the
 * environment variables of systemd for the keeper.
 *
 * Returns 0 or ERR_SYSTEM; a program that cannot be run ends with status 127.
 */
int spawn(const struct spawn *what, pid_t *pid);

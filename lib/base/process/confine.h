/*
 * What a process gives up for good: system calls, capabilities, the superuser.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What meets a call that is not allowed. */
enum confine_answer { CONFINE_KILL, CONFINE_EPERM };

/*
 * Allows the process, all its threads, nothing but `names` and what every process of
 * ours needs (memory, threads, clocks, loops, read and write on what is open). Memory
 * never becomes executable again. There is no way back.
 *
 * names  NULL-ended names of system calls: "openat"
 * why    gets a text when it fails
 *
 * Returns 0, ERR_INVALID (an unknown name) or ERR_SYSTEM; then nothing was given up,
 * and the caller ends: it does not go on unconfined.
 */
int confine_calls(const char *const *names, enum confine_answer answer,
		  const char **why);

/* Bits of capabilities to keep: CAP_BIT(CAP_KILL). */
#define CAP_BIT(cap) (UINT64_C(1) << (cap))

/*
 * Keeps only these, also over an exec (the bounding set goes too).
 *
 * Returns 0 or ERR_SYSTEM.
 */
int confine_capabilities(uint64_t keep);

/*
 * Becomes this user with the groups it has; only root can.
 *
 * Returns 0, ERR_NOT_FOUND (no such user) or ERR_SYSTEM.
 */
int confine_user(const char *name);

/*
 * Permanently dropping privileges: system calls, capabilities, the superuser.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens at a system call that is not allowed. */
enum confine_answer { CONFINE_KILL, CONFINE_EPERM };

/*
 * Restricts the process, with all its threads, to the system calls in `names` and those
 * that all our processes need (memory, threads, clocks, loops, read and write on open
 * descriptors). Memory can no longer be made executable, and no call reaches another
 * process. This cannot be undone.
 *
 * names  NULL-terminated names of system calls: "openat"
 * why    receives a message if it fails
 *
 * Returns 0, ERR_INVALID (an unknown name) or ERR_SYSTEM; then nothing has been
 * dropped, and the caller must end rather than continue unconfined.
 */
int confine_calls(const char *const *names, enum confine_answer answer,
		  const char **why);

/*
 * Closes the memory of this process, and what else ptrace(2) would reach, to others of
 * its user; no core is dumped. An exec opens it again.
 *
 * Returns 0 or ERR_SYSTEM.
 */
int confine_memory(void);

/*
 * Keeps this process and what it will exec from the memory of all others, and from
 * signalling them, by a Landlock domain of its own; whoever has no domain still reaches
 * it. Needs PR_SET_NO_NEW_PRIVS; does nothing where the kernel has no Landlock.
 */
void confine_domain(void);

/* Bits of capabilities to keep: CAP_BIT(CAP_KILL). */
#define CAP_BIT(cap) (UINT64_C(1) << (cap))

/*
 * Drops all other capabilities, also across exec (the bounding set too).
 *
 * Returns 0 or ERR_SYSTEM.
 */
int confine_capabilities(uint64_t keep);

/*
 * Switches to this user and its groups; only root can.
 *
 * Returns 0, ERR_NOT_FOUND (no such user) or ERR_SYSTEM.
 */
int confine_user(const char *name);

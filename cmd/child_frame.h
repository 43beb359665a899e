/*
 * What the children of the keeper have in common as programs: the link to the keeper,
 * its two-step reload, signals, the control socket, confinement, an orderly end.
 *
 * A child is a row of functions and a main():
 *
 *   static const struct child_program program = { .name = "dns", ... };
 *
 *   int main(int argc, char **argv)
 *   {
 *           return child_main(&program, argc, argv);
 *   }
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/process/child.h"

struct admin_server;
struct child_frame;
struct conf;
struct loop;

enum { CHILD_LINKS_MAX = 4 };

struct child_link {
	const char *name; /* of the other kind, in keeper/kinds.h */
	void (*join)(void *module, const struct child_message *m);
};

struct child_program {
	const char *name;    /* in its log lines; its control socket is NAME.sock */
	const char *program; /* "deputy-dns" */
	const char *const *system_calls; /* NULL-ended: that it does when it serves */
	bool alone; /* -c FILE serves without a keeper, for tests and benches */

	/* Told to drain it goes on so long: others send it what it is to answer. Then,
	 * or at once, it ends, and has so long for what it has begun. */
	uint32_t linger_ms;
	uint32_t drain_ms;

	/*
	 * Sets up the module, as m->conf and m->sockets say; it serves from now on.
	 * Faults are its to tell.
	 *
	 * Returns 0 or an error.
	 */
	int (*open)(struct child_frame *f, const struct conf *c,
		    const struct child_message *m, void **module);
	void (*serve_commands)(void *module, struct admin_server *s);
	void (*close)(void *module, uint32_t grace_ms);

	/* Answers once with child_frame_prepared(), now or later. m->sockets are still
	 * the frame's: it hands them out at the commit, or closes them. */
	void (*prepare)(void *module, const struct child_message *m);
	void (*commit)(void *module, const struct child_message *m);
	void (*abort)(void *module);

	void (*hook_done)(void *module, const struct child_message *m); /* or NULL */
	const char *(*stuck)(void *module); /* NULL: the main thread is all it has */
	struct child_link links[CHILD_LINKS_MAX];
};

/* Runs it. Returns an exit status: 0, 1 (it cannot serve) or 2 (wrong usage). */
int child_main(const struct child_program *program, int argc, char **argv);

struct loop *child_frame_loop(const struct child_frame *f);

/* NULL: alone. */
struct child *child_frame_link(const struct child_frame *f);

/* As child_prepared(). Alone, what was prepared is committed at once. */
void child_frame_prepared(struct child_frame *f, const char *why,
			  const struct diags *faults);

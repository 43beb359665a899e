/*
 * What a keeper hands over to the deputyd that replaces it: the open sockets, the
 * running children with their links, and the octets of the configuration.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keeper/sockets.h"

enum { HANDOVER_PROCESSES_MAX = 16, HANDOVER_NAME_LEN = 32 };

struct handover_process {
	char name[HANDOVER_NAME_LEN];
	pid_t pid;
	int link;
	uint16_t speaks; /* 0: of a keeper that did not hand it over */
};

/* What no reload changes. */
struct started {
	char *user; /* of children and hooks */
	char *state_dir, *run_dir;
};

struct handover {
	struct sockets sockets;
	struct started started; /* NULLs: of a keeper that did not hand it over */
	struct handover_process processes[HANDOVER_PROCESSES_MAX];
	size_t process_count;
	int conf; /* descriptor of the octets */
};

void started_fini(struct started *s);

/*
 * Writes it to a new memory file that stays open over an exec; from now on, so do all
 * descriptors in it. handover_withdraw() undoes that.
 *
 * Returns the descriptor or ERR_SYSTEM.
 */
int handover_write(const struct handover *h);
void handover_withdraw(const struct handover *h, int fd);

/*
 * Reads what another keeper wrote, perhaps of another version, and closes `fd`. All
 * descriptors in it are closed on exec again.
 *
 * Returns 0, ERR_MALFORMED or ERR_SYSTEM.
 */
int handover_read(int fd, struct handover *out);

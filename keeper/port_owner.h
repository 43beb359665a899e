/* The port owner: the program that uses an address and port, found in /proc. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"

enum { PORT_OWNER_TEXT_LEN = 96 };

struct port_owner {
	bool found; /* a socket was found, though perhaps not its program */
	ino_t inode;
	/* "named (pid 412)" or, if that cannot be seen, "named.service of user bind" */
	char text[PORT_OWNER_TEXT_LEN];
};

/*
 * Finds a socket that prevents binding `at`.
 *
 * type   SOCK_STREAM or SOCK_DGRAM
 * ours   inodes of sockets that do not count
 */
void port_owner_find(int type, const struct addr *at, const ino_t *ours,
		     size_t our_count, struct port_owner *out);

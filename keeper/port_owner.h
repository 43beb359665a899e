/* Who else holds an address and port, as /proc tells. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/addr.h"

enum { PORT_OWNER_TEXT_LEN = 96 };

struct port_owner {
	bool found; /* a socket, whose program may not be ours to see */
	ino_t inode;
	/* "named (pid 412)", or where that cannot be seen "named.service of user bind"
	 */
	char text[PORT_OWNER_TEXT_LEN];
};

/*
 * Finds a socket that keeps `at` from being bound.
 *
 * type   SOCK_STREAM or SOCK_DGRAM
 * ours   inodes of sockets that do not count
 */
void port_owner_find(int type, const struct addr *at, const ino_t *ours,
		     size_t our_count, struct port_owner *out);

/* The user at the other end of a control socket, from the kernel. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

enum { PEER_NAME_LEN = 64 };

struct credentials {
	uid_t uid;
	gid_t gid;
	char name[PEER_NAME_LEN]; /* login name, or "uid 1000" */
	bool may_change; /* root, this process's user, or in the socket's group */
};

/* Returns 0 or ERR_SYSTEM. */
int credentials_of(int fd, gid_t socket_group, struct credentials *out);

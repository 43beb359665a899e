/* Which unit of systemd a socket belongs to, as the kernel tells anybody. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Finds the control group that made a socket, and takes the last part of its path:
 * "named.service". Inside a unit's walls the processes of others cannot be seen; their
 * sockets' groups can.
 *
 * family  AF_INET or AF_INET6
 * type    SOCK_STREAM (a listening one) or SOCK_DGRAM
 * out     the name, with its NUL; cut where it is too long
 *
 * Returns whether there is one: not for a program that no unit started.
 */
bool port_owner_unit(int family, int type, ino_t inode, char *out, size_t out_len);

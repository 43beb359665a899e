/* The systemd unit that a socket belongs to, which the kernel shows to every user. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Finds the control group that created a socket, and returns the last part of its path:
 * "named.service". A confined unit cannot see the processes of other users, but it can
 * see the control groups of their sockets.
 *
 * family  AF_INET or AF_INET6
 * type    SOCK_STREAM (a listening one) or SOCK_DGRAM
 * out     the name, with its NUL, truncated if it is too long
 *
 * Returns whether there is one; a program that no unit started has none.
 */
bool port_owner_unit(int family, int type, ino_t inode, char *out, size_t out_len);

/* Common functions for sockets: creating, binding, and the meaning of errors. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"

/*
 * Creates a non-blocking, close-on-exec socket of `type` (SOCK_STREAM, SOCK_DGRAM); for
 * IPv6 with IPV6_V6ONLY. Returns a descriptor or ERR_SYSTEM.
 */
int socket_open(int family, int type);

/* Binds, and connects if `to` is given. Returns 0, ERR_AGAIN (the connect is in
 * progress) or the result of socket_reason(). */
int socket_bind(int fd, const struct addr *at);
int socket_connect(int fd, const struct addr *to);

/*
 * Has a socket bind an address that no interface has yet (IP_FREEBIND): what arrives
 * once one has it is read. Returns 0 or ERR_SYSTEM.
 */
int socket_bind_early(int fd, int family);

/* Sets an option of one int. Returns 0 or ERR_SYSTEM. */
int socket_set(int fd, int level, int option, int value);

/* Returns the local address of a socket. */
void socket_local(int fd, struct addr *out);

/* Returns the error code for an errno of a socket call. */
int socket_reason(int number);

/* What sockets of every kind need: making, binding, and what their errors mean. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "base/addr.h"

/*
 * A non-blocking socket of `type` (SOCK_STREAM, SOCK_DGRAM), closed on exec; of IPv6
 * without IPv4 in it. Returns a descriptor or ERR_SYSTEM.
 */
int socket_open(int family, int type);

/* Binds, and connects where `to` is given. Returns 0, ERR_AGAIN (a connect is under
 * way) or what socket_reason() says. */
int socket_bind(int fd, const struct addr *at);
int socket_connect(int fd, const struct addr *to);

/* Sets an option of one int. Returns 0 or ERR_SYSTEM. */
int socket_set(int fd, int level, int option, int value);

/* Our end of a socket. */
void socket_local(int fd, struct addr *out);

/* The error code an errno of a socket call stands for. */
int socket_reason(int number);

/*
 * Spoofed answers (RFC 5452). An attacker who sees the port of a query only has to
 * guess its id and the case of its letters, and libunbound allows any number of
 * attempts. We do not: after a few answers that do not match the query, the next one is
 * passed to libunbound as truncated (TC), so that it retries over TCP. The program's
 * own recvfrom(2) replaces that of libc.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Called when a datagram was sent by a socket. */
void spoof_asked(int fd, const void *octets, size_t len);

/* Returns how many queries of this process had to be retried over TCP. */
uint64_t spoof_count(void);

/*
 * Answers that somebody else sends (RFC 5452). Who sees the port of a question has only
 * its id and the case of its letters to guess, and libunbound lets him try as often as
 * he likes. Here it is not: after a few answers that are not to the question, the next
 * one is given to libunbound as cut off (TC), so that it asks again over TCP. The
 * program's own recvfrom(2) stands before libc's.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A datagram left by a socket. */
void spoof_asked(int fd, const void *octets, size_t len);

/* Questions of this process that had to be asked again over TCP. */
uint64_t spoof_count(void);

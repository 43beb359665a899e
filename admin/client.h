/* A client of a control socket that waits for the answer: for the command line and
 * tests. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct admin_client;

/*
 * Connects.
 *
 * Returns 0, ERR_NOT_FOUND or ERR_REFUSED (nobody serves it), ERR_DENIED, ERR_RANGE
 * (the path is too long), ERR_TIMEOUT or ERR_SYSTEM.
 */
int admin_client_open(const char *path, struct admin_client **out);
void admin_client_close(struct admin_client *c);

/* Sends one request. Returns 0, ERR_CLOSED, ERR_TIMEOUT or ERR_SYSTEM. */
int admin_client_ask(struct admin_client *c, const char *command,
		     const char *const *args, size_t arg_count);

/*
 * Waits for the next line of the answer.
 *
 * timeout_ms  maximum time without any octet, between pieces too; 0: no limit
 * line        NUL-ended, without its newline; borrowed until the next call
 *
 * Returns 0, ERR_CLOSED, ERR_TIMEOUT, ERR_LIMIT or ERR_SYSTEM.
 */
int admin_client_read(struct admin_client *c, uint32_t timeout_ms, const char **line,
		      size_t *len);

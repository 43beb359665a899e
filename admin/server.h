/*
 * A control socket: a UNIX stream. A request is one JSON line; an answer is one JSON
 * line, or several, of which the last has "status". The next request of a client is
 * read when it has taken the answer to the previous one; long answers are made piece by
 * piece as it takes them. The right to change things depends on the user, which the
 * kernel tells.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/command.h"
#include "base/operator/log.h"

struct loop;
struct admin_server;

struct admin_limits {
	size_t clients;      /* at a time; further ones are refused */
	size_t kept;         /* reserved, of those, for users who may make changes */
	size_t per_user;     /* of each user but root and the one of this process */
	uint32_t request_ms; /* for a whole request line, and between two */
	uint32_t answer_ms;  /* for a client to take some of what waits for it */
	uint32_t whole_ms;   /* to take the whole of an answer in pieces */
	size_t answer_len;   /* octets that may wait for a client */
};

extern const struct admin_limits admin_preset_limits;
extern struct event admin_events[];

/*
 * Listens on a path. It takes the place of a socket that stands there, at once and
 * without a moment in between, so that an upgraded process follows its predecessor.
 *
 * limits  NULL: the defaults
 *
 * Returns 0, ERR_RANGE (the path is too long) or ERR_SYSTEM.
 */
int admin_server_open(struct loop *l, const char *path,
		      const struct admin_limits *limits, struct admin_server **out);

/* Adds a table of commands, ended by a row without a name; handlers get `module`. */
void admin_server_add(struct admin_server *s, const struct command *rows, void *module);

/* Accepts no new clients, and removes the path if it is still ours; answers in progress
 * continue. */
void admin_server_drain(struct admin_server *s);

/* Ends everything, including unfinished answers. */
void admin_server_close(struct admin_server *s);

/*
 * A control socket: UNIX stream, one JSON line a request, one JSON line (or several, of
 * which the last has "status") an answer. A client's next request is looked at when it
 * has taken the answer to the one before; long answers are made as it takes them. Who
 * may change things is asked of the kernel.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/command.h"
#include "base/operator/log.h"

struct loop;
struct admin_server;

struct admin_limits {
	size_t clients;      /* at a time; one more is turned away */
	size_t kept;         /* of those for who may change something */
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
 * limits  NULL: the preset ones
 *
 * Returns 0, ERR_RANGE (the path is too long) or ERR_SYSTEM.
 */
int admin_server_open(struct loop *l, const char *path,
		      const struct admin_limits *limits, struct admin_server **out);

/* Serves a table of rows, ended by one without a name; handlers get `module`. */
void admin_server_add(struct admin_server *s, const struct command *rows, void *module);

/* Takes no new clients and removes the path if it is still ours; answers go on. */
void admin_server_drain(struct admin_server *s);

/* Ends everything, waiting answers too. */
void admin_server_close(struct admin_server *s);

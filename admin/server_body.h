/* Declarations shared by server.c and session.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "admin/server.h"
#include "net/loop.h"

struct session;

struct admin_table {
	const struct command *rows;
	void *module;
};

struct admin_server {
	struct loop *loop;
	struct admin_limits limits;
	int fd;
	struct watch *watch;
	struct timer breath; /* there was no descriptor: accepts again later */
	char *path;
	struct stat made; /* of the socket's file, to recognize it */
	struct admin_table *tables;
	size_t table_count;
	struct session *sessions;
	size_t session_count;
};

/* Returns the row of a command, or NULL. */
const struct command *admin_command_find(const struct admin_server *s, const char *name,
					 void **module);

/* Returns the command that may have been meant, or NULL. */
const char *admin_command_suggest(const struct admin_server *s, const char *name);

/* Takes over an accepted descriptor. */
void session_start(struct admin_server *s, int fd);
void session_close(struct session *s);

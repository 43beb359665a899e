/* What server.c and session.c know of each other. */
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
	struct timer breath; /* no descriptors are left: accepts again later */
	char *path;
	struct stat made; /* of the socket's file, to know it again */
	struct admin_table *tables;
	size_t table_count;
	struct session *sessions;
	size_t session_count;
};

/* The row of a command, or NULL. */
const struct command *admin_command_find(const struct admin_server *s, const char *name,
					 void **module);

/* Of what may have been meant, or NULL. */
const char *admin_command_suggest(const struct admin_server *s, const char *name);

/* Takes over an accepted descriptor. */
void session_start(struct admin_server *s, int fd);
void session_close(struct session *s);

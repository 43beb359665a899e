/* For tests of admin: a server and its loop, and clients that are bare descriptors. */
#pragma once

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "admin/server.h"
#include "base/err.h"
#include "net/loop.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

static struct loop *loop;
static struct admin_server *server;

/* limits: NULL: the defaults */
static void serve(const struct admin_limits *limits, const struct command *table)
{
	static char module[] = "health";

	folder_make();
	loop = loop_new();
	CU_ASSERT_EQUAL_FATAL(admin_server_open(loop, folder_path("dns.sock"), limits,
						&server),
			      OK);
	admin_server_add(server, table, module);
}

static void stop(void)
{
	admin_server_close(server);
	loop_free(loop);
	folder_remove();
}

/* A client's descriptor. */
static int connected(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", folder_path("dns.sock"));
	CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	CU_ASSERT_EQUAL(send(fd, text, strlen(text), MSG_NOSIGNAL),
			(ssize_t)strlen(text));
}

static void turn(void)
{
	for (int i = 0; i < 10; i++)
		loop_turn(loop, false);
}

/* What the client got by now; a static text. */
static const char *heard(int fd)
{
	static char text[4096];
	ssize_t len;

	turn();
	len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[len < 0 ? 0 : len] = '\0';
	return len == 0 ? "(closed)" : text;
}

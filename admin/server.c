#include "admin/server_body.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/diag.h"

enum {
	BREATH_MS = 100,
	ACCEPTED_A_TURN = 16 /* who connects and hangs up for ever gets no more of it */
};

const struct admin_limits admin_preset_limits = {
	.clients = 64,
	.kept = 16,
	.per_user = 16,
	.request_ms = 60000,
	.answer_ms = 30000,
	.whole_ms = 300000,
	.answer_len = 8 << 20,
};

static void list_commands(struct request *req)
{
	const struct admin_server *s = req->module;

	json_array(&req->json, "commands");
	for (size_t t = 0; t < s->table_count; t++)
		for (const struct command *c = s->tables[t].rows; c->name; c++) {
			json_object(&req->json, NULL);
			json_text(&req->json, "name", c->name);
			json_text(&req->json, "args", c->args);
			json_bool(&req->json, "changes", c->right == MAY_CHANGE);
			json_text(&req->json, "help", c->help);
			json_end(&req->json);
		}
	json_end(&req->json);
}

static const struct command own_commands[] = {
	{ "commands", "", MAY_READ, list_commands,
	  "the commands that this process accepts", NULL, NULL },
	{ .name = NULL },
};

const struct command *admin_command_find(const struct admin_server *s, const char *name,
					 void **module)
{
	for (size_t t = 0; t < s->table_count; t++)
		for (const struct command *c = s->tables[t].rows; c->name; c++)
			if (strcmp(c->name, name) == 0) {
				*module = s->tables[t].module;
				return c;
			}
	return NULL;
}

static const char *name_at(const void *arg, size_t i)
{
	const struct admin_server *s = arg;

	for (size_t t = 0; t < s->table_count; t++)
		for (const struct command *c = s->tables[t].rows; c->name; c++)
			if (i-- == 0)
				return c->name;
	return NULL;
}

const char *admin_command_suggest(const struct admin_server *s, const char *name)
{
	size_t count = 0;

	while (name_at(s, count))
		count++;
	return suggest(name, count, name_at, s);
}

void admin_server_add(struct admin_server *s, const struct command *rows, void *module)
{
	s->tables = alloc_resize(s->tables, s->table_count + 1, sizeof(*s->tables));
	s->tables[s->table_count++] = (struct admin_table){ rows, module };
}

static void accept_again(void *arg)
{
	struct admin_server *s = arg;

	watch_want(s->watch, LOOP_READ);
}

static void accept_clients(void *arg, int ready)
{
	struct admin_server *s = arg;

	(void)ready;
	for (int i = 0; i < ACCEPTED_A_TURN; i++) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			goto failed;
		session_start(s, fd);
	}
	return; /* the loop comes back while there are more */
failed:
	if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
		return;
	watch_want(s->watch, 0); /* or the loop would spin */
	timer_start(s->loop, &s->breath, BREATH_MS, accept_again, s);
}

/* Listens beside the path, then takes its place by a rename. */
static int listen_at(const char *path, struct stat *made)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char *beside = alloc_format("%s.%d", path, (int)getpid());
	int err = ERR_RANGE;
	int fd = -1;

	if (strlen(beside) >= sizeof(at.sun_path))
		goto done;
	err = ERR_SYSTEM;
	memcpy(at.sun_path, beside, strlen(beside) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		goto done;
	(void)unlink(beside);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || chmod(beside, 0666) ||
	    listen(fd, SOMAXCONN) || stat(beside, made) || rename(beside, path)) {
		int reason = errno;

		(void)unlink(beside);
		close(fd);
		errno = reason;
		goto done;
	}
	err = fd;
done:
	free(beside);
	return err;
}

int admin_server_open(struct loop *l, const char *path,
		      const struct admin_limits *limits, struct admin_server **out)
{
	struct stat made;
	struct admin_server *s;
	int fd = listen_at(path, &made);

	if (fd < 0)
		return fd;
	s = alloc(sizeof(*s));
	s->loop = l;
	s->limits = limits ? *limits : admin_preset_limits;
	s->fd = fd;
	s->path = alloc_text(path);
	s->made = made;
	s->watch = watch_start(l, fd, LOOP_READ, accept_clients, s);
	admin_server_add(s, own_commands, s);
	*out = s;
	return OK;
}

void admin_server_drain(struct admin_server *s)
{
	struct stat now;

	if (s->fd < 0)
		return;
	timer_stop(&s->breath);
	watch_stop(s->watch);
	close(s->fd);
	s->fd = -1;
	if (stat(s->path, &now) == 0 && now.st_ino == s->made.st_ino &&
	    now.st_dev == s->made.st_dev)
		(void)unlink(s->path);
}

void admin_server_close(struct admin_server *s)
{
	if (s == NULL)
		return;
	admin_server_drain(s);
	while (s->sessions)
		session_close(s->sessions);
	free(s->tables);
	free(s->path);
	free(s);
}

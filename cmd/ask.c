#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/client.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/moment.h"
#include "base/operator/diag.h"
#include "base/rune.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"
#include "cmd/render.h"
#include "conf/conf.h"

enum { ANSWER_MS = 5000 };

/* Commands that take long to answer, with their timeouts; 0: none. */
static const struct {
	const char *name;
	uint32_t answer_ms;
} slow[] = {
	{ "watch", 0 },
	{ "probe", 0 },
	{ "conf reload", 310000 },
	{ "zone reload", 310000 },
	{ "node upgrade", 60000 },
};

#define HOW_TO_START \
 "start it with `%s`; if it uses another run directory, name that with --run DIR"

void cli_write(FILE *to, struct text t)
{
	struct buffer shown = { 0 };

	rune_put_visible(&shown, t, true);
	if (shown.len)
		(void)fwrite(shown.octets, 1, shown.len, to);
	buffer_fini(&shown);
}

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

char *cli_local_times(const char *text)
{
	struct buffer local = { 0 };

	moment_put_local(&local, text_from(text), wall_ms());
	return buffer_take_text(&local);
}

void cli_print_text(const struct cli *c, const char *text, size_t indent)
{
	char *local = cli_local_times(text);
	struct buffer out = { 0 };

	terminal_put_wrapped(&c->terminal, &out, text_from(local), indent);
	buffer_put_text(&out, "\n");
	cli_write(stdout, text_of(out.octets, out.len));
	buffer_fini(&out);
	free(local);
}

enum exit_status cli_fail(enum exit_status status, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	(void)fflush(stdout);
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fputs("deputy: ", stderr);
	cli_write(stderr, text_from(text ? text : format));
	fputc('\n', stderr);
	free(text);
	return status;
}

const char *cli_conf_path(const struct cli *c)
{
	return c->conf_path ? c->conf_path : CONF_PATH_PRESET;
}

/* Returns the run directory in the configuration, or the default. */
static char *run_dir_of(const struct cli *c)
{
	char *dir;

	if (c->run_dir)
		return alloc_text(c->run_dir);
	dir = conf_run_dir(cli_conf_path(c));
	return dir ? dir : alloc_text("/run/deputy");
}

/* Whether the run directory is unknown because the configuration has errors. */
static bool is_hidden(const struct cli *c)
{
	struct diags diags = { 0 };
	struct conf *conf = NULL;
	bool broken;

	if (c->run_dir || (c->conf_path == NULL && access(CONF_PATH_PRESET, F_OK)))
		return false;
	broken = conf_load(cli_conf_path(c), &diags, &conf) != OK;
	conf_free(conf);
	diags_fini(&diags);
	return broken;
}

bool cli_knows_run_dir(const struct cli *c)
{
	bool unread = c->conf_path && access(c->conf_path, R_OK);

	return c->run_dir || (!unread && !is_hidden(c));
}

static enum exit_status nothing_runs(const struct cli *c, const char *what,
				     const char *where)
{
	const char *path = cli_conf_path(c);

	if (c->conf_path && access(c->conf_path, R_OK))
		return cli_fail(EXIT_USAGE,
				"cannot read %s (%s), so the "
				"run directory of deputyd is not known",
				path, strerror(errno));
	if (is_hidden(c))
		return cli_fail(
			EXIT_NEGATIVE,
			"%s has errors (see `deputy conf check %s`), so the run "
			"directory of deputyd is not known; name it with --run DIR",
			path, path);
	return cli_fail(EXIT_NOT_RUNNING, "%s %s; " HOW_TO_START, what, where,
			c->conf_path ? "deputyd -c FILE"
			: access("/run/systemd/system", F_OK)
				? "deputyd"
				: "systemctl start deputy");
}

enum exit_status cli_say_how_to_start(const struct cli *c)
{
	char *dir = run_dir_of(c);
	enum exit_status status = nothing_runs(c,
					       "no deputy process "
					       "is running in",
					       dir);

	free(dir);
	return status;
}

static uint32_t timeout_ms(const char *command)
{
	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow); i++)
		if (strcmp(slow[i].name, command) == 0)
			return slow[i].answer_ms;
	return ANSWER_MS;
}

static enum exit_status not_connected(const struct cli *c, int err, const char *path)
{
	switch (err) {
	case ERR_NOT_FOUND:
	case ERR_REFUSED:
		return nothing_runs(c, c->table->process, "is not running");
	case ERR_DENIED:
		return cli_fail(EXIT_DENIED,
				"%s: permission denied; only root and the socket's "
				"group may connect",
				path);
	case ERR_RANGE:
		return cli_fail(EXIT_USAGE, "%s: the path is too long", path);
	default:
		return cli_fail(EXIT_NOT_RUNNING, "%s: %s", path, strerror(errno));
	}
}

static enum exit_status no_answer(int err, const char *process)
{
	if (err == ERR_TIMEOUT)
		return cli_fail(EXIT_TIMED_OUT, "%s did not answer in time", process);
	return cli_fail(EXIT_NOT_RUNNING, "%s ended before it answered", process);
}

/* A usage error may show how a time is written. */
static void tell_error(const char *error, int status)
{
	char *text = status == EXIT_USAGE ? alloc_text(error) : cli_local_times(error);

	(void)cli_fail(EXIT_DONE, "%s", text);
	free(text);
}

/* Prints one line of an answer. Returns its status, or -1 if more lines follow. */
static int print_line(const struct cli *c, const char *line, size_t len, bool first)
{
	struct buffer out = { 0 };
	struct rendered said;

	if (render(line, len, !first, &c->terminal, &out, &said))
		return (int)cli_fail(EXIT_NEGATIVE, "cannot parse the answer: %s",
				     line);
	if (said.status < 0 && first) { /* the first of many */
		free(said.error);
		buffer_drop(&out, out.len);
		(void)render(line, len, true, &c->terminal, &out, &said);
	}
	if (c->json)
		(void)fwrite(line, 1, len, stdout);
	else if (out.len)
		(void)fwrite(out.octets, 1, out.len, stdout);
	if (c->json)
		putchar('\n');
	(void)fflush(stdout);
	buffer_fini(&out);
	if (said.error && !c->json)
		tell_error(said.error, said.status);
	free(said.error);
	return said.status;
}

int cli_print_answer(const struct cli *c, const char *answer)
{
	return print_line(c, answer, strlen(answer), true);
}

enum exit_status cli_print(const struct cli *c, struct buffer *answer)
{
	char *text = buffer_take_text(answer);
	int status = cli_print_answer(c, text);

	free(text);
	return (enum exit_status)status;
}

/*
 * Returns the argument of --at in UTC, for which the caller frees the option's text, or
 * NULL: the process may have another time zone than who asks. What is no time is for
 * the process to refuse.
 */
static char *at_in_utc(const struct cli *c, size_t *index)
{
	const char *at = request_option(&c->words, "at");
	char clock[sizeof("2026-11-22T14:03:07")];
	int64_t ms;
	time_t at_s;
	struct tm tm;

	if (!at || moment_parse(at, wall_ms(), &ms))
		return NULL;
	at_s = (time_t)(ms / 1000);
	if (!gmtime_r(&at_s, &tm) || !strftime(clock, sizeof(clock), "%FT%T", &tm))
		return NULL;
	for (*index = 0; *index < c->arg_count; ++*index)
		if (at == c->args[*index])
			return alloc_format("%s.%03dZ", clock, (int)(ms % 1000));
		else if (strncmp(c->args[*index], "--at=", 5) == 0)
			return alloc_format("--at=%s.%03dZ", clock, (int)(ms % 1000));
	return NULL;
}

static int send_request(const struct cli *c, struct admin_client *client)
{
	const char **args = alloc_array(c->arg_count + 1, sizeof(*args));
	size_t index = 0;
	char *at = at_in_utc(c, &index);
	int err;

	for (size_t i = 0; i < c->arg_count; i++)
		args[i] = at && i == index ? at : c->args[i];
	err = admin_client_ask(client, c->row->name, args, c->arg_count);
	free(at);
	free(args);
	return err;
}

static enum exit_status print_answer(struct cli *c, struct admin_client *client)
{
	bool first = true;
	int status = -1;

	while (status < 0) {
		const char *line;
		size_t len;
		uint32_t ms = first ? timeout_ms(c->row->name) : 0;
		int err = admin_client_read(client, ms, &line, &len);

		if (err)
			return no_answer(err, c->table->process);
		status = print_line(c, line, len, first);
		first = false;
	}
	return (enum exit_status)status;
}

static int connect_to(const struct cli *c, const char *socket, char **path,
		      struct admin_client **out)
{
	char *dir = run_dir_of(c);

	*path = alloc_format("%s/%s", dir, socket);
	free(dir);
	return admin_client_open(*path, out);
}

/* Whether all arguments are UTF-8: JSON cannot carry others. */
static bool is_utf8(const struct cli *c)
{
	for (size_t i = 0; i < c->arg_count; i++)
		if (rune_check(text_from(c->args[i])) == ERR_MALFORMED) {
			(void)cli_fail(EXIT_USAGE, "'%s' is not valid UTF-8",
				       c->args[i]);
			return false;
		}
	return true;
}

enum exit_status cli_ask(struct cli *c)
{
	struct admin_client *client = NULL;
	enum exit_status status;
	char *path;
	int err;

	if (!is_utf8(c))
		return EXIT_USAGE;
	err = connect_to(c, c->table->socket, &path, &client);
	if (err) {
		status = not_connected(c, err, path);
	} else {
		err = send_request(c, client);
		status = err ? no_answer(err, c->table->process)
			     : print_answer(c, client);
	}
	admin_client_close(client);
	free(path);
	return status;
}

enum exit_status cli_fetch(struct cli *c, const char *socket, const char *command,
			   const char *const *args, size_t arg_count, char **answer)
{
	struct admin_client *client = NULL;
	enum exit_status status = EXIT_DONE;
	const char *line;
	size_t len;
	char *path;
	int err = connect_to(c, socket, &path, &client);

	*answer = NULL;
	if (err == OK)
		err = admin_client_ask(client, command, args, arg_count);
	if (err == OK)
		err = admin_client_read(client, ANSWER_MS, &line, &len);
	if (err == OK)
		*answer = alloc_text(line);
	else if (err == ERR_TIMEOUT)
		status = EXIT_TIMED_OUT;
	else
		status = err == ERR_DENIED ? EXIT_DENIED : EXIT_NOT_RUNNING;
	admin_client_close(client);
	free(path);
	return status;
}

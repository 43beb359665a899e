#include "cmd/deputyd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/client.h"
#include "admin/server.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/operator/log.h"
#include "conf/conf.h"
#include "keeper/folders.h"
#include "keeper/keeper.h"
#include "keeper/kinds.h"
#include "net/loop.h"

enum { CHECK_UPGRADE = 256, LOG_FILE, CHILD_PROGRAM, CONF_MAX_LEN = 16 << 20 };

struct options {
	const char *conf_path;
	const char *log_path; /* NULL: standard error */
	const struct child_kind *kinds;
	const char **programs; /* by kind; NULL: beside deputyd */
	bool foreground;
	bool check_only;
	bool check_upgrade; /* the octets come over standard input */
};

struct daemon {
	struct options options;
	struct loop *loop;
	struct keeper *keeper;
	struct admin_server *server;
	char *self_path;
	char *conf_path;
	char *log_path;
	char **programs;    /* by kind */
	int waiting_parent; /* end of a pipe; -1: none */
};

static const char usage[] =
	"usage: deputyd [-c FILE] [-f] [-t] [-v]\n"
	"  -c FILE  the configuration; /etc/deputy/deputy.conf unless given\n"
	"  -f       stay in the foreground\n"
	"  -t       check the configuration and end\n"
	"  -v       print the version\n"
	"  --log-file FILE  append events to FILE; SIGUSR1 opens it anew\n"
	"  --check-upgrade  check the configuration on standard input and end\n";

static void print_usage(FILE *to, const struct child_kind *kinds)
{
	fputs(usage, to);
	for (const struct child_kind *k = kinds; k->name; k++)
		fprintf(to, "  --%s PROGRAM    run this as %s\n", k->name, k->program);
}

/* The options with one for each kind of child; the caller's to free(). */
static struct option *long_options(const struct child_kind *kinds)
{
	static const struct option fixed[] = {
		{ "check-upgrade", no_argument, NULL, CHECK_UPGRADE },
		{ "help", no_argument, NULL, 'h' },
		{ "log-file", required_argument, NULL, LOG_FILE },
		{ "version", no_argument, NULL, 'v' },
	};
	enum { FIXED = sizeof(fixed) / sizeof(*fixed) };
	size_t count = child_kinds_count(kinds);
	struct option *all = alloc_array(FIXED + count + 1, sizeof(*all));

	memcpy(all, fixed, sizeof(fixed));
	for (size_t i = 0; i < count; i++)
		all[FIXED + i] = (struct option){ kinds[i].name, required_argument,
						  NULL, CHILD_PROGRAM + (int)i };
	return all;
}

static int take_option(int c, struct options *out)
{
	switch (c) {
	case 'c':
		out->conf_path = optarg;
		return OK;
	case 'f':
		out->foreground = true;
		return OK;
	case 't':
		out->check_only = true;
		return OK;
	case CHECK_UPGRADE:
		out->check_upgrade = true;
		return OK;
	case LOG_FILE:
		out->log_path = optarg;
		return OK;
	case 'v':
		puts("deputyd " DEPUTY_VERSION);
		exit(EXIT_DONE);
	case 'h':
		print_usage(stdout, out->kinds);
		exit(EXIT_DONE);
	default:
		if (c < CHILD_PROGRAM)
			return ERR_INVALID;
		out->programs[c - CHILD_PROGRAM] = optarg;
		return OK;
	}
}

static int parse_options(int argc, char **argv, struct options *out)
{
	struct option *longs = long_options(out->kinds);
	int err = OK;
	int c;

	out->programs = alloc_array(child_kinds_count(out->kinds),
				    sizeof(*out->programs));
	while (err == OK && (c = getopt_long(argc, argv, "c:fthv", longs, NULL)) != -1)
		err = take_option(c, out);
	free(longs);
	if (err == OK && optind < argc) {
		fprintf(stderr, "deputyd: unexpected argument '%s'\n", argv[optind]);
		err = ERR_INVALID;
	}
	return err;
}

/* Notes are for `deputy conf check`, not for every start. */
static void print_diags(const struct diags *d, bool with_notes)
{
	struct diags shown = *d;
	struct buffer out = { 0 };
	char *text;

	shown.rows = alloc_array(d->count, sizeof(*shown.rows));
	shown.count = 0;
	for (size_t i = 0; i < d->count; i++)
		if (with_notes || d->rows[i].level != DIAG_NOTE)
			shown.rows[shown.count++] = d->rows[i];
	diags_format(&shown, &out);
	text = buffer_take_text(&out);
	fputs(text, stderr);
	free(text);
	free(shown.rows);
}

/* Reads standard input whole; the caller's to free(). */
static char *read_input(size_t *len)
{
	struct buffer b = { 0 };
	ssize_t got;

	while (b.len < CONF_MAX_LEN &&
	       (got = read(STDIN_FILENO, buffer_reserve(&b, 65536), 65536)) > 0)
		b.len += (size_t)got;
	*len = b.len;
	return buffer_take_text(&b);
}

static int check(const struct options *options)
{
	struct diags diags = { 0 };
	struct conf *conf = NULL;
	const char *programs = getenv(
		"DEPUTY_CHILDREN"); /* of the deputyd that we are to replace */
	char *octets = NULL;
	size_t len = 0;
	int err;

	if (options->check_upgrade) {
		octets = read_input(&len);
		err = conf_parse_parcel(options->conf_path, octets, len, &diags, &conf);
		if (child_kinds_check(options->kinds, programs ? programs : "", &diags))
			err = ERR_INVALID;
		if (conf && user_check(&conf->node, &diags))
			err = ERR_INVALID;
	} else {
		err = conf_load(options->conf_path, &diags, &conf);
	}
	print_diags(&diags, options->check_only);
	diags_fini(&diags);
	conf_free(conf);
	free_wiped(octets, len);
	return err ? EXIT_NEGATIVE : EXIT_DONE;
}

/* The path of this program, where an upgrade will find its successor. */
static char *self_path(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len < 0 ? 0 : len] = '\0';
	return alloc_text(len < 0 ? DEPUTY_SBIN_DIR "/deputyd" : path);
}

/* So that a reload and an upgrade find it from any working directory. */
static char *absolute(const char *path)
{
	char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	char *whole = here ? alloc_format("%s/%s", here, path) : alloc_text(path);

	free(here);
	return whole;
}

static char *beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) : 0;

	return alloc_format("%.*s/%s", len, path, name);
}

/* The parent ends, well when the children answer. */
static void on_ready(void *arg)
{
	struct daemon *d = arg;
	int null;

	if (d->waiting_parent < 0)
		return;
	(void)!write(d->waiting_parent, "r", 1);
	close(d->waiting_parent);
	d->waiting_parent = -1;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	if (isatty(STDERR_FILENO))
		(void)dup2(null, STDERR_FILENO);
	close(null);
}

static void before_exec(void *arg)
{
	struct daemon *d = arg;

	if (d->waiting_parent >= 0)
		close(d->waiting_parent);
}

/* Goes on in a process of its own session; the parent waits for on_ready(). */
static int go_to_background(struct daemon *d)
{
	int ends[2];
	char c;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return ERR_SYSTEM;
	pid = fork();
	if (pid < 0)
		return ERR_SYSTEM;
	if (pid > 0) {
		close(ends[1]);
		_exit(read(ends[0], &c, 1) == 1 ? EXIT_DONE : EXIT_NEGATIVE);
	}
	close(ends[0]);
	d->waiting_parent = ends[1];
	(void)setsid();
	return OK;
}

/* The descriptor another deputyd left, or -1. */
static int handover_of_environment(void)
{
	const char *number = getenv("DEPUTY_HANDOVER");
	int fd = number ? (int)strtol(number, NULL, 10) : -1;

	(void)unsetenv("DEPUTY_HANDOVER");
	return fd;
}

/* Two nodes must not share the folders of one. */
static bool is_served(const char *path)
{
	struct admin_client *client = NULL;
	bool served = admin_client_open(path, &client) == OK;

	admin_client_close(client);
	return served;
}

static int serve_commands(struct daemon *d, bool afresh)
{
	char *path = alloc_format("%s/keeper.sock", keeper_run_dir(d->keeper));
	int err = ERR_EXISTS;

	if (!afresh || !is_served(path))
		err = admin_server_open(d->loop, path, NULL, &d->server);
	if (err == ERR_EXISTS)
		fprintf(stderr,
			"deputyd: error: another deputyd is already "
			"running: it serves %s\n",
			path);
	else if (err)
		fprintf(stderr, "deputyd: error: %s: %s\n", path,
			err == ERR_SYSTEM ? strerror(errno) : "the path is too long");
	else
		admin_server_add(d->server, keeper_commands, d->keeper);
	free(path);
	return err;
}

/* Finds the programs of the children. */
static char **list_programs(const struct daemon *d)
{
	const struct child_kind *kinds = d->options.kinds;
	size_t count = child_kinds_count(kinds);
	char **programs = alloc_array(count, sizeof(*programs));

	for (size_t i = 0; i < count; i++)
		programs[i] = d->options.programs[i]
				      ? alloc_text(d->options.programs[i])
				      : beside(d->self_path, kinds[i].program);
	return programs;
}

static void forget_programs(struct daemon *d)
{
	for (size_t i = 0; i < child_kinds_count(d->options.kinds); i++)
		free(d->programs[i]);
	free(d->programs);
}

/* Errors of the start were for the terminal; what runs writes to the file. A keeper
 * that took over goes on as it is. */
static int open_log(const struct daemon *d, bool afresh)
{
	if (d->log_path == NULL || log_to_file(d->log_path) == OK)
		return OK;
	fprintf(stderr, "deputyd: error: %s: %s\n", d->log_path, strerror(errno));
	return afresh ? ERR_SYSTEM : OK;
}

static int run(struct daemon *d, char **argv, int handover)
{
	struct diags diags = { 0 };
	struct keeper_options options = {
		.conf_path = d->conf_path,
		.log_path = d->log_path,
		.argv = argv,
		.kinds = d->options.kinds,
		.programs = d->programs,
		.handover = handover,
		.ready = on_ready,
		.before_exec = before_exec,
		.arg = d,
	};
	int err = keeper_open(d->loop, &options, &diags, &d->keeper);

	print_diags(&diags, false);
	diags_fini(&diags);
	if (err == OK)
		err = serve_commands(d, handover < 0);
	if (err == OK)
		err = open_log(d, handover < 0);
	if (err)
		return EXIT_NEGATIVE;
	keeper_start(d->keeper);
	loop_run(d->loop);
	return EXIT_DONE;
}

/* Runs until it is stopped. Returns an exit status. */
static int serve(struct daemon *d, char **argv)
{
	int handover = handover_of_environment();
	int status;

	log_own();
	d->conf_path = absolute(d->options.conf_path);
	d->log_path = d->options.log_path ? absolute(d->options.log_path) : NULL;
	d->self_path = self_path();
	argv[0] = d->self_path; /* also used by the program that replaces us */
	if (handover < 0 && !d->options.foreground && go_to_background(d)) {
		fprintf(stderr, "deputyd: error: %s\n", strerror(errno));
		return EXIT_NEGATIVE;
	}
	d->programs = list_programs(d);
	d->loop = loop_new();
	status = run(d, argv, handover);
	admin_server_close(d->server);
	keeper_free(d->keeper);
	loop_free(d->loop);
	forget_programs(d);
	free(d->conf_path);
	free(d->log_path);
	free(d->self_path);
	return status;
}

int deputyd(int argc, char **argv, const struct child_kind *kinds)
{
	struct daemon d = {
		.options = { .conf_path = "/etc/deputy/deputy.conf", .kinds = kinds },
		.waiting_parent = -1,
	};
	int status;

	if (parse_options(argc, argv, &d.options)) {
		print_usage(stderr, kinds);
		status = EXIT_USAGE;
	} else {
		log_open("keeper", LOG_LEVEL_INFO);
		status = d.options.check_only || d.options.check_upgrade
				 ? check(&d.options)
				 : serve(&d, argv);
	}
	free(d.options.programs);
	return status;
}

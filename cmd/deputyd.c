/* deputyd: the keeper. */
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
#include "keeper/keeper.h"
#include "net/loop.h"

enum { CHECK_UPGRADE = 256, DNS_PROGRAM, RECURSOR_PROGRAM, CONF_MAX_LEN = 16 << 20 };

struct options {
	const char *conf_path;
	const char *dns_path;      /* NULL: beside deputyd */
	const char *recursor_path; /* the same */
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
	char *dns_path;
	char *recursor_path;
	char *conf_path;
	int waiting_parent; /* end of a pipe; -1: none */
};

static const char usage[] =
	"usage: deputyd [-c FILE] [-f] [-t] [-v]\n"
	"  -c FILE  the configuration file (default: /etc/deputy/deputy.conf)\n"
	"  -f       stay in the foreground\n"
	"  -t       check the configuration and exit\n"
	"  -v       print the version\n"
	"  --dns PROGRAM    run this as deputy-dns\n"
	"  --recursor PROGRAM    run this as deputy-recursor\n"
	"  --check-upgrade  check the configuration on standard input and exit\n";

static int parse_options(int argc, char **argv, struct options *out)
{
	static const struct option longs[] = {
		{ "check-upgrade", no_argument, NULL, CHECK_UPGRADE },
		{ "dns", required_argument, NULL, DNS_PROGRAM },
		{ "recursor", required_argument, NULL, RECURSOR_PROGRAM },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*out = (struct options){ .conf_path = "/etc/deputy/deputy.conf" };
	while ((c = getopt_long(argc, argv, "c:fthv", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			out->conf_path = optarg;
			break;
		case 'f':
			out->foreground = true;
			break;
		case 't':
			out->check_only = true;
			break;
		case CHECK_UPGRADE:
			out->check_upgrade = true;
			break;
		case DNS_PROGRAM:
			out->dns_path = optarg;
			break;
		case RECURSOR_PROGRAM:
			out->recursor_path = optarg;
			break;
		case 'v':
			puts("deputyd " DEPUTY_VERSION);
			exit(EXIT_DONE);
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_DONE);
		default:
			return ERR_INVALID;
		}
	}
	if (optind == argc)
		return OK;
	fprintf(stderr, "deputyd: unexpected argument '%s'\n", argv[optind]);
	return ERR_INVALID;
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
	char *octets = NULL;
	size_t len = 0;
	int err;

	if (options->check_upgrade) {
		octets = read_input(&len);
		err = conf_parse(options->conf_path, octets, len, &diags, &conf);
	} else {
		err = conf_load(options->conf_path, &diags, &conf);
	}
	print_diags(&diags, options->check_only);
	diags_fini(&diags);
	conf_free(conf);
	free(octets);
	return err ? EXIT_NEGATIVE : EXIT_DONE;
}

/* The path of this program, where an upgrade will find its successor. */
static char *self_path(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[len < 0 ? 0 : len] = '\0';
	return alloc_text(len < 0 ? "/usr/sbin/deputyd" : path);
}

/* A reload and an upgrade find it wherever this process goes. */
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
	const struct conf *conf = keeper_conf(d->keeper);
	char *path = alloc_format("%s/keeper.sock", conf->node.run_dir);
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

static int run(struct daemon *d, char **argv, int handover)
{
	struct diags diags = { 0 };
	struct keeper_options options = {
		.conf_path = d->conf_path,
		.argv = argv,
		.dns_path = d->dns_path,
		.recursor_path = d->recursor_path,
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
	if (err)
		return EXIT_NEGATIVE;
	keeper_start(d->keeper);
	loop_run(d->loop);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct daemon d = { .waiting_parent = -1 };
	int handover;
	int status;

	if (parse_options(argc, argv, &d.options)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	log_open("keeper", LOG_LEVEL_INFO);
	if (d.options.check_only || d.options.check_upgrade)
		return check(&d.options);
	handover = handover_of_environment();
	d.conf_path = absolute(d.options.conf_path);
	d.self_path = self_path();
	argv[0] = d.self_path; /* also of what takes our place */
	d.dns_path = d.options.dns_path ? alloc_text(d.options.dns_path)
					: beside(d.self_path, "deputy-dns");
	d.recursor_path = d.options.recursor_path
				  ? alloc_text(d.options.recursor_path)
				  : beside(d.self_path, "deputy-recursor");
	if (handover < 0 && !d.options.foreground && go_to_background(&d)) {
		fprintf(stderr, "deputyd: error: %s\n", strerror(errno));
		return EXIT_NEGATIVE;
	}
	d.loop = loop_new();
	status = run(&d, argv, handover);
	admin_server_close(d.server);
	keeper_free(d.keeper);
	loop_free(d.loop);
	free(d.conf_path);
	free(d.dns_path);
	free(d.recursor_path);
	free(d.self_path);
	return status;
}

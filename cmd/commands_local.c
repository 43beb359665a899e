/* The commands that need no daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"
#include "cmd/doctor.h"
#include "cmd/render.h"
#include "cmd/toy_pbx.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "resolver/live/whatif.h"
#include "resolver/live/world.h"
#include "zones/check.h"

enum { UPGRADE_PAUSES = 600 }; /* 30 s */

static void print(const struct buffer *out)
{
	cli_write(stdout, text_of(out->octets, out->len));
}

static const char *file_of(const struct cli *c, size_t n)
{
	const char *path = request_word(&c->words, n);

	return path ? path : cli_conf_path(c);
}

/* Loads the zones as a node would, with the live names in them. */
static void check_zones(const char *path, struct diags *diags)
{
	struct diags ignored = { 0 };
	struct world *world = NULL;
	struct conf *conf = NULL;

	if (conf_load(path, &ignored, &conf) == OK &&
	    world_new(conf, NULL, WORLD_ALL_FILES, diags, diags, &world) == OK)
		world_unref(world);
	diags_fini(&ignored);
}

static enum exit_status check_conf(struct cli *c)
{
	struct buffer out = { 0 };
	conf_more_fn *more = request_option(&c->words, "zones") ? check_zones : NULL;
	enum exit_status status = conf_check(file_of(c, 0), c->json, more, &out);

	print(&out);
	buffer_fini(&out);
	return status;
}

static struct conf *parse(const char *path, const char *text)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *conf = NULL;
	int err = text ? conf_parse_shown(path, text, strlen(text), &diags, &conf)
		       : conf_load(path, &diags, &conf);

	if (err) {
		diags_format(&diags, &out);
		cli_write(stderr, text_of(out.octets, out.len));
	}
	buffer_fini(&out);
	diags_fini(&diags);
	return conf;
}

/* Returns the configuration in use; NULL: `status` is written. */
static struct conf *running_conf(struct cli *c, enum exit_status *status)
{
	struct conf *conf = NULL;
	char *answer;
	char *path;
	char *text;

	*status = cli_fetch(c, "keeper.sock", "conf show", NULL, 0, &answer);
	if (answer == NULL) {
		(void)cli_fail(*status, "cannot get the configuration from deputyd");
		return NULL;
	}
	path = render_member(answer, "path");
	text = render_member(answer, "text");
	if (path && text)
		conf = parse(path, text);
	if (conf == NULL)
		*status = cli_fail(EXIT_DENIED,
				   "deputyd did not return its configuration");
	free(path);
	free(text);
	free(answer);
	return conf;
}

/* EXIT_NEGATIVE: they differ. */
static enum exit_status diff_conf(struct cli *c)
{
	const char *first = request_word(&c->words, 0);
	const char *second = request_word(&c->words, 1);
	enum exit_status status = EXIT_USAGE;
	struct buffer out = { 0 };
	struct conf *was = second ? parse(first, NULL) : running_conf(c, &status);
	struct conf *now = NULL;

	if (was)
		now = parse(second ? second : file_of(c, 0), NULL);
	if (was && now) {
		status = conf_diff(was, now, &out) ? EXIT_NEGATIVE : EXIT_DONE;
		print(&out);
	} else if (was) {
		status = EXIT_USAGE;
	}
	conf_free(was);
	conf_free(now);
	buffer_fini(&out);
	return status;
}

static enum exit_status check_zone(struct cli *c)
{
	struct buffer out = { 0 };
	enum exit_status status = zone_check(request_word(&c->words, 0),
					     request_word(&c->words, 1), &out);

	print(&out);
	buffer_fini(&out);
	return status;
}

/* The answer comes before the new deputyd does; this waits until its child answers. */
static enum exit_status upgrade_node(struct cli *c)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	enum exit_status status;
	bool settled = false;

	c->table = command_table_of("keeper.sock");
	status = cli_ask(c);
	for (int i = 0; status == EXIT_DONE && !settled && i < UPGRADE_PAUSES; i++) {
		char *answer;

		(void)nanosleep(&pause, NULL);
		(void)cli_fetch(c, "keeper.sock", "status", NULL, 0, &answer);
		settled = answer && render_flag(answer, "settled");
		free(answer);
	}
	if (status != EXIT_DONE || settled)
		return status;
	return cli_fail(EXIT_TIMED_OUT, "the upgrade is still in progress; "
					"`deputy status` shows its state");
}

static enum exit_status be_toy_pbx(struct cli *c)
{
	char **argv = alloc_array(c->arg_count + 2, sizeof(*argv));
	int status;

	argv[0] = alloc_text("toy-pbx");
	for (size_t i = 0; i < c->arg_count; i++)
		argv[i + 1] = alloc_text(c->args[i]);
	status = toy_pbx_main((int)c->arg_count + 1, argv);
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
	return (enum exit_status)status;
}

static enum exit_status print_version(struct cli *c)
{
	(void)c;
	puts("deputy " DEPUTY_VERSION);
	return EXIT_DONE;
}

/* clang-format off */
const struct command local_commands[] = {
	{ "status",     "",                MAY_READ, NULL, "what matters most, in one sentence; then the state of all processes of this node", NULL, "" },
	{ "conf check", "[FILE] [--zones]", MAY_READ, NULL, "check a configuration: report all errors at once and explain what it means; --zones: its zone files too",
		"FILE\tby default that of -c, or " CONF_PATH_PRESET "\n"
		"--zones\tread its zone files too, with the live names in them\n",
		"--zones " CONF_PATH_PRESET },
	{ "conf diff",  "[OLD] [NEW]",     MAY_READ, NULL, "what a reload would change, or how two files differ",
		"OLD\talone: the file that a reload would read, by default that of -c\n"
		"NEW\tthe file that OLD is compared with\n",
		CONF_PATH_PRESET ".orig " CONF_PATH_PRESET },
	{ "zone check", "FILE [ORIGIN]",   MAY_READ, NULL, "check a zone file and report all its errors",
		"ORIGIN\tthe name of the zone, which may also come first\n",
		"/etc/deputy/wildixin.com.zone wildixin.com" },
	{ "node upgrade", "",              MAY_CHANGE, NULL, "replace the running program with the installed one, without losing a query", NULL, "" },
	{ "metrics",    "[--http]",        MAY_READ, NULL, "all counters as Prometheus text; --http: as the response to an HTTP request on stdin",
		"--http\tread an HTTP request first, as a program that inetd starts\n", "" },
	{ "whatif",     WHATIF_ARGS,       MAY_READ, NULL, WHATIF_HELP,
		WHATIF_OPTIONS, WHATIF_EXAMPLE },
	{ "doctor",     "",                MAY_READ, NULL, "find problems with this host, its configuration and its node", NULL, "" },
	{ "toy-pbx",    "[ARGUMENT...]",   MAY_READ, NULL, "run a PBX that answers probes, for demonstrations; see toy-pbx --help", "ARGUMENT\tsee `deputy toy-pbx --help`\n", "--listen udp@127.0.0.11:5070" },
	{ "completion", "bash|zsh|fish|pbxs|names|zones", MAY_READ, NULL, "print a completion script for a shell, or the names that it completes",
		"pbxs\tthe PBXs of the running node; nothing if it does not answer at once\n"
		"names\tits live names\n"
		"zones\tits zones\n", "bash" },
	{ "help",       "[COMMAND...]",    MAY_READ, NULL, "show this text, or the usage of one command",
		"COMMAND\tthe words of a command, or the first of them\n", "pbx force" },
	{ "version",    "",                MAY_READ, NULL, "print the version of deputy", NULL, "" },
	{ .name = NULL },
};

local_command_fn *const local_runs[] = {
	cli_status,
	check_conf,
	diff_conf,
	check_zone,
	upgrade_node,
	cli_metrics,
	cli_whatif,
	doctor,
	be_toy_pbx,
	cli_completion,
	cli_help,
	print_version,
};
/* clang-format on */

/* `deputy whatif`: a running node answers it; without one, or for a file that it does
 * not run, the configuration does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"
#include "cmd/render.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "health/board.h"
#include "health/slots.h"
#include "health/suppose.h"
#include "resolver/live/access.h"
#include "resolver/live/whatif.h"

/* What a node would build from a configuration to answer this. */
static enum exit_status answer_from(struct cli *c, const struct conf *conf, bool runs)
{
	struct buffer answer = { 0 };
	struct slots *slots = slots_new(conf, NULL);
	struct access *access = access_new(conf);
	struct board *board = board_all_up(conf, slots);
	char *told_from =
		alloc_format("%s; %s, so every PBX is assumed to be up", conf->path,
			     runs ? "the running node has another configuration"
				  : "no node is running");
	const struct whatif w = {
		.told_from = told_from,
		.conf = conf,
		.slots = slots,
		.access = access,
		.board = board,
	};
	struct request req = c->words;

	req.json = json_to(&answer);
	json_object(&req.json, NULL);
	whatif_answer(&w, &req);
	json_int(&req.json, "status", req.status);
	json_end(&req.json);
	free(told_from);
	board_unref(board);
	access_free(access);
	slots_free(slots);
	return cli_print(c, &answer);
}

/* Whether the node that runs has another configuration than the file given with -c. */
static bool runs_another(struct cli *c, const struct conf *conf)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *running = NULL;
	bool differs = false;
	char *answer;
	char *text;

	(void)cli_fetch(c, "keeper.sock", "conf show", NULL, 0, &answer);
	text = answer ? render_member(answer, "text") : NULL;
	if (text &&
	    conf_parse_shown(conf->path, text, strlen(text), &diags, &running) == OK)
		differs = conf_diff(running, conf, &out) > 0;
	conf_free(running);
	free(text);
	free(answer);
	buffer_fini(&out);
	diags_fini(&diags);
	return differs;
}

enum exit_status cli_whatif(struct cli *c)
{
	enum exit_status status;
	bool runs;
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *conf = NULL;
	char *known;

	c->table = command_table_of("dns.sock");
	status = cli_fetch(c, "dns.sock", "commands", NULL, 0, &known);
	free(known);
	runs = status != EXIT_NOT_RUNNING;
	if (runs && c->conf_path == NULL)
		return cli_ask(c);
	if (conf_load(cli_conf_path(c), &diags, &conf) != OK) {
		diags_format(&diags, &out);
		cli_write(stderr, text_of(out.octets, out.len));
		status = runs ? cli_fail(EXIT_USAGE, "%s has errors", c->conf_path)
			      : cli_fail(EXIT_NOT_RUNNING,
					 "no node is running, and there is no "
					 "configuration to evaluate");
	} else if (runs && !runs_another(c, conf)) {
		status = cli_ask(c);
	} else {
		status = answer_from(c, conf, runs);
	}
	conf_free(conf);
	buffer_fini(&out);
	diags_fini(&diags);
	return status;
}

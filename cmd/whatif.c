/* `deputy whatif`: a running node answers it; without one, the configuration does. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"
#include "conf/conf.h"
#include "health/board.h"
#include "health/slots.h"
#include "health/suppose.h"
#include "resolver/live/access.h"
#include "resolver/live/whatif.h"

/* What a node would build from a configuration to answer this. */
static enum exit_status answer_from(struct cli *c, const struct conf *conf)
{
	struct buffer answer = { 0 };
	struct slots *slots = slots_new(conf, NULL);
	struct access *access = access_new(conf);
	struct board *board = board_all_up(conf, slots);
	char *told_from =
		alloc_format("%s; no node is running, so every PBX is assumed to be up",
			     conf->path);
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

enum exit_status cli_whatif(struct cli *c)
{
	enum exit_status status;
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *conf = NULL;
	char *known;

	c->table = command_table_of("dns.sock");
	status = cli_fetch(c, "dns.sock", "commands", NULL, 0, &known);
	free(known);
	if (status != EXIT_NOT_RUNNING)
		return cli_ask(c);
	if (conf_load(cli_conf_path(c), &diags, &conf) == OK) {
		status = answer_from(c, conf);
	} else {
		diags_format(&diags, &out);
		cli_write(stderr, text_of(out.octets, out.len));
		status = cli_fail(EXIT_NOT_RUNNING, "no node is running, and there "
						    "is no configuration to evaluate");
	}
	conf_free(conf);
	buffer_fini(&out);
	diags_fini(&diags);
	return status;
}

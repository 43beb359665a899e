#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/operator/metric.h"
#include "conf/conf.h"
#include "keeper/keeper_body.h"

static void put_processes(struct json *j, const struct keeper *k)
{
	json_array(j, "children");
	for (const struct process *p = k->processes; p; p = p->next) {
		json_object(j, NULL);
		json_text(j, "name", p->kind->row->program);
		json_text(j, "state", process_state_name(p->state));
		json_int(j, "pid", p->pid);
		json_int(j, "starts", p->start_count);
		json_int(j, "hung", p->hung_count);
		json_int(j, "since_ms", (int64_t)(loop_now(k->loop) - p->started_at));
		json_end(j);
	}
	json_end(j);
}

/* One row an address and kind, however many workers read it. */
static void put_sockets(struct json *j, const struct keeper *k)
{
	char text[ADDR_TEXT_LEN];

	json_array(j, "sockets");
	for (size_t i = 0; i < k->sockets.count; i++) {
		const struct socket_row *row = &k->sockets.rows[i];

		if (row->worker)
			continue;
		json_object(j, NULL);
		json_text(j, "address", addr_format_port(&row->addr, text));
		json_text(j, "transport", sockets_transport(row->kind));
		json_int(j, "workers", k->sockets.workers[row->kind]);
		json_end(j);
	}
	json_end(j);
}

static void show_status(struct request *req)
{
	const struct keeper *k = req->module;

	json_text(&req->json, "node", k->conf.conf->node.name);
	json_text(&req->json, "version", DEPUTY_VERSION);
	json_int(&req->json, "pid", getpid());
	json_int(&req->json, "since_ms", (int64_t)(loop_now(k->loop) - k->since_at));
	json_text(&req->json, "configuration", k->conf_path);
	json_bool(&req->json, "settled", keeper_is_quiet(k));
	put_processes(&req->json, k);
	put_sockets(&req->json, k);
}

/* The configuration's text on its way out. */
struct conf_out {
	struct buffer shown; /* without secrets */
	size_t at;
};

static void conf_out_free(void *arg)
{
	struct conf_out *o = arg;

	buffer_fini(&o->shown);
	free(o);
}

/* How many octets stand before the last character if that may go on behind them. */
static size_t whole_characters(const uint8_t *octets, size_t len)
{
	size_t last = len - 1;

	while (last > 0 && (octets[last] & 0xc0) == 0x80)
		last--;
	return last > 0 && octets[last] >= 0x80 ? last : len;
}

static enum piece put_conf(struct request *req, void *arg)
{
	enum { PART_LEN = 8192 };
	struct conf_out *o = arg;
	const uint8_t *part = o->shown.octets + o->at;
	size_t len = o->shown.len - o->at;

	if (len == 0) {
		json_text_end(&req->json);
		return PIECE_LAST;
	}
	if (len > PART_LEN)
		len = whole_characters(part, PART_LEN);
	json_text_part(&req->json, (const char *)part, len);
	o->at += len;
	return PIECE_MORE;
}

static void show_conf(struct request *req)
{
	const struct keeper *k = req->module;
	uint8_t *octets = NULL;
	char path[32];
	size_t len = 0;
	struct conf_out *o;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", k->conf.octets);
	if (file_read(path, KEEPER_CONF_MAX_LEN, &octets, &len)) {
		request_fail(req, EXIT_NEGATIVE, "cannot read the configuration");
		return;
	}
	o = alloc(sizeof(*o));
	conf_show(k->conf.conf, octets, len, &o->shown);
	free_wiped(octets, len);
	json_text(&req->json, "path", k->conf_path);
	json_text_begin(&req->json, "text");
	request_pull(req, put_conf, conf_out_free, o);
}

static void reload_conf(struct request *req)
{
	struct keeper *k = req->module;

	if (k->reload.active || k->reload.waiting || k->stopping) {
		request_fail(req, EXIT_CONFLICT, "%s",
			     k->stopping ? "deputyd is stopping"
					 : "another reload is in progress");
		return;
	}
	if (k->upgrade.state != UPGRADE_NONE) {
		request_fail(req, EXIT_CONFLICT,
			     "an upgrade is in progress; try again when `deputy "
			     "status` shows running");
		return;
	}
	k->reload.waiting = request_defer(req);
	k->reload.wanted = true;
	keeper_settle(k);
}

static void upgrade_node(struct request *req)
{
	struct keeper *k = req->module;

	if (k->upgrade.state != UPGRADE_NONE || k->stopping) {
		request_fail(req, EXIT_CONFLICT, "%s",
			     k->stopping ? "deputyd is stopping"
					 : "another upgrade is in progress");
		return;
	}
	upgrade_begin(k, request_defer(req));
}

/* What is counted of each kind of children; the rows of one stand together. */
enum { COUNT_STARTS, COUNT_HUNG, COUNT_RUNS, COUNTS };

/* clang-format off */
static const struct metric counts[COUNTS] = {
	[COUNT_STARTS] = { "deputy_starts_total", METRIC_COUNTER, "number of times deputyd started a process, including the first", NULL, NULL },
	[COUNT_HUNG]   = { "deputy_hung_total", METRIC_COUNTER, "number of times deputyd killed a process because it hung", NULL, NULL },
	[COUNT_RUNS]   = { "deputy_running", METRIC_GAUGE, "processes that are running", NULL, NULL },
};
/* clang-format on */

/* For each count one row a kind: count * kinds + kind. */
static struct metric *count_rows(const struct keeper *k)
{
	struct metric *rows = alloc_array(COUNTS * k->kind_count + 1, sizeof(*rows));

	for (size_t i = 0; i < COUNTS * k->kind_count; i++) {
		rows[i] = counts[i / k->kind_count];
		rows[i].label = k->kinds[i % k->kind_count].label;
	}
	return rows;
}

static void add_counts(const struct keeper *k, struct metric_cells *cells)
{
	for (size_t i = 0; i < k->kind_count; i++) {
		metric_add(cells, COUNT_STARTS * k->kind_count + i,
			   k->kinds[i].past_starts);
		metric_add(cells, COUNT_HUNG * k->kind_count + i,
			   k->kinds[i].past_hung);
	}
	for (const struct process *p = k->processes; p; p = p->next) {
		size_t kind = (size_t)(p->kind - k->kinds);

		metric_add(cells, COUNT_STARTS * k->kind_count + kind, p->start_count);
		metric_add(cells, COUNT_HUNG * k->kind_count + kind, p->hung_count);
		metric_add(cells, COUNT_RUNS * k->kind_count + kind,
			   p->state == PROCESS_RUNNING);
	}
}

static void show_metrics(struct request *req)
{
	const struct keeper *k = req->module;
	struct metric *rows = count_rows(k);
	struct metrics *m = metrics_new(rows);
	struct buffer out = { 0 };

	add_counts(k, metrics_join(m));
	metrics_format(m, &out);
	json_text_len(&req->json, "text", (const char *)out.octets, out.len);
	buffer_fini(&out);
	metrics_free(m);
	free(rows);
}

/* clang-format off */
const struct command keeper_commands[] = {
	{ "status",       "", MAY_READ,   show_status,  "the node, its processes and sockets", NULL, NULL },
	{ "metrics",      "", MAY_READ,   show_metrics, "the counters of deputyd", NULL, NULL },
	{ "conf show",    "", MAY_CHANGE, show_conf,    "show the text of the configuration in use", NULL, "" },
	{ "conf reload",  "", MAY_CHANGE, reload_conf,  "reload the configuration; rejected as a whole if it has any error", NULL, "" },
	{ "node upgrade", "", MAY_CHANGE, upgrade_node, "replace the running program with the installed one, without losing a query", NULL, NULL },
	{ .name = NULL },
};
/* clang-format on */

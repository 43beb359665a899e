#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
		json_text(j, "name", p->kind->name);
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
	static const char *const names[] = { [CHILD_UDP] = "udp", [CHILD_TCP] = "tcp" };
	char text[ADDR_TEXT_LEN];

	json_array(j, "sockets");
	for (size_t i = 0; i < k->sockets.count; i++) {
		const struct socket_row *row = &k->sockets.rows[i];

		if (row->worker)
			continue;
		json_object(j, NULL);
		json_text(j, "address", addr_format_port(&row->addr, text));
		json_text(j, "transport", names[row->kind]);
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

static void show_conf(struct request *req)
{
	const struct keeper *k = req->module;
	uint8_t *octets = NULL;
	char path[32];
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", k->conf.octets);
	if (file_read(path, KEEPER_CONF_MAX_LEN, &octets, &len)) {
		request_fail(req, EXIT_NEGATIVE, "cannot read the configuration");
		return;
	}
	json_text(&req->json, "path", k->conf_path);
	json_text_len(&req->json, "text", (const char *)octets, len);
	free(octets);
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

/* clang-format off */
enum { ROW_STARTS_DNS, ROW_STARTS_RECURSOR, ROW_HUNG_DNS, ROW_HUNG_RECURSOR, ROW_RUNS_DNS, ROW_RUNS_RECURSOR };
static const struct metric metric_rows[] = {
	[ROW_STARTS_DNS]      = { "deputy_starts_total", METRIC_COUNTER, "number of times deputyd started a process, including the first", "process=\"deputy-dns\"", NULL },
	[ROW_STARTS_RECURSOR] = { "deputy_starts_total", METRIC_COUNTER, "number of times deputyd started a process, including the first", "process=\"deputy-recursor\"", NULL },
	[ROW_HUNG_DNS]        = { "deputy_hung_total", METRIC_COUNTER, "number of times deputyd killed a process because it hung", "process=\"deputy-dns\"", NULL },
	[ROW_HUNG_RECURSOR]   = { "deputy_hung_total", METRIC_COUNTER, "number of times deputyd killed a process because it hung", "process=\"deputy-recursor\"", NULL },
	[ROW_RUNS_DNS]        = { "deputy_running", METRIC_GAUGE, "processes that are running", "process=\"deputy-dns\"", NULL },
	[ROW_RUNS_RECURSOR]   = { "deputy_running", METRIC_GAUGE, "processes that are running", "process=\"deputy-recursor\"", NULL },
	{ NULL, 0, NULL, NULL, NULL },
};
/* clang-format on */

static void show_metrics(struct request *req)
{
	const struct keeper *k = req->module;
	struct metrics *m = metrics_new(metric_rows);
	struct metric_cells *cells = metrics_join(m);
	struct buffer out = { 0 };

	metric_add(cells, ROW_STARTS_DNS, k->dns_past.starts);
	metric_add(cells, ROW_HUNG_DNS, k->dns_past.hung);
	metric_add(cells, ROW_STARTS_RECURSOR, k->recursor_past.starts);
	metric_add(cells, ROW_HUNG_RECURSOR, k->recursor_past.hung);
	for (const struct process *p = k->processes; p; p = p->next) {
		bool recurses = p->kind == &k->recursor;

		metric_add(cells, recurses ? ROW_STARTS_RECURSOR : ROW_STARTS_DNS,
			   p->start_count);
		metric_add(cells, recurses ? ROW_HUNG_RECURSOR : ROW_HUNG_DNS,
			   p->hung_count);
		if (p->state == PROCESS_RUNNING)
			metric_add(cells, recurses ? ROW_RUNS_RECURSOR : ROW_RUNS_DNS,
				   1);
	}
	metrics_format(m, &out);
	json_text_len(&req->json, "text", (const char *)out.octets, out.len);
	buffer_fini(&out);
	metrics_free(m);
}

/* clang-format off */
const struct command keeper_commands[] = {
	{ "status",       "", MAY_READ,   show_status,  "the node, its processes and sockets" },
	{ "metrics",      "", MAY_READ,   show_metrics, "the counters of deputyd" },
	{ "conf show",    "", MAY_CHANGE, show_conf,    "show the text of the configuration in use" },
	{ "conf reload",  "", MAY_CHANGE, reload_conf,  "reload the configuration; rejected as a whole if it has any error" },
	{ "node upgrade", "", MAY_CHANGE, upgrade_node, "replace the running program with the installed one, without losing a query" },
	{ NULL, NULL, 0, NULL, NULL },
};
/* clang-format on */

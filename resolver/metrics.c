/* The metrics of deputy-dns. */
#include "base/buffer.h"
#include "base/operator/metric.h"
#include "conf/conf.h"
#include "resolver/answer/outbox.h"
#include "resolver/resolver_body.h"

enum {
	ROW_SWITCHES = COUNTS, /* those before are the workers' */
	ROW_TCP_OPEN,
	ROW_TCP_UNSENT,
	ROW_ZONES,
	ROW_ZONES_BROKEN,
	ROW_STARTED
};

/* clang-format off */
#define COUNTER(name, help) { "deputy_" name "_total", METRIC_COUNTER, help, NULL, NULL }
#define GAUGE(name, help) { "deputy_" name, METRIC_GAUGE, help, NULL, NULL }
#define QUERIES(transport) { "deputy_queries_total", METRIC_COUNTER, "queries by transport", "transport=\"" transport "\"", NULL }
#define ANSWERS(rcode) { "deputy_answers_total", METRIC_COUNTER, "answers by RCODE", "rcode=\"" rcode "\"", NULL }
static const struct metric rows[] = {
	[COUNT_UDP]         = QUERIES("udp"),
	[COUNT_TCP]         = QUERIES("tcp"),
	[COUNT_TLS]         = QUERIES("tls"),
	[COUNT_DROPPED]     = COUNTER("dropped", "messages that were not queries and were dropped"),
	[COUNT_NOERROR]     = ANSWERS("NOERROR"),
	[COUNT_FORMERR]     = ANSWERS("FORMERR"),
	[COUNT_SERVFAIL]    = ANSWERS("SERVFAIL"),
	[COUNT_NXDOMAIN]    = ANSWERS("NXDOMAIN"),
	[COUNT_NOTIMP]      = ANSWERS("NOTIMP"),
	[COUNT_REFUSED]     = ANSWERS("REFUSED"),
	[COUNT_OTHER_RCODE] = ANSWERS("other"),
	[COUNT_DENIED]      = COUNTER("denied", "queries refused by the access lists"),
	[COUNT_TRUNCATED]   = COUNTER("truncated", "truncated answers"),
	[COUNT_LIVE]        = COUNTER("live_answers", "answers for live names"),
	[COUNT_RECURSED]    = COUNTER("recursed_answers", "answers with records obtained by recursion"),
	[COUNT_CHAOS]       = COUNTER("chaos_queries", "queries of class CH"),
	[COUNT_EDNS]        = COUNTER("edns_queries", "queries with EDNS"),
	[COUNT_COOKIE]      = COUNTER("cookies", "queries with a valid server cookie"),
	[COUNT_UNSENT]      = COUNTER("unsent", "answers that the kernel did not accept"),
	[COUNT_UNTAKEN]     = COUNTER("tcp_untaken", "TCP connections closed because too much of theirs waited, answers or questions"),
	[ROW_SWITCHES]      = COUNTER("switches", "live answers that moved to another PBX"),
	[ROW_TCP_OPEN]      = GAUGE("tcp_connections", "open TCP connections"),
	[ROW_TCP_UNSENT]    = GAUGE("tcp_unsent_bytes", "octets of answers over TCP that wait to be taken, and of questions that wait or are not whole"),
	[ROW_ZONES]         = GAUGE("zones", "zones served"),
	[ROW_ZONES_BROKEN]  = GAUGE("zones_broken", "zones whose file could not be loaded"),
	[ROW_STARTED]       = GAUGE("start_time_seconds", "start time of deputy-dns, in seconds since 1970"),
	{ NULL, 0, NULL, NULL, NULL },
};
/* clang-format on */

/* clang-format off */
static const struct metric recursion_client_rows[] = {
	[RECURSION_CLIENT_HITS]        = { "deputy_cache_answers_total", METRIC_COUNTER, "answers from the recursion cache", "age=\"fresh\"", NULL },
	[RECURSION_CLIENT_STALE]       = { "deputy_cache_answers_total", METRIC_COUNTER, "answers from the recursion cache", "age=\"stale\"", NULL },
	[RECURSION_CLIENT_ASKED]       = COUNTER("recursion_asked", "queries to deputy-recursor"),
	[RECURSION_CLIENT_JOINED]      = COUNTER("recursion_joined", "queries that waited for an outstanding one"),
	[RECURSION_CLIENT_PREFETCHED]  = COUNTER("recursion_refreshed", "queries to deputy-recursor that refreshed a name about to expire"),
	[RECURSION_CLIENT_LATE]        = COUNTER("recursion_late", "queries that deputy-recursor did not answer in time"),
	[RECURSION_CLIENT_MALFORMED]   = COUNTER("recursion_malformed", "malformed answers from deputy-recursor"),
	[RECURSION_CLIENT_TURNED_AWAY] = COUNTER("recursion_turned_away", "queries beyond the limit on waiting ones"),
	[RECURSION_CLIENT_REBINDING]      = COUNTER("recursion_walled", "answers from which a private address was removed"),
	[RECURSION_CLIENT_WAITING]     = GAUGE("recursion_waiting", "queries that wait for deputy-recursor"),
	[RECURSION_CLIENT_KEPT]        = GAUGE("cache_entries", "answers in the recursion cache"),
	[RECURSION_CLIENT_MEMORY]      = GAUGE("cache_bytes", "size of the recursion cache; allocated at the start and never exceeded"),
	{ NULL, 0, NULL, NULL, NULL },
};
/* clang-format on */

uint64_t resolver_count(const struct resolver *r, enum count what)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < r->udp_count; i++)
		sum += count_read(udp_worker_counts(r->udp_workers[i]), what);
	for (uint16_t i = 0; i < r->tcp_count; i++)
		sum += count_read(tcp_worker_counts(r->tcp_workers[i]), what);
	return sum;
}

static uint64_t count_of(const struct recursion_client *o,
			 enum recursion_client_count what)
{
	return o ? recursion_client_count(o, what) : 0;
}

uint64_t resolver_recursion_count(const struct resolver *r,
				  enum recursion_client_count what)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < r->udp_count; i++)
		sum += count_of(udp_worker_outside(r->udp_workers[i]), what);
	for (uint16_t i = 0; i < r->tcp_count; i++)
		sum += count_of(tcp_worker_outside(r->tcp_workers[i]), what);
	return sum;
}

uint64_t resolver_open_count(const struct resolver *r)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < r->tcp_count; i++)
		sum += tcp_worker_open_count(r->tcp_workers[i]);
	return sum;
}

static void format_recursion(const struct resolver *r, struct buffer *out)
{
	struct metrics *m = metrics_new(recursion_client_rows);
	struct metric_cells *cells = metrics_join(m);

	for (enum recursion_client_count i = 0; i < RECURSION_CLIENT_COUNTS; i++)
		metric_set(cells, i, resolver_recursion_count(r, i));
	metrics_format(m, out);
	metrics_free(m);
}

static void format(const struct resolver *r, struct buffer *out)
{
	struct metrics *m = metrics_new(rows);
	struct metric_cells *cells = metrics_join(m);
	uint64_t broken = 0;

	for (size_t i = 0; i < r->world->conf->zone_count; i++)
		broken += r->world->states[i].broken;
	for (enum count i = 0; i < COUNTS; i++)
		metric_set(cells, i, resolver_count(r, i));
	metric_set(cells, ROW_SWITCHES, switch_history_moved_count(r->switch_history));
	metric_set(cells, ROW_TCP_OPEN, resolver_open_count(r));
	metric_set(cells, ROW_TCP_UNSENT, outboxes_unsent_len());
	metric_set(cells, ROW_ZONES, zone_set_count(r->world->zones));
	metric_set(cells, ROW_ZONES_BROKEN, broken);
	metric_set(cells, ROW_STARTED, (uint64_t)r->started_at);
	metrics_format(m, out);
	metrics_free(m);
	if (resolver_recursion_count(r, RECURSION_CLIENT_MEMORY))
		format_recursion(r, out);
	health_metrics_format(r->health, out);
}

void resolver_show_metrics(struct request *req)
{
	const struct resolver *r = req->module;
	struct buffer out = { 0 };

	format(r, &out);
	json_text_len(&req->json, "text", (const char *)out.octets, out.len);
	buffer_fini(&out);
}

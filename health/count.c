#include "health/count.h"

#include <stddef.h>

enum {
	ROW_PBXS,
	ROW_GENERATION = ROW_PBXS + PBX_STATES,
	ROW_SWITCHES,
	ROW_DETECTION = ROW_SWITCHES + SWITCH_KINDS,
	ROW_ROUND_TRIP
};

static const uint64_t detection_us[] = { 10000,   20000,   50000,    100000,
					 200000,  400000,  800000,   1200000,
					 2500000, 4500000, 10000000, 0 };
static const uint64_t round_trip_us[] = { 200,   500,   1000,   2000,   5000,   10000,
					  20000, 50000, 100000, 200000, 500000, 0 };

/* clang-format off */
#define PBXS(state) { "deputy_pbxs", METRIC_GAUGE, "PBXs by state according to their probes", "state=\"" state "\"", NULL }
#define SWITCH(kind) { "deputy_pbx_changes_total", METRIC_COUNTER, "state changes of PBXs, by probes and by command", "kind=\"" kind "\"", NULL }
#define ROUND_TRIP(transport) { "deputy_probe_rtt_seconds", METRIC_HISTOGRAM, "round-trip times of answered probes", "transport=\"" transport "\"", round_trip_us }
const struct metric health_metrics[] = {
	[ROW_PBXS + PBX_UP]        = PBXS("up"),
	[ROW_PBXS + PBX_DOWN]      = PBXS("down"),
	[ROW_PBXS + PBX_DRAINING]  = PBXS("draining"),
	[ROW_PBXS + PBX_UNDECIDED] = PBXS("undecided"),
	[ROW_GENERATION] = { "deputy_board_generation", METRIC_GAUGE, "generation of the board", NULL, NULL },
	[ROW_SWITCHES + SWITCH_DOWN]     = SWITCH("down"),
	[ROW_SWITCHES + SWITCH_UP]       = SWITCH("up"),
	[ROW_SWITCHES + SWITCH_BACK]     = SWITCH("back"),
	[ROW_SWITCHES + SWITCH_DRAINING] = SWITCH("draining"),
	[ROW_SWITCHES + SWITCH_FORCED]   = SWITCH("forced"),
	[ROW_SWITCHES + SWITCH_RELEASED] = SWITCH("released"),
	[ROW_SWITCHES + SWITCH_FROZEN]   = SWITCH("frozen"),
	[ROW_SWITCHES + SWITCH_THAWED]   = SWITCH("thawed"),
	[ROW_SWITCHES + SWITCH_AWAY]     = SWITCH("away"),
	[ROW_SWITCHES + SWITCH_ENDPOINT] = SWITCH("endpoint"),
	[ROW_DETECTION] = { "deputy_detection_seconds", METRIC_HISTOGRAM, "time from the last proof of life of a PBX until it was declared down", NULL, detection_us },
	[ROW_ROUND_TRIP + TRANSPORT_UDP] = ROUND_TRIP("udp"),
	[ROW_ROUND_TRIP + TRANSPORT_TCP] = ROUND_TRIP("tcp"),
	[ROW_ROUND_TRIP + TRANSPORT_TLS] = ROUND_TRIP("tls"),
	{ NULL, 0, NULL, NULL, NULL },
};
/* clang-format on */

void count_round_trip(struct metric_cells *cells, enum transport transport, uint64_t us)
{
	if (cells)
		metric_observe_us(cells, ROW_ROUND_TRIP + (size_t)transport, us);
}

void count_switch(struct metric_cells *cells, const struct switch_record *r)
{
	if (cells == NULL)
		return;
	metric_add(cells, ROW_SWITCHES + (size_t)r->kind, 1);
	if (r->kind == SWITCH_DOWN && r->detection_ms)
		metric_observe_us(cells, ROW_DETECTION,
				  (uint64_t)r->detection_ms * 1000);
}

void count_pbxs(struct metric_cells *cells, const struct board *b)
{
	uint64_t counts[PBX_STATES] = { 0 };

	for (size_t i = 0; i < b->row_count; i++)
		if (b->rows[i])
			counts[b->rows[i]->state]++;
	for (size_t i = 0; i < PBX_STATES; i++)
		metric_set(cells, ROW_PBXS + i, counts[i]);
	metric_set(cells, ROW_GENERATION, b->generation);
}

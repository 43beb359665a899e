/*
 * The metrics of the prober: round trips, changes of PBXs, and detection times. No
 * label contains a name.
 */
#pragma once

#include <stdint.h>

#include "base/operator/metric.h"
#include "conf/endpoint.h"
#include "health/switches.h"

struct board;

extern const struct metric health_metrics[];

/* cells: of the prober's thread; NULL: nothing is counted. */
void count_round_trip(struct metric_cells *cells, enum transport transport,
		      uint64_t us);
void count_switch(struct metric_cells *cells, const struct switch_record *r);

/* Sets how many PBXs are in each state; in the cells of any one thread. */
void count_pbxs(struct metric_cells *cells, const struct board *b);

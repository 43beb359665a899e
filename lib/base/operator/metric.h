/*
 * Metrics: the rows of a module, and one set of cells per counting thread, so that
 * counting is one addition to memory that no other thread writes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buffer;

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* A table ends with a row without a name. Rows of one family are adjacent. */
struct metric {
	const char *name; /* "deputy_answers_total" */
	enum metric_type type;
	const char *help;
	const char *label; /* fixed: "rcode=\"NXDOMAIN\"", or NULL; never an untrusted
			      name */
	const uint64_t *bounds_us; /* histogram: upper bounds, ascending, terminated
				      by 0; printed in seconds */
};

struct metrics;

struct metrics *metrics_new(const struct metric *rows);
void metrics_free(struct metrics *m); /* only when no thread counts any more */

/* Returns the cells of the calling thread, which the metrics own. */
struct metric_cells;
struct metric_cells *metrics_join(struct metrics *m);

/* `row` is the row's number in the table. */
void metric_add(struct metric_cells *c, size_t row, uint64_t by);
void metric_set(struct metric_cells *c, size_t row, uint64_t value);
void metric_observe_us(struct metric_cells *c, size_t row, uint64_t us);

/* Returns the sum over all threads; for a histogram the number of observations. */
uint64_t metrics_total(const struct metrics *m, size_t row);

/* Writes Prometheus text format 0.0.4. */
void metrics_format(const struct metrics *m, struct buffer *out);

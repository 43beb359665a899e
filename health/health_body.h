/* Declarations shared by the files of the health module. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "health/health.h"
#include "health/host_calls.h"
#include "health/plan.h"
#include "health/prober.h"

struct host;
struct sip_wire;
struct tracing;
struct watcher;

/* A site as `site` shows it: the main loop's own copy. */
struct site_row {
	char *name;
	char *pbx;
	char *networks; /* "10.1.0.0/16 2001:db8:1::/48" */
};

struct health {
	/* Written once, read by both threads. */
	struct loop *prober_loop, *main_loop;
	struct health_calls calls;
	struct prober_calls prober_calls;
	struct metrics *metrics; /* health_metrics: cells of both threads */

	/* The prober thread's. */
	struct prober *prober;
	struct sip_wire *sip_wire;
	struct host *host;
	struct tracing *tracings;

	/* The main thread's. */
	struct board *seen;
	struct metric_cells *cells; /* what is true now */
	struct watcher *watchers;
	struct site_row *sites;
	size_t site_count;
	bool loaded;
};

/* Main loop: sends a fresh board, round trips and all, to `fn`, which does not keep it.
 */
typedef void health_snapshot_fn(void *arg, const struct board *b);
void health_snapshot(struct health *h, health_snapshot_fn *fn, void *arg);

/*
 * Main loop: `fn` gets the lines of what the sip_wire of one pbx see for a span, and a
 * fresh board behind.
 */
struct trace_note {
	uint32_t at_ms; /* since the beginning */
	char endpoint[96];
	char what[CAUSE_LEN];
};
typedef void health_trace_fn(void *arg, const struct trace_note *notes, size_t count,
			     const struct board *b);
void health_trace_pbx(struct health *h, uint32_t slot, uint32_t for_ms,
		      health_trace_fn *fn, void *arg);

/* Prober loop: what a traced target notes. */
void tracing_note(struct health *h, const struct target *t, const char *what);
void tracing_free(struct health *h);

/* Main loop: switch records for those who watch. */
void watchers_notify(struct health *h, const struct switch_record *records,
		     size_t count);
void watchers_free(struct health *h);

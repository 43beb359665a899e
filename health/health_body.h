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
struct kept;
struct sip_wire;
struct tracing;
struct watchers;

/* A site as `site` shows it: the main loop's own copy. */
struct site_row {
	char *name;
	char *pbx;
	uint32_t slot;  /* its pbx's */
	char *networks; /* "10.1.0.0/16 2001:db8:1::/48" */
};

/* Of one configuration; counted, the main thread's. */
struct site_table {
	size_t refs, count;
	struct site_row rows[];
};

void site_table_unref(struct site_table *t); /* NULL does nothing */

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
	bool whole; /* KEPT_WHOLE exists: to be deleted when all rows are kept */

	/* The main thread's. */
	struct kept *restored; /* before the first load */
	struct board *seen;
	struct metric_cells *cells; /* what is true now */
	struct watchers *watchers;  /* NULL: nobody watches */
	struct site_table *sites;   /* NULL: before the first configuration */
	bool loaded;
};

/*
 * Main loop: sends a fresh board, round trips and all, to `fn`, which may keep a
 * reference.
 *
 * slot  of the one pbx that it is to have a row of; CONF_NONE: of all
 */
typedef void health_snapshot_fn(void *arg, struct board *b);
void health_snapshot(struct health *h, uint32_t slot, health_snapshot_fn *fn,
		     void *arg);

/*
 * Main loop: `fn` gets the lines of what the sip_wire of one pbx see for a span, and a
 * fresh board with its row behind. Returns what health_trace_cancel() ends, after which
 * `fn` is not called.
 */
struct trace_note {
	uint32_t at_ms; /* since the beginning */
	char endpoint[96];
	char what[CAUSE_LEN];
	char *message; /* the octets of one that was sent or received, NUL octets as
			  "?"; NULL: none */
};
typedef void health_trace_fn(void *arg, const struct trace_note *notes, size_t count,
			     const struct board *b);
struct tracing *health_trace_pbx(struct health *h, uint32_t slot, uint32_t for_ms,
				 health_trace_fn *fn, void *arg);
void health_trace_cancel(struct tracing *t);

/* Prober loop: what a traced target notes. */
void tracing_note(struct health *h, const struct target *t, const char *what);
void tracing_message(struct health *h, const struct target *t, const char *what,
		     const void *octets, size_t len);
void tracing_free(struct health *h);

/* Main loop: switch records for clients of `watch`, and that command. */
void watchers_notify(struct health *h, const struct switch_record *records,
		     size_t count);
void watch_switches(struct request *req);

/* Main loop: one row of a board, as lists show it. */
void board_row_json(const struct board_row *row, struct json *j);

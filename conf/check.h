/* What the command line makes of configurations: judges, explains and compares them. */
#pragma once

#include <stdbool.h>

#include "base/operator/command.h"
#include "base/operator/diag.h"
#include "conf/conf.h"

struct buffer;
struct json;

/*
 * Judges a file as `deputy conf check` does: all faults, what of this host does not fit
 * (files, users), and, where it can be used, what it means in plain words.
 *
 * json  the answer is one JSON object instead of text
 *
 * Returns EXIT_DONE, or EXIT_NEGATIVE for a configuration that would be refused.
 */
enum exit_status conf_check(const char *path, bool json, struct buffer *out);

/* Warns of files, folders and users that a configuration names and this host lacks. */
void conf_check_host(const struct conf *c, struct diags *diags);

/* Says what a configuration means: who answers for whom, in which order. */
void conf_explain(const struct conf *c, struct buffer *out);

/*
 * Writes one line per difference, "pbx 'berlin': hold: 2m -> 1m"; what a reload does
 * not change says so.
 *
 * Returns how many there are.
 */
size_t conf_diff(const struct conf *was, const struct conf *now, struct buffer *out);

/* One difference, in text; NULL for what was not there. */
struct conf_change {
	const char *where; /* "pbx 'berlin'", "node.tcp"; of `deputy.conf` itself: "" */
	const char *key;   /* NULL: the whole of it was added or removed */
	const char *was, *now; /* the same: of a secret, which is not shown */
	bool at_start_only;    /* a reload does not change it */
};
typedef void conf_change_fn(void *arg, const struct conf_change *change);

/* Calls `told` for each difference; the texts live during the call. */
void conf_compare(const struct conf *was, const struct conf *now, conf_change_fn *told,
		  void *arg);

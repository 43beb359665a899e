/* Checks, explains and compares configurations for the command line. */
#pragma once

#include <stdbool.h>

#include "base/operator/command.h"
#include "base/operator/diag.h"
#include "conf/conf.h"

struct buffer;
struct json;

/*
 * Checks a file as `deputy conf check` does: all errors, mismatches with this host
 * (files, users), and, if it is valid, what it means in plain words.
 *
 * json  the answer is one JSON object instead of text
 * more  checks what the configuration names, if it is valid; or NULL
 *
 * Returns EXIT_DONE, or EXIT_NEGATIVE for a configuration that would be rejected or
 * of which `more` found errors.
 */
typedef void conf_more_fn(const char *path, struct diags *diags);
enum exit_status conf_check(const char *path, bool json, conf_more_fn *more,
			    struct buffer *out);

/* Warns about files, directories and users that a configuration names and this host
 * does not have. */
void conf_check_host(const struct conf *c, struct diags *diags);

/* Explains what a configuration means: which pbxs answer for which names, in which
 * order. */
void conf_explain(const struct conf *c, struct buffer *out);

/*
 * Writes one line per difference, "pbx 'berlin': hold: 2m -> 1m", with a note on
 * settings that a reload does not change.
 *
 * Returns how many there are.
 */
size_t conf_diff(const struct conf *was, const struct conf *now, struct buffer *out);

/* One difference, as text; NULL for a missing side. */
struct conf_change {
	const char *where; /* "pbx 'berlin'", "node.tcp"; of `deputy.conf` itself: "" */
	const char *key;   /* NULL: the whole of it was added or removed */
	const char *was, *now; /* the same text: a secret, which is not shown */
	bool at_start_only;    /* a reload does not change it */
};
typedef void conf_change_fn(void *arg, const struct conf_change *change);

/* Calls `told` for each difference; the strings are valid during the call. */
void conf_compare(const struct conf *was, const struct conf *now, conf_change_fn *told,
		  void *arg);

/*
 * A checked configuration: what deputy.conf(5) says, as structs. Immutable once made;
 * all references between sections are indices. Made by conf_parse(), which also writes
 * every default in, so readers never ask whether a key was given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/operator/diag.h"
#include "conf/access.h"
#include "conf/hook.h"
#include "conf/host.h"
#include "conf/live.h"
#include "conf/networks.h"
#include "conf/node.h"
#include "conf/pbx.h"
#include "conf/recursion.h"
#include "conf/secret.h"
#include "conf/site.h"
#include "conf/zone.h"

struct buffer;

/* Settings that can be checked only on the host, and their positions. */
struct conf_written {
	const char *key;
	const char *path; /* the setting's; NULL: it is an address or a secret */
	struct addr addr; /* family 0: none */
	struct diag_place place;
	char *line; /* as it was written; NULL: it is too long or not shown */
};

/* The octets of the text that are a secret, including its quotes. */
struct conf_gap {
	size_t from, until;
};

struct conf {
	char *path; /* as given */
	struct conf_node node;
	struct conf_access access;
	struct conf_recursion recursion;
	struct conf_pbx *pbxs;
	size_t pbx_count;
	struct conf_site *sites;
	size_t site_count;
	struct conf_live *lives;
	size_t live_count;
	struct conf_zone *zones;
	size_t zone_count;
	struct conf_host *hosts;
	size_t host_count;
	struct addr *resolvers; /* with ports; empty: of /etc/resolv.conf */
	size_t resolver_count;
	struct conf_hook *hooks;
	size_t hook_count;
	struct conf_written *written; /* in the order of the text */
	size_t written_count;
	struct conf_gap *gaps; /* in the order of the rows, not of the text */
	size_t gap_count;
	struct conf_secret **secret_files; /* the secrets that are read from files */
	size_t secret_file_count;
	uint32_t silenced; /* bit per enum notice */
};

/*
 * Parses and checks a whole configuration. Secrets in files are read.
 *
 * path    for messages, and what relative paths in it are relative to
 * diags   gets every error and warning found
 * out     written only without errors; freed by conf_free()
 *
 * Returns 0 or ERR_INVALID.
 */
int conf_parse(const char *path, const void *octets, size_t len, struct diags *diags,
	       struct conf **out);

/* The same for what conf_parcel() made: no file is read. */
int conf_parse_parcel(const char *path, const void *octets, size_t len,
		      struct diags *diags, struct conf **out);

/* The same for what conf_show() wrote: secrets are left out. */
int conf_parse_shown(const char *path, const void *octets, size_t len,
		     struct diags *diags, struct conf **out);

/* Reads the file first; a file that cannot be read is a diagnosis too. */
int conf_load(const char *path, struct diags *diags, struct conf **out);

/* Returns the run directory in a file, even if the file has errors elsewhere, or NULL;
 * the caller frees it. */
char *conf_run_dir(const char *path);

/*
 * Writes a text that was parsed, and the contents of the files of its secrets, for a
 * process that does not read them itself. The caller frees it with free_wiped().
 */
void conf_parcel(const struct conf *c, const void *text, size_t len,
		 struct buffer *out);

/* Writes a text or a parcel that was parsed, without its secrets. */
void conf_show(const struct conf *c, const void *octets, size_t len,
	       struct buffer *out);

void conf_free(struct conf *c);

/* Whether any client may have other names resolved. */
bool conf_recurses(const struct conf *c);

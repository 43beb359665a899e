/*
 * Readers and writers of single values, the entries of setting_ops. A reader gets a
 * scalar that parse_is_scalar() has accepted (whole types: any node), adds its own
 * diagnoses and returns whether `to` was written. A writer uses the operator's
 * notation.
 */
#pragma once

#include "base/text.h"
#include "conf/parse.h"
#include "conf/setting.h"

typedef bool value_read_fn(struct parse *d, const struct setting *s,
			   const struct node *n, void *to);
typedef void value_format_fn(const struct conf *c, const struct setting *s,
			     const void *at, struct buffer *out);

typedef void value_fini_fn(const struct setting *s, void *at);

/* value_number.c */
value_read_fn read_flag, read_count, read_ms, read_s, read_choice, read_either,
	read_code;
value_format_fn format_flag, format_count, format_ms, format_s, format_choice,
	format_either, format_code;

/* value_name.c */
value_read_fn read_label, read_domain, read_zone_name, read_host_name, read_path,
	read_user, read_sip_uri, read_line;
value_format_fn format_text, format_domain;

/* value_ref.c */
value_read_fn read_ref;
value_format_fn format_ref;

/* value_net.c */
value_read_fn read_address, read_socket, read_prefix, read_endpoint, read_pbx_address;
value_format_fn format_address, format_socket, format_prefix, format_endpoint,
	format_pbx_address;

/* value_whole.c */
value_read_fn read_needs, read_networks, read_views, read_fail_back, read_hosts,
	read_command;
value_format_fn format_needs, format_networks, format_views, format_fail_back,
	format_command;
value_fini_fn fini_networks, fini_views, fini_command;

/* notice.c */
value_read_fn read_notices;
value_format_fn format_notices;

/* value_secret.c */
value_read_fn read_secret, read_key_file;
value_format_fn format_secret, format_key_file;
value_fini_fn fini_secret;

enum { DURATION_TEXT_LEN = 24 };

/* Milliseconds as "250ms", "2m"; returns `out`. */
char *duration_format(uint64_t ms, char out[DURATION_TEXT_LEN]);

/* Returns an absolute path as it is, or a path relative to the directory of the
 * configuration made absolute; the caller frees it. */
char *path_resolve(const char *conf_path, const char *path);

/* Reads a prefix for the setting `key`; on an error adds a diagnosis. */
bool prefix_read(struct parse *d, const char *key, const struct node *n,
		 struct prefix *out);

/* Writes the addresses of a pbx for all other clients, then for each site. */
void views_format(const struct conf *c, const struct conf_pbx *pbx, struct buffer *out);

/* transport_find() returns the transport of that name, or -1; report_transport() adds
 * the diagnosis. */
int transport_find(const struct text *name);
void report_transport(struct parse *d, const struct node *n, const struct text *name);

/* If a node names the registrar, adds the diagnosis that it is not implemented yet.
 * Returns whether it did. */
bool report_registrar(struct parse *d, const struct node *n);

/* For suggest(): returns word `i` of an array. */
const char *word_at(const void *arg, size_t i);

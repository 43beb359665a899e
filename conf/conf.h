/*
 * A checked configuration: deputy.conf(5) as structs. Immutable; all references between
 * sections are indices. Made by conf_parse(), which also fills in all defaults, so that
 * readers never need to know whether a key was given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/operator/diag.h"

enum { CONF_NONE = UINT32_MAX }; /* an index that refers to nothing */

enum transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORTS };

enum profile { PROFILE_AUTO, PROFILE_FAST, PROFILE_LAN, PROFILE_WAN, PROFILES };

/* One row per profile; that of PROFILE_AUTO is unused. The settings of a pbx override
 * it. */
struct conf_probe {
	uint32_t pace_ms;
	uint32_t after_miss_ms;
	uint32_t timeout_ms;
	uint32_t silence_ms;
	uint32_t lost_count;
	uint32_t rise_count; /* good probes in a row before up */
};
extern const struct conf_probe conf_profiles[PROFILES];

struct conf_networks {
	struct prefix *prefixes;
	size_t prefix_count;
	bool local; /* loopback, private, link-local ranges and all declared sites */
	bool any;
};

struct conf_node {
	char *name;
	struct addr *listens; /* with ports */
	size_t listen_count;
	uint32_t udp_workers; /* 0: one per core, at most 8 */
	uint32_t stream_workers;
	uint32_t tcp_connections;            /* limit over all sources */
	uint32_t tcp_connections_per_source; /* limit per source address */
	uint32_t tcp_idle_ms;
	uint32_t udp_payload_max;  /* largest UDP answer, RFC 9715: 1232 */
	char *state_dir, *run_dir; /* absolute */
	char *user;                /* the user of the children, if started as root */
};

struct conf_access {
	struct conf_networks query, recursion, diagnostics,
		ecs; /* ecs: forwarders whose client subnet is trusted */
};

/* How other names are resolved, for the networks in access.recursion. */
struct conf_recursion {
	struct addr *forwarders; /* with ports; none: from the root */
	size_t forwarder_count;
	char *root_hints;    /* NULL: those built in */
	char *trust_anchors; /* NULL: the root keys, maintained by RFC 5011 */
	char **inside;       /* names, lower case, with the final dot */
	size_t inside_count;
	uint32_t cache_mib;
	bool validate;
};

struct conf_endpoint {
	enum transport transport;
	uint16_t port;
};

/* An address of a pbx: literal, or a name looked up through `resolvers`. */
struct conf_pbx_address {
	struct addr addr; /* family 0: `name` */
	char *name;
};

/* The addresses and endpoints for clients of one site. */
struct conf_pbx_view {
	uint32_t site; /* CONF_NONE: everybody else */
	struct conf_pbx_address *addresses;
	size_t address_count;
	struct conf_endpoint *endpoints; /* NULL: the pbx's */
	size_t endpoint_count;
};

struct conf_pbx {
	char *name;
	struct diag_place place;
	struct conf_pbx_view *views; /* [0] is for everybody else; it may have no
					addresses only if others have some */
	size_t view_count;
	struct conf_endpoint *endpoints;
	size_t endpoint_count;
	uint32_t *failover; /* indices of pbxs, in order; the chain is the pbx itself,
			       then these */
	size_t failover_count;
	enum profile profile;
	struct conf_probe probe; /* the profile with overrides; for PROFILE_AUTO: wan
				    with `probe_set` bits */
	uint32_t probe_set;      /* bit per member of conf_probe, in order: given by the
				    operator */
	struct addr witness;     /* family 0: none */
	bool witness_switch;     /* witness-lost: switch, not hold */
	uint32_t hold_ms; /* must be up for this long before it is chosen again */
	bool failback_manual;
	uint16_t window_from_min, window_to_min; /* minutes of the local day of
						    fail-back; equal: any time */
	char *server_name; /* TLS and SIP name; NULL: the live name that a phone would
			      check, else the address */
	char *ca_file;     /* NULL: system store */
	bool verify;       /* rank a member with an invalid certificate behind others */
	uint16_t *dead_codes; /* responses that do not prove life, besides 408, 500, 502
				 and 504 (503 drains) */
	size_t dead_code_count;
};

struct conf_site {
	char *name;
	struct diag_place place;
	struct prefix *networks;
	size_t network_count;
	uint32_t pbx; /* home */
};

enum all_down {
	ALL_DOWN_LAST_KNOWN,
	ALL_DOWN_FIRST,
	ALL_DOWN_FILE,
	ALL_DOWN_SERVFAIL,
	ALL_DOWN_REGISTRAR /* needs the registrar: not accepted in a configuration yet
			    */
};

struct conf_live {
	char *name; /* presentation format, lower case, with the final dot */
	struct diag_place place;
	bool by_site;  /* answer: site; else the pbx `home` always */
	uint32_t home; /* pbx of clients in no site (`default`), or of everybody */
	uint32_t ttl_s;
	uint32_t needs; /* bit per enum transport; 0: any endpoint */
	enum all_down all_down;
	char **ns; /* names; empty: <node>.invalid */
	size_t ns_count;
	uint32_t zone; /* enclosing zone, or CONF_NONE: free */
};

struct conf_zone {
	char *name; /* lower case, with the final dot */
	struct diag_place place;
	char *file; /* absolute */
};

struct conf_host {
	char *name; /* lower case, with the final dot */
	struct diag_place place;
	struct addr *addresses;
	size_t address_count;
};

struct conf_hook {
	char **argv; /* NULL-terminated */
	uint32_t timeout_ms;
	uint32_t tries;
};

/* Settings that can be checked only on the host, and their positions. */
struct conf_written {
	const char *key;
	const char *path; /* the setting's; NULL: it is an address */
	struct addr addr;
	struct diag_place place;
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
};

/*
 * Parses and checks a whole configuration.
 *
 * path    for messages, and the base of relative paths in it
 * diags   receives all errors and warnings
 * out     written only if there are no errors; freed with conf_free()
 *
 * Returns 0 or ERR_INVALID.
 */
int conf_parse(const char *path, const void *octets, size_t len, struct diags *diags,
	       struct conf **out);

/* Reads the file first; an unreadable file is reported as a diagnosis too. */
int conf_load(const char *path, struct diags *diags, struct conf **out);

/* Returns the run folder in a file, even if the file has errors elsewhere, or NULL; the
 * caller frees it. */
char *conf_run_dir(const char *path);

void conf_free(struct conf *c);

/* Returns whether an address is in a list; sites count as local. */
bool conf_networks_contain(const struct conf *c, const struct conf_networks *n,
			   const struct addr *a);

/* Returns whether any client may use recursion. */
bool conf_recurses(const struct conf *c);

/* Return the name of a transport or a profile: "tls", "lan". */
const char *transport_name(enum transport t);
const char *profile_name(enum profile p);

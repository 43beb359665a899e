/* `pbxs`: where they are, how they are probed and who stands in for whom. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/operator/diag.h"
#include "conf/domain.h"
#include "conf/endpoint.h"
#include "conf/probe.h"
#include "conf/reference.h"
#include "conf/secret.h"

/* An address of a pbx: literal, or a name looked up through `resolvers`. */
struct conf_pbx_address {
	struct addr addr; /* family 0: `name` */
	struct domain *name;
};

/* Addresses and endpoints as clients of one site see them. */
struct conf_pbx_view {
	uint32_t site; /* CONF_NONE: all other clients */
	struct conf_pbx_address *addresses;
	size_t address_count;
	struct conf_endpoint *endpoints; /* NULL: the pbx's */
	size_t endpoint_count;
};

struct conf_pbx {
	char *name;
	struct diag_place place;
	struct conf_pbx_view *views; /* [0] is for all other clients; it may have no
					addresses only if others have some */
	size_t view_count;
	struct conf_endpoint *endpoints;
	size_t endpoint_count;
	uint32_t *failover; /* pbx indices, in order; the chain is the pbx itself, then
			       these */
	size_t failover_count;
	enum profile profile;
	struct conf_probe probe; /* of the profile, with the operator's changes; for
				    PROFILE_AUTO those of wan: see `probe_set` */
	uint32_t probe_set;      /* bit per member of conf_probe, in order: given by the
				    operator */
	struct addr witness;     /* family 0: none */
	bool witness_switch;     /* witness-lost: switch, not hold */
	uint32_t hold_ms;        /* up again for this long before it is chosen again */
	bool failback_manual;
	uint16_t window_from_min, window_to_min; /* minutes of the local day of
						    fail-back; equal: any time */
	char *server_name; /* TLS and SIP name; NULL: the live name that a phone would
			      check, else the address */
	char *ca_file;     /* NULL: system store */
	bool verify;       /* a member with a certificate fault ranks behind others */
	uint16_t *dead_codes; /* status codes that do not prove life, besides 408, 500,
				 502 and 504 (503 drains) */
	size_t dead_code_count;
	char *certificate;      /* of ours, for probes; NULL: none */
	struct conf_secret key; /* of it */
	uint32_t certificate_check_ms;
	char *probe_from;  /* URI of From; NULL: the user at our address */
	char *probe_user;  /* of Contact, and of From without `probe_from` */
	char *probe_agent; /* User-Agent; NULL: "deputy/VERSION" */
	uint32_t max_forwards;
};

/*
 * A zone as it is served: an immutable, reference-counted snapshot of ready answers.
 * Made by zones/builder.h, found through zones/zone_set.h, read by zones/answer.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"
#include "dns/name.h"
#include "zones/ready.h"

struct zone;

/* The sets of a live name that switch (doc/design.md, An answer). SRV stands below
 * the name. */
enum live_set {
	LIVE_A,
	LIVE_AAAA,
	LIVE_NAPTR,
	LIVE_SRV_UDP,  /* _sip._udp */
	LIVE_SRV_TCP,  /* _sip._tcp */
	LIVE_SRVS_TCP, /* _sips._tcp */
	LIVE_SETS
};

/* Makes the owner of one set: the live name itself, or e.g. _sip._udp below it. Returns
 * 0 or ERR_LIMIT. */
int live_set_owner(const struct name *live, enum live_set set, struct name *out);
uint16_t live_set_type(enum live_set set);

/* One live name of a zone, for the builder. */
struct zone_live {
	const struct name *name;
	uint32_t index; /* the argument for the answer's callback */
	uint32_t sets;  /* bit per enum live_set whose owner name exists. A, AAAA and
			   NAPTR  always do */
	bool uses_file; /* the file's own records of these sets are a last resort */
	struct diag_place place; /* where it is declared; for diagnoses */
};

struct zone *zone_ref(struct zone *z); /* returns `z` */
void zone_unref(struct zone *z);       /* NULL does nothing */

/*
 * Drops a reference; if it was the last, frees at most about `len` octets per call,
 * so that a thread with a page fault does not wait long for the unmapping.
 *
 * Returns whether it is done; if not, call it again.
 */
bool zone_free_slice(struct zone *z, size_t len);

const struct name *zone_origin(const struct zone *z);
uint32_t zone_serial(const struct zone *z);
size_t zone_record_count(const struct zone *z); /* as loaded, without duplicates */
size_t zone_name_count(const struct zone *z); /* owner names and empty non-terminals */
size_t zone_memory_len(const struct zone *z); /* octets of the tables */
bool zone_has_includes(const struct zone *z); /* whether other files were included */

/*
 * Returns the SOA for the authority section of a negative answer: its TTL is the lesser
 * of its own and its minimum (RFC 2308 3). Borrows the zone's octets.
 */
void zone_negative_soa(const struct zone *z, struct ready_rrset *out);

/*
 * Returns the records of the zone file for a set of a live name (policy `file`), built
 * for the set's owner, or NULL if there are none.
 */
const struct ready *zone_live_file_set(const struct zone *z, const struct name *live,
				       enum live_set set);

/* One record of a zone, uncompressed; all pointers are valid until the callback
 * returns. */
struct zone_record {
	const struct name *owner; /* lower case */
	uint16_t type;
	uint32_t ttl;
	const uint8_t *rdata;
	size_t rdlen;
};

/* Returns 0; anything else ends the walk. */
typedef int zone_record_fn(void *arg, const struct zone_record *record);

/*
 * Walks all records in canonical order of owners (RFC 4034 6.1), the SOA first; also
 * glue and other occluded records. Live sets are skipped.
 */
int zone_walk(const struct zone *z, zone_record_fn *fn, void *arg);

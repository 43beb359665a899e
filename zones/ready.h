/*
 * Ready answers: what stands behind the question, in wire form, made once and copied
 * for each query.
 *
 * Compression pointers inside were made as if the question stood at offset 12 and were
 * as long as `qname_len`. Behind a question of that length a blob is copied as it is;
 * behind another name or at another place, the listed pointers are moved.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"

enum ready_section { READY_ANSWER, READY_AUTHORITY, READY_ADDITIONAL };

struct ready_rdata {
	const uint8_t *octets; /* uncompressed */
	uint16_t len;
};

struct ready_rrset {
	const uint8_t *owner; /* wire form */
	uint16_t type;
	uint32_t ttl;
	enum ready_section section;
	bool required; /* of an additional set: TC is set when it does not fit (glue,
			  RFC 9471) */
	const struct ready_rdata *rdatas;
	size_t count;
};

struct ready_plan {
	const uint8_t
		*qname; /* wire form. A leading "*" stands for any name, and is the
			   owner of a set only where `owner` is this pointer */
	bool authoritative;
	uint8_t rcode;
	const struct ready_rrset *rrsets; /* in order of sections */
	size_t count;
};

/* One RRset's end: where an answer may be cut. */
struct ready_cut {
	uint16_t end; /* offset in the wire */
	uint16_t record_count;
	uint8_t section;
	uint8_t required;
};

/*
 * Header of a blob; cuts (2-aligned), pointers (uint16_t offsets in the wire) and the
 * wire follow. The cuts are left out when there is only one RRset.
 */
struct ready {
	uint16_t wire_len;
	uint16_t pointer_count;
	uint8_t qname_len;
	uint8_t cut_count;
	uint8_t flags[2];  /* octets 2 and 3 of the message's header: AA, RCODE */
	uint8_t counts[6]; /* ANCOUNT, NSCOUNT, ARCOUNT, as in the header */
};

static inline const struct ready_cut *ready_cuts(const struct ready *r)
{
	return (const struct ready_cut *)(const void *)(r + 1);
}

static inline const uint16_t *ready_pointers(const struct ready *r)
{
	return (const uint16_t *)(const void *)(ready_cuts(r) + r->cut_count);
}

static inline const uint8_t *ready_wire(const struct ready *r)
{
	return (const uint8_t *)(ready_pointers(r) + r->pointer_count);
}

/* Octets of the whole blob, a multiple of 2. */
static inline size_t ready_len(const struct ready *r)
{
	size_t len = sizeof(*r) + r->cut_count * sizeof(struct ready_cut) +
		     r->pointer_count * sizeof(uint16_t) + r->wire_len;

	return (len + 1) & ~(size_t)1;
}

/* Number `section` of the counts. */
static inline unsigned ready_count(const struct ready *r, enum ready_section section)
{
	const uint8_t *p = r->counts + (size_t)2 * section;

	return (unsigned)(p[0] << 8 | p[1]);
}

/* Scratch memory for building many blobs; belongs to one thread. */
struct ready_builder;

struct ready_builder *ready_builder_new(void);
void ready_builder_free(struct ready_builder *b);

/*
 * Builds a blob: owners and the names inside RDATA of RFC 1035 types are compressed;
 * targets of CNAME and DNAME are written whole, for an answer may go on behind them.
 * Additional sets that are not required are left out where no message could hold them.
 *
 * Returns the blob, valid until the next call, or NULL if it can fit no message.
 */
const struct ready *ready_build(struct ready_builder *b, const struct ready_plan *plan);

/* The same, on the heap: the caller's to free(). */
struct ready *ready_new(const struct ready_plan *plan);

/* A copy whose records have TTLs of at most `most_s`: the caller's to free(). */
struct ready *ready_lowered(const struct ready *r, uint32_t most_s);

/*
 * Where the question's name and the blob stand in another message.
 *
 * head  offset that pointers to the blob's own qname get
 * tail  added to pointers into its qname
 * body  added to pointers behind its question
 */
struct ready_move {
	int head;
	int tail;
	int body;
};

/* Copies the first `len` octets of the wire, a cut, with their pointers moved. */
void ready_copy_moved(const struct ready *r, const struct ready_move *m, size_t len,
		      uint8_t *out);

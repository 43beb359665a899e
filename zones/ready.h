/*
 * Ready answers: everything after the question, in wire form, made once and copied for
 * each query.
 *
 * Compression pointers are those for a question at offset 12 whose name has `qname_len`
 * octets. After such a question a blob is copied as it is; after another name or at
 * another offset, the listed pointers are relocated.
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
	bool required; /* of an additional set: TC is set if it does not fit (glue, RFC
			  9471) */
	const struct ready_rdata *rdatas;
	size_t count;
};

struct ready_plan {
	const uint8_t *qname; /* wire form. A leading "*" represents any name, and is
				 the owner of a set only if `owner` is this pointer */
	bool authoritative;
	uint8_t rcode;
	const struct ready_rrset *rrsets; /* in order of sections */
	size_t count;
};

/* The end of one RRset: where an answer may be truncated. */
struct ready_cut {
	uint16_t end; /* offset in the wire */
	uint16_t record_count;
	uint8_t section;
	uint8_t required;
};

/*
 * Header of a blob; cuts (2-aligned), pointers (uint16_t offsets in the wire) and the
 * wire follow. The cuts are omitted if there is only one RRset.
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

/* Returns the size of the whole blob in octets, a multiple of 2. */
static inline size_t ready_len(const struct ready *r)
{
	size_t len = sizeof(*r) + r->cut_count * sizeof(struct ready_cut) +
		     r->pointer_count * sizeof(uint16_t) + r->wire_len;

	return (len + 1) & ~(size_t)1;
}

/* Returns the count of section number `section`. */
static inline unsigned ready_count(const struct ready *r, enum ready_section section)
{
	const uint8_t *p = r->counts + (size_t)2 * section;

	return (unsigned)(p[0] << 8 | p[1]);
}

/* Scratch memory for building many blobs; used by one thread. */
struct ready_builder;

struct ready_builder *ready_builder_new(void);
void ready_builder_free(struct ready_builder *b);

/*
 * Builds a blob: owners and the names inside RDATA of RFC 1035 types are compressed;
 * targets of CNAME and DNAME are not compressed, because an answer may continue after
 * them. Additional sets that are not required are omitted if no message could contain
 * them.
 *
 * Returns the blob, valid until the next call, or NULL if it does not fit in any
 * message.
 */
const struct ready *ready_build(struct ready_builder *b, const struct ready_plan *plan);

/* The same on the heap; the caller frees it with free(). */
struct ready *ready_new(const struct ready_plan *plan);

/* Returns a copy whose records have TTLs of at most `most_s`; the caller frees it with
 * free(). */
struct ready *ready_lowered(const struct ready *r, uint32_t most_s);

/*
 * The offsets of the question's name and of the blob in another message.
 *
 * head  new offset for pointers to the blob's own qname
 * tail  added to pointers into its qname
 * body  added to pointers after its question
 */
struct ready_move {
	int head;
	int tail;
	int body;
};

/* Copies the first `len` octets of the wire, up to a cut, with relocated pointers. */
void ready_copy_moved(const struct ready *r, const struct ready_move *m, size_t len,
		      uint8_t *out);

/*
 * A cursor over one received message.
 *
 * A read past the end returns zero and latches `err`; every later read does
 * nothing. So a parser reads all fields and then checks `err` once, before it
 * uses any of them.
 *
 * Borrows the octets: they must outlive the reader.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct reader {
	const uint8_t *start; /* of the message; compression offsets count from it */
	const uint8_t *at;
	const uint8_t *end;
	int err;
};

static inline struct reader reader_of(const void *octets, size_t len)
{
	const uint8_t *at = octets;

	/* An empty message may be NULL, and adding to NULL is undefined. */
	return (struct reader){ .start = at, .at = at, .end = len ? at + len : at };
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

/* Consumes `len` octets. Returns NULL, and latches ERR_SHORT, if fewer are left. */
static inline const uint8_t *reader_take(struct reader *r, size_t len)
{
	const uint8_t *taken = r->at;

	if (r->err)
		return NULL;
	if (len > (size_t)(r->end - r->at)) {
		r->err = ERR_SHORT;
		return NULL;
	}
	r->at += len;
	return taken;
}

static inline uint8_t reader_u8(struct reader *r)
{
	const uint8_t *p = reader_take(r, 1);

	return p ? p[0] : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
	const uint8_t *p = reader_take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t reader_u32(struct reader *r)
{
	uint32_t high = reader_u16(r);

	return high << 16 | reader_u16(r);
}

/* Returns a reader limited to the next `len` octets, which `r` skips. */
static inline struct reader reader_within(struct reader *r, size_t len)
{
	const uint8_t *at = reader_take(r, len);

	return (struct reader){
		.start = r->start,
		.at = at ? at : r->end,
		.end = at ? at + len : r->end,
		.err = r->err,
	};
}

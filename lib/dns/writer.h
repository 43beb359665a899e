/*
 * A cursor that writes into a buffer of fixed size. A write that does not fit writes
 * nothing and latches `err`; every later write does nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct writer {
	uint8_t *start;
	uint8_t *at;
	uint8_t *end;
	int err;
};

static inline struct writer writer_of(void *room, size_t len)
{
	uint8_t *at = room;

	return (struct writer){ .start = at, .at = at, .end = at + len };
}

static inline size_t writer_len(const struct writer *w)
{
	return (size_t)(w->at - w->start);
}

static inline size_t writer_left(const struct writer *w)
{
	return (size_t)(w->end - w->at);
}

/* Returns room for `len` octets, to be filled by the caller; NULL, and ERR_LIMIT, if
 * there is less. */
static inline uint8_t *writer_take(struct writer *w, size_t len)
{
	uint8_t *taken = w->at;

	if (w->err)
		return NULL;
	if (len > (size_t)(w->end - w->at)) {
		w->err = ERR_LIMIT;
		return NULL;
	}
	w->at += len;
	return taken;
}

static inline void writer_u8(struct writer *w, uint8_t value)
{
	uint8_t *p = writer_take(w, 1);

	if (p)
		*p = value;
}

static inline void writer_u16(struct writer *w, uint16_t value)
{
	uint8_t *p = writer_take(w, 2);

	if (p) {
		p[0] = (uint8_t)(value >> 8);
		p[1] = (uint8_t)value;
	}
}

static inline void writer_u32(struct writer *w, uint32_t value)
{
	writer_u16(w, (uint16_t)(value >> 16));
	writer_u16(w, (uint16_t)value);
}

static inline void writer_octets(struct writer *w, const void *octets, size_t len)
{
	uint8_t *p = writer_take(w, len);

	if (p && len)
		memcpy(p, octets, len);
}

/* Zero octets. */
static inline void writer_zero(struct writer *w, size_t len)
{
	uint8_t *p = writer_take(w, len);

	if (p && len)
		memset(p, 0, len);
}

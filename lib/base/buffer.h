/* A growing array of octets. All zero is an empty buffer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *octets; /* owned by the buffer; NULL while it is empty */
	size_t len;
	size_t cap;
};

void buffer_fini(struct buffer *b);

/* Makes room for `len` more octets at the end. Returns a pointer to the room; the
 * length does not change. */
uint8_t *buffer_reserve(struct buffer *b, size_t len);

void buffer_put(struct buffer *b, const void *octets, size_t len);
void buffer_put_u8(struct buffer *b, uint8_t value);
void buffer_put_u16(struct buffer *b, uint16_t value); /* big endian */
void buffer_put_u32(struct buffer *b, uint32_t value); /* big endian */
void buffer_put_text(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Drops the first `len` octets. */
void buffer_drop(struct buffer *b, size_t len);

/* Returns the octets as a NUL-terminated string, which the caller frees with free();
 * the buffer is then empty. */
char *buffer_take_text(struct buffer *b);

/* Octets that grow at their end. All zero is an empty buffer. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *octets; /* the buffer's; NULL while nothing was put */
	size_t len;
	size_t cap;
};

void buffer_fini(struct buffer *b);

/* Room for `len` more octets at the end; returns where they go, without adding them. */
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

/* The octets as a NUL-ended text, the caller's to free(); the buffer is empty again. */
char *buffer_take_text(struct buffer *b);

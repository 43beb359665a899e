/*
 * The format of saved health state: big-endian, strings with their length, preceded by
 * a magic number and a version, followed by a checksum over everything.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct addr;
struct buffer;

/* Returns its start, for stored_end(). */
size_t stored_begin(struct buffer *b, uint32_t magic, uint16_t version);
void stored_end(struct buffer *b, size_t from);
void stored_put_u64(struct buffer *b, uint64_t value);
void stored_put_text(struct buffer *b, const char *text);
void stored_put_addr(struct buffer *b, const struct addr *a);

/* A cursor; a read past the end or a value beyond its limit gives 0 and latches. */
struct stored_reader {
	const uint8_t *at, *end;
	int err;
};

/* Checks frame and checksum first. */
struct stored_reader stored_open(const void *octets, size_t len, uint32_t magic,
				 uint16_t version);
uint8_t stored_u8(struct stored_reader *r, uint8_t max);
uint16_t stored_u16(struct stored_reader *r);
uint32_t stored_u32(struct stored_reader *r);
uint64_t stored_u64(struct stored_reader *r);

/* Reads the number of items that follow, each of at least one octet. */
size_t stored_count(struct stored_reader *r, size_t max);

/* Reads a string into `cap` octets, with a NUL. */
void stored_text(struct stored_reader *r, char *out, size_t cap);
char *stored_text_new(struct stored_reader *r); /* the caller's; "" after an error */
void stored_addr(struct stored_reader *r, struct addr *out);

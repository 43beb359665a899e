#include "base/buffer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void buffer_fini(struct buffer *b)
{
	free(b->octets);
	*b = (struct buffer){ 0 };
}

uint8_t *buffer_reserve(struct buffer *b, size_t len)
{
	size_t wanted;

	if (__builtin_add_overflow(b->len, len, &wanted))
		wanted = SIZE_MAX; /* alloc_resize ends the process */
	if (wanted > b->cap || b->octets == NULL) {
		size_t cap = b->cap > SIZE_MAX / 2 ? SIZE_MAX : b->cap * 2;

		if (cap < 64)
			cap = 64;
		if (cap < wanted)
			cap = wanted;
		b->octets = alloc_resize(b->octets, cap, 1);
		b->cap = cap;
	}
	return b->octets + b->len;
}

void buffer_put(struct buffer *b, const void *octets, size_t len)
{
	if (len == 0)
		return;
	memcpy(buffer_reserve(b, len), octets, len);
	b->len += len;
}

void buffer_put_u8(struct buffer *b, uint8_t value)
{
	buffer_put(b, &value, 1);
}

void buffer_put_u16(struct buffer *b, uint16_t value)
{
	const uint8_t octets[] = { (uint8_t)(value >> 8), (uint8_t)value };

	buffer_put(b, octets, sizeof(octets));
}

void buffer_put_u32(struct buffer *b, uint32_t value)
{
	buffer_put_u16(b, (uint16_t)(value >> 16));
	buffer_put_u16(b, (uint16_t)value);
}

void buffer_put_text(struct buffer *b, const char *text)
{
	buffer_put(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(len >= 0);
	va_start(args, format);
	len = vsnprintf((char *)buffer_reserve(b, (size_t)len + 1), (size_t)len + 1,
			format, args);
	va_end(args);
	b->len += (size_t)len;
}

void buffer_drop(struct buffer *b, size_t len)
{
	assert(len <= b->len);
	if (len == 0)
		return;
	memmove(b->octets, b->octets + len, b->len - len);
	b->len -= len;
}

char *buffer_take_text(struct buffer *b)
{
	char *text;

	*buffer_reserve(b, 1) = '\0';
	text = (char *)b->octets;
	*b = (struct buffer){ 0 };
	return text;
}

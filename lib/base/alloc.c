#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *there(void *memory)
{
	if (memory)
		return memory;
	fputs("deputy: out of memory\n", stderr);
	abort();
}

void *alloc(size_t len)
{
	return there(calloc(1, len ? len : 1));
}

void *alloc_array(size_t count, size_t size)
{
	return there(calloc(count ? count : 1, size ? size : 1));
}

void *alloc_resize(void *was, size_t count, size_t size)
{
	size_t len;

	if (__builtin_mul_overflow(count, size, &len))
		return there(NULL);
	return there(realloc(was, len ? len : 1));
}

void *alloc_copy(const void *octets, size_t len)
{
	void *copy = alloc(len);

	return len ? memcpy(copy, octets, len) : copy;
}

void free_wiped(void *octets, size_t len)
{
	if (octets)
		explicit_bzero(octets, len);
	free(octets);
}

char *alloc_text(const char *text)
{
	return alloc_copy(text, strlen(text) + 1);
}

char *alloc_format(const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	return there(len < 0 ? NULL : text);
}

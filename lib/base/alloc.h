/* Allocation that ends the process when memory runs out: no caller checks for NULL. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Returns `len` zeroed octets; the caller frees them with free(). */
void *alloc(size_t len) __attribute__((malloc, returns_nonnull));

/* Returns an array of `count` zeroed elements of `size` octets; an overflow ends the
 * process. */
void *alloc_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Resizes `was` (or NULL) to `count` elements; new octets are not cleared. */
void *alloc_resize(void *was, size_t count, size_t size)
	__attribute__((returns_nonnull));

/* Returns a copy of `len` octets. */
void *alloc_copy(const void *octets, size_t len)
	__attribute__((malloc, returns_nonnull));

/* Clears `len` octets and frees them: for secrets, which must not be in a core file. */
void free_wiped(void *octets, size_t len);

/* Copies a NUL-ended text. */
char *alloc_text(const char *text) __attribute__((malloc, returns_nonnull));

/* Returns a string formatted as by printf(). */
char *alloc_format(const char *format, ...)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

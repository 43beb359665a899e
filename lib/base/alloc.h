/* Memory that is there or the process ends: no caller checks for NULL. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* `len` zeroed octets; the caller's to free(). */
void *alloc(size_t len) __attribute__((malloc, returns_nonnull));

/* `count` zeroed things of `size` octets; an overflow ends the process. */
void *alloc_array(size_t count, size_t size) __attribute__((malloc, returns_nonnull));

/* Grows or shrinks `was` (or NULL) to `count` things; new octets are not cleared. */
void *alloc_resize(void *was, size_t count, size_t size)
	__attribute__((returns_nonnull));

/* Copies `len` octets. */
void *alloc_copy(const void *octets, size_t len)
	__attribute__((malloc, returns_nonnull));

/* Clears `len` octets and frees them: a secret, which no core file is to have. */
void free_wiped(void *octets, size_t len);

/* Copies a NUL-ended text. */
char *alloc_text(const char *text) __attribute__((malloc, returns_nonnull));

/* A text made as by printf. */
char *alloc_format(const char *format, ...)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));

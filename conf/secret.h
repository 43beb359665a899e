/*
 * Secrets of a configuration: passwords, keys. They stand in the configuration or,
 * better, in a file of their own; no output has them, and they are wiped when freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_MAX_LEN = 4096 };

struct conf_secret {
	char *text; /* NUL-ended; NULL: none, or left where it is (conf_parse_shown())
		     */
	size_t len;
	char *file; /* it was read from, absolute; NULL: it stands in the configuration
		     */
};

/* What stands for a secret wherever a configuration is shown. */
extern const char secret_shown[];

/* Copies `len` octets; `file` is copied too, or NULL. */
void secret_set(struct conf_secret *s, const void *octets, size_t len,
		const char *file);
void secret_fini(struct conf_secret *s);

/* Whether one is given at all. */
bool secret_is_given(const struct conf_secret *s);

/* Whether two are known to differ: one that is not shown may be any. */
bool secret_differs(const struct conf_secret *a, const struct conf_secret *b);

/*
 * Reads a file that holds one secret, the newline at its end left out. It must be a
 * file (no link), of root, of `user` or of who reads it, and nobody else may read it
 * but the group of `user`.
 *
 * user  whom the processes run as; NULL: not known
 *
 * Returns NULL, or what is wrong with it; the caller's to free().
 */
char *secret_read(const char *path, const char *user, struct conf_secret *out);

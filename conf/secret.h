/*
 * Secrets of a configuration: passwords, keys. They are in the configuration or,
 * better, in a file of their own; no output shows them, and they are wiped when freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { SECRET_MAX_LEN = 16384 };

struct conf_secret {
	char *text; /* NUL-ended; NULL: none, or left where it is (conf_parse_shown())
		     */
	size_t len;
	char *file; /* it was read from, absolute; NULL: it stands in the configuration
		     */
};

/* The text that is shown in place of a secret. */
extern const char secret_shown[];

/* Copies `len` octets; `file` is copied too, or NULL. */
void secret_set(struct conf_secret *s, const void *octets, size_t len,
		const char *file);
void secret_copy(struct conf_secret *to, const struct conf_secret *from);
void secret_fini(struct conf_secret *s);

/* Whether a secret is given at all. */
bool secret_is_given(const struct conf_secret *s);

/* Whether two are known to differ; one that was not read is not known to differ. */
bool secret_differs(const struct conf_secret *a, const struct conf_secret *b);

/*
 * Reads a file that contains one secret, without the newline at its end. It must be a
 * regular file (not a link) that belongs to root, `user` or the calling user, and
 * nobody else but the group of `user` may have the right to read it.
 *
 * user   the user of the processes; NULL: unknown
 * lines  whether it may have more than one line, as a key in PEM has
 *
 * Returns NULL, or what is wrong with it; the caller frees it with free().
 */
char *secret_read(const char *path, const char *user, bool lines,
		  struct conf_secret *out);

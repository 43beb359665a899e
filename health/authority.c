#include "health/authority.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/operator/log.h"
#include "conf/secret.h"
#include "health/events.h"
#include "net/tls.h"

enum { FILES = 2 }; /* authorities, our certificate */

/* What tells a file from what it was. */
struct file_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec written;
};

struct authority {
	char *files[FILES]; /* NULL: none */
	struct conf_secret key;
	struct file_stamp stamps[FILES];
	struct tls *tls;
	uint64_t generation;
	struct authority *next;
};

struct authorities {
	struct authority *first;
	uint64_t generation;
};

static bool same_file(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct file_stamp stamp_of(const char *path)
{
	struct file_stamp stamp = { 0 };
	struct stat s;

	if (path && stat(path, &s) == 0)
		stamp = (struct file_stamp){ s.st_dev, s.st_ino, s.st_size, s.st_mtim };
	return stamp;
}

static bool same_stamp(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->written.tv_sec == b->written.tv_sec &&
	       a->written.tv_nsec == b->written.tv_nsec;
}

/* Notes how the files are now. Returns whether one is another. */
static bool restamp(struct authority *a)
{
	bool changed = false;

	for (size_t i = 0; i < FILES; i++) {
		struct file_stamp stamp = stamp_of(a->files[i]);

		changed |= !same_stamp(&stamp, &a->stamps[i]);
		a->stamps[i] = stamp;
	}
	return changed;
}

/* Returns whether it is another key. */
static bool take_key(struct authority *a, const struct conf_secret *key)
{
	if (!secret_differs(&a->key, key))
		return false;
	secret_fini(&a->key);
	secret_copy(&a->key, key);
	return true;
}

static struct tls *load(const struct authority *a)
{
	const char *failed = a->files[0] ? a->files[0] : "system";
	struct tls *t = NULL;

	if (tls_client_new(a->files[0], false, &t) == 0) {
		if (!a->files[1] ||
		    tls_show(t, a->files[1], a->key.text, a->key.len) == 0)
			return t;
		failed = a->files[1];
		tls_free(t);
	}
	log_event(&health_events[EVENT_PROBE_TLS], "file=%s cause=%s",
		  log_quote(failed), log_quote(tls_error()));
	return NULL;
}

static void renew(struct authorities *all, struct authority *a)
{
	struct tls *fresh = load(a);

	if (!fresh)
		return;
	tls_free(a->tls); /* connections that use it keep it */
	a->tls = fresh;
	a->generation = ++all->generation;
}

struct authorities *authorities_new(void)
{
	return alloc(sizeof(struct authorities));
}

void authorities_free(struct authorities *all)
{
	while (all->first) {
		struct authority *a = all->first;

		all->first = a->next;
		tls_free(a->tls);
		for (size_t i = 0; i < FILES; i++)
			free(a->files[i]);
		secret_fini(&a->key);
		free(a);
	}
	free(all);
}

struct tls *authorities_find(struct authorities *all, const char *ca_file,
			     const char *certificate, const struct conf_secret *key,
			     uint64_t *generation)
{
	const char *files[FILES] = { ca_file, certificate };
	struct authority *a = all->first;

	while (a && !(same_file(a->files[0], ca_file) &&
		      same_file(a->files[1], certificate) &&
		      same_file(a->key.file, key->file)))
		a = a->next;
	if (!a) {
		a = alloc(sizeof(*a));
		for (size_t i = 0; i < FILES; i++)
			a->files[i] = files[i] ? alloc_text(files[i]) : NULL;
		secret_copy(&a->key, key);
		a->next = all->first;
		all->first = a;
		(void)restamp(a);
		renew(all, a);
	} else {
		bool changed = restamp(a);

		if (take_key(a, key) || changed)
			renew(all, a);
	}
	*generation = a->generation;
	return a->tls;
}

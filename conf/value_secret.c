#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "conf/value.h"

enum { SECRETS_MAX_LEN = 8 << 20 }; /* of all files, to limit the size of a parcel */

/* No character of a secret is shown, not even an invalid one. */
static bool is_long_enough(struct parse *d, const struct setting *s,
			   const struct node *n, size_t len)
{
	if (len >= s->min && len <= s->max)
		return true;
	parse_fault(d, n, "'%s' must have %u to %u characters", s->name, s->min,
		    s->max);
	return false;
}

static bool read_inline(struct parse *d, const struct setting *s, const struct node *n,
			struct conf_secret *out)
{
	struct conf *c = d->conf;

	if (!parse_is_text(d, s, n) || !is_long_enough(d, s, n, n->len))
		return false;
	secret_set(out, n->text, n->len, NULL);
	parse_written(d, s->name, NULL, NULL, n);
	c->gaps = alloc_resize(c->gaps, c->gap_count + 1, sizeof *c->gaps);
	c->gaps[c->gap_count++] = (struct conf_gap){
		.from = source_offset(&d->source, n->line, n->col),
		.until = source_offset(&d->source, n->end_line, n->end_col),
	};
	d->has_inline_secret = true;
	return true;
}

/* Gets the contents of a file, from the file or from a parcel. */
static char *fetch(struct parse *d, const struct setting *s, const char *path,
		   struct conf_secret *out)
{
	switch (d->secrets) {
	case SECRETS_LEFT:
		*out = (struct conf_secret){ .file = alloc_text(path) };
		return NULL;
	case SECRETS_HANDED:
		return parcel_find(&d->parcel, path, out)
			       ? NULL
			       : alloc_text("it was not handed over");
	default:
		return secret_read(path, d->conf->node.user, s->type == SET_KEY_FILE,
				   out);
	}
}

/* Whoever is not root may check the rest of a configuration. */
static bool is_for_others(const char *path)
{
	return geteuid() != 0 && euidaccess(path, R_OK) && errno == EACCES;
}

static bool read_from(struct parse *d, const struct setting *s, const struct node *n,
		      struct conf_secret *out)
{
	struct conf *c = d->conf;
	char *path = path_resolve(c->path, n->text);
	char *why = fetch(d, s, path, out);
	size_t size;

	if (why && d->secrets == SECRETS_TRIED && is_for_others(path)) {
		parse_notice(d, n, NOTICE_SECRET_UNREAD,
			     "'%s': %s is not checked: only root and its owner may "
			     "read it",
			     s->name, path);
		out->file = alloc_text(path);
		free(why);
		why = NULL;
	}
	if (why)
		parse_fault(d, n, "'%s': %s: %s", s->name, path, why);
	free(why);
	free(path);
	if (!secret_is_given(out))
		return false;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): of a pointer it is */
	size = sizeof *c->secret_files;
	c->secret_files = alloc_resize(c->secret_files, c->secret_file_count + 1, size);
	c->secret_files[c->secret_file_count++] = out;
	d->secrets_len += out->len + strlen(out->file);
	if (d->secrets_len > SECRETS_MAX_LEN)
		parse_fault(d, n, "the files of all secrets are longer than 8 MiB");
	return out->text == NULL || is_long_enough(d, s, n, out->len);
}

bool read_secret(struct parse *d, const struct setting *s, const struct node *n,
		 void *to)
{
	const struct node *path = n->first;

	hidden_add(&d->hidden, &d->source, n);
	if (n->broken)
		return false;
	if (n->kind != NODE_MAPPING)
		return read_inline(d, s, n, to);
	if (n->child_count != 1 || path->broken ||
	    strcmp(path->key->text, "file") != 0) {
		parse_fault(d, n, "'%s' must be %s", s->name,
			    setting_ops[s->type].what);
		return false;
	}
	return parse_is_scalar(d, s, path) && read_from(d, s, path, to);
}

bool read_key_file(struct parse *d, const struct setting *s, const struct node *n,
		   void *to)
{
	return read_from(d, s, n, to);
}

void format_key_file(const struct conf *c, const struct setting *s, const void *at,
		     struct buffer *out)
{
	const struct conf_secret *key = at;

	(void)c;
	(void)s;
	if (key->file)
		buffer_put_text(out, key->file);
}

void format_secret(const struct conf *c, const struct setting *s, const void *at,
		   struct buffer *out)
{
	(void)c;
	(void)s;
	if (secret_is_given(at))
		buffer_put_text(out, secret_shown);
}

void fini_secret(const struct setting *s, void *at)
{
	(void)s;
	secret_fini(at);
}

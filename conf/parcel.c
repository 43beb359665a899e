#include "conf/parcel.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "conf/conf.h"

/* One file: its path and its contents, each preceded by its length. */
struct entry {
	const uint8_t *path, *octets;
	size_t path_len, len;
};

static bool entry_read(struct reader *r, struct entry *out)
{
	out->path_len = reader_u32(r);
	out->path = reader_take(r, out->path_len);
	out->len = reader_u32(r);
	out->octets = reader_take(r, out->len);
	return r->err == OK && out->len <= SECRET_MAX_LEN;
}

int parcel_open(const void *octets, size_t len, size_t *text_len, struct parcel *out)
{
	const uint8_t *nul = len ? memchr(octets, 0, len) : NULL;
	struct reader r = reader_of(octets, len);
	struct entry e;

	*out = (struct parcel){ 0 };
	*text_len = len;
	if (nul == NULL)
		return OK;
	(void)reader_take(&r, (size_t)(nul - r.at) + 1);
	*text_len = (size_t)(nul - r.start);
	out->all = reader_of(r.at, reader_left(&r));
	out->next = out->all;
	for (r = out->all; reader_left(&r);)
		if (!entry_read(&r, &e))
			return ERR_MALFORMED;
	return OK;
}

/* Files are mostly looked up in the order in which they were put in. */
static bool find_from(struct reader *r, const char *path, struct conf_secret *out)
{
	size_t len = strlen(path);
	struct entry e;

	while (reader_left(r) && entry_read(r, &e))
		if (e.path_len == len && memcmp(e.path, path, len) == 0) {
			secret_set(out, e.octets, e.len, path);
			return true;
		}
	return false;
}

bool parcel_find(struct parcel *p, const char *path, struct conf_secret *out)
{
	if (find_from(&p->next, path, out))
		return true;
	p->next = p->all;
	return find_from(&p->next, path, out);
}

void conf_parcel(const struct conf *c, const void *text, size_t len, struct buffer *out)
{
	size_t room = len + 1;

	for (size_t i = 0; i < c->secret_file_count; i++)
		room += 2 * sizeof(uint32_t) + strlen(c->secret_files[i]->file) +
			c->secret_files[i]->len;
	(void)buffer_reserve(
		out, room); /* growing would leave copies of secrets in memory */
	buffer_put(out, text, len);
	if (c->secret_file_count)
		buffer_put_u8(out, 0);
	for (size_t i = 0; i < c->secret_file_count; i++) {
		const struct conf_secret *s = c->secret_files[i];

		buffer_put_u32(out, (uint32_t)strlen(s->file));
		buffer_put_text(out, s->file);
		buffer_put_u32(out, (uint32_t)s->len);
		buffer_put(out, s->text, s->len);
	}
}

static int compare_gaps(const void *a, const void *b)
{
	const struct conf_gap *x = a;
	const struct conf_gap *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

/* A block scalar ends where the next line begins; the last line end is not part of it.
 */
static size_t gap_end(const char *text, const struct conf_gap *g)
{
	size_t end = g->until;

	while (end > g->from && strchr(" \t\r\n", text[end - 1]))
		end--;
	return end;
}

void conf_show(const struct conf *c, const void *octets, size_t len, struct buffer *out)
{
	const char *text = octets;
	const char *nul = len ? memchr(octets, 0, len) : NULL;
	struct conf_gap *gaps = alloc_array(c->gap_count, sizeof *gaps);
	size_t at = 0;

	for (size_t i = 0; i < c->gap_count; i++)
		gaps[i] = c->gaps[i];
	qsort(gaps, c->gap_count, sizeof *gaps, compare_gaps);
	len = nul ? (size_t)(nul - text) : len;
	for (size_t i = 0; i < c->gap_count && gaps[i].until <= len; i++) {
		buffer_put(out, text + at, gaps[i].from - at);
		buffer_printf(out, "\"%s\"", secret_shown);
		at = gap_end(text, &gaps[i]);
	}
	buffer_put(out, text + at, len - at);
	free(gaps);
}

#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "conf/declared.h"
#include "conf/parse.h"
#include "conf/semantic.h"

static void read_parse(struct parse *d)
{
	if (d->root == NULL || node_is_empty(d->root)) {
		parse_fault(d, NULL, "the file is empty");
		return;
	}
	if (d->root->kind == NODE_MAPPING)
		d->conf->silenced = notices_in(node_find(d->root, "silence"));
	declared_collect(d);
	parse_section(d, &conf_section, d->root, d->conf);
	if (d->root->kind == NODE_MAPPING)
		semantic_check(d);
}

/* Reads the text of a parse; returns what could be read, even if there are errors. */
static struct conf *parse_text(struct parse *d, const char *path, const void *octets,
			       size_t len)
{
	size_t first = d->diags->count;
	struct node *root = NULL;
	struct arena arena;
	int err;

	arena_init(&arena, 0);
	d->conf = alloc(conf_section.size);
	d->conf->path = alloc_text(path);
	source_init(&d->source, d->conf->path, octets, len);
	err = source_check(&d->source, d->diags);
	if (!err)
		err = tree_read(&d->source, &arena, d->diags, &root);
	hidden_scan(&d->hidden, &d->source);
	d->root = root;
	if (!err)
		read_parse(d);
	hidden_apply(&d->hidden, d->diags, first);
	parse_written_lines(d);
	hidden_fini(&d->hidden);
	diags_sort(d->diags);
	positions_fini(&d->positions);
	positions_fini(&d->faulty);
	declared_fini(d);
	source_fini(&d->source);
	if (d->has_inline_secret)
		arena_fini_wiped(&arena);
	else
		arena_fini(&arena);
	return d->conf;
}

static struct conf *parse(const char *path, const void *octets, size_t len,
			  enum secrets secrets, struct diags *diags)
{
	struct parse d = { .diags = diags, .secrets = secrets };
	size_t text_len = len;

	if (secrets == SECRETS_HANDED &&
	    parcel_open(octets, len, &text_len, &d.parcel) != OK)
		diags_add(diags, DIAG_ERROR, (struct diag_place){ .file = path },
			  "what was handed over is broken");
	return parse_text(&d, path, octets, text_len);
}

static int parse_whole(const char *path, const void *octets, size_t len,
		       enum secrets secrets, struct diags *diags, struct conf **out)
{
	size_t errors = diags->error_count;
	struct conf *c = parse(path, octets, len, secrets, diags);

	if (diags->error_count == errors)
		*out = c;
	else
		conf_free(c);
	return diags->error_count == errors ? OK : ERR_INVALID;
}

int conf_parse(const char *path, const void *octets, size_t len, struct diags *diags,
	       struct conf **out)
{
	return parse_whole(path, octets, len, SECRETS_READ, diags, out);
}

int conf_parse_parcel(const char *path, const void *octets, size_t len,
		      struct diags *diags, struct conf **out)
{
	return parse_whole(path, octets, len, SECRETS_HANDED, diags, out);
}

int conf_parse_shown(const char *path, const void *octets, size_t len,
		     struct diags *diags, struct conf **out)
{
	return parse_whole(path, octets, len, SECRETS_LEFT, diags, out);
}

static int read_file(const char *path, char **octets, size_t *len)
{
	int fd = file_open(path);
	char *at = alloc(SOURCE_MAX_LEN + 1);
	ssize_t got = fd < 0 ? -1 : 1;

	*len = 0;
	while (got > 0 && *len <= SOURCE_MAX_LEN) {
		got = read(fd, at + *len, SOURCE_MAX_LEN + 1 - *len);
		if (got > 0)
			*len += (size_t)got;
		else if (got < 0 && errno == EINTR)
			got = 1;
	}
	if (fd >= 0)
		(void)close(fd);
	*octets = at;
	if (fd < 0)
		return fd;
	return got < 0 ? ERR_SYSTEM : OK;
}

int conf_load(const char *path, struct diags *diags, struct conf **out)
{
	struct diag_place place = { .file = path };
	char *octets;
	size_t len;
	int err = read_file(path, &octets, &len);

	if (err)
		diags_add(diags, DIAG_ERROR, place, "cannot read the file: %s",
			  err == ERR_NOT_FILE ? err_text(err) : strerror(errno));
	else
		err = parse_whole(path, octets, len, SECRETS_TRIED, diags, out);
	free_wiped(octets, len);
	return err ? ERR_INVALID : OK;
}

char *conf_run_dir(const char *path)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;
	char *dir = NULL;
	char *octets;
	size_t len;

	if (read_file(path, &octets, &len) == OK)
		c = parse(path, octets, len, SECRETS_LEFT, &diags);
	if (c && c->node.run_dir)
		dir = alloc_text(c->node.run_dir);
	free_wiped(octets, len);
	conf_free(c);
	diags_fini(&diags);
	return dir;
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	section_fini(&conf_section, c);
	for (size_t i = 0; i < c->written_count; i++)
		free(c->written[i].line);
	free(c->written);
	free(c->gaps);
	free(c->secret_files);
	free(c->path);
	free(c);
}

bool conf_recurses(const struct conf *c)
{
	const struct conf_networks *n = &c->access.recursion;

	return n->any || n->local || n->prefix_count > 0;
}

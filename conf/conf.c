#include "conf/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "conf/parse.h"
#include "conf/semantic.h"

/* The declared names, before anything refers to them. */
static void collect_names(const struct node *root, const char *section,
			  struct names *out)
{
	const struct node *list = node_find(root, section);
	uint32_t i = 0;

	if (list == NULL || list->kind != NODE_LIST)
		return;
	for (const struct node *n = list->first; n; n = n->next, i++) {
		const struct node *name = node_find(n, "name");

		if (name && name->kind == NODE_SCALAR && name->len)
			names_put(out, name->text, i);
	}
	names_sort(out);
}

static void read_parse(struct parse *d)
{
	if (d->root == NULL || node_is_empty(d->root)) {
		parse_fault(d, NULL, "the file is empty");
		return;
	}
	collect_names(d->root, "pbxs", &d->pbxs);
	collect_names(d->root, "sites", &d->sites);
	parse_section(d, &conf_section, d->root, d->conf);
	if (d->root->kind == NODE_MAPPING)
		semantic_check(d);
}

/* What could be read, also where there are errors. */
static struct conf *parse(const char *path, const void *octets, size_t len,
			  struct diags *diags)
{
	struct parse d = { .diags = diags };
	struct node *root = NULL;
	struct arena arena;
	int err;

	arena_init(&arena, 0);
	d.conf = alloc(sizeof *d.conf);
	d.conf->path = alloc_text(path);
	source_init(&d.source, d.conf->path, octets, len);
	err = source_check(&d.source, diags);
	if (!err)
		err = tree_read(&d.source, &arena, diags, &root);
	d.root = root;
	if (!err)
		read_parse(&d);
	diags_sort(diags);
	positions_fini(&d.positions);
	positions_fini(&d.faulty);
	names_fini(&d.pbxs);
	names_fini(&d.sites);
	source_fini(&d.source);
	arena_fini(&arena);
	return d.conf;
}

int conf_parse(const char *path, const void *octets, size_t len, struct diags *diags,
	       struct conf **out)
{
	size_t errors = diags->error_count;
	struct conf *c = parse(path, octets, len, diags);

	if (diags->error_count == errors)
		*out = c;
	else
		conf_free(c);
	return diags->error_count == errors ? OK : ERR_INVALID;
}

static int read_file(const char *path, char **octets, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
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
			  strerror(errno));
	else
		err = conf_parse(path, octets, len, diags, out);
	free(octets);
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
		c = parse(path, octets, len, &diags);
	if (c && c->node.run_dir)
		dir = alloc_text(c->node.run_dir);
	free(octets);
	conf_free(c);
	diags_fini(&diags);
	return dir;
}

void conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	section_fini(&conf_section, c);
	free(c->written);
	free(c->path);
	free(c);
}

static bool any_contains(const struct prefix *prefixes, size_t count,
			 const struct addr *a)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_contains(&prefixes[i], a))
			return true;
	return false;
}

bool conf_recurses(const struct conf *c)
{
	const struct conf_networks *n = &c->access.recursion;

	return n->any || n->local || n->prefix_count > 0;
}

bool conf_networks_contain(const struct conf *c, const struct conf_networks *n,
			   const struct addr *a)
{
	if (n->any || any_contains(n->prefixes, n->prefix_count, a))
		return true;
	if (!n->local)
		return false;
	if (addr_is_private(a))
		return true;
	for (size_t i = 0; i < c->site_count; i++)
		if (any_contains(c->sites[i].networks, c->sites[i].network_count, a))
			return true;
	return false;
}

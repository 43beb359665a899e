#include "conf/semantic.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/value.h"

/* Tells each name that is declared again. */
static void report_twice(struct parse *d, const char *what, const struct names *names,
			 const void *rows, size_t row_size)
{
	for (size_t i = 1; i < names->count; i++) {
		const struct name_row *was = &names->rows[i - 1];
		const struct name_row *now = &names->rows[i];
		const char *row = rows;
		const struct node *first;
		const struct node *again;

		if (strcmp(was->text, now->text) != 0)
			continue;
		first = positions_find(&d->positions, row + was->index * row_size);
		again = positions_find(&d->positions, row + now->index * row_size);
		parse_fault(d, again, "duplicate %s '%.*s', first declared at line %u",
			    what, domain_len(now->text), now->text,
			    first ? first->line : 0);
	}
}

/* The names of the rows of a list; each row begins with its name. */
static void index_names(struct names *out, const void *rows, size_t count, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		const char *name;

		memcpy(&name, (const char *)rows + i * size, sizeof name);
		if (name)
			names_put(out, name, (uint32_t)i);
	}
	names_sort(out);
}

static int compare_indices(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void index_homes(struct semantic *x)
{
	const struct conf *c = x->conf;
	size_t count = 0;

	x->site_homes = alloc_array(c->site_count, sizeof *x->site_homes);
	for (size_t i = 0; i < c->site_count; i++)
		if (c->sites[i].pbx < c->pbx_count)
			x->site_homes[count++] = c->sites[i].pbx;
	qsort(x->site_homes, count, sizeof *x->site_homes, compare_indices);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || x->site_homes[i] != x->site_homes[i - 1])
			x->site_homes[x->site_home_count++] = x->site_homes[i];
}

size_t chain_of(const struct conf *c, uint32_t pbx, uint32_t out[CHAIN_MAX])
{
	size_t count = 0;

	if (pbx >= c->pbx_count)
		return 0;
	out[count++] = pbx;
	for (size_t i = 0; i < c->pbxs[pbx].failover_count && count < CHAIN_MAX; i++)
		if (c->pbxs[pbx].failover[i] < c->pbx_count)
			out[count++] = c->pbxs[pbx].failover[i];
	return count;
}

uint32_t names_enclosing(const struct names *names, const char *domain)
{
	const char *at = domain;
	uint32_t found = CONF_NONE;

	while (at && *at && found == CONF_NONE) {
		found = names_find(names, at);
		at = strchr(at, '.');
		at = at ? at + 1 : NULL;
	}
	return found;
}

const struct conf_pbx_view *view_of(const struct conf_pbx *pbx, uint32_t site)
{
	for (size_t i = 1; i < pbx->view_count; i++)
		if (pbx->views[i].site == site && site != CONF_NONE)
			return pbx->views[i].address_count ? &pbx->views[i] : NULL;
	return pbx->view_count && pbx->views[0].address_count ? &pbx->views[0] : NULL;
}

const struct conf_endpoint *view_endpoints(const struct conf_pbx *pbx,
					   const struct conf_pbx_view *view,
					   size_t *count)
{
	*count = view->endpoints ? view->endpoint_count : pbx->endpoint_count;
	return view->endpoints ? view->endpoints : pbx->endpoints;
}

void semantic_check(struct parse *d)
{
	struct conf *c = d->conf;
	struct semantic x = { .d = d, .conf = c };

	index_names(&x.lives, c->lives, c->live_count, sizeof *c->lives);
	index_names(&x.zones, c->zones, c->zone_count, sizeof *c->zones);
	index_names(&x.hosts, c->hosts, c->host_count, sizeof *c->hosts);
	index_homes(&x);
	for (size_t i = 0; i < c->live_count; i++)
		if (c->lives[i].name)
			c->lives[i].zone = names_enclosing(&x.zones, c->lives[i].name);
	report_twice(d, "pbx", &d->pbxs, c->pbxs, sizeof *c->pbxs);
	report_twice(d, "site", &d->sites, c->sites, sizeof *c->sites);
	report_twice(d, "live name", &x.lives, c->lives, sizeof *c->lives);
	report_twice(d, "zone", &x.zones, c->zones, sizeof *c->zones);
	report_twice(d, "host", &x.hosts, c->hosts, sizeof *c->hosts);
	semantic_check_sockets(&x);
	semantic_check_pbxs(&x);
	semantic_check_probes(&x);
	semantic_check_addresses(&x);
	semantic_check_sites(&x);
	semantic_check_lives(&x);
	semantic_check_names(&x);
	semantic_check_variants(&x);
	free(x.site_homes);
	names_fini(&x.lives);
	names_fini(&x.zones);
	names_fini(&x.hosts);
}

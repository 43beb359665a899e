#include "conf/semantic.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/row_list.h"
#include "conf/value.h"

/* Reports each row of a list whose name another row has. */
static void report_twice(struct parse *d, const struct setting *list)
{
	struct row_list r;

	row_list_init(&r, d->conf, list, d->conf);
	for (size_t i = 1; i < r.names.count; i++) {
		const struct name_row *was = &r.names.rows[i - 1];
		const struct name_row *now = &r.names.rows[i];
		const struct node *first;

		if (strcmp(was->text, now->text) != 0)
			continue;
		first = positions_find(&d->positions,
				       row_list_at(&r, list, was->index));
		parse_fault(d,
			    positions_find(&d->positions,
					   row_list_at(&r, list, now->index)),
			    "duplicate %s '%s', first declared at line %u",
			    list->section->one, now->text, first ? first->line : 0);
	}
	row_list_fini(&r);
}

static void check_unique(struct parse *d)
{
	for (const struct setting *s = conf_section.settings; s->name; s++)
		if (setting_holds_section(s) && s->count_at &&
		    section_identity(s->section)->marks & UNIQUE)
			report_twice(d, s);
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

	domains_init(&x.lives, c->lives, c->live_count, sizeof *c->lives);
	domains_init(&x.zones, c->zones, c->zone_count, sizeof *c->zones);
	domains_init(&x.hosts, c->hosts, c->host_count, sizeof *c->hosts);
	index_homes(&x);
	for (size_t i = 0; i < c->live_count; i++)
		if (c->lives[i].name.text)
			c->lives[i].zone =
				domains_enclosing(&x.zones, c->lives[i].name.wire.wire);
	check_unique(d);
	semantic_check_sockets(&x);
	semantic_check_pbxs(&x);
	semantic_check_probes(&x);
	semantic_check_addresses(&x);
	semantic_check_sites(&x);
	semantic_check_lives(&x);
	semantic_check_names(&x);
	semantic_check_variants(&x);
	free(x.site_homes);
	domains_fini(&x.lives);
	domains_fini(&x.zones);
	domains_fini(&x.hosts);
}

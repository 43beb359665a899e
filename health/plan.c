#include "health/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "health/slots.h"

static char *copy_text(const char *text)
{
	return text ? alloc_text(text) : NULL;
}

static void *copy_array(const void *rows, size_t count, size_t size)
{
	return rows && count ? alloc_copy(rows, count * size) : NULL;
}

static void copy_view(struct conf_pbx_view *to, const struct conf_pbx_view *from)
{
	*to = *from;
	to->addresses = copy_array(from->addresses, from->address_count,
				   sizeof(*to->addresses));
	for (size_t i = 0; i < from->address_count; i++)
		to->addresses[i].name = domain_copy(from->addresses[i].name);
	to->endpoints = copy_array(from->endpoints, from->endpoint_count,
				   sizeof(*to->endpoints));
}

static void copy_pbx(struct conf_pbx *to, const struct conf_pbx *from)
{
	*to = *from;
	to->name = alloc_text(from->name);
	to->place = (struct diag_place){ 0 };
	to->views = copy_array(from->views, from->view_count, sizeof(*to->views));
	for (size_t i = 0; i < from->view_count; i++)
		copy_view(&to->views[i], &from->views[i]);
	to->endpoints = copy_array(from->endpoints, from->endpoint_count,
				   sizeof(*to->endpoints));
	to->failover = NULL;
	to->failover_count = 0;
	to->server_name = copy_text(from->server_name);
	to->ca_file = copy_text(from->ca_file);
	to->dead_codes = copy_array(from->dead_codes, from->dead_code_count,
				    sizeof(*to->dead_codes));
}

static void free_pbx(struct plan_pbx *p)
{
	for (size_t i = 0; i < p->conf.view_count; i++) {
		for (size_t k = 0; k < p->conf.views[i].address_count; k++)
			domain_free(p->conf.views[i].addresses[k].name);
		free(p->conf.views[i].addresses);
		free(p->conf.views[i].endpoints);
	}
	free(p->conf.views);
	free(p->conf.endpoints);
	free(p->conf.name);
	free(p->conf.server_name);
	free(p->conf.ca_file);
	free(p->conf.dead_codes);
	for (size_t i = 0; i < p->name_count; i++)
		free(p->names[i]);
	free(p->names);
}

static bool stands_in(const struct conf *c, uint32_t home, uint32_t pbx)
{
	if (home == CONF_NONE)
		return false;
	for (size_t i = 0; i < c->pbxs[home].failover_count; i++)
		if (c->pbxs[home].failover[i] == pbx)
			return true;
	return home == pbx;
}

static bool may_answer(const struct conf *c, const struct conf_live *l, uint32_t pbx)
{
	if (stands_in(c, l->home, pbx))
		return true;
	for (size_t i = 0; l->by_site && i < c->site_count; i++)
		if (stands_in(c, c->sites[i].pbx, pbx))
			return true;
	return false;
}

/* A name as a certificate writes it: without the dot at its end. */
static char *host_name(const char *name)
{
	char *copy = alloc_text(name);
	size_t len = strlen(copy);

	if (len && copy[len - 1] == '.')
		copy[len - 1] = 0;
	return copy;
}

static void find_names(struct plan_pbx *p, const struct conf *c, uint32_t pbx)
{
	p->names = alloc_array(c->live_count + 1, sizeof(*p->names));
	if (c->pbxs[pbx].server_name) {
		p->names[p->name_count++] = host_name(c->pbxs[pbx].server_name);
		return;
	}
	for (size_t i = 0; i < c->live_count; i++)
		if (may_answer(c, &c->lives[i], pbx))
			p->names[p->name_count++] = host_name(c->lives[i].name.text);
}

struct plan *plan_new(const struct conf *c, const struct slots *s)
{
	struct plan *p = alloc(sizeof(*p));

	p->pbx_count = c->pbx_count;
	p->pbxs = alloc_array(c->pbx_count, sizeof(*p->pbxs));
	p->slot_end = slots_end(s);
	p->resolvers = copy_array(c->resolvers, c->resolver_count,
				  sizeof(*p->resolvers));
	p->resolver_count = c->resolver_count;
	for (uint32_t i = 0; i < c->pbx_count; i++) {
		copy_pbx(&p->pbxs[i].conf, &c->pbxs[i]);
		p->pbxs[i].slot = slots_at(s, i);
		find_names(&p->pbxs[i], c, i);
	}
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->pbx_count; i++)
		free_pbx(&p->pbxs[i]);
	free(p->pbxs);
	free(p->resolvers);
	free(p);
}

const char *plan_server_name(const struct plan_pbx *p)
{
	return p->name_count ? p->names[0] : NULL;
}

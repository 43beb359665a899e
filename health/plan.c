#include "health/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "health/slots.h"

enum { SERVED_MIN = 4 };

static int by_name(const void *a, const void *b)
{
	const struct plan_host *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : x->pbx < y->pbx ? -1 : x->pbx > y->pbx;
}

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
	to->certificate = copy_text(from->certificate);
	secret_copy(&to->key, &from->key);
	to->probe_from = copy_text(from->probe_from);
	to->probe_user = copy_text(from->probe_user);
	to->probe_agent = copy_text(from->probe_agent);
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
	free(p->conf.certificate);
	secret_fini(&p->conf.key);
	free(p->conf.probe_from);
	free(p->conf.probe_user);
	free(p->conf.probe_agent);
	free(p->conf.dead_codes);
	for (size_t i = 0; i < p->name_count; i++)
		free(p->names[i]);
	free(p->names);
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

/* Lists of live names (indices in conf) that each pbx may answer for. */
struct served {
	uint32_t *lives;
	size_t count, cap;
};

static void serve(struct served *s, uint32_t live)
{
	if (s->count && s->lives[s->count - 1] == live)
		return;
	if (s->count == s->cap) {
		s->cap = s->cap ? 2 * s->cap : SERVED_MIN;
		s->lives = alloc_resize(s->lives, s->cap, sizeof(*s->lives));
	}
	s->lives[s->count++] = live;
}

static void serve_chain(struct served *served, const struct conf *c, uint32_t home,
			uint32_t live)
{
	if (home == CONF_NONE)
		return;
	serve(&served[home], live);
	for (size_t i = 0; i < c->pbxs[home].failover_count; i++)
		serve(&served[c->pbxs[home].failover[i]], live);
}

/* Which pbxs stand in the chain of any site. */
static bool *of_sites(const struct conf *c)
{
	bool *of = alloc_array(c->pbx_count, sizeof(*of));

	for (size_t i = 0; i < c->site_count; i++) {
		const struct conf_pbx *home;

		if (c->sites[i].pbx == CONF_NONE)
			continue;
		home = &c->pbxs[c->sites[i].pbx];
		of[c->sites[i].pbx] = true;
		for (size_t k = 0; k < home->failover_count; k++)
			of[home->failover[k]] = true;
	}
	return of;
}

/* Goes over names once, not over all names for each pbx. */
static struct served *served_of(const struct conf *c)
{
	struct served *served = alloc_array(c->pbx_count, sizeof(*served));
	bool *of = of_sites(c);

	for (uint32_t i = 0; i < c->live_count; i++) {
		serve_chain(served, c, c->lives[i].home, i);
		for (uint32_t k = 0; c->lives[i].by_site && k < c->pbx_count; k++)
			if (of[k])
				serve(&served[k], i);
	}
	free(of);
	return served;
}

static void find_names(struct plan_pbx *p, const struct conf *c, uint32_t pbx,
		       const struct served *served)
{
	if (c->pbxs[pbx].server_name) {
		p->names = alloc_array(1, sizeof(*p->names));
		p->names[p->name_count++] = host_name(c->pbxs[pbx].server_name);
		return;
	}
	p->names = alloc_array(served->count, sizeof(*p->names));
	for (size_t i = 0; i < served->count; i++)
		p->names[p->name_count++] = host_name(
			c->lives[served->lives[i]].name.text);
}

/* Who is known by which name, in the order of names. */
static void find_hosts(struct plan *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->pbx_count; i++)
		for (size_t v = 0; v < p->pbxs[i].conf.view_count; v++)
			count += p->pbxs[i].conf.views[v].address_count;
	p->hosts = alloc_array(count, sizeof(*p->hosts));
	for (uint32_t i = 0; i < p->pbx_count; i++)
		for (size_t v = 0; v < p->pbxs[i].conf.view_count; v++) {
			const struct conf_pbx_view *view = &p->pbxs[i].conf.views[v];

			for (size_t a = 0; a < view->address_count; a++)
				if (!view->addresses[a].addr.family)
					p->hosts[p->host_count++] = (struct plan_host){
						view->addresses[a].name->text, i
					};
		}
	qsort(p->hosts, p->host_count, sizeof(*p->hosts), by_name);
}

struct plan *plan_new(const struct conf *c, const struct slots *s)
{
	struct plan *p = alloc(sizeof(*p));
	struct served *served = served_of(c);

	p->pbx_count = c->pbx_count;
	p->pbxs = alloc_array(c->pbx_count, sizeof(*p->pbxs));
	p->slot_end = slots_end(s);
	p->resolvers = copy_array(c->resolvers, c->resolver_count,
				  sizeof(*p->resolvers));
	p->resolver_count = c->resolver_count;
	for (uint32_t i = 0; i < c->pbx_count; i++) {
		copy_pbx(&p->pbxs[i].conf, &c->pbxs[i]);
		p->pbxs[i].slot = slots_at(s, i);
		find_names(&p->pbxs[i], c, i, &served[i]);
		free(served[i].lives);
	}
	free(served);
	find_hosts(p);
	return p;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->pbx_count; i++)
		free_pbx(&p->pbxs[i]);
	free(p->pbxs);
	free(p->hosts);
	free(p->resolvers);
	free(p);
}

size_t plan_hosts_find(const struct plan *p, const char *name)
{
	size_t from = 0, to = p->host_count;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (strcmp(p->hosts[mid].name, name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

const char *plan_server_name(const struct plan_pbx *p)
{
	return p->name_count ? p->names[0] : NULL;
}

#include "health/layout.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fnv.h"
#include "conf/conf.h"

static uint32_t endpoint_bit(struct pbx_layout *l, const struct conf_endpoint *e)
{
	size_t i;

	for (i = 0; i < l->endpoint_count; i++)
		if (l->endpoints[i].transport == e->transport &&
		    l->endpoints[i].port == e->port)
			return 1u << i;
	if (i == ROW_ENDPOINTS_MAX) {
		l->dropped_count++;
		return 0;
	}
	l->endpoints[l->endpoint_count++] = (struct board_endpoint){ e->transport,
								     e->port };
	return 1u << i;
}

static uint32_t endpoint_bits(struct pbx_layout *l, const struct conf_endpoint *e,
			      size_t count)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits |= endpoint_bit(l, &e[i]);
	return bits;
}

static uint32_t address_bit(struct pbx_layout *l, const struct addr *a)
{
	size_t i;

	for (i = 0; i < l->address_count; i++)
		if (addr_equal(&l->addresses[i], a))
			return 1u << i;
	if (i == ROW_ADDRESSES_MAX) {
		l->dropped_count++;
		return 0;
	}
	l->addresses[l->address_count] = *a;
	l->addresses[l->address_count++].port = 0;
	return 1u << i;
}

static uint32_t address_bits(struct pbx_layout *l, const struct conf_pbx_view *v,
			     layout_lookup_fn *lookup, void *arg)
{
	struct addr found[ROW_ADDRESSES_MAX];
	uint32_t bits = 0;

	for (size_t i = 0; i < v->address_count; i++) {
		const struct conf_pbx_address *a = &v->addresses[i];
		size_t count = 0;

		if (a->addr.family)
			bits |= address_bit(l, &a->addr);
		else if (lookup)
			count = lookup(arg, a->name->text, found, ROW_ADDRESSES_MAX);
		for (size_t k = 0; k < count; k++)
			bits |= address_bit(l, &found[k]);
	}
	return bits;
}

static uint64_t layout_fold(const struct pbx_layout *l)
{
	uint64_t id = FNV_BEGIN;

	for (size_t i = 0; i < l->endpoint_count; i++) {
		uint32_t e = (uint32_t)l->endpoints[i].transport << 16 |
			     l->endpoints[i].port;

		id = fnv_fold(id, &e, sizeof(e));
	}
	for (size_t i = 0; i < l->address_count; i++) {
		id = fnv_fold(id, l->addresses[i].octets,
			      sizeof(l->addresses[i].octets));
		id = fnv_fold(id, &l->addresses[i].scope,
			      sizeof(l->addresses[i].scope));
		id = fnv_fold(id, &l->addresses[i].family,
			      sizeof(l->addresses[i].family));
	}
	for (size_t i = 0; i < l->view_count; i++)
		id = fnv_fold(id, &l->views[i], sizeof(l->views[i]));
	return id;
}

void layout_init(struct pbx_layout *l, const struct conf_pbx *p,
		 layout_lookup_fn *lookup, void *arg)
{
	uint32_t common;

	*l = (struct pbx_layout){ 0 };
	l->view_count = p->view_count ? p->view_count : 1;
	l->views = alloc_array(l->view_count, sizeof(*l->views));
	l->views[0].site = CONF_NONE;
	common = endpoint_bits(l, p->endpoints, p->endpoint_count);
	for (size_t i = 0; i < p->view_count; i++) {
		const struct conf_pbx_view *v = &p->views[i];

		l->views[i].site = i ? v->site : CONF_NONE;
		l->views[i].endpoints = v->endpoint_count
						? endpoint_bits(l, v->endpoints,
								v->endpoint_count)
						: common;
		l->views[i].addresses = v->address_count
						? address_bits(l, v, lookup, arg)
						: l->views[0].addresses;
	}
	l->id = layout_fold(l);
}

void layout_fini(struct pbx_layout *l)
{
	free(l->views);
	*l = (struct pbx_layout){ 0 };
}

bool layout_pairs(const struct pbx_layout *l, size_t endpoint, size_t address)
{
	for (size_t i = 0; i < l->view_count; i++)
		if (l->views[i].endpoints >> endpoint & 1 &&
		    l->views[i].addresses >> address & 1)
			return true;
	return false;
}

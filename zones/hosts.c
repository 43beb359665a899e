#include "zones/hosts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "conf/conf.h"
#include "dns/rr.h"
#include "zones/builder.h"

enum { HOST_TTL_S = 300, REFRESH_S = 3600, EXPIRE_S = 86400 };

static const struct name root = { .len = 1 };

/* One zone in progress. */
struct small_zone {
	struct zone_builder *b;
	const struct name *origin;
	struct diag_place place;
};

static void put(const struct small_zone *s, uint16_t type, const void *rdata,
		size_t len)
{
	const struct master_record r = {
		.owner = s->origin,
		.rdata = rdata,
		.rdlen = len,
		.ttl = HOST_TTL_S,
		.type = type,
		.class = CLASS_IN,
		.place = s->place,
	};

	(void)zone_builder_add(s->b, &r);
}

void hosts_nowhere(const char *node, struct name *out)
{
	static const struct name invalid = { .len = 9,
					     .label_count = 1,
					     .wire = "\7invalid" };

	if (name_parse(node, strlen(node), &invalid, out))
		*out = invalid;
}

/* Serial 1: such a zone is never transferred, and its answers live for minutes. */
static void put_soa(const struct small_zone *s, const struct name *mname)
{
	static const uint32_t numbers[] = { 1, REFRESH_S, REFRESH_S, EXPIRE_S,
					    HOST_TTL_S };
	struct buffer rdata = { 0 };

	buffer_put(&rdata, mname->wire, mname->len);
	buffer_put(&rdata, mname->wire, mname->len);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		buffer_put_u32(&rdata, numbers[i]);
	put(s, RR_SOA, rdata.octets, rdata.len);
	buffer_fini(&rdata);
}

static int close_zone(struct small_zone *s, struct zone **out)
{
	int err = zone_builder_finish(s->b, s->place.file, out);

	zone_builder_free(s->b);
	return err;
}

static void open_zone(struct small_zone *s, const struct name *origin,
		      struct diag_place place, struct diags *diags)
{
	*s = (struct small_zone){ zone_builder_new(origin, diags), origin, place };
}

/* A name whose zone cannot be added is reported; the others continue. */
static int add_zone(struct zone_set *set, struct zone *z, struct diag_place place,
		    struct diags *diags)
{
	int err = zone_set_add(set, z);

	if (err) {
		char text[NAME_TEXT_LEN];

		diags_add(diags, DIAG_ERROR, place,
			  "%s is already a zone and cannot also be a host",
			  name_format(zone_origin(z)->wire, text));
	}
	zone_unref(z);
	return err ? ERR_INVALID : OK;
}

static int add_forward(const struct conf *conf, const struct conf_host *h,
		       struct zone_set *set, struct diags *diags)
{
	struct small_zone s;
	struct name node;
	struct zone *z = NULL;
	int err;

	hosts_nowhere(conf->node.name, &node);
	open_zone(&s, &h->name.wire, h->place, diags);
	put_soa(&s, &node);
	put(&s, RR_NS, node.wire, node.len);
	for (size_t i = 0; i < h->address_count; i++)
		put(&s, h->addresses[i].family == AF_INET6 ? RR_AAAA : RR_A,
		    h->addresses[i].octets, addr_len(&h->addresses[i]));
	err = close_zone(&s, &z);
	return err ? err : add_zone(set, z, h->place, diags);
}

/* "9.0.1.10.in-addr.arpa.", or 32 nibbles under ip6.arpa (RFC 1035 3.5, 3596 2.5). */
static void reverse_name(const struct addr *a, struct name *out)
{
	static const char digits[] = "0123456789abcdef";
	struct buffer text = { 0 };
	int err;

	if (a->family == AF_INET)
		buffer_printf(&text, "%u.%u.%u.%u.in-addr.arpa.", a->octets[3],
			      a->octets[2], a->octets[1], a->octets[0]);
	else {
		for (size_t i = 16; i-- > 0;)
			buffer_printf(&text, "%c.%c.", digits[a->octets[i] & 15],
				      digits[a->octets[i] >> 4]);
		buffer_put_text(&text, "ip6.arpa.");
	}
	err = name_parse((const char *)text.octets, text.len, &root, out);
	buffer_fini(&text);
	assert(err == OK);
}

/* An address of a host, for sorting. */
struct reverse {
	struct addr addr;
	const struct conf_host *host;
	size_t order;
};

static int compare_reverse(const void *one, const void *other)
{
	const struct reverse *a = one;
	const struct reverse *b = other;
	int order = addr_compare(&a->addr, &b->addr);

	if (order)
		return order;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* One zone for `count` rows of the same address. */
static int add_reverse(const struct conf *conf, const struct reverse *rows,
		       size_t count, struct zone_set *set, struct diags *diags)
{
	struct small_zone s;
	struct name origin, node;
	struct zone *z = NULL;
	int err;

	reverse_name(&rows[0].addr, &origin);
	if (zone_set_exact(set, &origin)) /* a configured zone takes precedence */
		return OK;
	hosts_nowhere(conf->node.name, &node);
	open_zone(&s, &origin, rows[0].host->place, diags);
	put_soa(&s, &node);
	put(&s, RR_NS, node.wire, node.len);
	for (size_t i = 0; i < count; i++) {
		const struct name *target = &rows[i].host->name.wire;

		put(&s, RR_PTR, target->wire, target->len);
	}
	err = close_zone(&s, &z);
	return err ? err : add_zone(set, z, rows[0].host->place, diags);
}

int hosts_add_zones(const struct conf *conf, struct zone_set *set, struct diags *diags)
{
	struct reverse *rows;
	size_t count = 0;
	int err = OK;

	for (size_t i = 0; i < conf->host_count; i++) {
		count += conf->hosts[i].address_count;
		if (add_forward(conf, &conf->hosts[i], set, diags))
			err = ERR_INVALID;
	}
	rows = alloc_array(count, sizeof(*rows));
	count = 0;
	for (size_t i = 0; i < conf->host_count; i++)
		for (size_t k = 0; k < conf->hosts[i].address_count; k++) {
			rows[count] = (struct reverse){ conf->hosts[i].addresses[k],
							&conf->hosts[i], count };
			count++;
		}
	qsort(rows, count, sizeof(*rows), compare_reverse);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1;
		     end < count && addr_equal(&rows[i].addr, &rows[end].addr);)
			end++;
		if (add_reverse(conf, rows + i, end - i, set, diags))
			err = ERR_INVALID;
	}
	free(rows);
	return err;
}

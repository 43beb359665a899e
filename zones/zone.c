#include "zones/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/question.h"
#include "dns/rr.h"
#include "zones/denial.h"
#include "zones/table.h"

/* clang-format off */
static const struct {
	const char *below; /* wire form of what precedes the live name */
	uint16_t type;
} live_sets[LIVE_SETS] = {
	[LIVE_A]        = { "",                   RR_A },
	[LIVE_AAAA]     = { "",                   RR_AAAA },
	[LIVE_NAPTR]    = { "",                   RR_NAPTR },
	[LIVE_SRV_UDP]  = { "\4_sip\4_udp",       RR_SRV },
	[LIVE_SRV_TCP]  = { "\4_sip\4_tcp",       RR_SRV },
	[LIVE_SRVS_TCP] = { "\5_sips\4_tcp",      RR_SRV },
};
/* clang-format on */

uint16_t live_set_type(enum live_set set)
{
	return live_sets[set].type;
}

int live_set_owner(const struct name *live, enum live_set set, struct name *out)
{
	size_t below_len = strlen(live_sets[set].below);
	struct name owner = { 0 };

	if (below_len + live->len > NAME_MAX_LEN)
		return ERR_LIMIT;
	memcpy(owner.wire, live_sets[set].below, below_len);
	memcpy(owner.wire + below_len, live->wire, live->len);
	owner.len = (uint8_t)(below_len + live->len);
	owner.label_count = (uint8_t)(live->label_count + (below_len ? 2 : 0));
	*out = owner;
	return OK;
}

struct zone *zone_ref(struct zone *z)
{
	atomic_fetch_add(&z->refs, 1);
	return z;
}

/* Shortens a block that is nobody else's from its end. Returns the octets given back.
 */
static size_t shorten(struct block *a, size_t len)
{
	size_t was = a->len;

	if (!a->mapped || atomic_load(&a->refs) != 1)
		return 0;
	block_trim(a, len < was ? was - len : 0);
	return was - a->len;
}

bool zone_free_slice(struct zone *z, size_t len)
{
	size_t freed = 0;

	if (z == NULL)
		return true;
	if (atomic_load(&z->refs) > 1 && atomic_fetch_sub(&z->refs, 1) > 1)
		return true;
	atomic_store(&z->refs, 1); /* nobody else's: it may take several calls */
	while (z->segment_count) {
		struct segment *s = &z->segments[z->segment_count - 1];

		freed += shorten(s->block, len);
		if (freed >= len)
			return false;
		freed += atomic_load(&s->block->refs) == 1 ? s->block->len : 0;
		block_unref(s->block);
		z->segment_count--;
	}
	if (!denial_free_slice(z->denial, len - freed))
		return false;
	free(z->segments);
	free(z->negative);
	free(z->negative_signed);
	free(z->soa_octets);
	free(z);
	return true;
}

void zone_unref(struct zone *z)
{
	while (!zone_free_slice(z, (size_t)8 << 20))
		;
}

const struct name *zone_origin(const struct zone *z)
{
	return &z->origin;
}

uint32_t zone_serial(const struct zone *z)
{
	return z->serial;
}

size_t zone_record_count(const struct zone *z)
{
	return z->record_count;
}

size_t zone_name_count(const struct zone *z)
{
	return z->name_count;
}

size_t zone_memory_len(const struct zone *z)
{
	size_t len = sizeof(*z) + z->segment_count * sizeof(z->segments[0]) +
		     denial_memory_len(z->denial);

	for (size_t i = 0; i < z->segment_count; i++)
		len += z->segments[i].len;
	return len;
}

bool zone_has_includes(const struct zone *z)
{
	return z->includes;
}

void zone_negative_soa(const struct zone *z, struct ready_rrset *out)
{
	*out = (struct ready_rrset){
		.owner = z->origin.wire,
		.type = RR_SOA,
		.ttl = z->negative_ttl,
		.section = READY_AUTHORITY,
		.rdatas = &z->soa,
		.count = 1,
	};
}

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void zone_take_soa(struct zone *z, const uint8_t *rdata, size_t rdlen, uint32_t ttl)
{
	struct ready_rrset set;
	const struct ready_plan plan = { .qname = z->origin.wire,
					 .authoritative = true,
					 .rrsets = &set,
					 .count = 1 };
	uint32_t minimum = u32_at(rdata + rdlen - 4);

	free(z->soa_octets);
	free(z->negative);
	z->serial = u32_at(rdata + rdlen - 20);
	z->negative_ttl = minimum < ttl ? minimum : ttl;
	z->soa_octets = alloc_copy(rdata, rdlen);
	z->soa = (struct ready_rdata){ z->soa_octets, (uint16_t)rdlen };
	zone_negative_soa(z, &set);
	z->negative = ready_new(&plan);
}

const struct ready *zone_live_file_set(const struct zone *z, const struct name *live,
				       enum live_set set)
{
	struct name owner;
	const struct record *r;
	uint64_t hash = hash_root();
	const uint8_t *labels[NAME_MAX_LABELS];
	uint8_t padded[NAME_MAX_LEN + 8] = { 0 };
	unsigned count = 0;

	if (live_set_owner(live, set, &owner) ||
	    !name_is_within(owner.wire, z->origin.wire))
		return NULL;
	name_lower(&owner);
	memcpy(padded, owner.wire, owner.len);
	for (const uint8_t *p = padded; *p != 0; p += *p + 1)
		labels[count++] = p;
	while (count)
		hash = hash_label(hash, labels[--count]);
	r = zone_record(z, hash, padded, (size_t)owner.len - z->origin.len);
	return r ? record_find(r, live_sets[set].type, false) : NULL;
}

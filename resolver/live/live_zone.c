#include "resolver/live/live_zone.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "conf/conf.h"
#include "dns/rr.h"

static struct ready *no_data(const struct name *name, const struct zone *zone,
			     uint32_t ttl_s)
{
	struct ready_rrset soa;
	const struct ready_plan plan = {
		.qname = name->wire,
		.authoritative = true,
		.rcode = RCODE_NOERROR,
		.rrsets = &soa,
		.count = 1,
	};

	zone_negative_soa(zone, &soa);
	if (soa.ttl > ttl_s)
		soa.ttl = ttl_s;
	return ready_new(&plan);
}

struct live_zone *live_zone_new(const struct conf_live *live, const struct name *name,
				const struct zone *zone)
{
	struct live_zone *l = alloc(sizeof(*l));

	l->refs = 1;
	l->zone = zone;
	for (enum ttl_phase phase = 0; phase < TTL_PHASES; phase++) {
		uint32_t ttl_s = chain_ttl(live->ttl_s, phase);

		l->no_data[phase] = no_data(name, zone, ttl_s);
		for (enum live_set set = 0;
		     set < LIVE_SETS && live->all_down == ALL_DOWN_FILE; set++) {
			const struct ready *held = zone_live_file_set(zone, name, set);

			if (held)
				l->file[set][phase] = ready_lowered(held, ttl_s);
		}
	}
	return l;
}

struct live_zone *live_zone_ref(struct live_zone *l)
{
	__atomic_add_fetch(&l->refs, 1, __ATOMIC_RELAXED);
	return l;
}

void live_zone_unref(struct live_zone *l)
{
	if (l == NULL || __atomic_sub_fetch(&l->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	for (int phase = 0; phase < TTL_PHASES; phase++) {
		free(l->no_data[phase]);
		for (int set = 0; set < LIVE_SETS; set++)
			free(l->file[set][phase]);
	}
	free(l);
}

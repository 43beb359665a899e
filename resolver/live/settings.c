#include "resolver/live/settings.h"

#include <stdlib.h>

#include "base/alloc.h"

/* Returns where the live name of a number is: a zone of conf or, counted after them,
 * its free live name. CONF_NONE: it is no longer live. */
static uint32_t place_of(const struct settings *s, size_t number)
{
	uint32_t live = s->names->rows[number].live;

	if (live == CONF_NONE)
		return CONF_NONE;
	if (s->conf->lives[live].zone != CONF_NONE)
		return s->conf->lives[live].zone;
	return (uint32_t)s->conf->zone_count + live;
}

/* Sorts the numbers of live names by the zones they are in. */
static void sort_names(struct settings *s)
{
	size_t places = s->conf->zone_count + s->conf->live_count;
	uint32_t *next = alloc_array(places + 1, sizeof(*next));

	s->zone_first = alloc_array(places + 2, sizeof(*s->zone_first));
	s->zone_numbers = alloc_array(s->names->count, sizeof(*s->zone_numbers));
	for (size_t i = 0; i < s->names->count; i++)
		if (place_of(s, i) != CONF_NONE)
			s->zone_first[place_of(s, i) + 1]++;
	for (size_t i = 0; i < places; i++) {
		s->zone_first[i + 1] += s->zone_first[i];
		next[i] = s->zone_first[i];
	}
	for (uint32_t i = 0; i < s->names->count; i++)
		if (place_of(s, i) != CONF_NONE)
			s->zone_numbers[next[place_of(s, i)]++] = i;
	free(next);
}

struct settings *settings_new(struct conf *conf, const struct settings *was)
{
	struct settings *s = alloc(sizeof(*s));

	s->refs = 1;
	s->serial = was ? was->serial + 1 : 1;
	s->conf = conf;
	s->slots = slots_new(conf, was ? was->slots : NULL);
	s->access = access_new(conf);
	s->names = live_names_new(conf, was ? was->names : NULL);
	s->rebind = rebind_new(conf->recursion.inside, conf->recursion.inside_count);
	sort_names(s);
	return s;
}

struct settings *settings_ref(struct settings *s)
{
	__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void settings_unref(struct settings *s)
{
	if (s == NULL || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	free(s->zone_first);
	free(s->zone_numbers);
	live_names_free(s->names);
	rebind_free(s->rebind);
	access_free(s->access);
	slots_free(s->slots);
	conf_free(s->conf);
	free(s);
}

const uint32_t *settings_of_zone(const struct settings *s, uint32_t zone, size_t *count)
{
	*count = s->zone_first[zone + 1] - s->zone_first[zone];
	return s->zone_numbers + s->zone_first[zone];
}

const uint32_t *settings_of_free(const struct settings *s, uint32_t live, size_t *count)
{
	return settings_of_zone(s, (uint32_t)s->conf->zone_count + live, count);
}

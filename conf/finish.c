#include "conf/finish.h"

#include <string.h>

#include "conf/parse.h"

/* clang-format off */
const struct conf_probe conf_profiles[PROFILES] = {
	/*                 pace  after-miss  timeout  silence  lost  rise */
	[PROFILE_FAST] = {  100,         50,     100,     300,    3,    3 },
	[PROFILE_LAN]  = {  250,        120,     200,    1000,    5,    3 },
	[PROFILE_WAN]  = {  500,        500,     500,    4000,    8,    3 },
};
/* clang-format on */

static const char *const profile_names[PROFILES] = {
	[PROFILE_AUTO] = "auto",
	[PROFILE_FAST] = "fast",
	[PROFILE_LAN] = "lan",
	[PROFILE_WAN] = "wan",
};

const char *profile_name(enum profile p)
{
	return profile_names[p];
}

void finish_pbx(struct parse *d, const struct node *n, void *base)
{
	struct conf_pbx *pbx = base;
	enum profile profile = pbx->profile == PROFILE_AUTO ? PROFILE_WAN
							    : pbx->profile;
	const struct conf_probe *defaults = &conf_profiles[profile];
	/* The bits of probe_set, in order. */
	const struct {
		uint32_t *own;
		uint32_t standard;
	} rows[] = {
		{ &pbx->probe.pace_ms, defaults->pace_ms },
		{ &pbx->probe.after_miss_ms, defaults->after_miss_ms },
		{ &pbx->probe.timeout_ms, defaults->timeout_ms },
		{ &pbx->probe.silence_ms, defaults->silence_ms },
		{ &pbx->probe.lost_count, defaults->lost_count },
		{ &pbx->probe.rise_count, defaults->rise_count },
	};

	if (!pbx->certificate != !pbx->key_file)
		parse_fault(d, n,
			    "'client-certificate' and 'client-key' need each other");
	for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (parse_is_given(d, rows[i].own))
			pbx->probe_set |= 1U << i;
		else
			*rows[i].own = rows[i].standard;
}

void finish_live(struct parse *d, const struct node *n, void *base)
{
	struct conf_live *live = base;
	const struct node *home = positions_find(&d->positions, &live->home);
	const char *wanted = live->by_site ? "default" : "home";

	live->zone = CONF_NONE;
	if (home == NULL && parse_is_sound(d, &live->home)) {
		parse_fault(
			d, n,
			live->by_site
				? "'default' is missing: the pbx whose chain answers "
				  "clients of no site"
				: "'home' is missing: the pbx whose chain answers "
				  "everybody (or write answer: site)");
	} else if (home && strcmp(home->key->text, wanted) != 0) {
		parse_fault(d, home->key, "'%s' has no effect with answer: %s",
			    home->key->text, live->by_site ? "site" : "home");
		parse_suggest(d, wanted);
	}
}

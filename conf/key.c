#include "conf/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "conf/setting.h"

/* What other products, or other sections of deputy.conf, call a key. */
/* clang-format off */
static const struct {
	const char *section, *word, *meant;
} other_words[] = {
	{ "node",        "address",    "listen" },
	{ "node",        "addresses",  "listen" },
	{ "node",        "port",       "listen" },
	{ "node",        "threads",    "workers" },
	{ "pbxs",        "home",       "failover" },
	{ "pbxs",        "default",    "failover" },
	{ "pbxs",        "backup",     "failover" },
	{ "pbxs",        "secondary",  "failover" },
	{ "pbxs",        "standby",    "failover" },
	{ "pbxs",        "stand-in",   "failover" },
	{ "pbxs",        "host",       "addresses" },
	{ "pbxs",        "ip",         "addresses" },
	{ "pbxs",        "listen",     "addresses" },
	{ "pbxs",        "port",       "endpoints" },
	{ "pbxs",        "ports",      "endpoints" },
	{ "pbxs",        "transport",  "endpoints" },
	{ "pbxs",        "transports", "endpoints" },
	{ "pbxs",        "needs",      "endpoints" },
	{ "sites",       "home",       "pbx" },
	{ "sites",       "default",    "pbx" },
	{ "sites",       "failover",   "pbx" },
	{ "sites",       "addresses",  "networks" },
	{ "sites",       "prefixes",   "networks" },
	{ "sites",       "subnets",    "networks" },
	{ "live",        "pbx",        "home" },
	{ "live",        "pbxs",       "home" },
	{ "live",        "main",       "home" },
	{ "live",        "domain",     "name" },
	{ "live",        "transports", "needs" },
	{ "live",        "endpoints",  "needs" },
	{ "zones",       "path",       "file" },
	{ "zones",       "domain",     "name" },
	{ "on-switch",   "command",    "exec" },
	{ "on-switch",   "run",        "exec" },
	{ "on-switch",   "program",    "exec" },
	{ "deputy.conf", "names",      "live" },
	{ "deputy.conf", "hooks",      "on-switch" },
	{ "deputy.conf", "servers",    "pbxs" },
};
/* clang-format on */

const char *key_by_other_word(const struct section *sec, const char *word)
{
	for (size_t i = 0; i < sizeof other_words / sizeof *other_words; i++)
		if (strcmp(other_words[i].section, sec->name) == 0 &&
		    strcmp(other_words[i].word, word) == 0)
			return other_words[i].meant;
	return NULL;
}

struct key_search {
	const struct section *from;
	const char *word;
	size_t count;
	struct buffer *out;
};

static void found(struct key_search *s, const char *path)
{
	s->count++;
	if (s->count == 1)
		buffer_put_text(s->out, "a key ");
	else
		buffer_put_text(s->out, " or ");
	if (*path)
		buffer_printf(s->out, "of '%s'", path);
	else
		buffer_put_text(s->out, "at the top level");
}

/* path  the keys above the section, "pbxs: probe"; "" for the whole configuration */
static void look_in(struct key_search *s, const struct section *sec, const char *path)
{
	for (const struct setting *k = sec->settings; k->name; k++) {
		char *inner;

		if (sec != s->from && k->type != SET_LATER &&
		    strcmp(k->name, s->word) == 0)
			found(s, path);
		if (!setting_holds_section(k) && k->type != SET_VIEWS)
			continue;
		inner = alloc_format("%s%s%s", path, *path ? ": " : "", k->name);
		look_in(s, setting_holds_section(k) ? k->section : &view_section,
			inner);
		free(inner);
	}
}

char *key_elsewhere(const struct section *sec, const char *word)
{
	enum { SECTIONS_MAX = 3 }; /* a key of more sections says nothing */
	struct buffer out = { 0 };
	struct key_search s = { .from = sec, .word = word, .out = &out };

	look_in(&s, &conf_section, "");
	if (s.count && s.count <= SECTIONS_MAX)
		return buffer_take_text(&out);
	buffer_fini(&out);
	return NULL;
}

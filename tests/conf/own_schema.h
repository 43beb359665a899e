/*
 * A schema with what no setting of this version is: a secret, and a reference to a row
 * that is named by a domain. Linked before the library's own, it takes its place.
 */
#pragma once

#include <stdlib.h>

#include "conf/conf.h"
#include "conf/setting.h"

extern const struct section library_section;
/* Its rows are static, and the test wants some of them: so the whole file, by another
 * name. */
#define conf_section library_section /* NOLINT(readability-identifier-naming) */
#include "conf/schema.c"             /* NOLINT(bugprone-suspicious-include) */
#undef conf_section

struct account {
	char *name;
	struct conf_secret password;
	uint32_t *answers; /* lives */
	size_t answer_count;
};

struct own_conf {
	struct conf conf;
	struct account *accounts;
	size_t account_count;
	struct conf_secret key;
};

/* clang-format off */
static const struct setting account_settings[] = {
	{ "name", SET_LABEL, AT(account, name), 0, NULL, 0, MUST_BE_GIVEN | IS_IDENTITY | UNIQUE, NULL, NULL,
	  "its name" },
	{ "password", SET_SECRET, AT(account, password), 8, NULL, 64, MUST_BE_GIVEN, NULL, NULL,
	  "what it proves itself by" },
	{ "answers", SET_REF, ROWS(account, answers, answer_count), 0, NULL, 4, 0, NULL, &live_section,
	  "live names" },
	{ .name = NULL },
};

static const struct section account_section = {
	.name = "accounts", .one = "account", .size = sizeof(struct account), .settings = account_settings,
};

static const struct setting own_settings[] = {
	{ "node", SET_SECTION, AT(conf, node), 0, NULL, 0, MUST_BE_GIVEN, NULL, &node_section, "node" },
	{ "pbxs", SET_SECTION, ROWS(conf, pbxs, pbx_count), 0, NULL, MAX_ROWS, 0, NULL, &pbx_section, "pbxs" },
	{ "sites", SET_SECTION, ROWS(conf, sites, site_count), 0, NULL, MAX_ROWS, 0, NULL, &site_section, "sites" },
	{ "live", SET_SECTION, ROWS(conf, lives, live_count), 0, NULL, MAX_ROWS, 0, NULL, &live_section, "live" },
	{ "accounts", SET_SECTION, ROWS(own_conf, accounts, account_count), 0, NULL, MAX_ROWS, 0, NULL, &account_section, "accounts" },
	{ "key", SET_SECRET, AT(own_conf, key), 4, NULL, 4096, 0, NULL, NULL, "a key" },
	{ "recursion", SET_SECTION, AT(conf, recursion), 0, NULL, 0, 0, NULL, &recursion_section, "recursion" },
	{ .name = NULL },
};
/* clang-format on */

const struct section conf_section = {
	.name = "deputy.conf",
	.one = "configuration",
	.size = sizeof(struct own_conf),
	.settings = own_settings,
};

#define HEAD                                                      \
 "node: { name: n, listen: 192.0.2.1 }\n"                         \
 "pbxs: [ { name: a, addresses: 192.0.2.10, endpoints: udp } ]\n" \
 "live: [ { name: pbx.lan, home: a }, { name: auto.lan, home: a } ]\n"

static inline const struct own_conf *own(const struct conf *c)
{
	const void *whole = c;

	return whole;
}

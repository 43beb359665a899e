#include "conf/notice.h"

#include <string.h>

#include "base/buffer.h"
#include "base/operator/log.h"
#include "conf/tree.h"
#include "conf/value.h"

_Static_assert(NOTICES <= 32, "a bit each");

/* clang-format off */
const struct notice_row notices[NOTICES] = {
	[NOTICE_ADDRESS_MISSING]  = { "address-missing", DIAG_WARNING,
	  "no interface of this host has an address under 'listen'" },
	[NOTICE_BRACKET_LEFT]     = { "bracket-left", DIAG_WARNING,
	  "a value without quotes ends with a bracket, which is then part of it" },
	[NOTICE_FILE_MISSING]     = { "file-missing", DIAG_WARNING,
	  "a file or program does not exist or cannot be read or run" },
	[NOTICE_LIVE_NESTED]      = { "live-nested", DIAG_NOTE,
	  "a live name outside all zones is below another live name" },
	[NOTICE_LONG_TTL]         = { "long-ttl", DIAG_WARNING,
	  "a live name has a TTL of more than a minute, for which devices may keep the address of a dead pbx" },
	[NOTICE_NAME_TAKEN]       = { "name-taken", DIAG_WARNING,
	  "a live name is also the name of a pbx in the SRV records of another live name" },
	[NOTICE_NEEDS_LACKING]    = { "needs-lacking", DIAG_WARNING,
	  "a member of a chain has not all transports in 'needs' and will never be the answer" },
	[NOTICE_NO_SITES]         = { "no-sites", DIAG_WARNING,
	  "a live name has answer: site, and no site is declared" },
	[NOTICE_NO_STAND_IN]      = { "no-stand-in", DIAG_WARNING,
	  "the home pbx of a live name has no 'failover', although there are other pbxs" },
	[NOTICE_OPEN_DIAGNOSTICS] = { "open-diagnostics", DIAG_WARNING,
	  "'diagnostics' allows everyone" },
	[NOTICE_OPEN_ECS]         = { "open-ecs", DIAG_WARNING,
	  "'access: ecs' allows everyone" },
	[NOTICE_OPEN_RESOLVER]    = { "open-resolver", DIAG_WARNING,
	  "'access: recursion' allows everyone" },
	[NOTICE_OWN_ZONE]         = { "own-zone", DIAG_WARNING,
	  "a pbx is given by a host name in a zone of this node, which is not used to resolve it" },
	[NOTICE_PACE_QUICK]       = { "pace-quick", DIAG_NOTE,
	  "a pbx has a profile or probe settings with which flood rules may ban this host, see PROFILES" },
	[NOTICE_PORT_UNUSUAL]     = { "port-unusual", DIAG_WARNING,
	  "an endpoint has the usual port of another transport" },
	[NOTICE_SECRET_READABLE]  = { "secret-readable", DIAG_WARNING,
	  "every user of this host can read a secret" },
	[NOTICE_SECRET_UNREAD]    = { "secret-unread", DIAG_WARNING,
	  "a secret is not checked: only root and the owner of its file may read it" },
	[NOTICE_SHARED_ADDRESS]   = { "shared-address", DIAG_WARNING,
	  "two pbxs have the same endpoint" },
	[NOTICE_UNDELEGATED]      = { "undelegated", DIAG_NOTE,
	  "a live name outside all zones has no 'ns', so only clients that ask this node can resolve it" },
	[NOTICE_UNUSED_PBX]       = { "unused-pbx", DIAG_WARNING,
	  "a pbx is in no live name's chain" },
	[NOTICE_UNUSED_RECURSION] = { "unused-recursion", DIAG_WARNING,
	  "'recursion' has settings, and 'access: recursion' allows nobody" },
	[NOTICE_UNUSED_SITES]     = { "unused-sites", DIAG_WARNING,
	  "sites are declared, and no live name has answer: site" },
	[NOTICE_USER_MISSING]     = { "user-missing", DIAG_WARNING,
	  "the user under 'node: user' does not exist" },
};
/* clang-format on */

static const char *name_at(const void *arg, size_t i)
{
	(void)arg;
	return notices[i].name;
}

/* Returns NOTICES for a name that is none. */
static unsigned find(const char *name)
{
	unsigned i = 0;

	while (i < NOTICES && strcmp(notices[i].name, name) != 0)
		i++;
	return i;
}

/* Returns the first item of a list, or the one that was written without brackets. */
static const struct node *first_item(const struct node *n)
{
	return n->kind == NODE_LIST ? n->first : n;
}

uint32_t notices_in(const struct node *list)
{
	uint32_t bits = 0;

	for (const struct node *i = list ? first_item(list) : NULL; i; i = i->next) {
		unsigned found = i->kind == NODE_SCALAR ? find(i->text) : NOTICES;

		if (found < NOTICES)
			bits |= 1U << found;
		if (i == list)
			break;
	}
	return bits;
}

static void check_item(struct parse *d, const struct setting *s, const struct node *n,
		       uint32_t *seen)
{
	unsigned found;

	if (!parse_is_scalar(d, s, n))
		return;
	found = find(n->text);
	if (found == NOTICES) {
		parse_fault(d, n, "%s is not the name of a warning or note",
			    log_quote(n->text));
		parse_suggest(d, suggest(n->text, NOTICES, name_at, NULL));
	} else if (*seen & 1U << found) {
		parse_fault(d, n, "'%s' is listed twice", n->text);
	} else {
		*seen |= 1U << found;
	}
}

bool read_notices(struct parse *d, const struct setting *s, const struct node *n,
		  void *to)
{
	uint32_t seen = 0;

	for (const struct node *i = first_item(n); i; i = i->next) {
		check_item(d, s, i, &seen);
		if (i == n)
			break;
	}
	*(uint32_t *)to = seen;
	return true;
}

void format_notices(const struct conf *c, const struct setting *s, const void *at,
		    struct buffer *out)
{
	uint32_t bits = *(const uint32_t *)at;
	const char *gap = "";

	(void)c;
	(void)s;
	for (unsigned i = 0; i < NOTICES; i++)
		if (bits & 1U << i) {
			buffer_printf(out, "%s%s", gap, notices[i].name);
			gap = ", ";
		}
}

/* The warnings and notes about a configuration: each has a name, by which it is
 * silenced. */
#pragma once

#include <stdint.h>

#include "base/operator/diag.h"

enum notice {
	NOTICE_ADDRESS_MISSING,
	NOTICE_BRACKET_LEFT,
	NOTICE_FILE_MISSING,
	NOTICE_LIVE_NESTED,
	NOTICE_LONG_TTL,
	NOTICE_NAME_TAKEN,
	NOTICE_NEEDS_LACKING,
	NOTICE_NO_SITES,
	NOTICE_NO_STAND_IN,
	NOTICE_OPEN_DIAGNOSTICS,
	NOTICE_OPEN_ECS,
	NOTICE_OPEN_RESOLVER,
	NOTICE_OWN_ZONE,
	NOTICE_PACE_QUICK,
	NOTICE_PORT_UNUSUAL,
	NOTICE_SECRET_READABLE,
	NOTICE_SECRET_UNREAD,
	NOTICE_SHARED_ADDRESS,
	NOTICE_UNDELEGATED,
	NOTICE_UNUSED_PBX,
	NOTICE_UNUSED_RECURSION,
	NOTICE_UNUSED_SITES,
	NOTICE_USER_MISSING,
	NOTICES
};

struct notice_row {
	const char *name;
	enum diag_level level; /* DIAG_WARNING or DIAG_NOTE */
	const char *help;
};

/* By enum notice, in the order of their names. */
extern const struct notice_row notices[NOTICES];

struct node;

/* Returns a bit per notice that a list, or one name without brackets, has; what is in
 * it besides names of notices is ignored. */
uint32_t notices_in(const struct node *list);

/* The checks that every element makes before it acts on a message: RFC 3261
 * section 8.2.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "sip/message.h"

enum sip_action { SIP_ACTION_ACCEPT, SIP_ACTION_ANSWER, SIP_ACTION_DROP };

struct sip_check {
	enum sip_action action;
	uint16_t status;         /* to answer with */
	const char *reason;      /* phrase of the answer, or why it is dropped */
	struct text unsupported; /* with 420: the option tag */
};

/*
 * Checks the grammar of a request or response, and all for which every element must
 * refuse it.
 *
 * extensions  option tags we know, NULL-ended; NULL: none
 */
struct sip_check sip_check(const struct sip_message *m, const char *const *extensions);

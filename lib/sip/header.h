/* The table of header fields that mean something to us. */
#pragma once

#include <stdbool.h>

#include "base/text.h"
#include "sip/message.h"

struct sip_header_row {
	const char *name;  /* as it is written */
	const char *lower; /* as it is compared */
	char compact;      /* lower case; 0: none */
	bool single;       /* stands at most once and is no list */
	bool required;     /* in every message */
};

extern const struct sip_header_row sip_header_rows[SIP_HEADERS];

/* Any case, full or compact. */
enum sip_header sip_header_find(struct text name);

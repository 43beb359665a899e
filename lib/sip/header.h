/* The table of the header fields that deputy knows. */
#pragma once

#include <stdbool.h>

#include "base/text.h"
#include "sip/message.h"

struct sip_header_row {
	const char *name;  /* as we write it */
	const char *lower; /* for comparing */
	char compact;      /* lower case; 0: none */
	bool single;       /* occurs at most once and is not a list */
	bool required;     /* in every message */
};

extern const struct sip_header_row sip_header_rows[SIP_HEADERS];

/* Finds a header by its full or compact name, in any case; SIP_HEADER_OTHER if it is
 * unknown. */
enum sip_header sip_header_find(struct text name);

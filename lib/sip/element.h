/*
 * Iterates over the elements of a header: all its fields (full and compact names),
 * separated by commas, in the order of the message. Each octet is read only once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "sip/message.h"

struct sip_elements {
	const struct sip_message *message;
	struct text rest; /* of the current field */
	uint16_t next;    /* number + 1 of the field after it; 0: none */
	bool any;         /* the current field had an element */
	bool bare;        /* some field had no element */
	int err;          /* ERR_MALFORMED: a comma with nothing after it */
};

struct sip_elements sip_elements_of(const struct sip_message *m, enum sip_header h);

/*
 * Returns the next element in `out`, without white space at its ends: a span of the
 * message's octets. It may be empty, between two commas.
 *
 * Returns whether there was one.
 */
bool sip_elements_next(struct sip_elements *e, struct text *out);

/* Takes the first element of a header. Returns whether there is one. */
bool sip_element_first(const struct sip_message *m, enum sip_header h,
		       struct text *out);

/* Whether a list of option tags (Supported, Require) has one. */
bool sip_has_option(const struct sip_message *m, enum sip_header h, const char *tag);

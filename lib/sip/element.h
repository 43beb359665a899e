/*
 * The elements of a header: of all its fields (full and compact names), parted by
 * commas, in the order of the message. Reading all of them costs each octet once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "sip/message.h"

struct sip_elements {
	const struct sip_message *message;
	struct text rest; /* of the field under way */
	uint16_t next;    /* number + 1 of the field behind it; 0: none */
	bool any;         /* the field under way had an element */
	bool bare;        /* a field had none */
	int err;          /* ERR_MALFORMED: a comma with nothing behind it */
};

struct sip_elements sip_elements_of(const struct sip_message *m, enum sip_header h);

/*
 * Takes the next element, without white space at its ends: a span of the message's
 * octets. One between two commas may be empty.
 *
 * Returns whether there was one.
 */
bool sip_elements_next(struct sip_elements *e, struct text *out);

/* Takes the first element of a header. Returns whether there is one. */
bool sip_element_first(const struct sip_message *m, enum sip_header h,
		       struct text *out);

/* Whether a list of option tags (Supported, Require) has one. */
bool sip_has_option(const struct sip_message *m, enum sip_header h, const char *tag);

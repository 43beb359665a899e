/* Octets by the classes of SIP's grammar (RFC 3261 section 25.1); white space includes
 * folds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* What a branch of RFC 3261 begins with (section 8.1.1.7). */
#define SIP_COOKIE "z9hG4bK"

enum sip_octet {
	OCTET_BLANK = 1, /* SP, HT, and CR, LF: inside a field they are folds */
	OCTET_TOKEN = 2,
	OCTET_WORD = 4,  /* of a Call-ID */
	OCTET_PARAM = 8, /* of a parameter's name or unquoted value */
	OCTET_USER = 16,
	OCTET_HOST = 32,
	OCTET_HEX = 64,
	OCTET_SCHEME = 128
};

extern const uint8_t sip_octets[256];

static inline bool sip_octet_is(char c, int kind)
{
	return sip_octets[(unsigned char)c] & kind;
}

static inline void sip_skip_white(struct text *t)
{
	while (t->at < t->end && sip_octet_is(*t->at, OCTET_BLANK))
		t->at++;
}

/* Takes the octets of one kind from the front, and returns them. */
static inline struct text sip_take(struct text *t, int kind)
{
	const char *from = t->at;

	while (t->at < t->end && sip_octet_is(*t->at, kind))
		t->at++;
	return text_of(from, (size_t)(t->at - from));
}

/* Takes `c` and the white space around it, if it is next after white space. Returns
 * whether it was. */
static inline bool sip_skip(struct text *t, char c)
{
	struct text was = *t;

	sip_skip_white(t);
	if (!text_skip(t, c)) {
		*t = was;
		return false;
	}
	sip_skip_white(t);
	return true;
}

/* Returns the text without white space at both ends. */
static inline struct text sip_trim(struct text t)
{
	sip_skip_white(&t);
	while (t.end > t.at && sip_octet_is(t.end[-1], OCTET_BLANK))
		t.end--;
	return t;
}

/* Whether a text is not empty and all its octets are of one kind. */
static inline bool sip_is_all(struct text t, int kind)
{
	if (t.at == t.end)
		return false;
	(void)sip_take(&t, kind);
	return t.at == t.end;
}

/* Takes a quoted string with its quotes. Returns whether it is complete. */
bool sip_take_quoted(struct text *t, struct text *out);

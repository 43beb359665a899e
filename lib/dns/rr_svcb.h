/* Internals of SVCB and HTTPS: what is known about each key (RFC 9460 7, 9461, 9540).
 */
#pragma once

#include "dns/rr_field.h"

enum {
	KEY_MANDATORY,
	KEY_ALPN,
	KEY_NO_DEFAULT_ALPN,
	KEY_PORT,
	KEY_IPV4HINT,
	KEY_ECH,
	KEY_IPV6HINT,
	KEY_DOHPATH,
	KEY_OHTTP,
	KEY_GROUPS,
	KEYS,
	KEY_INVALID = 65535
};

/* A value after its `=`: the text's slice as written, without quotes. */
struct svcb_value {
	const char *at;
	const char *end;
};

/* One key. `what` is its value's form; NULL: it has none. */
struct svcb_key {
	const char *name;
	const char *what;
	bool (*parse)(struct svcb_value v, struct writer *out);
	bool (*check)(struct reader *r);
	void (*format)(struct reader *r, struct buffer *out);
};

extern const struct svcb_key svcb_keys[KEYS];

/* A key by its name or as keyNNNNN; false if it is neither. */
bool svcb_key_parse(const char *at, size_t len, uint16_t *out);
void svcb_key_format(unsigned key, struct buffer *out);

/* The value of a key without a row: any octets, with escapes. */
bool svcb_text_parse(struct svcb_value v, struct writer *out);
void svcb_text_format(struct reader *r, struct buffer *out);

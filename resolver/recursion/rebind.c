#include "resolver/recursion/rebind.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conf/domain.h"
#include "dns/reader.h"
#include "dns/rr.h"

enum {
	V4_LEN = 4,
	V6_LEN = 16,
	OCTET_BITS = 8,
	KEY_V4_HINT = 4, /* RFC 9460 7.3 */
	KEY_V6_HINT = 6
};

struct rebind {
	size_t count;
	struct name inside[];
};

struct private_range {
	uint8_t octets[V6_LEN];
	uint8_t bits;
	uint8_t v4_at; /* private only if the IPv4 address at this octet is; 0: always
			*/
};

/* clang-format off */
static const struct private_range v4_ranges[] = {
	{ { 0 }, 8, 0 },           { { 10 }, 8, 0 },        { { 100, 64 }, 10, 0 },
	{ { 127 }, 8, 0 },         { { 169, 254 }, 16, 0 }, { { 172, 16 }, 12, 0 },
	{ { 192, 168 }, 16, 0 },
};

static const struct private_range v6_ranges[] = {
	{ { 0 }, 96, 0 },                                                  /* ::, ::1, IPv4-compatible */
	{ { [10] = 0xff, [11] = 0xff }, 96, 0 },                           /* IPv4-mapped: not for the wire */
	{ { 0xfc }, 7, 0 },                                                /* RFC 4193 */
	{ { 0xfe, 0x80 }, 10, 0 },                                         /* link-local */
	{ { 0xfe, 0xc0 }, 10, 0 },                                         /* site-local, RFC 3879 */
	{ { 0x00, 0x64, 0xff, 0x9b }, 96, 12 },                            /* NAT64, RFC 6052 */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48, 12 },                /* NAT64, RFC 8215 */
	{ { 0x20, 0x02 }, 16, 2 },                                         /* 6to4 */
};
/* clang-format on */

struct rebind *rebind_new(const struct domain *inside, size_t count)
{
	struct rebind *w = alloc(sizeof(*w) + count * sizeof(*w->inside));

	for (size_t i = 0; i < count; i++)
		w->inside[i] = inside[i].wire;
	w->count = count;
	return w;
}

void rebind_free(struct rebind *w)
{
	free(w);
}

static bool is_in(const uint8_t *a, const struct private_range *r)
{
	size_t whole = r->bits / OCTET_BITS;
	unsigned rest = r->bits % OCTET_BITS;

	return memcmp(a, r->octets, whole) == 0 &&
	       (rest == 0 || (a[whole] ^ r->octets[whole]) >> (OCTET_BITS - rest) == 0);
}

static bool is_private_v4(const uint8_t *a)
{
	for (size_t i = 0; i < sizeof(v4_ranges) / sizeof(*v4_ranges); i++)
		if (is_in(a, &v4_ranges[i]))
			return true;
	return false;
}

static bool is_private_v6(const uint8_t *a)
{
	for (size_t i = 0; i < sizeof(v6_ranges) / sizeof(*v6_ranges); i++) {
		const struct private_range *r = &v6_ranges[i];

		if (is_in(a, r) && (r->v4_at == 0 || is_private_v4(a + r->v4_at)))
			return true;
	}
	return false;
}

/* Whether one of several consecutive addresses is private. */
static bool any_private(const uint8_t *a, size_t len, size_t each)
{
	for (; len >= each; a += each, len -= each)
		if (each == V4_LEN ? is_private_v4(a) : is_private_v6(a))
			return true;
	return false;
}

static bool has_private_hint(const uint8_t *rdata, size_t len)
{
	struct reader r = reader_of(rdata, len);
	struct name target;

	(void)reader_u16(&r); /* priority */
	if (name_read_plain(&r, &target))
		return true;
	while (reader_left(&r) && r.err == OK) {
		uint16_t key = reader_u16(&r);
		uint16_t value_len = reader_u16(&r);
		const uint8_t *value = reader_take(&r, value_len);

		if (value && key == KEY_V4_HINT &&
		    any_private(value, value_len, V4_LEN))
			return true;
		if (value && key == KEY_V6_HINT &&
		    any_private(value, value_len, V6_LEN))
			return true;
	}
	return r.err != OK;
}

static bool has_private(uint16_t type, const uint8_t *rdata, size_t len)
{
	switch (type) {
	case RR_A:
		return any_private(rdata, len, V4_LEN);
	case RR_AAAA:
		return any_private(rdata, len, V6_LEN);
	case RR_SVCB:
	case RR_HTTPS:
		return has_private_hint(rdata, len);
	default:
		return false;
	}
}

/* RFC 6761 6.3: the one name that has to lead to this host. */
static bool is_localhost(const struct name *owner)
{
	static const uint8_t localhost[] = "\11localhost";

	return name_is_within(owner->wire, localhost);
}

static bool is_loopback(uint16_t type, const uint8_t *rdata)
{
	static const uint8_t v6[V6_LEN] = { [V6_LEN - 1] = 1 };

	return (type == RR_A && rdata[0] == 127) ||
	       (type == RR_AAAA && memcmp(rdata, v6, sizeof(v6)) == 0);
}

bool rebind_allows(const struct rebind *w, const struct name *owner, uint16_t type,
		   const uint8_t *rdata, size_t len)
{
	if (!has_private(type, rdata, len))
		return true;
	if (is_localhost(owner) && is_loopback(type, rdata))
		return true;
	for (size_t i = 0; i < w->count; i++)
		if (name_is_within(owner->wire, w->inside[i].wire))
			return true;
	return false;
}

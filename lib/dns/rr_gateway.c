#include <string.h>

#include "dns/rr_field.h"

/* The same numbers in IPSECKEY (RFC 4025 2.3) and AMTRELAY (RFC 8777 4.2.3). */
enum { GATEWAY_NONE, GATEWAY_IPV4, GATEWAY_IPV6, GATEWAY_NAME, GATEWAYS };

enum { DISCOVERY = 0x80 };

static int parse_gateway(struct rr_text *t, unsigned type)
{
	static const char *const what[GATEWAYS] = { "'.'", "an IPv4 address",
						    "an IPv6 address", "a name" };
	int err;

	switch (type) {
	case GATEWAY_IPV4:
		return ipv4_field.parse(t);
	case GATEWAY_IPV6:
		return ipv6_field.parse(t);
	case GATEWAY_NAME:
		return name_field.parse(t);
	default:
		err = rr_need_word(t, what[GATEWAY_NONE]);
		if (!err && (t->token.len != 1 || *t->token.at != '.'))
			err = rr_not(t, what[GATEWAY_NONE]);
		return err;
	}
}

static int check_gateway(struct reader *r, unsigned type)
{
	struct name n;

	switch (type) {
	case GATEWAY_NONE:
		return r->err;
	case GATEWAY_IPV4:
		return ipv4_field.check(r);
	case GATEWAY_IPV6:
		return ipv6_field.check(r);
	case GATEWAY_NAME:
		return name_read_plain(r, &n);
	default:
		return ERR_MALFORMED;
	}
}

static void format_gateway(struct reader *r, unsigned type, struct buffer *out)
{
	static const struct rr_field *const fields[GATEWAYS] = {
		[GATEWAY_IPV4] = &ipv4_field,
		[GATEWAY_IPV6] = &ipv6_field,
		[GATEWAY_NAME] = &name_field,
	};

	if (type == GATEWAY_NONE)
		buffer_put_u8(out, '.');
	else
		fields[type]->format(r, out);
}

/* A number up to `max`, into `*out` and not yet on the wire. */
static int parse_small(struct rr_text *t, uint64_t max, const char *what, uint64_t *out)
{
	int err = rr_need_word(t, what);

	if (!err && !rr_number(t->token.at, t->token.len, max, out))
		err = rr_not(t, what);
	return err;
}

static int parse_ipseckey(struct rr_text *t)
{
	uint64_t type = 0;
	int err = parse_small(t, GATEWAY_NAME, "a gateway type of 0 to 3", &type);

	writer_u8(&t->out, (uint8_t)type);
	err = err ? err : u8_field.parse(t);
	return err ? err : parse_gateway(t, (unsigned)type);
}

static int check_ipseckey(struct reader *r)
{
	unsigned type = reader_u8(r);

	reader_u8(r);
	return r->err ? r->err : check_gateway(r, type);
}

static void format_ipseckey(struct reader *r, struct buffer *out)
{
	unsigned type = reader_u8(r);

	buffer_printf(out, "%u %u ", type, reader_u8(r));
	format_gateway(r, type, out);
}

static int parse_amtrelay(struct rr_text *t)
{
	uint64_t discovery = 0;
	uint64_t type = 0;
	int err = parse_small(t, 1, "0 or 1 for discovery", &discovery);

	err = err ? err : parse_small(t, GATEWAY_NAME, "a relay type of 0 to 3", &type);
	writer_u8(&t->out, (uint8_t)((discovery ? DISCOVERY : 0) | type));
	return err ? err : parse_gateway(t, (unsigned)type);
}

static int check_amtrelay(struct reader *r)
{
	unsigned type = reader_u8(r) & ~(unsigned)DISCOVERY;

	return r->err ? r->err : check_gateway(r, type);
}

static void format_amtrelay(struct reader *r, struct buffer *out)
{
	unsigned octet = reader_u8(r);
	unsigned type = octet & ~(unsigned)DISCOVERY;

	buffer_printf(out, "%d %u ", octet >= DISCOVERY, type);
	format_gateway(r, type, out);
}

const struct rr_field ipseckey_field = { "a gateway type", parse_ipseckey,
					 check_ipseckey, format_ipseckey };
const struct rr_field amtrelay_field = { "a discovery flag", parse_amtrelay,
					 check_amtrelay, format_amtrelay };

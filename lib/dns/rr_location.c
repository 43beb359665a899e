#include <string.h>

#include "dns/rr_field.h"

enum {
	ALTITUDE_BASE_CM = 10000000, /* 100,000 m below the WGS 84 spheroid */
	DEFAULT_SIZE = 0x12,         /* 1 m */
	DEFAULT_HORIZONTAL = 0x16,   /* 10,000 m */
	DEFAULT_VERTICAL = 0x13,     /* 10 m */
};
static const uint32_t equator = 0x80000000;

/* A decimal number with at most `digits` after its dot, times 10^digits. */
static bool read_decimal(const char *at, size_t len, unsigned digits, uint64_t max,
			 uint64_t *out)
{
	const char *dot = memchr(at, '.', len);
	size_t whole_len = dot ? (size_t)(dot - at) : len;
	size_t part_len = dot ? len - whole_len - 1 : 0;
	uint64_t whole;
	uint64_t part = 0;
	uint64_t scale = 1;

	if (!rr_number(at, whole_len, max, &whole) || part_len > digits ||
	    (dot && !rr_number(dot + 1, part_len, max, &part)))
		return false;
	for (unsigned i = 0; i < digits; i++)
		scale *= 10;
	for (; part_len < digits; part_len++)
		part *= 10;
	*out = whole * scale + part;
	return *out <= max;
}

/* Degrees, minutes and seconds up to a hemisphere's letter (RFC 1876 3). */
static int parse_angle(struct rr_text *t, unsigned max_degrees, const char *letters,
		       const char *what)
{
	static const unsigned scale_ms[] = { 3600000, 60000, 1 };
	uint64_t sum_ms = 0;

	for (unsigned i = 0;; i++) {
		const char *at;
		uint64_t value;
		int err = rr_need_word(t, what);

		if (err)
			return err;
		at = t->token.at;
		if (i && t->token.len == 1 && strchr(letters, *at & ~0x20)) {
			if (sum_ms > max_degrees * 3600000ULL)
				return rr_not(t, "preceded by an angle within range");
			writer_u32(&t->out, (*at & ~0x20) == letters[0]
						    ? equator + (uint32_t)sum_ms
						    : equator - (uint32_t)sum_ms);
			return OK;
		}
		if (i > 2 || !(i == 2 ? read_decimal(at, t->token.len, 3, 59999, &value)
				      : rr_number(at, t->token.len,
						  i ? 59 : max_degrees, &value)))
			return rr_not(t, what);
		sum_ms += value * scale_ms[i];
	}
}

/* The token without the `m` of metres. */
static size_t metres_len(const struct token *token)
{
	size_t len = token->len;

	return len && (token->at[len - 1] | 0x20) == 'm' ? len - 1 : len;
}

static int parse_altitude(struct rr_text *t)
{
	static const char what[] = "an altitude of -100000.00m to 42849672.95m";
	const char *at;
	bool below;
	uint64_t cm;
	int err = rr_need_word(t, what);

	if (err)
		return err;
	at = t->token.at;
	below = *at == '-';
	if (!read_decimal(at + below, metres_len(&t->token) - below, 2,
			  below ? ALTITUDE_BASE_CM : UINT32_MAX - ALTITUDE_BASE_CM,
			  &cm))
		return rr_not(t, what);
	writer_u32(&t->out, below ? ALTITUDE_BASE_CM - (uint32_t)cm
				  : ALTITUDE_BASE_CM + (uint32_t)cm);
	return OK;
}

/* Centimetres as one digit and a power of ten (RFC 1876 2). */
static uint8_t pack_size(uint64_t cm)
{
	unsigned power = 0;

	for (; cm > 9; power++)
		cm /= 10;
	return (uint8_t)(cm << 4 | power);
}

static int parse_size(struct rr_text *t, uint8_t standard)
{
	static const char what[] = "a size of 0.00m to 90000000.00m";
	uint64_t cm;

	if (!rr_next(t)) {
		writer_u8(&t->out, standard);
		return OK;
	}
	if (t->token.kind != TOKEN_WORD ||
	    !read_decimal(t->token.at, metres_len(&t->token), 2, 9 * 1000000000ULL,
			  &cm))
		return rr_not(t, what);
	writer_u8(&t->out, pack_size(cm));
	return OK;
}

static int parse_loc(struct rr_text *t)
{
	uint8_t *version = writer_take(&t->out, 1);
	uint8_t *sizes = writer_take(&t->out, 3);
	uint8_t *end;
	int err;

	if (!version || !sizes)
		return OK;
	*version = 0;
	err = parse_angle(t, 90, "NS", "degrees, minutes, seconds and N or S");
	err = err ? err
		  : parse_angle(t, 180, "EW", "degrees, minutes, seconds and E or W");
	err = err ? err : parse_altitude(t);
	if (err)
		return err;
	/* The sizes are last in text and first on the wire. */
	end = t->out.at;
	t->out.at = sizes;
	err = parse_size(t, DEFAULT_SIZE);
	err = err ? err : parse_size(t, DEFAULT_HORIZONTAL);
	err = err ? err : parse_size(t, DEFAULT_VERTICAL);
	t->out.at = end;
	return err;
}

static bool is_size(uint8_t packed)
{
	unsigned digit = packed >> 4;

	/* Zero is written 0e0 alone, so that text and wire are one to one. */
	return digit <= 9 && (packed & 15) <= 9 && (digit || !packed);
}

static bool is_angle(uint32_t wire, uint32_t max_degrees)
{
	return (wire > equator ? wire - equator : equator - wire) <=
	       max_degrees * 3600000;
}

static int check_loc(struct reader *r)
{
	bool known = reader_u8(r) == 0;
	bool sizes = true;

	for (unsigned i = 0; i < 3; i++)
		sizes &= is_size(reader_u8(r));
	known &= is_angle(reader_u32(r), 90);
	known &= is_angle(reader_u32(r), 180);
	reader_u32(r);
	if (r->err)
		return r->err;
	return known && sizes ? OK : ERR_MALFORMED;
}

static void format_angle(uint32_t wire, const char *letters, struct buffer *out)
{
	char letter = letters[wire < equator];
	uint32_t ms = wire < equator ? equator - wire : wire - equator;

	buffer_printf(out, "%u %u %u.%03u %c ", ms / 3600000, ms / 60000 % 60,
		      ms / 1000 % 60, ms % 1000, letter);
}

static void format_size(uint8_t packed, struct buffer *out)
{
	uint64_t cm = packed >> 4;

	for (unsigned power = packed & 15; power; power--)
		cm *= 10;
	buffer_printf(out, " %llu.%02llum", (unsigned long long)cm / 100,
		      (unsigned long long)cm % 100);
}

static void format_loc(struct reader *r, struct buffer *out)
{
	const uint8_t *head = reader_take(r, 4);
	long long cm;

	format_angle(reader_u32(r), "NS", out);
	format_angle(reader_u32(r), "EW", out);
	cm = (long long)reader_u32(r) - ALTITUDE_BASE_CM;
	buffer_printf(out, "%s%lld.%02lldm", cm < 0 ? "-" : "",
		      (cm < 0 ? -cm : cm) / 100, (cm < 0 ? -cm : cm) % 100);
	for (unsigned i = 1; i <= 3; i++)
		format_size(head[i], out);
}

const struct rr_field loc_field = { "a latitude", parse_loc, check_loc, format_loc };

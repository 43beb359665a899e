#include <string.h>

#include "dns/rr_field.h"

enum {
	TYPES_COUNT = 65536,
	WINDOW_TYPES = 256,
	WINDOW_LEN = 32,
	NXT_TYPES_MAX = 128, /* RFC 2535 5.2: later types need another format */
};

/* Reads type mnemonics to the end of the entry into `bits`; tells the highest. */
static int read_types(struct rr_text *t, uint8_t *bits, unsigned limit,
		      unsigned *highest)
{
	*highest = 0;
	while (rr_next(t)) {
		uint16_t type;

		if (t->token.kind != TOKEN_WORD ||
		    rr_type_parse(t->token.at, t->token.len, &type) || type >= limit)
			return rr_not(t, "a type");
		bits[type / 8] |= (uint8_t)(0x80 >> type % 8);
		*highest = type > *highest ? type : *highest;
	}
	return OK;
}

/* Octets up to the last that is not zero. */
static size_t used_len(const uint8_t *bits, size_t len)
{
	while (len && bits[len - 1] == 0)
		len--;
	return len;
}

static int parse_types(struct rr_text *t)
{
	uint8_t bits[TYPES_COUNT / 8] = { 0 };
	unsigned highest;
	int err = read_types(t, bits, TYPES_COUNT, &highest);

	for (unsigned window = 0; !err && window <= highest / WINDOW_TYPES; window++) {
		const uint8_t *part = bits + (size_t)window * WINDOW_LEN;
		size_t len = used_len(part, WINDOW_LEN);

		if (!len)
			continue;
		writer_u8(&t->out, (uint8_t)window);
		writer_u8(&t->out, (uint8_t)len);
		writer_octets(&t->out, part, len);
	}
	return err;
}

static int parse_nxt_types(struct rr_text *t)
{
	uint8_t bits[NXT_TYPES_MAX / 8] = { 0 };
	unsigned highest;
	int err = read_types(t, bits, NXT_TYPES_MAX, &highest);

	if (!err)
		writer_octets(&t->out, bits, used_len(bits, sizeof(bits)));
	return err;
}

/* RFC 4034 4.1.2: windows in order, none empty, no zero octet at the end of one. */
static int check_types(struct reader *r)
{
	int last = -1;

	while (reader_left(r)) {
		int window = reader_u8(r);
		size_t len = reader_u8(r);
		const uint8_t *bits = reader_take(r, len);

		if (!bits)
			return r->err;
		if (window <= last || len < 1 || len > WINDOW_LEN || !bits[len - 1])
			return ERR_MALFORMED;
		last = window;
	}
	return r->err;
}

static int check_nxt_types(struct reader *r)
{
	size_t len = reader_left(r);
	const uint8_t *bits = reader_take(r, len);

	if (!bits)
		return r->err;
	if (len > NXT_TYPES_MAX / 8 || (len && !bits[len - 1]))
		return ERR_MALFORMED;
	return OK;
}

static void format_bits(const uint8_t *bits, size_t len, unsigned base,
			struct buffer *out)
{
	for (unsigned i = 0; i < len * 8; i++) {
		char name[16];

		if (!(bits[i / 8] & 0x80 >> i % 8))
			continue;
		if (out->len && out->octets[out->len - 1] != ' ')
			buffer_put_u8(out, ' ');
		buffer_put_text(out, rr_type_format((uint16_t)(base + i), name));
	}
}

static void format_types(struct reader *r, struct buffer *out)
{
	while (reader_left(r)) {
		unsigned base = reader_u8(r) * (unsigned)WINDOW_TYPES;
		size_t len = reader_u8(r);

		format_bits(reader_take(r, len), len, base, out);
	}
}

static void format_nxt_types(struct reader *r, struct buffer *out)
{
	size_t len = reader_left(r);

	format_bits(reader_take(r, len), len, 0, out);
}

const struct rr_field types_field = { "a type", parse_types, check_types,
				      format_types };
const struct rr_field nxt_types_field = { "a type", parse_nxt_types, check_nxt_types,
					  format_nxt_types };

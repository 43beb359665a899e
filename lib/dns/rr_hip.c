#include "dns/rr_field.h"

/* RFC 8005 5: HIT length, algorithm, key length, HIT, key, rendezvous servers. */
static int parse_hip(struct rr_text *t)
{
	struct rr_base64 b = { 0 };
	uint8_t *head = writer_take(&t->out, 4);
	uint8_t *key;
	uint64_t algorithm;
	size_t len;
	int err = rr_need_word(t, "an algorithm");

	if (err || !head)
		return err;
	if (!rr_number(t->token.at, t->token.len, UINT8_MAX, &algorithm))
		return rr_not(t, "a number up to 255");
	err = rr_need_word(t, "a host identity tag");
	if (err)
		return err;
	len = t->token.len;
	if (len % 2 || len / 2 > UINT8_MAX)
		return rr_not(t, "hexadecimal of at most 255 octets");
	for (size_t i = 0; i < len; i += 2) {
		int high = rr_hex_digit(t->token.at[i]);
		int low = rr_hex_digit(t->token.at[i + 1]);

		if (high < 0 || low < 0)
			return rr_not(t, "hexadecimal of at most 255 octets");
		writer_u8(&t->out, (uint8_t)(high << 4 | low));
	}
	key = t->out.at;
	err = rr_need_word(t, "a public key");
	if (err)
		return err;
	if (!rr_base64(&b, t->token.at, t->token.len, &t->out) || !rr_base64_end(&b))
		return rr_not(t, "base64 without spaces");
	head[0] = (uint8_t)(len / 2);
	head[1] = (uint8_t)algorithm;
	head[2] = (uint8_t)((t->out.at - key) >> 8);
	head[3] = (uint8_t)(t->out.at - key);
	while (!err && rr_next(t)) {
		t->held = true;
		err = name_field.parse(t);
	}
	return err;
}

static int check_hip(struct reader *r)
{
	size_t tag_len = reader_u8(r);
	size_t key_len;
	int err;

	reader_u8(r);
	key_len = reader_u16(r);
	reader_take(r, tag_len);
	reader_take(r, key_len);
	err = r->err ? r->err : tag_len && key_len ? OK : ERR_MALFORMED;
	while (!err && reader_left(r)) {
		struct name n;

		err = name_read_plain(r, &n);
	}
	return err;
}

static void format_hip(struct reader *r, struct buffer *out)
{
	size_t tag_len = reader_u8(r);
	unsigned algorithm = reader_u8(r);
	size_t key_len = reader_u16(r);

	buffer_printf(out, "%u ", algorithm);
	rr_hex_format(reader_take(r, tag_len), tag_len, out);
	buffer_put_u8(out, ' ');
	rr_base64_format(reader_take(r, key_len), key_len, out);
	while (reader_left(r)) {
		buffer_put_u8(out, ' ');
		name_field.format(r, out);
	}
}

const struct rr_field hip_field = { "an algorithm", parse_hip, check_hip, format_hip };

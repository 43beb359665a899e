#include <string.h>
#include <strings.h>

#include "base/operator/diag.h"
#include "dns/rr_field.h"

/* A number that may be written as a word. */
struct word {
	const char *name;
	uint16_t value;
};

/* IANA, DNS Security Algorithm Numbers. */
static const struct word algorithms[] = {
	{ "RSAMD5", 1 },
	{ "DH", 2 },
	{ "DSA", 3 },
	{ "RSASHA1", 5 },
	{ "DSA-NSEC3-SHA1", 6 },
	{ "RSASHA1-NSEC3-SHA1", 7 },
	{ "NSEC3DSA", 6 },
	{ "NSEC3RSASHA1", 7 },
	{ "RSASHA256", 8 },
	{ "RSASHA512", 10 },
	{ "ECC-GOST", 12 },
	{ "ECDSAP256SHA256", 13 },
	{ "ECDSAP384SHA384", 14 },
	{ "ED25519", 15 },
	{ "ED448", 16 },
	{ "SM2SM3", 17 },
	{ "ECC-GOST12", 23 },
	{ "INDIRECT", 252 },
	{ "PRIVATEDNS", 253 },
	{ "PRIVATEOID", 254 },
	{ NULL, 0 },
};

/* RFC 4398 2.1 */
static const struct word cert_types[] = {
	{ "PKIX", 1 },  { "SPKI", 2 },  { "PGP", 3 },    { "IPKIX", 4 },
	{ "ISPKI", 5 }, { "IPGP", 6 },  { "ACPKIX", 7 }, { "IACPKIX", 8 },
	{ "URI", 253 }, { "OID", 254 }, { NULL, 0 },
};

/* RFC 9859 2.1 */
static const struct word schemes[] = {
	{ "NOTIFY", 1 },
	{ NULL, 0 },
};

static const char *word_at(const void *words, size_t i)
{
	return ((const struct word *)words)[i].name;
}

static int not_a_word(struct rr_text *t, const struct word *words, size_t count,
		      const char *what)
{
	char text[32];
	bool had_fault = t->lex->fault.text[0];
	int err = rr_not(t, what);

	if (!had_fault && t->token.len < sizeof(text)) {
		memcpy(text, t->token.at, t->token.len);
		text[t->token.len] = '\0';
		t->lex->fault.suggestion = suggest(text, count, word_at, words);
	}
	return err;
}

static int parse_word(struct rr_text *t, const struct word *words, uint64_t max,
		      const char *what)
{
	uint64_t value;
	size_t i;
	int err = rr_need_word(t, what);

	if (err)
		return err;
	if (rr_number(t->token.at, t->token.len, max, &value)) {
		if (max > UINT8_MAX)
			writer_u8(&t->out, (uint8_t)(value >> 8));
		writer_u8(&t->out, (uint8_t)value);
		return OK;
	}
	for (i = 0; words[i].name; i++) {
		if (strlen(words[i].name) != t->token.len ||
		    strncasecmp(words[i].name, t->token.at, t->token.len) != 0)
			continue;
		if (max > UINT8_MAX)
			writer_u8(&t->out, (uint8_t)(words[i].value >> 8));
		writer_u8(&t->out, (uint8_t)words[i].value);
		return OK;
	}
	return not_a_word(t, words, i, what);
}

static int parse_algorithm(struct rr_text *t)
{
	return parse_word(t, algorithms, UINT8_MAX, algorithm_field.what);
}

static int parse_cert_type(struct rr_text *t)
{
	return parse_word(t, cert_types, UINT16_MAX, cert_type_field.what);
}

static int parse_scheme(struct rr_text *t)
{
	return parse_word(t, schemes, UINT8_MAX, scheme_field.what);
}

static int parse_type(struct rr_text *t)
{
	uint16_t type;
	int err = rr_need_word(t, type_field.what);

	if (err)
		return err;
	if (rr_type_parse(t->token.at, t->token.len, &type))
		return rr_not(t, type_field.what);
	writer_u16(&t->out, type);
	return OK;
}

static int check_u8(struct reader *r)
{
	reader_take(r, 1);
	return r->err;
}

static int check_u16(struct reader *r)
{
	reader_take(r, 2);
	return r->err;
}

static void format_u8(struct reader *r, struct buffer *out)
{
	buffer_printf(out, "%u", reader_u8(r));
}

static void format_u16(struct reader *r, struct buffer *out)
{
	buffer_printf(out, "%u", reader_u16(r));
}

static void format_scheme(struct reader *r, struct buffer *out)
{
	unsigned value = reader_u8(r);

	if (value == schemes[0].value)
		buffer_put_text(out, schemes[0].name);
	else
		buffer_printf(out, "%u", value);
}

static void format_type(struct reader *r, struct buffer *out)
{
	char name[16];

	buffer_put_text(out, rr_type_format(reader_u16(r), name));
}

const struct rr_field type_field = { "a type", parse_type, check_u16, format_type };
const struct rr_field algorithm_field = { "an algorithm", parse_algorithm, check_u8,
					  format_u8 };
const struct rr_field cert_type_field = { "a certificate type", parse_cert_type,
					  check_u16, format_u16 };
const struct rr_field scheme_field = { "a scheme", parse_scheme, check_u8,
				       format_scheme };

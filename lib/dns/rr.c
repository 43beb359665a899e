#include "dns/rr.h"

#include <stdio.h>
#include <string.h>

#include "dns/rr_field.h"

/* Classes of RFC 1035 3.2.4 and 2136, in upper case as types are. */
static const struct {
	const char *name;
	uint16_t class;
} classes[] = {
	{ "IN", CLASS_IN },     { "CH", CLASS_CH },   { "HS", CLASS_HS },
	{ "NONE", CLASS_NONE }, { "ANY", CLASS_ANY },
};

enum { CLASSES = sizeof(classes) / sizeof(*classes) };

/* Folds a word into a name of the table; false when it is too long for one. */
static bool fold(const char *text, size_t len, char out[RR_NAME_LEN])
{
	memset(out, 0, RR_NAME_LEN);
	if (len == 0 || len >= RR_NAME_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool is_lower = text[i] >= 'a' && text[i] <= 'z';

		out[i] = (char)(is_lower ? text[i] - 32 : text[i]);
	}
	return true;
}

/* "TYPE65280" and "CLASS32" (RFC 3597 5). */
static int parse_number(const char *name, const char *prefix, uint16_t *out)
{
	size_t prefix_len = strlen(prefix);
	uint64_t number;

	if (strncmp(name, prefix, prefix_len) != 0 ||
	    !rr_number(name + prefix_len, strlen(name) - prefix_len, UINT16_MAX,
		       &number))
		return ERR_NOT_FOUND;
	*out = (uint16_t)number;
	return OK;
}

int rr_type_parse(const char *text, size_t len, uint16_t *out)
{
	char name[RR_NAME_LEN];

	if (!fold(text, len, name))
		return ERR_NOT_FOUND;
	return rr_row_find(name, out) ? parse_number(name, "TYPE", out) : OK;
}

int rr_class_parse(const char *text, size_t len, uint16_t *out)
{
	char name[RR_NAME_LEN];

	if (!fold(text, len, name))
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < CLASSES; i++) {
		if (strcmp(classes[i].name, name) == 0) {
			*out = classes[i].class;
			return OK;
		}
	}
	return parse_number(name, "CLASS", out);
}

char *rr_type_format(uint16_t type, char out[16])
{
	const struct rr_row *row = rr_row(type);

	if (row)
		(void)snprintf(out, 16, "%s", row->name);
	else
		(void)snprintf(out, 16, "TYPE%u", type);
	return out;
}

char *rr_class_format(uint16_t class, char out[16])
{
	for (size_t i = 0; i < CLASSES; i++) {
		if (classes[i].class == class) {
			(void)snprintf(out, 16, "%s", classes[i].name);
			return out;
		}
	}
	(void)snprintf(out, 16, "CLASS%u", class);
	return out;
}

bool rr_type_is_meta(uint16_t type)
{
	return type == 0 || type == RR_OPT || (type >= 128 && type <= 255);
}

static bool is_name(uint8_t kind, const struct reader *r)
{
	return kind == FIELD_NAME || (kind == FIELD_MAY_NAME && reader_left(r));
}

int rr_row_check(const struct rr_row *row, const uint8_t *rdata, size_t rdlen)
{
	struct reader r = reader_of(rdata, rdlen);

	for (const uint8_t *kind = row->fields; *kind; kind++) {
		int err = rr_fields[*kind]->check(&r);

		if (err)
			return err;
	}
	if (reader_left(&r))
		return ERR_MALFORMED;
	return row->check && row->check(rdata, rdlen) ? ERR_MALFORMED : OK;
}

/* Copies the fields, names in full. */
static int read_fields(const struct rr_row *row, struct reader *r, struct buffer *out)
{
	for (const uint8_t *kind = row->fields; *kind; kind++) {
		const uint8_t *from = r->at;
		int err;

		if (is_name(*kind, r) && row->flags & RR_DECOMPRESS) {
			struct name n;

			err = name_read(r, &n);
			if (!err)
				buffer_put(out, n.wire, n.len);
		} else {
			err = rr_fields[*kind]->check(r);
			buffer_put(out, from, err ? 0 : (size_t)(r->at - from));
		}
		if (err)
			return err;
	}
	return reader_left(r) ? ERR_MALFORMED : OK;
}

int rr_rdata_read(struct reader *r, uint16_t type, size_t rdlen, struct buffer *out)
{
	const struct rr_row *row = rr_row(type);
	struct reader in = reader_within(r, rdlen);
	size_t was_len = out->len;
	int err;

	if (r->err)
		return r->err;
	if (!row || row->flags & (RR_OPAQUE | RR_META)) {
		buffer_put(out, in.at, reader_left(&in));
		return OK;
	}
	err = read_fields(row, &in, out);
	if (!err && row->check && row->check(out->octets + was_len, out->len - was_len))
		err = ERR_MALFORMED;
	if (!err && out->len - was_len > RDATA_MAX_LEN)
		err = ERR_MALFORMED;
	if (err)
		out->len = was_len;
	return err;
}

static void format_generic(const uint8_t *rdata, size_t rdlen, struct buffer *out)
{
	buffer_printf(out, "\\# %zu", rdlen);
	if (rdlen) {
		buffer_put_u8(out, ' ');
		rr_hex_format(rdata, rdlen, out);
	}
}

void rr_rdata_format(uint16_t type, const uint8_t *rdata, size_t rdlen,
		     struct buffer *out)
{
	const struct rr_row *row = rr_row(type);
	struct reader r = reader_of(rdata, rdlen);

	if (!row || row->flags & (RR_OPAQUE | RR_META) ||
	    rr_row_check(row, rdata, rdlen)) {
		format_generic(rdata, rdlen, out);
		return;
	}
	for (const uint8_t *kind = row->fields; *kind; kind++) {
		size_t was_len = out->len;

		if (kind > row->fields)
			buffer_put_u8(out, ' ');
		rr_fields[*kind]->format(&r, out);
		/* A field that may be missing leaves no blank. */
		if (kind > row->fields && out->len == was_len + 1)
			out->len = was_len;
	}
}

int rr_rdata_parse(uint16_t type, const char *text, size_t len,
		   const struct name *origin, struct buffer *out,
		   struct rr_fault *fault)
{
	struct lexer lex = lexer_of(text, len);
	struct rr_text t = { .lex = &lex, .origin = origin };
	int err;

	t.out = writer_of(buffer_reserve(out, RDATA_MAX_LEN), RDATA_MAX_LEN);
	t.token = (struct token){ .at = text, .line_at = text, .line = 1 };
	err = rr_text_read(&t, type);
	if (!err && t.token.kind == TOKEN_LINE_END)
		err = lexer_fail(&lex, &t.token,
				 "unexpected text after the end of the line");
	if (!err) {
		out->len += writer_len(&t.out);
		return OK;
	}
	memcpy(fault->text, lex.fault.text, sizeof(fault->text));
	fault->suggestion = lex.fault.suggestion;
	fault->col = lex.fault.col;
	return err;
}

/* What is done with each name inside RDATA. */
typedef void name_fn(void *arg, const struct rr_row *row, size_t offset, size_t len);

static void each_name(uint16_t type, const uint8_t *rdata, size_t rdlen, name_fn *fn,
		      void *arg)
{
	const struct rr_row *row = rr_row(type);
	struct reader r = reader_of(rdata, rdlen);

	for (const uint8_t *kind = row ? row->fields : NULL; kind && *kind; kind++) {
		const uint8_t *from = r.at;
		bool found = is_name(*kind, &r);

		if (rr_fields[*kind]->check(&r))
			return;
		if (found)
			fn(arg, row, (size_t)(from - rdata), (size_t)(r.at - from));
	}
}

static void fold_name(void *arg, const struct rr_row *row, size_t offset, size_t len)
{
	uint8_t *at = (uint8_t *)arg + offset;

	if (!(row->flags & RR_FOLD))
		return;
	for (; len; len--, at++)
		*at = (uint8_t)(*at >= 'A' && *at <= 'Z' ? *at | 0x20 : *at);
}

void rr_rdata_canonical(uint16_t type, uint8_t *rdata, size_t rdlen)
{
	each_name(type, rdata, rdlen, fold_name, rdata);
}

struct found_names {
	struct rr_name_at *out;
	size_t max;
	size_t count;
};

static void note_name(void *arg, const struct rr_row *row, size_t offset, size_t len)
{
	struct found_names *found = arg;

	(void)len;
	if (found->count == found->max)
		return;
	found->out[found->count++] = (struct rr_name_at){
		.offset = (uint16_t)offset,
		.compressible = row->flags & RR_COMPRESS,
		.additional = row->flags & RR_ADDITIONAL,
	};
}

size_t rr_rdata_names(uint16_t type, const uint8_t *rdata, size_t rdlen,
		      struct rr_name_at *out, size_t max)
{
	struct found_names found = { .out = out, .max = max };

	each_name(type, rdata, rdlen, note_name, &found);
	return found.count;
}

/* $GENERATE START-STOP[/STEP] OWNER [TTL] [CLASS] TYPE RDATA, as BIND has it. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "dns/master_entry.h"

enum {
	GENERATE_MAX = 1 << 24, /* records by one line: a network of eight bits */
	WIDTH_MAX = 255,
	GENERATED_MAX_LEN = 4096, /* octets of one owner or RDATA; more is a mistake */
};

struct generate_range {
	uint64_t start, stop, step;
};

static bool read_range(const struct token *t, struct generate_range *out)
{
	const char *end = t->at + t->len;
	const char *dash = memchr(t->at, '-', t->len);
	const char *slash = memchr(t->at, '/', t->len);

	if (!dash || (slash && slash < dash))
		return false;
	out->step = 1;
	if (slash &&
	    !rr_number(slash + 1, (size_t)(end - slash - 1), TTL_MAX, &out->step))
		return false;
	return rr_number(t->at, (size_t)(dash - t->at), TTL_MAX, &out->start) &&
	       rr_number(dash + 1, (size_t)((slash ? slash : end) - dash - 1), TTL_MAX,
			 &out->stop) &&
	       out->step && out->start <= out->stop &&
	       (out->stop - out->start) / out->step < GENERATE_MAX;
}

/* What stands between the braces of ${offset[,width[,base]]}. */
struct form {
	int64_t offset;
	uint64_t width;
	char base;
};

/* Reads a form up to its brace. Returns where it ends, or NULL. */
static const char *read_form(const char *at, const char *end, struct form *out)
{
	const char *brace = memchr(at, '}', (size_t)(end - at));
	const char *parts[4];
	unsigned count = 0;
	bool negative;
	uint64_t offset;

	if (!brace)
		return NULL;
	*out = (struct form){ .base = 'd' };
	negative = *at == '-';
	parts[0] = at + (negative || *at == '+');
	for (const char *p = parts[0]; p && count < 3;) {
		p = memchr(p, ',', (size_t)(brace - p));
		parts[++count] = p ? ++p : brace + 1;
	}
	if (!rr_number(parts[0], (size_t)(parts[1] - parts[0] - 1), TTL_MAX, &offset))
		return NULL;
	out->offset = negative ? -(int64_t)offset : (int64_t)offset;
	if (count > 1 && !rr_number(parts[1], (size_t)(parts[2] - parts[1] - 1),
				    WIDTH_MAX, &out->width))
		return NULL;
	if (count > 2) {
		if (brace - parts[2] != 1 || !strchr("doxXnN", *parts[2]))
			return NULL;
		out->base = *parts[2];
	}
	return brace + 1;
}

/* Digits from the lowest, a dot after each; dots count as width. */
static void put_nibbles(struct buffer *out, uint64_t value, uint64_t width,
			const char *digits)
{
	do {
		buffer_put_u8(out, (uint8_t)digits[value & 15]);
		value >>= 4;
		width -= width > 0;
		if (width || value) {
			buffer_put_u8(out, '.');
			width -= width > 0;
		}
	} while (width || value);
}

static void put_value(struct buffer *out, int64_t value, const struct form *form)
{
	int width = (int)form->width;

	if (form->base != 'd') /* as BIND does: 32 bits, without a sign */
		value = (uint32_t)value;
	switch (form->base) {
	case 'o':
		buffer_printf(out, "%0*llo", width, (unsigned long long)value);
		return;
	case 'x':
		buffer_printf(out, "%0*llx", width, (unsigned long long)value);
		return;
	case 'X':
		buffer_printf(out, "%0*llX", width, (unsigned long long)value);
		return;
	case 'n':
		put_nibbles(out, (uint64_t)value, form->width, "0123456789abcdef");
		return;
	case 'N':
		put_nibbles(out, (uint64_t)value, form->width, "0123456789ABCDEF");
		return;
	default:
		buffer_printf(out, "%0*lld", width, (long long)value);
		return;
	}
}

/* Replaces each $ of a pattern; $$ and \$ are the sign itself. */
static bool expand(const char *at, const char *end, int64_t value, struct buffer *out)
{
	out->len = 0;
	while (at < end && out->len < GENERATED_MAX_LEN) {
		struct form form = { .base = 'd' };

		if (*at == '\\' && end - at > 1) {
			if (at[1] != '$')
				buffer_put_u8(out, '\\');
			buffer_put_u8(out, (uint8_t)at[1]);
			at += 2;
		} else if (*at != '$') {
			buffer_put_u8(out, (uint8_t)*at++);
		} else if (end - at > 1 && at[1] == '$') {
			buffer_put_u8(out, '$');
			at += 2;
		} else {
			at++;
			if (at < end && *at == '{')
				at = read_form(at + 1, end, &form);
			if (!at)
				return false;
			put_value(out, value + form.offset, &form);
		}
	}
	return at >= end;
}

/* What one line says. */
struct pattern {
	struct generate_range range;
	struct token owner;
	struct token rdata;
	struct master_head head;
	struct buffer owner_text;
	struct buffer rdata_text;
	struct buffer unquoted;
};

/* The RDATA: what the quotes hold, with \" undone; or all that is left of the line. */
static int read_rdata(struct master_file *f, struct pattern *p)
{
	const char *end;

	if (!master_next(f))
		return lexer_fail(&f->lex, &f->token, "RDATA is missing");
	p->rdata = f->token;
	do {
		if (f->token.kind == TOKEN_BAD)
			return ERR_MALFORMED;
		if (f->token.line != p->rdata.line)
			return master_not(f, "on the line where the RDATA starts");
		end = f->token.at + f->token.len + (f->token.kind == TOKEN_QUOTED);
	} while (master_next(f));
	if (p->rdata.kind != TOKEN_QUOTED || end > p->rdata.at + p->rdata.len + 1) {
		p->rdata.at -= p->rdata.kind == TOKEN_QUOTED;
		p->rdata.len = (size_t)(end - p->rdata.at);
		p->rdata.kind = TOKEN_WORD;
		return OK;
	}
	end = p->rdata.at + p->rdata.len;
	for (const char *at = p->rdata.at; at < end; at++) {
		if (at[0] == '\\' && end - at > 1 && at[1] == '"')
			at++;
		buffer_put_u8(&p->unquoted, (uint8_t)*at);
	}
	return OK;
}

static int read_pattern(struct master_file *f, struct pattern *p)
{
	int err;

	if (!master_next(f))
		return lexer_fail(&f->lex, &f->token, "a range is missing");
	if (f->token.kind != TOKEN_WORD || !read_range(&f->token, &p->range))
		return master_not(f, "a range START-STOP[/STEP] of at most 16777216");
	if (!master_next(f))
		return lexer_fail(&f->lex, &f->token, "an owner is missing");
	if (f->token.kind != TOKEN_WORD)
		return master_not(f, "an owner");
	p->owner = f->token;
	master_next(f);
	err = master_head_read(f, &p->head);
	return err ? err : read_rdata(f, p);
}

/* One record. A fault in generated text is reported at the pattern it came from. */
static int generate_one(struct master_file *f, struct pattern *p, uint64_t value)
{
	const char *from = p->unquoted.len ? (char *)p->unquoted.octets : p->rdata.at;
	size_t len = p->unquoted.len ? p->unquoted.len : p->rdata.len;
	const char *owner;
	struct token last;
	struct lexer lex;

	if (!expand(p->owner.at, p->owner.at + p->owner.len, (int64_t)value,
		    &p->owner_text))
		return lexer_fail(&f->lex, &p->owner,
				  "a pattern is $ or "
				  "${OFFSET[,WIDTH[,BASE]]}");
	if (!expand(from, from + len, (int64_t)value, &p->rdata_text))
		return lexer_fail(&f->lex, &p->rdata,
				  "a pattern is $ or "
				  "${OFFSET[,WIDTH[,BASE]]}");
	owner = (char *)p->owner_text.octets;
	if (p->owner_text.len == 1 && *owner == '@')
		f->owner = f->origin;
	else if (name_parse(owner, p->owner_text.len, &f->origin, &f->owner))
		return lexer_fail(&f->lex, &p->owner,
				  "for value %llu this "
				  "is not a name",
				  (unsigned long long)value);
	f->has_owner = true;
	f->owner_is_bad = false;
	lex = lexer_of((char *)p->rdata_text.octets, p->rdata_text.len);
	if (!master_record_read(f, &lex, &p->head, &p->owner, &last))
		return OK;
	return lexer_fail(&f->lex, &p->rdata, "for value %llu: %s",
			  (unsigned long long)value, lex.fault.text);
}

int master_generate(struct master_file *f)
{
	struct pattern p = { 0 };
	int err = read_pattern(f, &p);

	for (uint64_t i = p.range.start; !err && !f->run->result && i <= p.range.stop;
	     i += p.range.step)
		err = generate_one(f, &p, i);
	buffer_fini(&p.owner_text);
	buffer_fini(&p.rdata_text);
	buffer_fini(&p.unquoted);
	return err;
}

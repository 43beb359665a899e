#include <string.h>

#include "dns/rr_field.h"

int rr_put_name(struct rr_text *t)
{
	struct name n;
	int err;

	if (t->token.len == 1 && *t->token.at == '@' && t->origin) {
		writer_octets(&t->out, t->origin->wire, t->origin->len);
		return OK;
	}
	err = name_parse(t->token.at, t->token.len, t->origin, &n);
	if (err == ERR_LIMIT)
		return rr_not(t, "a name: a label has at most 63 octets, a name 255");
	if (err)
		return rr_not(t, t->origin ? "a name" : "a name that ends in a dot");
	writer_octets(&t->out, n.wire, n.len);
	return OK;
}

static int parse_name(struct rr_text *t)
{
	int err = rr_need_word(t, name_field.what);

	return err ? err : rr_put_name(t);
}

static int parse_may_name(struct rr_text *t)
{
	if (!rr_next(t))
		return OK;
	t->held = true;
	return parse_name(t);
}

static int check_name(struct reader *r)
{
	struct name n;

	return name_read_plain(r, &n);
}

static int check_may_name(struct reader *r)
{
	return reader_left(r) ? check_name(r) : OK;
}

static void format_name(struct reader *r, struct buffer *out)
{
	char text[NAME_TEXT_LEN];

	buffer_put_text(out, name_format(r->at, text));
	reader_take(r, name_wire_len(r->at));
}

static void format_may_name(struct reader *r, struct buffer *out)
{
	if (reader_left(r))
		format_name(r, out);
}

const struct rr_field name_field = { "a name", parse_name, check_name, format_name };
const struct rr_field may_name_field = { "a name", parse_may_name, check_may_name,
					 format_may_name };

#include "dns/name.h"

#include <string.h>

enum { LABEL_MAX_LEN = 63, POINTER_BITS = 0xc0 };

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Where a name being read goes on. */
struct name_walk {
	size_t floor; /* offset that the next pointer must stay below */
	const uint8_t *at;
	const uint8_t *after; /* where the reader goes on, once a pointer was met */
};

/* Follows one pointer (RFC 1035 4.1.4). */
static int follow(const struct reader *r, struct name_walk *w)
{
	size_t target;

	if (r->end - w->at < 2)
		return ERR_SHORT;
	target = (size_t)(w->at[0] & ~POINTER_BITS) << 8 | w->at[1];
	if (target >= w->floor)
		return ERR_MALFORMED;
	if (!w->after)
		w->after = w->at + 2;
	w->floor = target;
	w->at = r->start + target;
	return OK;
}

static int append_label(struct name *n, const uint8_t *label, size_t len)
{
	if (n->len + len + 2 > NAME_MAX_LEN)
		return ERR_MALFORMED;
	memcpy(n->wire + n->len, label, len + 1);
	n->len = (uint8_t)(n->len + len + 1);
	n->label_count++;
	return OK;
}

static int read_labels(const struct reader *r, bool compressed, struct name_walk *w,
		       struct name *n)
{
	int err;

	for (;;) {
		size_t len;

		if (w->at >= r->end)
			return ERR_SHORT;
		len = *w->at;
		if (len == 0)
			return OK;
		if (len <= LABEL_MAX_LEN) {
			if ((size_t)(r->end - w->at) <= len)
				return ERR_SHORT;
			err = append_label(n, w->at, len);
			w->at += len + 1;
		} else if (compressed && len >= POINTER_BITS) {
			err = follow(r, w);
		} else {
			err = ERR_MALFORMED;
		}
		if (err)
			return err;
	}
}

static int read_name(struct reader *r, bool compressed, struct name *out)
{
	struct name_walk w = { .at = r->at, .floor = (size_t)(r->at - r->start) };
	struct name n;

	if (r->err)
		return r->err;
	n.len = 0;
	n.label_count = 0;
	r->err = read_labels(r, compressed, &w, &n);
	if (r->err)
		return r->err;
	n.wire[n.len++] = 0;
	r->at = w.after ? w.after : w.at + 1;
	out->len = n.len;
	out->label_count = n.label_count;
	memcpy(out->wire, n.wire, n.len);
	return OK;
}

int name_read(struct reader *r, struct name *out)
{
	return read_name(r, true, out);
}

int name_read_plain(struct reader *r, struct name *out)
{
	return read_name(r, false, out);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The octet after a backslash (RFC 1035 5.1); moves `*at` past it. */
static int parse_escape(const char **at, const char *end, uint8_t *out)
{
	const char *p = *at;
	int value;

	if (p == end)
		return ERR_MALFORMED;
	if (!is_digit(*p)) {
		*out = (uint8_t)*p;
		*at = p + 1;
		return OK;
	}
	if (end - p < 3 || !is_digit(p[1]) || !is_digit(p[2]))
		return ERR_MALFORMED;
	value = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	if (value > 255)
		return ERR_MALFORMED;
	*out = (uint8_t)value;
	*at = p + 3;
	return OK;
}

/* One label up to its dot or the end, into n->wire after a place for its length. */
static int parse_label(const char **at, const char *end, struct name *n)
{
	size_t start = n->len;
	size_t to = start + 1;

	while (*at < end && **at != '.') {
		uint8_t octet = (uint8_t) * (*at)++;
		int err = octet == '\\' ? parse_escape(at, end, &octet) : OK;

		if (err)
			return err;
		if (to - start > LABEL_MAX_LEN || to >= NAME_MAX_LEN - 1)
			return ERR_LIMIT;
		n->wire[to++] = octet;
	}
	if (to == start + 1)
		return ERR_MALFORMED;
	n->wire[start] = (uint8_t)(to - start - 1);
	n->len = (uint8_t)to;
	n->label_count++;
	return OK;
}

int name_parse(const char *text, size_t len, const struct name *origin,
	       struct name *out)
{
	const char *at = text;
	const char *end = text + len;
	bool absolute = len == 1 && *text == '.';
	struct name n;

	n.len = 0;
	n.label_count = 0;
	if (len == 0)
		return ERR_MALFORMED;
	at += absolute;
	while (at < end) {
		int err = parse_label(&at, end, &n);

		if (err)
			return err;
		absolute = at < end;
		at += absolute;
	}
	if (absolute) {
		n.wire[n.len++] = 0;
	} else {
		if (!origin)
			return ERR_MALFORMED;
		if (n.len + origin->len > NAME_MAX_LEN)
			return ERR_LIMIT;
		memcpy(n.wire + n.len, origin->wire, origin->len);
		n.len = (uint8_t)(n.len + origin->len);
		n.label_count = (uint8_t)(n.label_count + origin->label_count);
	}
	out->len = n.len;
	out->label_count = n.label_count;
	memcpy(out->wire, n.wire, n.len);
	return OK;
}

static char *format_octet(char *to, uint8_t c)
{
	if (c <= ' ' || c >= 0x7f) {
		*to++ = '\\';
		*to++ = (char)('0' + c / 100);
		*to++ = (char)('0' + c / 10 % 10);
		*to++ = (char)('0' + c % 10);
		return to;
	}
	if (strchr(".\\\";@()$", c))
		*to++ = '\\';
	*to++ = (char)c;
	return to;
}

char *name_format(const uint8_t *wire, char out[NAME_TEXT_LEN])
{
	char *to = out;

	if (*wire == 0)
		*to++ = '.';
	while (*wire) {
		size_t len = *wire++;

		while (len--)
			to = format_octet(to, *wire++);
		*to++ = '.';
	}
	*to = '\0';
	return out;
}

void name_lower(struct name *n)
{
	/* A length octet is at most 63, which is below 'A'. */
	for (size_t i = 0; i < n->len; i++)
		n->wire[i] = lower(n->wire[i]);
}

bool name_equal(const uint8_t *a, const uint8_t *b)
{
	size_t left = name_wire_len(a);

	while (left && lower(*a) == lower(*b)) {
		a++;
		b++;
		left--;
	}
	return left == 0;
}

/* Where each label starts, the root's not; returns how many. */
static unsigned label_starts(const uint8_t *wire, const uint8_t *out[NAME_MAX_LABELS])
{
	unsigned count = 0;

	while (*wire) {
		out[count++] = wire;
		wire += *wire + 1;
	}
	return count;
}

static int compare_label(const uint8_t *a, const uint8_t *b)
{
	size_t a_len = *a++;
	size_t b_len = *b++;
	size_t len = a_len < b_len ? a_len : b_len;

	for (size_t i = 0; i < len; i++) {
		int diff = lower(a[i]) - lower(b[i]);

		if (diff)
			return diff;
	}
	return (int)a_len - (int)b_len;
}

int name_compare(const uint8_t *a, const uint8_t *b)
{
	const uint8_t *a_at[NAME_MAX_LABELS];
	const uint8_t *b_at[NAME_MAX_LABELS];
	unsigned a_count = label_starts(a, a_at);
	unsigned b_count = label_starts(b, b_at);

	while (a_count && b_count) {
		int diff = compare_label(a_at[--a_count], b_at[--b_count]);

		if (diff)
			return diff;
	}
	return (int)a_count - (int)b_count;
}

bool name_is_within(const uint8_t *name, const uint8_t *ancestor)
{
	unsigned count = name_labels(name);
	unsigned ancestor_count = name_labels(ancestor);

	while (count > ancestor_count) {
		name = name_parent(name);
		count--;
	}
	return count == ancestor_count && name_equal(name, ancestor);
}

size_t name_wire_len(const uint8_t *wire)
{
	const uint8_t *at = wire;

	while (*at)
		at += *at + 1;
	return (size_t)(at - wire) + 1;
}

unsigned name_labels(const uint8_t *wire)
{
	unsigned count = 0;

	while (*wire) {
		count++;
		wire += *wire + 1;
	}
	return count;
}

const uint8_t *name_parent(const uint8_t *wire)
{
	return wire + *wire + 1;
}

/* One label in lower case, escaped, with the zero that ends it. */
static uint8_t *put_key_label(uint8_t *to, const uint8_t *label)
{
	for (size_t left = *label++; left; left--) {
		uint8_t c = lower(*label++);

		if (c <= 1) {
			*to++ = 1;
			c++;
		}
		*to++ = c;
	}
	*to++ = 0;
	return to;
}

size_t name_key(const uint8_t *wire, uint8_t out[2 * NAME_MAX_LEN])
{
	const uint8_t *at[NAME_MAX_LABELS];
	unsigned count = label_starts(wire, at);
	uint8_t *to = out;

	while (count)
		to = put_key_label(to, at[--count]);
	return (size_t)(to - out);
}

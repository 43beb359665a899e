#include "base/rune.h"

#include "base/buffer.h"
#include "base/err.h"
#include "base/text.h"

size_t rune_read(const struct text *t, uint32_t *out)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	const uint8_t *p = (const uint8_t *)t->at;

	for (size_t more = 0; more < sizeof(forms) / sizeof(*forms); more++) {
		uint32_t rune;

		if (text_len(t) <= more)
			return 0;
		rune = p[0] & (uint8_t)~forms[more].mask;
		if ((p[0] & forms[more].mask) != forms[more].lead)
			continue;
		for (size_t i = 1; i <= more; i++) {
			if ((p[i] & 0xc0) != 0x80)
				return 0;
			rune = rune << 6 | (p[i] & 0x3f);
		}
		if (rune < forms[more].least || rune > 0x10ffff ||
		    (rune >= 0xd800 && rune <= 0xdfff))
			return 0;
		*out = rune;
		return more + 1;
	}
	return 0;
}

size_t rune_fit(struct text t, size_t most)
{
	const char *begin = t.at;

	while (text_len(&t)) {
		uint32_t rune;
		size_t len = rune_read(&t, &rune);

		len = len ? len : 1;
		if ((size_t)(t.at - begin) + len > most)
			break;
		t.at += len;
	}
	return (size_t)(t.at - begin);
}

bool rune_is_hidden(uint32_t rune)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },
		{ 0x061c, 0x061c }, /* marks, embeddings and isolates of UAX 9 */
		{ 0x200e, 0x200f }, { 0x2028, 0x202e },
		{ 0x2066, 0x2069 },
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		if (rune >= hidden[i].first && rune <= hidden[i].last)
			return true;
	return false;
}

struct rune_range {
	uint32_t first, last;
};

static bool is_in(const struct rune_range *ranges, size_t count, uint32_t rune)
{
	for (size_t i = 0; i < count && ranges[i].first <= rune; i++)
		if (rune <= ranges[i].last)
			return true;
	return false;
}

/* Marks that stand on the character before them, joiners and selectors take no column;
 * East Asian wide characters (UAX 11) and pictures take two. In order. */
static size_t rune_width(uint32_t rune)
{
	static const struct rune_range none[] = {
		{ 0x300, 0x36f },   { 0x483, 0x489 },   { 0x591, 0x5bd },
		{ 0x610, 0x61a },   { 0x64b, 0x65f },   { 0x6d6, 0x6dc },
		{ 0x93c, 0x93c },   { 0x941, 0x948 },   { 0x94d, 0x94d },
		{ 0xe31, 0xe31 },   { 0xe34, 0xe3a },   { 0xe47, 0xe4e },
		{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200f },
		{ 0x2060, 0x2064 }, { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f },
		{ 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff }, { 0xe0100, 0xe01ef },
	};
	static const struct rune_range wide[] = {
		{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },
		{ 0x23e9, 0x23ec },   { 0x2e80, 0x303e },   { 0x3041, 0x4dbf },
		{ 0x4e00, 0xa4cf },   { 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },
		{ 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },
		{ 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
		{ 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
	};

	if (is_in(none, sizeof(none) / sizeof(*none), rune))
		return 0;
	return is_in(wide, sizeof(wide) / sizeof(*wide), rune) ? 2 : 1;
}

/* Takes the first character; returns its columns. */
static size_t take_columns(struct text *t)
{
	uint32_t rune;
	size_t len = rune_read(t, &rune);

	t->at += len ? len : 1;
	return len ? rune_width(rune) : 1;
}

size_t rune_columns(struct text t)
{
	size_t columns = 0;

	while (text_len(&t))
		columns += take_columns(&t);
	return columns;
}

size_t rune_fit_columns(struct text t, size_t most)
{
	const char *begin = t.at;
	const char *end = begin;
	size_t columns = 0;

	while (text_len(&t)) {
		columns += take_columns(&t);
		if (columns > most)
			break;
		end = t.at;
	}
	return (size_t)(end - begin);
}

int rune_check(struct text t)
{
	int err = OK;

	while (text_len(&t)) {
		uint32_t rune;
		size_t len = rune_read(&t, &rune);

		if (len == 0)
			return ERR_MALFORMED;
		if (rune_is_hidden(rune))
			err = ERR_INVALID;
		t.at += len;
	}
	return err;
}

void rune_put_visible(struct buffer *out, struct text t, bool is_lines)
{
	while (text_len(&t)) {
		uint32_t rune = 0;
		size_t len = rune_read(&t, &rune);
		bool shown = len && !rune_is_hidden(rune);

		if (is_lines && (rune == '\n' || rune == '\t'))
			shown = true;
		if (len == 0)
			len = 1;
		for (size_t i = 0; i < len; i++, t.at++) {
			if (shown)
				buffer_put_u8(out, (uint8_t)*t.at);
			else
				buffer_printf(out, "\\x%02x", (uint8_t)*t.at);
		}
	}
}

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

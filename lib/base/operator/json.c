#include "base/operator/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/rune.h"
#include "base/text.h"

enum { DEPTH_MAX = 63 };

struct json json_to(struct buffer *out)
{
	return (struct json){ .out = out };
}

static void put_octet(struct buffer *out, uint8_t c)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (size_t i = 0; i + 1 < sizeof(shorts); i += 2)
		if (c == (uint8_t)shorts[i]) {
			buffer_put_u8(out, '\\');
			buffer_put_u8(out, (uint8_t)shorts[i + 1]);
			return;
		}
	if (c < 0x20 || c == 0x7f)
		buffer_printf(out, "\\u%04x", c);
	else
		buffer_put_u8(out, c);
}

static void put_characters(struct buffer *out, struct text t)
{
	while (text_len(&t)) {
		uint32_t rune;
		size_t len = rune_read(&t, &rune);

		if (len == 1)
			put_octet(out, (uint8_t)*t.at);
		else if (len && rune_is_hidden(rune)) /* in one unit of UTF-16 */
			buffer_printf(out, "\\u%04x", rune);
		else if (len)
			buffer_put(out, t.at, len);
		else
			buffer_put_text(out, "\xef\xbf\xbd");
		t.at += len ? len : 1;
	}
}

static void put_string(struct buffer *out, struct text t)
{
	buffer_put_u8(out, '"');
	put_characters(out, t);
	buffer_put_u8(out, '"');
}

static void begin(struct json *j, const char *key)
{
	uint64_t bit = UINT64_C(1) << j->depth;

	if (j->has_member & bit)
		buffer_put_u8(j->out, ',');
	j->has_member |= bit;
	if (key == NULL)
		return;
	put_string(j->out, text_from(key));
	buffer_put_u8(j->out, ':');
}

static void open_bracket(struct json *j, const char *key, uint8_t bracket)
{
	begin(j, key);
	assert(j->depth < DEPTH_MAX);
	j->depth++;
	j->has_member &= ~(UINT64_C(1) << j->depth);
	if (bracket == '[')
		j->is_array |= UINT64_C(1) << j->depth;
	else
		j->is_array &= ~(UINT64_C(1) << j->depth);
	buffer_put_u8(j->out, bracket);
}

void json_object(struct json *j, const char *key)
{
	open_bracket(j, key, '{');
}

void json_array(struct json *j, const char *key)
{
	open_bracket(j, key, '[');
}

void json_end(struct json *j)
{
	assert(j->depth > 0);
	buffer_put_u8(j->out, j->is_array >> j->depth & 1 ? ']' : '}');
	j->depth--;
}

void json_text(struct json *j, const char *key, const char *value)
{
	if (value)
		json_text_len(j, key, value, strlen(value));
	else
		json_null(j, key);
}

void json_text_len(struct json *j, const char *key, const char *value, uint64_t len)
{
	begin(j, key);
	put_string(j->out, text_of(value, len));
}

void json_text_begin(struct json *j, const char *key)
{
	begin(j, key);
	buffer_put_u8(j->out, '"');
}

void json_text_part(struct json *j, const char *part, uint64_t len)
{
	put_characters(j->out, text_of(part, len));
}

void json_text_end(struct json *j)
{
	buffer_put_u8(j->out, '"');
}

void json_format(struct json *j, const char *key, const char *format, ...)
{
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	assert(len >= 0);
	json_text_len(j, key, text, (uint64_t)len);
	free(text);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	begin(j, key);
	buffer_printf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	begin(j, key);
	buffer_put_text(j->out, value ? "true" : "false");
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	buffer_put_text(j->out, "null");
}

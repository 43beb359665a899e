/* jansson and base/operator/json.h share names: this file includes only the first. */
#include "cmd/render.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/moment.h"
#include "base/rune.h"
#include "base/text.h"
#include "cmd/table.h"
#include "cmd/terminal.h"

enum { INDENT = 2, MESSAGE_INDENT = 4 };

#define MESSAGE   "message"       /* of a row: too long for a cell */
#define FILE_TEXT "text"          /* as it was read: its times are its own */
#define REASON    "forced_reason" /* likewise, as it was given */

static bool is_span(const char *key)
{
	size_t len = strlen(key);

	return len > 3 && strcmp(key + len - 3, "_ms") == 0;
}

/* Much of it is the word of a peer: a terminal is to show it, not to obey it. */
static char *shown_text(const char *text)
{
	struct buffer b = { 0 };

	rune_put_visible(&b, text_from(text), false);
	return buffer_take_text(&b);
}

/* The same, with the moments in it as local time. */
static char *shown_times(const char *text)
{
	struct buffer b = { 0 };
	struct buffer local = { 0 };

	moment_put_local(&local, text_from(text), 1000 * (int64_t)time(NULL));
	rune_put_visible(&b, text_of(local.octets, local.len), false);
	buffer_fini(&local);
	return buffer_take_text(&b);
}

/* "since_ms" is shown as "since", "lost_count" as "lost count". */
static char *shown_key(const char *key)
{
	char *text = shown_text(key);

	if (is_span(key))
		text[strlen(text) - 3] = '\0';
	for (char *p = text; *p; p++)
		if (*p == '_')
			*p = ' ';
	return text;
}

static char *shown_span(int64_t ms)
{
	int64_t s = ms / 1000;

	if (ms < 1000)
		return alloc_format("%" PRId64 " ms", ms);
	if (s < 60)
		return alloc_format("%" PRId64 ".%01" PRId64 " s", s, ms % 1000 / 100);
	if (s < 3600)
		return alloc_format("%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	if (s < 86400)
		return alloc_format("%" PRId64 " h %" PRId64 " min", s / 3600,
				    s / 60 % 60);
	return alloc_format("%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

static char *shown_list(const json_t *array);

/* A value in one line; the caller's to free(). */
static char *shown(const char *key, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return strcmp(key, FILE_TEXT) == 0 || strcmp(key, REASON) == 0
			       ? shown_text(json_string_value(value))
			       : shown_times(json_string_value(value));
	case JSON_INTEGER:
		if (is_span(key))
			return shown_span((int64_t)json_integer_value(value));
		return alloc_format("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	case JSON_REAL:
		return alloc_format("%.3f", json_real_value(value));
	case JSON_TRUE:
		return alloc_text("yes");
	case JSON_FALSE:
		return alloc_text("no");
	case JSON_ARRAY:
		return shown_list(value);
	default:
		return alloc_text("-");
	}
}

static char *shown_list(const json_t *array)
{
	struct buffer b = { 0 };

	for (size_t i = 0; i < json_array_size(array); i++) {
		char *text = shown("", json_array_get(array, i));

		buffer_printf(&b, "%s%s", i ? ", " : "", text);
		free(text);
	}
	if (b.len == 0)
		buffer_put_text(&b, "-");
	return buffer_take_text(&b);
}

static bool is_table(const json_t *value)
{
	return json_is_array(value) && json_array_size(value) &&
	       json_is_object(json_array_get(value, 0));
}

static bool is_scalar(const json_t *value)
{
	return !is_table(value) && !json_is_object(value);
}

/* The columns of a table: all keys of its rows, in order of first appearance. */
static size_t columns_of(json_t *rows, const char *columns[TABLE_COLUMNS_MAX])
{
	size_t count = 0;
	const char *key;
	json_t *value;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_object_foreach(json_array_get(rows, i), key, value)
		{
			size_t c = 0;

			if (strcmp(key, MESSAGE) == 0)
				continue;
			while (c < count && strcmp(columns[c], key) != 0)
				c++;
			if (c == count && count < TABLE_COLUMNS_MAX)
				columns[count++] = key;
		}
	}
	return count;
}

static void put_blanks(struct buffer *out, size_t count)
{
	while (count--)
		buffer_put_u8(out, ' ');
}

static char *cell(const json_t *row, const char *column)
{
	const json_t *value = json_object_get(row, column);

	return value ? shown(column, value) : alloc_text("-");
}

/* A message whole, a line each, below its row. */
static void put_message(struct buffer *out, const json_t *row, size_t indent)
{
	const char *message = json_string_value(json_object_get(row, MESSAGE));
	struct text t = text_from(message ? message : "");

	while (text_len(&t)) {
		struct text line = text_split(&t, '\n');
		size_t len = text_len(&line);
		char *raw, *text;

		if (len && line.at[len - 1] == '\r')
			len--;
		raw = alloc_format("%.*s", (int)len, line.at);
		text = shown_text(raw);
		put_blanks(out, indent + MESSAGE_INDENT);
		buffer_put_text(out, text);
		buffer_put_text(out, "\n");
		free(text);
		free(raw);
	}
}

/* The rows of a table, whose messages go below them. */
struct table_rows {
	json_t *rows;
	size_t indent;
};

static void put_message_of(void *arg, size_t row, struct buffer *out)
{
	const struct table_rows *r = arg;

	put_message(out, json_array_get(r->rows, row - 1), r->indent);
}

static void put_table(struct buffer *out, json_t *rows, size_t indent,
		      const struct terminal *on)
{
	struct table_rows arg = { rows, indent };
	struct table t = { 0 };

	t.column_count = columns_of(rows, t.keys);
	table_init(&t, 1 + json_array_size(rows));
	for (size_t i = 0; i < t.column_count; i++) {
		t.cells[i] = shown_key(t.keys[i]);
		for (size_t row = 1; row < t.row_count; row++)
			t.cells[row * t.column_count + i] =
				cell(json_array_get(rows, row - 1), t.keys[i]);
	}
	table_put(&t, on, indent, out, put_message_of, &arg);
	table_fini(&t);
}

/* The caller's to free(). */
static char *text_of_member(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return shown_text(text ? text : "");
}

/* What is wrong with a file is shown as compilers do. */
static void put_diagnoses(struct buffer *out, const json_t *rows)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		json_int_t line = json_integer_value(json_object_get(row, "line"));
		json_int_t col = json_integer_value(json_object_get(row, "col"));
		char *file = text_of_member(row, "file");
		char *level = text_of_member(row, "level");
		char *text = text_of_member(row, "text");
		char *meant = text_of_member(row, "meant");
		char *name = text_of_member(row, "name");

		if (*file)
			buffer_put_text(out, file);
		if (line)
			buffer_printf(out, ":%" JSON_INTEGER_FORMAT, line);
		if (line && col)
			buffer_printf(out, ":%" JSON_INTEGER_FORMAT, col);
		buffer_printf(out, "%s%s: %s", *file ? ": " : "", level, text);
		if (*meant)
			buffer_printf(out, "; did you mean '%s'?", meant);
		if (*name) /* by which it is silenced */
			buffer_printf(out, " [%s]", name);
		buffer_put_text(out, "\n");
		free(file);
		free(level);
		free(text);
		free(meant);
		free(name);
	}
}

static bool is_envelope(const char *key)
{
	return strcmp(key, "status") == 0 || strcmp(key, "error") == 0 ||
	       strcmp(key, "summary") == 0;
}

/* A value in the colour of its state. */
static void put_value(struct buffer *out, const char *key, const char *text,
		      const struct terminal *on)
{
	const char *colour = on->colours ? table_colour(key, text) : NULL;

	buffer_printf(out, "%s%s%s", colour ? colour : "", text,
		      colour ? TABLE_COLOUR_END : "");
}

static void put_object(struct buffer *out, json_t *object, size_t indent,
		       const struct terminal *on);

/* Whether it is the lines of a file, which come without a key, as they are. */
static bool is_file(const char *key, const json_t *value)
{
	const char *text = json_string_value(value);

	return text && strcmp(key, FILE_TEXT) == 0 && strchr(text, '\n');
}

static void put_member(struct buffer *out, const char *key, json_t *value,
		       size_t indent, const struct terminal *on)
{
	char *name = shown_key(key);
	char *text;

	if (is_file(key, value)) {
		rune_put_visible(out, text_from(json_string_value(value)), true);
		free(name);
		return;
	}
	put_blanks(out, indent);
	if (strcmp(key, "diagnoses") == 0) {
		put_diagnoses(out, value);
	} else if (is_table(value)) {
		buffer_printf(out, "%s:\n", name);
		put_table(out, value, indent + INDENT, on);
	} else if (json_is_object(value)) {
		buffer_printf(out, "%s:\n", name);
		put_object(out, value, indent + INDENT, on);
	} else {
		text = shown(key, value);
		buffer_printf(out, "%s: ", name);
		put_value(out, key, text, on);
		buffer_put_text(out, "\n");
		free(text);
	}
	free(name);
}

static void put_object(struct buffer *out, json_t *object, size_t indent,
		       const struct terminal *on)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (!is_envelope(key))
			put_member(out, key, value, indent, on);
	}
}

/* A lone table needs no heading of its own. */
static json_t *lone_table(json_t *object)
{
	json_t *found = NULL;
	size_t other_count = 0;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (is_envelope(key))
			continue;
		if (is_table(value) && strcmp(key, "diagnoses") != 0)
			found = value;
		other_count++;
	}
	return other_count == 1 ? found : NULL;
}

static bool is_one_line(json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (!is_scalar(value))
			return false;
	}
	return true;
}

static void put_line(struct buffer *out, json_t *object, const struct terminal *on)
{
	const char *between = "";
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		const char *quote;
		char *name;
		char *text;

		if (is_envelope(key))
			continue;
		name = shown_key(key);
		text = shown(key, value);
		quote = json_is_string(value) && strchr(text, ' ') ? "\"" : "";
		buffer_printf(out, "%s%s=%s", between, name, quote);
		put_value(out, key, text, on);
		buffer_put_text(out, quote);
		between = "  ";
		free(name);
		free(text);
	}
	if (*between)
		buffer_put_text(out, "\n");
}

int render(const char *json, size_t len, bool stream, const struct terminal *on,
	   struct buffer *out, struct rendered *said)
{
	json_t *object = json_loadb(json, len, 0, NULL);
	const json_t *value;
	json_t *table;

	*said = (struct rendered){ .status = -1 };
	if (!json_is_object(object)) {
		json_decref(object);
		return ERR_MALFORMED;
	}
	value = json_object_get(object, "status");
	said->status = json_is_integer(value) ? (int)json_integer_value(value) : -1;
	value = json_object_get(object, "error");
	said->error = json_is_string(value) ? shown_text(json_string_value(value))
					    : NULL;
	table = lone_table(object);
	if (table)
		put_table(out, table, 0, on);
	else if (stream && is_one_line(object))
		put_line(out, object, on);
	else
		put_object(out, object, 0, on);
	json_decref(object);
	return OK;
}

char *render_member(const char *json, const char *key)
{
	json_t *object = json_loads(json, 0, NULL);
	const char *text = json_string_value(json_object_get(object, key));
	char *copy = text ? alloc_text(text) : NULL;

	json_decref(object);
	return copy;
}

void render_column(const char *json, const char *table, const char *key,
		   struct buffer *out)
{
	json_t *object = json_loads(json, 0, NULL);
	const json_t *rows = json_object_get(object, table);
	const char *before = "";

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *text = json_string_value(json_object_get(row, key));

		if (text == NULL || strcmp(text, before) == 0)
			continue;
		buffer_printf(out, "%s\n", text);
		before = text;
	}
	json_decref(object);
}

int render_status(const char *json)
{
	json_t *object = json_loads(json, 0, NULL);
	const json_t *value = json_object_get(object, "status");
	int status = json_is_integer(value) ? (int)json_integer_value(value) : -1;

	json_decref(object);
	return status;
}

bool render_flag(const char *json, const char *key)
{
	json_t *object = json_loads(json, 0, NULL);
	bool flag = json_is_true(json_object_get(object, key));

	json_decref(object);
	return flag;
}

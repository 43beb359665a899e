#include "base/process/diag_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/operator/json.h"
#include "base/process/link.h"

static void put_text(struct buffer *out, const char *text)
{
	buffer_put_u32(out, (uint32_t)strlen(text));
	buffer_put_text(out, text);
}

void diags_encode(const struct diags *d, unsigned max, struct buffer *out)
{
	size_t count = d->count < max ? d->count : max;

	buffer_put_u16(out, (uint16_t)count);
	for (size_t i = 0; i < count; i++) {
		const struct diag *row = &d->rows[i];

		buffer_put_u16(out, (uint16_t)row->level);
		buffer_put_u32(out, row->place.line);
		buffer_put_u32(out, row->place.col);
		put_text(out, row->place.file ? row->place.file : "");
		put_text(out, row->text);
		put_text(out, row->suggestion ? row->suggestion : "");
	}
}

static char *take_text(struct text *from)
{
	struct text t = link_text(from);

	return alloc_format("%.*s", (int)text_len(&t), t.at);
}

int diags_decode(struct text *from, struct diags *d)
{
	uint16_t count = link_u16(from);

	for (uint16_t i = 0; i < count && from->err == OK; i++) {
		uint16_t level = link_u16(from);
		uint32_t line = link_u32(from);
		uint32_t col = link_u32(from);
		char *file = take_text(from);
		char *text = take_text(from);
		char *meant = take_text(from);
		const struct diag_place place = { *file ? file : NULL, line, col };

		if (from->err == OK && level <= DIAG_NOTE) {
			diags_add(d, (enum diag_level)level, place, "%s", text);
			if (*meant)
				diags_suggest(d, meant);
		}
		free(file);
		free(text);
		free(meant);
	}
	return from->err ? ERR_MALFORMED : OK;
}

static void row_json(const struct diag *row, struct json *j)
{
	static const char *const levels[] = { "error", "warning", "note" };

	json_object(j, NULL);
	json_text(j, "level", levels[row->level]);
	json_text(j, "file", row->place.file);
	json_int(j, "line", row->place.line);
	json_int(j, "col", row->place.col);
	json_text(j, "text", row->text);
	if (row->suggestion)
		json_text(j, "meant", row->suggestion);
	if (row->name)
		json_text(j, "name", row->name);
	json_end(j);
}

void diags_json(const struct diags *d, struct json *j)
{
	if (d->count == 0)
		return;
	json_array(j, "diagnoses");
	for (size_t i = 0; i < d->count; i++)
		row_json(&d->rows[i], j);
	json_end(j);
}

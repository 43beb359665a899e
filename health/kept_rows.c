#include "health/kept_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "health/kept_form.h"
#include "health/stored.h"

enum { CAP_MIN = 8 };

void kept_rows_fini(struct kept_rows *rows)
{
	buffer_fini(&rows->octets);
	free(rows->spans);
	*rows = (struct kept_rows){ 0 };
}

struct kept_row kept_rows_at(const struct kept_rows *rows, size_t i)
{
	const struct kept_span *s = &rows->spans[i];

	return (struct kept_row){
		.key = (const char *)rows->octets.octets + s->key,
		.octets = s->gone ? NULL : rows->octets.octets + s->value,
		.len = s->len,
	};
}

static struct kept_span *add(struct kept_rows *rows)
{
	if (rows->count == rows->cap) {
		rows->cap = rows->cap ? 2 * rows->cap : CAP_MIN;
		rows->spans = alloc_resize(rows->spans, rows->cap,
					   sizeof(*rows->spans));
	}
	return &rows->spans[rows->count++];
}

void kept_rows_move(struct kept_rows *rows, struct kept_rows *from)
{
	size_t at = rows->octets.len;

	for (size_t i = 0; i < from->count; i++) {
		struct kept_span *s = add(rows);

		*s = from->spans[i];
		s->key += at;
		s->value += at;
	}
	buffer_put(&rows->octets, from->octets.octets, from->octets.len);
	kept_rows_fini(from);
}

/* Begins a row; its value is what is put from here to end(). */
static void begin(struct kept_rows *rows, const char *prefix, const char *name)
{
	struct kept_span *s = add(rows);

	*s = (struct kept_span){ .key = rows->octets.len };
	buffer_put_text(&rows->octets, prefix);
	buffer_put_text(&rows->octets, name);
	buffer_put_u8(&rows->octets, 0);
	s->value = rows->octets.len;
}

static void end(struct kept_rows *rows)
{
	struct kept_span *s = &rows->spans[rows->count - 1];

	stored_end(&rows->octets, s->value);
	s->len = rows->octets.len - s->value;
}

static void drop(struct kept_rows *rows, const char *prefix, const char *name)
{
	begin(rows, prefix, name);
	rows->spans[rows->count - 1].gone = true;
}

void kept_rows_put_head(struct kept_rows *rows, uint64_t generation, uint64_t order,
			uint64_t switch_seq)
{
	struct buffer *b = &rows->octets;

	begin(rows, KEPT_HEAD, "");
	(void)stored_begin(b, KEPT_HEAD_MAGIC, KEPT_ROW_VERSION);
	stored_put_u64(b, generation);
	stored_put_u64(b, order);
	stored_put_u64(b, switch_seq);
	end(rows);
}

static void put_target(struct buffer *b, const struct kept_target *t)
{
	buffer_put_u8(b, (uint8_t)t->transport);
	stored_put_addr(b, &t->to);
	buffer_put_u8(b, (uint8_t)((t->alive ? KEPT_ALIVE : 0) |
				   (t->decided ? KEPT_DECIDED : 0) |
				   (t->held ? KEPT_HELD : 0) |
				   (t->draining ? KEPT_DRAINING : 0) |
				   (t->certificate_fault ? KEPT_FAULT : 0)));
	buffer_put_u32(b, t->hold_left_ms);
	stored_put_u64(b, t->fell);
	stored_put_u64(b, t->rose);
	stored_put_u64(b, (uint64_t)t->since_ms);
	stored_put_text(b, t->cause);
}

void kept_rows_put_pbx(struct kept_rows *rows, const struct kept_pbx *p)
{
	struct buffer *b = &rows->octets;

	begin(rows, KEPT_PBX, p->name);
	(void)stored_begin(b, KEPT_PBX_MAGIC, KEPT_ROW_VERSION);
	stored_put_text(b, p->name);
	buffer_put_u8(b, (uint8_t)p->force);
	stored_put_text(b, p->force_author);
	stored_put_text(b, p->force_reason);
	stored_put_u64(b, (uint64_t)p->force_since_ms);
	stored_put_u64(b, (uint64_t)p->force_until_ms);
	buffer_put_u8(b, p->held_by_hand);
	stored_put_u64(b, (uint64_t)p->since_ms);
	stored_put_u64(b, (uint64_t)p->kept_ms);
	buffer_put_u16(b, (uint16_t)p->target_count);
	for (size_t i = 0; i < p->target_count; i++)
		put_target(b, &p->targets[i]);
	end(rows);
}

void kept_rows_put_name(struct kept_rows *rows, const struct kept_name *n)
{
	struct buffer *b = &rows->octets;

	begin(rows, KEPT_NAME, n->name);
	(void)stored_begin(b, KEPT_NAME_MAGIC, KEPT_ROW_VERSION);
	stored_put_text(b, n->name);
	buffer_put_u8(b, (uint8_t)n->address_count);
	for (size_t i = 0; i < n->address_count; i++)
		stored_put_addr(b, &n->addresses[i]);
	end(rows);
}

void kept_rows_drop(struct kept_rows *rows, const char *key)
{
	drop(rows, "", key);
}

void kept_rows_drop_pbx(struct kept_rows *rows, const char *name)
{
	drop(rows, KEPT_PBX, name);
}

void kept_rows_drop_name(struct kept_rows *rows, const char *name)
{
	drop(rows, KEPT_NAME, name);
}

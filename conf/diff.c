#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "conf/check.h"
#include "conf/row_list.h"
#include "conf/setting.h"

struct comparison {
	const struct conf *was, *now;
	conf_change_fn *told;
	void *arg;
};

static void compare_section(const struct comparison *c, const char *where,
			    const struct section *sec, const void *was,
			    const void *now);

static char *value_text(const struct conf *c, const struct setting *s, const void *base)
{
	struct buffer out = { 0 };

	setting_format(c, s, base, &out);
	return buffer_take_text(&out);
}

/* Whether values with the same text differ: secrets may. */
static bool hides_change(const struct setting *s, const void *was, const void *now)
{
	const void *was_at = (const char *)was + s->at;
	const void *now_at = (const char *)now + s->at;

	return (s->type == SET_SECRET || s->type == SET_KEY_FILE) &&
	       secret_differs(was_at, now_at);
}

static void compare_value(const struct comparison *c, const char *where,
			  const struct setting *s, const void *was, const void *now)
{
	struct conf_change change = {
		.where = where,
		.key = s->name,
		.at_start_only = s->marks & AT_START_ONLY,
	};
	char *was_text = value_text(c->was, s, was);
	char *now_text = value_text(c->now, s, now);

	change.was = *was_text ? was_text : NULL;
	change.now = *now_text ? now_text : NULL;
	if (strcmp(was_text, now_text) != 0 || hides_change(s, was, now))
		c->told(c->arg, &change);
	free(was_text);
	free(now_text);
}

/* Rows that only one side has, or that both have and differ. */
static void compare_list(const struct comparison *c, const struct setting *s,
			 const void *was, const void *now)
{
	const struct section *sec = s->section;
	struct row_list a;
	struct row_list b;

	row_list_init(&a, c->was, s, was);
	row_list_init(&b, c->now, s, now);
	for (size_t i = 0; i < a.names.count; i++)
		if (names_find(&b.names, a.names.rows[i].text) == CONF_NONE) {
			char *where = alloc_format("%s '%s'", sec->one,
						   a.names.rows[i].text);

			c->told(c->arg, &(struct conf_change){ .where = where,
							       .was = sec->one });
			free(where);
		}
	for (size_t i = 0; i < b.names.count; i++) {
		const struct name_row *row = &b.names.rows[i];
		uint32_t before = names_find(&a.names, row->text);
		char *where = alloc_format("%s '%s'", sec->one, row->text);

		if (before == CONF_NONE)
			c->told(c->arg, &(struct conf_change){ .where = where,
							       .now = sec->one });
		else
			compare_section(c, where, sec, row_list_at(&a, s, before),
					row_list_at(&b, s, row->index));
		free(where);
	}
	row_list_fini(&a);
	row_list_fini(&b);
}

static void compare_section(const struct comparison *c, const char *where,
			    const struct section *sec, const void *was, const void *now)
{
	for (const struct setting *s = sec->settings; s->name; s++) {
		if (s->type == SET_LATER || (s->marks & OTHER_KEY))
			continue;
		if (setting_holds_section(s) && s->count_at) {
			compare_list(c, s, was, now);
		} else if (setting_holds_section(s)) {
			char *inner = alloc_format("%s%s%s", where, *where ? ": " : "",
						   s->name);

			compare_section(c, inner, s->section, (const char *)was + s->at,
					(const char *)now + s->at);
			free(inner);
		} else {
			compare_value(c, where, s, was, now);
		}
	}
}

void conf_compare(const struct conf *was, const struct conf *now, conf_change_fn *told,
		  void *arg)
{
	struct comparison c = { .was = was, .now = now, .told = told, .arg = arg };

	compare_section(&c, "", &conf_section, was, now);
}

struct diff_lines {
	struct buffer *out;
	size_t count;
};

static void write_line(void *arg, const struct conf_change *change)
{
	struct diff_lines *l = arg;

	l->count++;
	buffer_put_text(l->out, change->where);
	if (change->key == NULL) {
		buffer_printf(l->out, ": %s\n", change->now ? "added" : "removed");
		return;
	}
	buffer_printf(l->out, "%s%s: ", *change->where ? ": " : "", change->key);
	if (change->was && change->now && strcmp(change->was, change->now) == 0)
		buffer_put_text(l->out, "changed"); /* a secret */
	else
		buffer_printf(l->out, "%s -> %s", change->was ? change->was : "(none)",
			      change->now ? change->now : "(none)");
	buffer_put_text(l->out,
			change->at_start_only ? " (at the next start)\n" : "\n");
}

size_t conf_diff(const struct conf *was, const struct conf *now, struct buffer *out)
{
	struct diff_lines l = { .out = out };

	conf_compare(was, now, write_line, &l);
	return l.count;
}

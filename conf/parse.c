#include "conf/parse.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/operator/log.h"
#include "conf/key.h"

static void __attribute__((format(printf, 4, 0)))
report(struct parse *d, enum diag_level level, const struct node *n, const char *format,
       va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		abort();
	source_report(&d->source, d->diags, level, node_place(n), text);
	free(text);
}

void parse_fault(struct parse *d, const struct node *n, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(d, DIAG_ERROR, n, format, args);
	va_end(args);
}

void parse_notice(struct parse *d, const struct node *n, enum notice notice,
		  const char *format, ...)
{
	va_list args;

	if (d->conf->silenced & 1U << notice)
		return;
	va_start(args, format);
	report(d, notices[notice].level, n, format, args);
	va_end(args);
	diags_name(d->diags, notices[notice].name);
}

void parse_suggest(struct parse *d, const char *suggestion)
{
	if (suggestion)
		diags_suggest(d->diags, suggestion);
}

struct node parse_part(const struct node *n, size_t at)
{
	struct node part = *n;

	if (!n->quoted) /* what is quoted may be shorter than its text */
		part.col += (uint32_t)at;
	return part;
}

static void copy_line(struct parse *d, struct conf_written *w)
{
	size_t len;
	const char *line = source_line(&d->source, w->place.line, &len);

	if (line && !hidden_has(&d->hidden, w->place.line))
		w->line = alloc_format("%.*s", (int)len, line);
}

void parse_written_lines(struct parse *d)
{
	for (size_t i = 0; i < d->conf->written_count; i++)
		copy_line(d, &d->conf->written[i]);
}

void parse_written(struct parse *d, const char *key, const char *path,
		   const struct addr *addr, const struct node *n)
{
	struct conf *c = d->conf;
	struct conf_written row = { .key = key, .path = path, .place = node_place(n) };

	if (n->line == 0)
		return; /* a default */
	if (addr)
		row.addr = *addr;
	row.place.file = c->path;
	c->written = alloc_resize(c->written, c->written_count + 1, sizeof *c->written);
	c->written[c->written_count++] = row;
}

const struct node *parse_node(const struct parse *d, const void *value,
			      const void *owner)
{
	const struct node *n = positions_find(&d->positions, value);

	return n ? n : positions_find(&d->positions, owner);
}

bool parse_is_given(const struct parse *d, const void *value)
{
	const struct node *n = positions_find(&d->positions, value);

	return n && n->kind != NODE_MAPPING; /* that is the section of which it is the
						first member */
}

bool parse_is_sound(const struct parse *d, const void *base)
{
	return positions_find(&d->faulty, base) == NULL;
}

static const char *kind_name(const struct node *n)
{
	static const char *const names[] = {
		[NODE_SCALAR] = "one value",
		[NODE_LIST] = "a list",
		[NODE_MAPPING] = "a mapping",
	};

	return node_is_empty(n) ? "empty" : names[n->kind];
}

/* Something else is in the place of a secret: it may still be one. */
static void hide_secrets(struct parse *d, const struct section *sec,
			 const struct node *n)
{
	if (section_has_secret(sec))
		hidden_add(&d->hidden, &d->source, n);
}

/* "file: zone }": for YAML a bracket that was not opened is part of the text. */
static void warn_of_rest(struct parse *d, const struct setting *s, const struct node *n)
{
	const char *last = n->text + n->len - 1;
	struct node part = parse_part(n, n->len - 1);

	if (!n->quoted && strchr("}],", *last) && !strpbrk(n->text, "{["))
		parse_notice(d, &part, NOTICE_BRACKET_LEFT,
			     "'%s' ends with '%c': is that "
			     "a leftover bracket or quote?",
			     s->name, *last);
}

/* "must be an address, but is a list" */
static void report_wrong_kind(struct parse *d, const struct setting *s,
			      const struct node *n)
{
	char *what = setting_what(s);

	parse_fault(d, n, "'%s' must be %s, not %s", s->name, what,
		    n->kind == NODE_SCALAR ? "empty" : kind_name(n));
	free(what);
}

bool parse_is_text(struct parse *d, const struct setting *s, const struct node *n)
{
	if (n->broken)
		return false;
	if (n->kind != NODE_SCALAR || node_is_empty(n) || n->len == 0) {
		report_wrong_kind(d, s, n);
		return false;
	}
	for (size_t i = 0; i < n->len; i++)
		if ((unsigned char)n->text[i] < 0x20 || n->text[i] == 0x7f) {
			parse_fault(d, n, "'%s' contains a control character", s->name);
			return false;
		}
	return true;
}

bool parse_is_scalar(struct parse *d, const struct setting *s, const struct node *n)
{
	if (!parse_is_text(d, s, n))
		return false;
	warn_of_rest(d, s, n);
	return true;
}

/* Whether a list already has the same reference, before `now`. */
static void report_repeat(struct parse *d, const struct node *n, const uint32_t *refs,
			  size_t now)
{
	for (size_t i = 0; i < now; i++)
		if (refs[i] == refs[now]) {
			parse_fault(d, n, "'%s' is listed twice", n->text);
			return;
		}
}

/* A reference refers to no row until it is read. */
static void clear_reference(const struct setting *s, void *to)
{
	static const uint32_t none = CONF_NONE;

	if (s->type == SET_REF)
		memcpy(to, &none, sizeof none);
}

static bool read_value(struct parse *d, const struct setting *s, const struct node *n,
		       void *to)
{
	clear_reference(s, to);
	if (s->type < SET_SECTION && !parse_is_scalar(d, s, n))
		return false;
	if (n->line)
		positions_put(&d->positions, to, n);
	if (s->type == SET_SECTION) {
		parse_section(d, s->section, n, to);
		return true;
	}
	return setting_ops[s->type].read(d, s, n, to);
}

void parse_list(struct parse *d, const struct setting *s, const struct node *n,
		void *base)
{
	size_t size = setting_size(s);
	bool bare = n->kind != NODE_LIST;
	uint32_t room = bare ? 1 : n->child_count;
	const uint32_t *refs;
	void *room_at;
	char *rows;
	size_t count = 0;

	if (n->broken)
		return;
	if (bare && s->type == SET_SECTION) {
		hide_secrets(d, s->section, n);
		parse_fault(d, n, "'%s' must be a list of mappings, not %s", s->name,
			    kind_name(n));
		return;
	}
	if (room < s->min || room > s->max) {
		parse_fault(d, n, "'%s' has %u items; allowed are %u to %u", s->name,
			    room, s->min, s->max);
		return;
	}
	room_at = alloc_array(room, size);
	refs = room_at;
	rows = room_at;
	memcpy((char *)base + s->at, &rows, sizeof rows);
	for (const struct node *item = bare ? n : n->first; item; item = item->next) {
		/* A row with errors keeps its position, because others refer to it. */
		bool is_read = read_value(d, s, item, rows + count * size);

		if (is_read && s->type == SET_REF)
			report_repeat(d, item, refs, count);
		if (is_read || s->type == SET_SECTION)
			count++;
		if (bare)
			break;
	}
	memcpy((char *)base + s->count_at, &count, sizeof count);
}

static void read_setting(struct parse *d, const struct setting *s, const struct node *n,
			 void *base)
{
	if (n->broken)
		return;
	if (n->line)
		positions_put(&d->positions, (char *)base + s->at, n);
	if (s->count_at && s->type < SET_WHOLE_TYPES)
		parse_list(d, s, n, base);
	else
		(void)read_value(d, s, n, (char *)base + s->at);
}

static const char *setting_name_at(const void *arg, size_t i)
{
	const struct setting *s = (const struct setting *)arg + i;

	return s->type == SET_LATER ? NULL : s->name;
}

/* Whether one word is the beginning of the other: "pbx" of "pbxs". */
static bool begins_alike(const char *a, const char *b)
{
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);

	return strncmp(a, b, a_len < b_len ? a_len : b_len) == 0;
}

/* Returns the key that was probably meant by an unknown one, or NULL.
 * elsewhere  what key_elsewhere() said of it: then it is hardly a misspelling */
static const char *meant_key(const struct section *sec, const char *word,
			     const char *elsewhere)
{
	const char *meant = key_by_other_word(sec, word);
	size_t count = 0;

	if (meant)
		return meant;
	while (sec->settings[count].name)
		count++;
	meant = suggest(word, count, setting_name_at, sec->settings);
	return meant && elsewhere && !begins_alike(word, meant) ? NULL : meant;
}

/* Reports an unknown key. One that contains a secret ("password:x") is not shown. */
static void report_unknown_key(struct parse *d, const struct section *sec,
			       const struct node *key, const char *elsewhere)
{
	const char *secret = section_secret_in(sec, key->text);

	if (secret)
		parse_fault(d, key,
			    "unknown key in '%s': is a blank missing behind '%s:'?",
			    sec->name, secret);
	else
		parse_fault(d, key, "unknown key %s in '%s'%s%s", log_quote(key->text),
			    sec->name, elsewhere ? ": it is " : "",
			    elsewhere ? elsewhere : "");
}

/* base: the struct of the section. A key that was probably meant is not also reported
 * as missing. */
static void refuse_key(struct parse *d, const struct section *sec,
		       const struct node *value, const void *base)
{
	const struct setting *s = sec->settings;
	const struct node *key = value->key;
	const char *meant;
	char *elsewhere;

	hide_secrets(d, sec, value);
	if (!key->quoted && strcmp(key->text, "<<") == 0) {
		parse_fault(d, key,
			    "merge keys (<<) are not supported "
			    "in deputy.conf: write the keys out");
		return;
	}
	elsewhere = key_elsewhere(sec, key->text);
	meant = meant_key(sec, key->text, elsewhere);
	report_unknown_key(d, sec, key, elsewhere);
	parse_suggest(d, meant);
	for (size_t i = 0; meant && s[i].name; i++)
		if (strcmp(s[i].name, meant) == 0)
			positions_put(&d->faulty, (const char *)base + s[i].at, key);
	free(elsewhere);
}

/* What was given by the other key for the same value, or NULL. */
static const struct node *other_key(const struct section *sec, size_t i,
				    const struct node *const *seen)
{
	if (sec->settings[i].marks & OTHER_KEY)
		return seen[i - 1];
	return sec->settings[i + 1].marks & OTHER_KEY ? seen[i + 1] : NULL;
}

/* Links a value with its siblings, in the order of the rows of the section. */
static void sort_in(struct parse *d, const struct section *sec, const struct node *n,
		    const void *base, const struct node **seen)
{
	const struct setting *s = sec->settings;
	size_t i = 0;

	if (n->key->broken)
		return;
	while (s[i].name && (strlen(s[i].name) != n->key->len ||
			     strcmp(s[i].name, n->key->text) != 0))
		i++;
	if (s[i].name == NULL) {
		refuse_key(d, sec, n, base);
	} else if (s[i].type == SET_LATER) {
		parse_fault(d, n->key,
			    "'%s' belongs to %s, which this version does not have",
			    s[i].name, s[i].help);
	} else if (seen[i]) {
		parse_fault(d, n->key, "duplicate key '%s', first used at line %u",
			    s[i].name, seen[i]->key->line);
	} else if (other_key(sec, i, seen)) {
		parse_fault(d, n->key,
			    "'%s' and '%s' are the same "
			    "setting: write one of them",
			    other_key(sec, i, seen)->key->text, s[i].name);
	} else {
		seen[i] = n;
	}
}

static void apply_default(struct parse *d, const struct setting *s,
			  const struct node *n, void *base)
{
	struct node value = { .kind = NODE_SCALAR, .text = s->default_text };

	if (!s->count_at)
		clear_reference(s, (char *)base + s->at);
	if ((s->marks & MUST_BE_GIVEN) && parse_is_sound(d, (char *)base + s->at))
		parse_fault(d, n, "'%s' is missing: %s", s->name, s->help);
	else if (s->marks & MUST_BE_GIVEN)
		return;
	else if (s->type == SET_SECTION && !s->count_at)
		parse_section(d, s->section, NULL, (char *)base + s->at);
	else if (s->default_text) {
		value.len = strlen(s->default_text);
		read_setting(d, s, &value, base);
	}
}

void parse_section(struct parse *d, const struct section *sec, const struct node *n,
		   void *base)
{
	const struct node *seen[SECTION_MAX_SETTINGS] = { 0 };
	size_t errors = d->diags->error_count;

	if (n && (n->kind != NODE_MAPPING || n->broken)) {
		hide_secrets(d, sec, n);
		if (!n->broken)
			parse_fault(d, n, "'%s' must be a mapping (key: value), not %s",
				    sec->name, kind_name(n));
		return;
	}
	if (n)
		positions_put(&d->positions, base, n);
	if (n && sec->place_at) {
		struct diag_place place = node_place(n);

		place.file = d->conf->path;
		memcpy((char *)base + sec->place_at, &place, sizeof place);
	}
	for (const struct node *v = n ? n->first : NULL; v; v = v->next)
		sort_in(d, sec, v, base, seen);
	for (size_t i = 0; sec->settings[i].name; i++) {
		assert(i < SECTION_MAX_SETTINGS);
		if (seen[i])
			read_setting(d, &sec->settings[i], seen[i], base);
		else if (!(sec->settings[i].marks & OTHER_KEY))
			apply_default(d, &sec->settings[i], n, base);
	}
	if (sec->finish)
		sec->finish(d, n, base);
	if (n && d->diags->error_count != errors)
		positions_put(&d->faulty, base, n);
}

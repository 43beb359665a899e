#include "base/operator/usage.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "base/operator/diag.h"
#include "base/text.h"

/* One thing a row's arguments name. */
struct usage_slot {
	struct text text; /* without brackets, dashes and dots */
	bool option;
	bool valued;   /* an option with a value behind it */
	bool optional; /* a word that may be left out */
	bool repeated;
};

enum { SLOTS_MAX = 24 };

struct usage_slots {
	struct usage_slot rows[SLOTS_MAX];
	size_t count;
};

static bool skip_end(struct text *t, const char *end)
{
	size_t len = strlen(end);

	if (text_len(t) < len || memcmp(t->end - len, end, len) != 0)
		return false;
	t->end -= len;
	return true;
}

/* The two dashes of an option. */
static bool skip_dashes(struct text *t)
{
	if (text_len(t) < 2 || memcmp(t->at, "--", 2) != 0)
		return false;
	t->at += 2;
	return true;
}

static struct usage_slots slots_of(const struct command *row)
{
	struct text rest = text_from(row->args ? row->args : "");
	struct usage_slots s = { .count = 0 };

	while (text_len(&rest) && s.count < SLOTS_MAX) {
		struct usage_slot slot = { .text = text_split(&rest, ' ') };
		bool closed;

		slot.optional = text_skip(&slot.text, '[');
		closed = skip_end(&slot.text, "]");
		slot.repeated = skip_end(&slot.text, "...");
		slot.option = skip_dashes(&slot.text);
		if (slot.option) {
			slot.valued = !closed && text_len(&rest);
			if (slot.valued)
				(void)text_split(&rest, ' ');
		}
		if (text_len(&slot.text))
			s.rows[s.count++] = slot;
	}
	return s;
}

static bool same(const struct text *a, const struct text *b)
{
	return text_len(a) == text_len(b) && memcmp(a->at, b->at, text_len(a)) == 0;
}

static const struct usage_slot *option_find(const struct usage_slots *s,
					    const struct text *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rows[i].option && same(&s->rows[i].text, name))
			return &s->rows[i];
	return NULL;
}

bool usage_takes_value(const struct command *row, const struct text *option)
{
	struct usage_slots s = slots_of(row);
	const struct usage_slot *found = option_find(&s, option);

	return found && found->valued;
}

static void put_usage(struct buffer *why, const struct command *row)
{
	buffer_printf(why, "; usage: %s%s%s", row->name,
		      row->args && *row->args ? " " : "", row->args ? row->args : "");
}

struct usage_names {
	char *texts[SLOTS_MAX];
	size_t count;
};

static const char *name_at(const void *arg, size_t i)
{
	return ((const struct usage_names *)arg)->texts[i];
}

static void put_suggestion(struct buffer *why, const char *word,
			   const struct usage_names *names, const char *dashes)
{
	const char *meant = suggest(word, names->count, name_at, names);

	if (meant)
		buffer_printf(why, "; did you mean '%s%s'?", dashes, meant);
}

static void names_fini(struct usage_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->texts[i]);
}

static int wrong_option(const struct usage_slots *s, const char *arg, struct text name,
			struct buffer *why)
{
	struct usage_names names = { .count = 0 };
	char *word = alloc(text_len(&name) + 1);

	memcpy(word, name.at, text_len(&name));
	for (size_t i = 0; i < s->count; i++)
		if (s->rows[i].option)
			names.texts[names.count++] =
				alloc_format("%.*s", (int)text_len(&s->rows[i].text),
					     s->rows[i].text.at);
	buffer_printf(why, "unknown option '%s'", arg);
	put_suggestion(why, word, &names, "--");
	names_fini(&names);
	free(word);
	return ERR_INVALID;
}

/* Whether the slot lists lower case words to choose from. */
static bool is_choice(const struct text *t)
{
	bool bar = false;

	for (const char *p = t->at; p < t->end; p++) {
		if (*p >= 'A' && *p <= 'Z')
			return false;
		bar |= *p == '|';
	}
	return bar;
}

bool usage_has_choice(const struct command *row, const char *word)
{
	struct usage_slots s = slots_of(row);
	bool found = false;

	for (size_t i = 0; i < s.count; i++) {
		struct text rest = s.rows[i].text;

		if (s.rows[i].option || !is_choice(&rest))
			continue;
		while (text_len(&rest)) {
			struct text one = text_split(&rest, '|');

			found |= text_is(&one, word);
		}
	}
	return found;
}

static int check_choice(const struct usage_slot *slot, const char *arg,
			struct buffer *why)
{
	struct usage_names names = { .count = 0 };
	struct text rest = slot->text;
	bool found = false;

	if (!is_choice(&slot->text))
		return OK;
	while (text_len(&rest) && names.count < SLOTS_MAX) {
		struct text word = text_split(&rest, '|');

		found |= text_is(&word, arg);
		names.texts[names.count++] = alloc_format("%.*s", (int)text_len(&word),
							  word.at);
	}
	if (!found) {
		buffer_printf(why, "'%s' is not one of %.*s", arg,
			      (int)text_len(&slot->text), slot->text.at);
		put_suggestion(why, arg, &names, "");
	}
	names_fini(&names);
	return found ? OK : ERR_INVALID;
}

/* The slot of word number n among the words, or NULL. */
static const struct usage_slot *word_slot(const struct usage_slots *s, size_t n)
{
	const struct usage_slot *last = NULL;

	for (size_t i = 0; i < s->count; i++) {
		if (s->rows[i].option)
			continue;
		last = &s->rows[i];
		if (n-- == 0)
			return last;
	}
	return last && last->repeated ? last : NULL;
}

/* Takes one option; `used` receives the number of its arguments. */
static int check_option(const struct usage_slots *s, const char *const *args,
			size_t count, size_t *used, struct buffer *why)
{
	struct text rest = text_from(args[0] + 2);
	struct text name = text_split(&rest, '=');
	bool inlined = rest.at > name.end;
	const struct usage_slot *slot = option_find(s, &name);

	if (slot == NULL)
		return wrong_option(s, args[0], name, why);
	if (!slot->valued && inlined) {
		buffer_printf(why, "option '--%.*s' takes no value",
			      (int)text_len(&name), name.at);
		return ERR_INVALID;
	}
	*used = slot->valued && !inlined ? 2 : 1;
	if (*used <= count)
		return OK;
	buffer_printf(why, "option '%s' needs a value", args[0]);
	return ERR_INVALID;
}

static int check_all(const struct usage_slots *s, const char *const *args, size_t count,
		     struct buffer *why)
{
	const struct usage_slot *next;
	size_t words = 0;
	size_t used;
	int err = OK;
	bool words_only = false;

	for (size_t i = 0; i < count && err == OK; i += used) {
		used = 1;
		if (!words_only && strcmp(args[i], "--") == 0) {
			words_only = true;
			continue;
		}
		if (!words_only && strncmp(args[i], "--", 2) == 0) {
			err = check_option(s, args + i, count - i, &used, why);
			continue;
		}
		next = word_slot(s, words++);
		if (next) {
			err = check_choice(next, args[i], why);
		} else {
			buffer_printf(why, "unexpected argument '%s'", args[i]);
			err = ERR_INVALID;
		}
	}
	next = err ? NULL : word_slot(s, words);
	if (next && !next->optional && !(next->repeated && words)) {
		buffer_printf(why, "missing argument %.*s", (int)text_len(&next->text),
			      next->text.at);
		err = ERR_INVALID;
	}
	return err;
}

int usage_check(const struct command *row, const char *const *args, size_t count,
		struct buffer *why)
{
	struct usage_slots s = slots_of(row);
	int err = check_all(&s, args, count, why);

	if (err)
		put_usage(why, row);
	return err;
}

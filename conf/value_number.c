#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/log.h"
#include "base/text.h"
#include "conf/value.h"

/* clang-format off */
static const struct {
	const char *name;
	uint32_t ms;
} units[] = {
	{ "d",  86400000 },
	{ "h",  3600000 },
	{ "m",  60000 },
	{ "s",  1000 },
	{ "ms", 1 },
};
/* clang-format on */

enum { UNITS = sizeof units / sizeof *units };

static const uint32_t *unit_find(const struct text *name)
{
	for (size_t i = 0; i < UNITS; i++)
		if (text_is(name, units[i].name))
			return &units[i].ms;
	return NULL;
}

char *duration_format(uint64_t ms, char out[DURATION_TEXT_LEN])
{
	size_t i = 0;

	while (i + 1 < UNITS && (ms == 0 || ms % units[i].ms != 0))
		i++;
	if (ms == 0)
		i = UNITS - 2;
	(void)snprintf(out, DURATION_TEXT_LEN, "%" PRIu64 "%s", ms / units[i].ms,
		       units[i].name);
	return out;
}

/* For "500" instead of a duration: returns the unit with which it is within the limits.
 */
static void report_missing_unit(struct parse *d, const struct setting *s,
				const struct node *n, uint64_t value)
{
	const char *unit = NULL;
	char *meant;

	parse_fault(d, n, "%s has no unit (ms, s, m, h or d)", log_quote(n->text));
	if (value * 1000 >= s->min && value * 1000 <= s->max)
		unit = "s";
	else if (value >= s->min && value <= s->max)
		unit = "ms";
	if (unit == NULL)
		return;
	meant = alloc_format("%" PRIu64 "%s", value, unit);
	parse_suggest(d, meant);
	free(meant);
}

/* "1.5s" must be written 1500ms; `t` is at the point. */
static void report_fraction(struct parse *d, const struct node *n, uint64_t whole,
			    struct text t)
{
	uint64_t thousandths = 0;
	uint64_t place = 100;
	struct text digits;
	const uint32_t *unit;

	(void)text_next(&t);
	digits = text_while(&t, "0123456789");
	for (; text_len(&digits); place /= 10)
		thousandths += (uint64_t)(text_next(&digits) - '0') * place;
	unit = unit_find(&t);
	parse_fault(d, n,
		    "%s is not a duration: use a smaller "
		    "unit instead of a fraction",
		    log_quote(n->text));
	if (unit && whole < 1000000) {
		char meant[DURATION_TEXT_LEN];
		uint64_t ms = whole * *unit + thousandths * *unit / 1000;

		parse_suggest(d, duration_format(ms, meant));
	}
}

static bool read_duration(struct parse *d, const struct setting *s,
			  const struct node *n, uint64_t *out)
{
	struct text t = text_of(n->text, n->len);
	uint64_t value = text_u64(&t, UINT32_MAX);
	const uint32_t *unit;

	if (t.err == ERR_MALFORMED) {
		parse_fault(d, n, "%s is not a duration such as 120s",
			    log_quote(n->text));
		return false;
	}
	if (text_peek(&t) == '.') {
		report_fraction(d, n, value, t);
		return false;
	}
	(void)text_skip_blanks(&t);
	unit = unit_find(&t);
	if (text_len(&t) && !unit) {
		parse_fault(d, n,
			    "%s is not a duration: a number and one of ms, s, m, h, d",
			    log_quote(n->text));
		return false;
	}
	if (!unit && value) {
		report_missing_unit(d, s, n, value);
		return false;
	}
	*out = t.err ? UINT64_MAX : unit ? value * *unit : 0;
	return true;
}

static bool read_ms_in_range(struct parse *d, const struct setting *s,
			     const struct node *n, uint32_t *out)
{
	uint64_t ms;

	if (!read_duration(d, s, n, &ms))
		return false;
	if (ms < s->min || ms > s->max) {
		char min[DURATION_TEXT_LEN];
		char max[DURATION_TEXT_LEN];

		parse_fault(d, n, "'%s' must be from %s to %s, not %s", s->name,
			    duration_format(s->min, min), duration_format(s->max, max),
			    log_quote(n->text));
		return false;
	}
	*out = (uint32_t)ms;
	return true;
}

bool read_ms(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	return read_ms_in_range(d, s, n, to);
}

bool read_s(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	uint32_t ms;

	if (!read_ms_in_range(d, s, n, &ms))
		return false;
	if (ms % 1000) {
		parse_fault(d, n, "'%s' must be a whole number of seconds", s->name);
		return false;
	}
	*(uint32_t *)to = ms / 1000;
	return true;
}

void format_ms(const struct conf *c, const struct setting *s, const void *at,
	       struct buffer *out)
{
	char text[DURATION_TEXT_LEN];

	(void)c;
	(void)s;
	buffer_put_text(out, duration_format(*(const uint32_t *)at, text));
}

void format_s(const struct conf *c, const struct setting *s, const void *at,
	      struct buffer *out)
{
	char text[DURATION_TEXT_LEN];

	(void)c;
	(void)s;
	buffer_put_text(out,
			duration_format(*(const uint32_t *)at * UINT64_C(1000), text));
}

static bool read_number(struct parse *d, const struct setting *s, const struct node *n,
			uint32_t *out)
{
	struct text t = text_of(n->text, n->len);
	uint64_t value = text_u64(&t, UINT32_MAX);

	if (t.err == ERR_MALFORMED || text_len(&t)) {
		parse_fault(d, n, "'%s' must be a number, not %s", s->name,
			    log_quote(n->text));
		return false;
	}
	*out = t.err ? UINT32_MAX : (uint32_t)value;
	return true;
}

bool read_count(struct parse *d, const struct setting *s, const struct node *n,
		void *to)
{
	uint32_t value;

	if (!read_number(d, s, n, &value))
		return false;
	if (value < s->min || value > s->max) {
		parse_fault(d, n, "'%s' must be from %u to %u, not %s", s->name, s->min,
			    s->max, log_quote(n->text));
		return false;
	}
	*(uint32_t *)to = value;
	return true;
}

void format_count(const struct conf *c, const struct setting *s, const void *at,
		  struct buffer *out)
{
	(void)c;
	(void)s;
	buffer_printf(out, "%u", *(const uint32_t *)at);
}

bool read_code(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	uint32_t value;

	if (!read_number(d, s, n, &value))
		return false;
	if (value < 400 || value > 699) {
		parse_fault(d, n,
			    "%s is not a SIP response code from 400 to 699: all others "
			    "always prove life",
			    log_quote(n->text));
		return false;
	}
	*(uint16_t *)to = (uint16_t)value;
	return true;
}

void format_code(const struct conf *c, const struct setting *s, const void *at,
		 struct buffer *out)
{
	(void)c;
	(void)s;
	buffer_printf(out, "%u", *(const uint16_t *)at);
}

bool read_flag(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	static const char *const words[] = { "yes", "no", "true", "false" };
	struct text t = text_of(n->text, n->len);
	bool yes = text_is_nocase(&t, "yes") || text_is_nocase(&t, "true");

	if (!yes && !text_is_nocase(&t, "no") && !text_is_nocase(&t, "false")) {
		parse_fault(d, n, "'%s' must be yes or no, not %s", s->name,
			    log_quote(n->text));
		parse_suggest(d, suggest(n->text, sizeof words / sizeof *words, word_at,
					 words));
		return false;
	}
	*(bool *)to = yes;
	return true;
}

void format_flag(const struct conf *c, const struct setting *s, const void *at,
		 struct buffer *out)
{
	(void)c;
	(void)s;
	buffer_put_text(out, *(const bool *)at ? "yes" : "no");
}

const char *word_at(const void *arg, size_t i)
{
	return ((const char *const *)arg)[i];
}

/* Returns the position of a word, or -1 after a diagnosis that lists all of them. */
static int read_word(struct parse *d, const struct setting *s, const struct node *n)
{
	struct text t = text_of(n->text, n->len);
	struct buffer all = { 0 };
	int count = 0;
	char *list;

	for (; s->words[count]; count++) {
		if (text_is_nocase(&t, s->words[count])) {
			buffer_fini(&all);
			return count;
		}
		buffer_printf(&all, "%s%s", count ? ", " : "", s->words[count]);
	}
	list = buffer_take_text(&all);
	if (report_registrar(d, n))
		goto done;
	parse_fault(d, n, "'%s' must be one of %s, not %s", s->name, list,
		    log_quote(n->text));
	parse_suggest(d, suggest(n->text, (size_t)count, word_at, s->words));
done:
	free(list);
	return -1;
}

bool read_choice(struct parse *d, const struct setting *s, const struct node *n,
		 void *to)
{
	int word = read_word(d, s, n);

	if (word < 0)
		return false;
	*(uint32_t *)to = (uint32_t)word;
	return true;
}

void format_choice(const struct conf *c, const struct setting *s, const void *at,
		   struct buffer *out)
{
	(void)c;
	buffer_put_text(out, s->words[*(const uint32_t *)at]);
}

bool read_either(struct parse *d, const struct setting *s, const struct node *n,
		 void *to)
{
	int word = read_word(d, s, n);

	if (word < 0)
		return false;
	*(bool *)to = word == 1;
	return true;
}

void format_either(const struct conf *c, const struct setting *s, const void *at,
		   struct buffer *out)
{
	(void)c;
	buffer_put_text(out, s->words[*(const bool *)at]);
}

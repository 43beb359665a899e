#include "conf/manual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/notice.h"
#include "conf/pace.h"
#include "conf/setting.h"
#include "conf/value.h"

static char upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

enum { LINE_LEN = 76 };

/* Where a line of at most LINE_LEN octets may end: after a sentence, else at a blank.
 */
static size_t line_end(const char *text)
{
	size_t end = 0;

	for (size_t i = 0; text[i]; i++) {
		if (text[i] != ' ')
			continue;
		if (i > LINE_LEN && end)
			return end;
		end = i;
		if (i > 0 && text[i - 1] == '.')
			return end;
	}
	return end && strlen(text) > LINE_LEN ? end : strlen(text);
}

/* Text as mdoc(7) wants it: each sentence on a line of its own, and no line long. */
static void put_sentences(struct buffer *out, const char *text)
{
	char *copy = alloc_format("%s.", text);
	const char *at = copy;

	copy[0] = upper(copy[0]);
	while (*at) {
		size_t len = line_end(at);

		buffer_put(out, at, len);
		buffer_put_u8(out, '\n');
		at += len + (at[len] == ' ');
	}
	free(copy);
}

static void put_limits(struct buffer *out, const struct setting *s)
{
	char min[DURATION_TEXT_LEN];
	char max[DURATION_TEXT_LEN];

	duration_format(s->min, min);
	duration_format(s->max, max);
	if (s->type == SET_MS || s->type == SET_S)
		buffer_printf(out, ", from %s to %s", min, max);
	else if (s->type == SET_COUNT)
		buffer_printf(out, ", from %u to %u", s->min, s->max);
	else if (s->type == SET_SECRET)
		buffer_printf(out, ", of %u to %u characters", s->min, s->max);
}

static void put_words(struct buffer *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		buffer_printf(out, "%s%s",
			      i == 0         ? ""
			      : words[i + 1] ? ", "
					     : " or ",
			      words[i]);
}

static void put_facts(struct buffer *out, const struct setting *s)
{
	bool list = s->count_at != 0;

	if (s->type == SET_SECTION || s->type == SET_HOSTS) {
		buffer_put_text(out, list && s->type == SET_SECTION
					     ? "A list of mappings (see below)"
				     : list ? "A mapping of names to addresses"
					    : "A mapping (see below)");
	} else if (s->words) {
		buffer_put_text(out, "One of ");
		put_words(out, s->words);
	} else {
		char *what = setting_what(s);

		buffer_printf(out, "%s%s", list ? "One value or a list: " : "",
			      list ? what : "");
		if (!list)
			buffer_printf(out, "%c%s", upper(what[0]), what + 1);
		put_limits(out, s);
		free(what);
	}
	buffer_put_text(out, s->marks & MUST_BE_GIVEN ? "; required.\n" : ".\n");
	if (s->default_text)
		buffer_printf(out, "Default:\n.Li %s .\n", s->default_text);
	if (s->type == SET_SECRET)
		buffer_put_text(out,
				"It is never shown.\nA file holds it as its only line, "
				"and nobody but root and the user of\n.Cm node : user\n"
				"may read it.\n");
	if (s->type == SET_KEY_FILE)
		buffer_put_text(out,
				"Nobody but root and the user of\n"
				".Cm node : user\n"
				"may read it.\nIt is read at the start and at each "
				"reload.\n");
	if (s->marks & AT_START_ONLY)
		buffer_put_text(out, "Changes take effect at the next "
				     "restart, not at a reload.\n");
}

static void put_section(struct buffer *out, const struct section *sec,
			const char *title)
{
	buffer_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", title);
	for (const struct setting *s = sec->settings; s->name; s++) {
		if (s->type == SET_LATER)
			continue;
		buffer_printf(out, ".It Cm %s\n", s->name);
		put_sentences(out, s->help);
		put_facts(out, s);
	}
	buffer_put_text(out, ".El\n");
}

static void put_sections(struct buffer *out, const struct section *sec,
			 const char *above)
{
	for (const struct setting *s = sec->settings; s->name; s++) {
		char *title = alloc_format("%s%s%s", above, *above ? ": " : "",
					   s->name);

		if (s->type == SET_SECTION) {
			put_section(out, s->section, title);
			put_sections(out, s->section, title);
		} else if (s->type == SET_VIEWS) {
			put_section(out, &view_section, title);
		}
		free(title);
	}
}

/* Requests per second at one address while all is well. */
static uint32_t rate_of(const struct conf_probe *p, uint32_t endpoints)
{
	uint32_t rate = 1000 / pace_every_ms(p, endpoints);
	uint32_t most = pace_limit(p) / (PACE_COUNTED_MS / 1000);

	return rate < most ? rate : most;
}

static void put_rates(struct buffer *out)
{
	buffer_put_text(out, ".Bl -column \"profile\" \"1 endpoint\" \"3 endpoints\" "
			     "\"8 endpoints\" \"at most in any 2s\"\n"
			     ".It Sy profile Ta Sy 1 endpoint Ta Sy 3 endpoints Ta "
			     "Sy 8 endpoints Ta Sy at most in any 2s\n");
	for (enum profile p = PROFILE_FAST; p < PROFILES; p++) {
		const struct conf_probe *row = &conf_profiles[p];

		buffer_printf(out, ".It %s Ta %u/s Ta %u/s Ta %u/s Ta ",
			      profile_name(p), rate_of(row, 1), rate_of(row, 3),
			      rate_of(row, 8));
		if (pace_limit(row) == UINT32_MAX)
			buffer_put_text(out, "not limited\n");
		else
			buffer_printf(out, "%u\n", pace_limit(row));
	}
	buffer_put_text(out, ".El\n");
}

static void put_profiles(struct buffer *out)
{
	char text[DURATION_TEXT_LEN];

	buffer_put_text(out, ".Bl -column \"profile\" \"500ms\" \"after-miss\" "
			     "\"timeout\" \"silence\" \"lost\" \"rise\"\n"
			     ".It Sy profile Ta Sy pace Ta Sy after-miss Ta Sy timeout "
			     "Ta Sy silence Ta Sy lost Ta Sy rise\n");
	for (enum profile p = PROFILE_FAST; p < PROFILES; p++) {
		const struct conf_probe *row = &conf_profiles[p];
		const uint32_t ms[] = { row->pace_ms, row->after_miss_ms,
					row->timeout_ms, row->silence_ms };

		buffer_printf(out, ".It %s", profile_name(p));
		for (size_t i = 0; i < sizeof ms / sizeof *ms; i++)
			buffer_printf(out, " Ta %s", duration_format(ms[i], text));
		buffer_printf(out, " Ta %u Ta %u\n", row->lost_count, row->rise_count);
	}
	buffer_put_text(out, ".El\n");
}

static void put_notices(struct buffer *out)
{
	buffer_put_text(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < NOTICES; i++) {
		char *help = alloc_format("%s: %s",
					  notices[i].level == DIAG_NOTE ? "note"
									: "warning",
					  notices[i].help);

		buffer_printf(out, ".It Cm %s\n", notices[i].name);
		put_sentences(out, help);
		free(help);
	}
	buffer_put_text(out, ".El\n");
}

static int put_file(struct buffer *out, const char *folder, const struct text *name)
{
	char *path = alloc_format("%s/%.*s", folder, (int)text_len(name), name->at);
	FILE *in = fopen(path, "re");
	int c;

	free(path);
	if (in == NULL)
		return ERR_NOT_FOUND;
	buffer_put_text(out, ".Bd -literal\n");
	while ((c = fgetc(in)) != EOF)
		if (c == '\\')
			buffer_put_text(out, "\\e");
		else
			buffer_put_u8(out, (uint8_t)c);
	(void)fclose(in);
	buffer_put_text(out, ".Ed\n");
	return OK;
}

int manual_format(const char *template, const char *folder, struct buffer *out)
{
	struct text rest = text_from(template);
	int err = OK;

	while (text_len(&rest) && !err) {
		struct text line = text_split(&rest, '\n');
		struct text words = line;
		struct text word = text_split(&words, ' ');

		if (text_is(&word, "@settings")) {
			put_section(out, &conf_section, "Sections");
			put_sections(out, &conf_section, "");
		} else if (text_is(&word, "@profiles")) {
			put_profiles(out);
		} else if (text_is(&word, "@rates")) {
			put_rates(out);
		} else if (text_is(&word, "@notices")) {
			put_notices(out);
		} else if (text_is(&word, "@file")) {
			err = put_file(out, folder, &words);
		} else {
			buffer_put(out, line.at, text_len(&line));
			buffer_put_u8(out, '\n');
		}
	}
	return err;
}

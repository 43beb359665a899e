/*
 * Each file of tests/conf/planted holds faults, and below each line what is to be told
 * of it, with a caret under its place:
 *
 *	lisen: 192.0.2.1
 *   #^ error: unknown key "lisen" -> listen
 *
 * "#<" stands for the first column, "#!" for the file as a whole. Nothing else may be
 * told of the file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/text.h"
#include "conf/conf.h"
#include "conf/notice.h"
#include "tests/harness.h"

struct expected {
	struct diag_place place;
	char text[160];
	char suggestion[80];
	bool met;
};

struct planted_file {
	char *octets;
	size_t len;
	struct expected rows[64];
	size_t count;
};

static const char folder[] = PLANTED_FOLDER;
static unsigned planted_count, found_count, misspelt_count, suggested_count,
	extra_count, wrong_count;
static uint32_t noticed; /* bit per enum notice */
static unsigned files_count;

static void copy_text(char *out, size_t cap, struct text t)
{
	t = text_trim(t);
	(void)snprintf(out, cap, "%.*s", (int)text_len(&t), t.at);
}

/* "^ error: TEXT -> SUGGESTION" at the mark. */
static void expect(struct planted_file *f, struct text line, uint32_t number)
{
	struct expected *e = &f->rows[f->count];
	const char *start = line.at;
	const char *arrow;
	char mark;

	(void)text_skip_blanks(&line);
	if (!text_skip(&line, '#'))
		return;
	(void)text_skip_blanks(&line);
	mark = (char)text_peek(&line);
	if (mark != '^' && mark != '<' && mark != '!')
		return;
	*e = (struct expected){ .place = { .line = number, .col = 1 } };
	if (mark == '^')
		e->place.col = (uint32_t)(line.at - start) + 1;
	if (mark == '!')
		e->place = (struct diag_place){ .line = 0 };
	(void)text_next(&line);
	arrow = memmem(line.at, text_len(&line), " -> ", 4);
	if (arrow)
		copy_text(e->suggestion, sizeof e->suggestion,
			  text_of(arrow + 4, (size_t)(line.end - arrow) - 4));
	copy_text(e->text, sizeof e->text,
		  text_of(line.at, (size_t)((arrow ? arrow : line.end) - line.at)));
	if (f->count + 1 < sizeof f->rows / sizeof *f->rows)
		f->count++;
}

static void read_expectations(struct planted_file *f)
{
	struct text rest = text_of(f->octets, f->len);
	uint32_t number = 0;
	uint32_t planted = 0;

	while (text_len(&rest)) {
		struct text line = text_split(&rest, '\n');
		size_t was = f->count;

		number++;
		expect(f, line, planted);
		if (f->count == was)
			planted = number;
	}
}

static void file_read(struct planted_file *f, const char *path)
{
	FILE *in = fopen(path, "re");

	*f = (struct planted_file){ .octets = malloc(1 << 16) };
	if (in == NULL || f->octets == NULL)
		abort();
	f->len = fread(f->octets, 1, 1 << 16, in);
	(void)fclose(in);
	read_expectations(f);
}

/* Remembers that a warning or note was seen; it must be in the table. */
static void note_name(const struct diag *d)
{
	size_t i = 0;

	while (i < NOTICES &&
	       (d->name == NULL || strcmp(notices[i].name, d->name) != 0))
		i++;
	CU_ASSERT_EQUAL(i < NOTICES, d->level != DIAG_ERROR);
	if (i == NOTICES)
		return;
	CU_ASSERT_EQUAL(notices[i].level, d->level);
	noticed |= 1U << i;
}

static struct expected *expectation_of(struct planted_file *f, const struct diag *d)
{
	static const char *const levels[] = { "error: ", "warning: ", "note: " };
	size_t len = strlen(levels[d->level]);

	for (size_t i = 0; i < f->count; i++) {
		struct expected *e = &f->rows[i];

		if (!e->met && e->place.line == d->place.line &&
		    e->place.col == d->place.col &&
		    strncmp(e->text, levels[d->level], len) == 0 &&
		    strstr(d->text, e->text + len))
			return e;
	}
	return NULL;
}

static void compare(struct planted_file *f, const struct diags *diags, const char *name)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct diag *d = &diags->rows[i];
		struct expected *e = expectation_of(f, d);
		const char *suggestion = d->suggestion ? d->suggestion : "";

		note_name(d);
		if (e == NULL) {
			extra_count++;
			printf("# %s:%u:%u: not expected: %s -> %s\n", name,
			       d->place.line, d->place.col, d->text, suggestion);
			continue;
		}
		e->met = true;
		if (e->suggestion[0] && strcmp(e->suggestion, suggestion) == 0)
			suggested_count++;
		else if (strcmp(e->suggestion, suggestion) != 0) {
			wrong_count++;
			printf("# %s:%u:%u: suggests '%s', not '%s'\n", name,
			       d->place.line, d->place.col, suggestion, e->suggestion);
		}
	}
	for (size_t i = 0; i < f->count; i++) {
		planted_count++;
		found_count += f->rows[i].met;
		misspelt_count += f->rows[i].suggestion[0] != '\0';
		if (!f->rows[i].met)
			printf("# %s:%u:%u: not told: %s\n", name,
			       f->rows[i].place.line, f->rows[i].place.col,
			       f->rows[i].text);
	}
}

static void check_file(const char *name)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;
	struct planted_file f;
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	file_read(&f, path);
	(void)conf_parse(name, guarded(f.octets, f.len), f.len, &diags, &c);
	CU_ASSERT_EQUAL(c == NULL, diags.error_count > 0);
	compare(&f, &diags, name);
	files_count++;
	conf_free(c);
	diags_fini(&diags);
	free(f.octets);
}

static void every_planted_fault_is_told(void)
{
	DIR *dir = opendir(folder);

	CU_ASSERT_PTR_NOT_NULL(dir);
	if (dir == NULL)
		return;
	for (struct dirent *e = readdir(dir); e; e = readdir(dir))
		if (e->d_name[0] != '.')
			check_file(e->d_name);
	(void)closedir(dir);
	printf("# %u of %u planted faults told at their place, %u of %u suggestions "
	       "right, %u told besides, %u files\n",
	       found_count, planted_count, suggested_count, misspelt_count, extra_count,
	       files_count);
	CU_ASSERT_TRUE(planted_count >= 100);
	CU_ASSERT_EQUAL(found_count, planted_count);
	CU_ASSERT_EQUAL(extra_count, 0);
	CU_ASSERT_TRUE(misspelt_count >= 30);
	CU_ASSERT_EQUAL(suggested_count, misspelt_count);
	CU_ASSERT_EQUAL(wrong_count, 0);
}

/* Some depend on the host, or on who asks, not on the text. */
static void every_warning_and_note_is_planted(void)
{
	static const uint32_t of_host = 1U << NOTICE_ADDRESS_MISSING |
					1U << NOTICE_FILE_MISSING |
					1U << NOTICE_SECRET_READABLE |
					1U << NOTICE_SECRET_UNREAD |
					1U << NOTICE_USER_MISSING;

	for (unsigned i = 0; i < NOTICES; i++)
		if (!(noticed & 1U << i) == !(of_host & 1U << i)) {
			printf("# %s is not planted\n", notices[i].name);
			CU_FAIL("a warning or note that no planted file shows");
		}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "every planted fault is told", every_planted_fault_is_told },
		{ "every warning and note is planted",
		  every_warning_and_note_is_planted },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/planted", tests);
}

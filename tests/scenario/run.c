/*
 * Plays scenario files: what happens to a node, and what it answers then.
 *
 *   run FILE...
 *
 * tests/scenario/README.md tells the words. Prints TAP, a line for each scenario.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/text.h"
#include "tests/scenario/words.h"

enum { LINES_MAX = 2000 };

/* One file, cut into lines without their ends. */
struct file {
	const char *path;
	char *text;
	char *lines[LINES_MAX];
	size_t count;
};

static int load(const char *path, struct file *out)
{
	FILE *in = fopen(path, "re");
	struct buffer b = { 0 };
	size_t got;

	if (in == NULL)
		return ERR_SYSTEM;
	do {
		got = fread(buffer_reserve(&b, 4096), 1, 4096, in);
		b.len += got;
	} while (got);
	(void)fclose(in);
	*out = (struct file){ .path = path, .text = buffer_take_text(&b) };
	for (char *at = out->text; at && out->count < LINES_MAX;) {
		char *end = strchr(at, '\n');

		if (end)
			*end = '\0';
		out->lines[out->count++] = at;
		at = end ? end + 1 : NULL;
	}
	return OK;
}

/* Takes the lines below `conf`, which are indented, into the scenario. */
static size_t take_conf(const struct file *f, size_t at, struct scene *scene)
{
	struct buffer b = { 0 };

	for (; at < f->count && (f->lines[at][0] == '\t' || f->lines[at][0] == '\0');
	     at++)
		buffer_printf(&b, "%s\n", f->lines[at][0] ? f->lines[at] + 1 : "");
	free(scene->conf);
	scene->conf = buffer_take_text(&b);
	return at;
}

/* What stands between `repeat` and `end`. */
struct loop_mark {
	size_t from;
	unsigned left;
};

static size_t turn(struct loop_mark *mark, size_t at)
{
	if (mark->left && --mark->left)
		return mark->from;
	return at + 1;
}

/* Plays one scenario's lines; returns where the next one begins. */
static size_t play(const struct file *f, size_t at, struct scene *scene)
{
	struct loop_mark mark = { 0 };

	while (at < f->count && strncmp(f->lines[at], "scenario ", 9) != 0) {
		const char *line = f->lines[at];

		if (strcmp(line, "conf") == 0) {
			at = take_conf(f, at + 1, scene);
			continue;
		}
		if (strcmp(line, "end") == 0) {
			at = turn(&mark, at);
			continue;
		}
		if (strncmp(line, "repeat ", 7) == 0)
			mark = (struct loop_mark){
				at + 1, (unsigned)strtoul(line + 7, NULL, 10)
			};
		else if (line[0] && line[0] != '#')
			words_do(scene, line, f->path, at + 1);
		at++;
	}
	return at;
}

static unsigned play_file(const struct file *f, unsigned *number)
{
	struct scene scene = { 0 };
	size_t at = play(f, 0, &scene); /* what all of them share */
	char *shared = scene.conf;
	unsigned failed = 0;

	scene.conf = NULL;
	while (at < f->count) {
		const char *title = f->lines[at] + 9;

		scene = (struct scene){ .conf = shared ? alloc_text(shared) : NULL };
		at = play(f, at + 1, &scene);
		failed += scene.failed;
		(void)printf("%sok %u - %s\n", scene.failed ? "not " : "", ++*number,
			     title);
		stand_free(scene.stand);
		free(scene.conf);
	}
	free(shared);
	return failed;
}

int main(int argc, char **argv)
{
	unsigned number = 0, failed = 0;

	(void)setenv("TZ", "UTC", 1); /* of windows of the day */
	for (int i = 1; i < argc; i++) {
		struct file *f = alloc(sizeof(*f));

		if (load(argv[i], f)) {
			perror(argv[i]);
			return 2;
		}
		failed += play_file(f, &number);
		free(f->text);
		free(f);
	}
	(void)printf("1..%u\n", number);
	return failed != 0;
}

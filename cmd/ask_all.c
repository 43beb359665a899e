/* What all processes of the node are asked: `deputy status` and `deputy metrics`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/commands.h"
#include "cmd/render.h"

enum { PARTS_MAX = 4 };

/* What one process answered. */
struct part {
	const struct command_table *table;
	char *answer;             /* NULL: none */
	enum exit_status fetched; /* why not */
};

struct parts {
	struct part rows[PARTS_MAX];
	size_t count;
	bool runs; /* any of them */
};

/* Whether the process of a table has this command. */
static bool serves(const struct command_table *t, const char *name)
{
	for (const struct command *row = t->rows; t->socket && row->name; row++)
		if (strcmp(row->name, name) == 0)
			return true;
	return false;
}

/* Queries all processes that have the command; those that need not run are left out. */
static void parts_fetch(struct parts *all, struct cli *c, const char *command)
{
	*all = (struct parts){ 0 };
	for (const struct command_table *t = command_tables; t->rows; t++) {
		struct part *p = &all->rows[all->count];

		if (!serves(t, command) || all->count == PARTS_MAX)
			continue;
		*p = (struct part){ .table = t };
		p->fetched = cli_fetch(c, t->socket, command, NULL, 0, &p->answer);
		if (t->optional && (p->fetched == EXIT_NOT_RUNNING ||
				    p->fetched == EXIT_DENIED)) /* perhaps it is not */
			continue;
		all->runs |= p->fetched != EXIT_NOT_RUNNING;
		all->count++;
	}
}

static void parts_fini(struct parts *all)
{
	for (size_t i = 0; i < all->count; i++)
		free(all->rows[i].answer);
}

/* The worst that is said, or that some or all of them do not answer. */
static enum exit_status parts_status(const struct parts *all)
{
	enum exit_status said = EXIT_DONE;
	enum exit_status missing = EXIT_DONE;
	size_t good_count = 0;

	for (size_t i = 0; i < all->count; i++) {
		const struct part *p = &all->rows[i];
		int status = p->answer ? render_status(p->answer) : 0;

		good_count += p->answer != NULL;
		if (p->answer == NULL)
			missing = p->fetched;
		if (status == EXIT_NEGATIVE || (status > 0 && said == EXIT_DONE))
			said = (enum exit_status)status;
	}
	if (good_count == 0)
		return missing;
	return missing && said != EXIT_NEGATIVE ? EXIT_PARTIAL : said;
}

static const char *reason_of(enum exit_status status)
{
	if (status == EXIT_TIMED_OUT)
		return "did not answer in time";
	return status == EXIT_DENIED ? "permission denied" : "is not running";
}

/* Between a process and its answer, or what keeps it from giving one. */
static const char *colon_of(enum exit_status status)
{
	return status == EXIT_DONE ? ":" : status == EXIT_DENIED ? ": " : " ";
}

/* What deputy-dns says of its live names, and who does not answer. */
static char *parts_summary(const struct cli *c, const struct parts *all)
{
	struct buffer out = { 0 };
	char *said = NULL;
	bool mute = false;

	if (!all->runs && !cli_knows_run_dir(c))
		return alloc_text("how live names are answered is not known: the "
				  "configuration cannot be used");
	if (!all->runs)
		return alloc_text("deputy is not running: this node answers no query");
	for (size_t i = 0; i < all->count; i++) {
		const struct part *p = &all->rows[i];

		if (p->answer && !said)
			said = render_member(p->answer, "summary");
		mute |= p->fetched == EXIT_NOT_RUNNING &&
			strcmp(p->table->process, "deputy-dns") == 0;
	}
	buffer_put_text(&out, said   ? said
			      : mute ? "this node answers no query"
				     : "how live names are answered is not known");
	free(said);
	for (size_t i = 0; i < all->count; i++)
		if (all->rows[i].answer == NULL)
			buffer_printf(&out, "; %s%s%s", all->rows[i].table->process,
				      colon_of(all->rows[i].fetched),
				      reason_of(all->rows[i].fetched));
	return buffer_take_text(&out);
}

/* Prints member "text", into a file or a pipe as it is; processes that do not answer
 * are reported on standard error. */
static void print_text(const struct part *p)
{
	char *text = p->answer ? render_member(p->answer, "text") : NULL;

	if (text && isatty(STDOUT_FILENO))
		cli_write(stdout, text_from(text));
	else if (text)
		fputs(text, stdout);
	else
		(void)cli_fail(p->fetched, "%s%s%s", p->table->process,
			       colon_of(p->fetched), reason_of(p->fetched));
	free(text);
}

static void print_json(const struct part *p)
{
	printf("\"%s\":", p->table->process);
	if (p->answer)
		fputs(p->answer, stdout);
	else
		printf("{\"error\":\"%s\",\"status\":%d}", reason_of(p->fetched),
		       (int)p->fetched);
}

enum exit_status cli_metrics_of_all(struct cli *c)
{
	enum exit_status status;
	struct parts all;

	parts_fetch(&all, c, c->row->name);
	if (c->json)
		putchar('{');
	for (size_t i = 0; i < all.count; i++) {
		if (c->json && i > 0)
			putchar(',');
		if (c->json)
			print_json(&all.rows[i]);
		else
			print_text(&all.rows[i]);
	}
	if (c->json)
		puts("}");
	status = all.runs ? parts_status(&all) : cli_say_how_to_start(c);
	parts_fini(&all);
	return status;
}

/* The sentence and the status, then what each process says. */
static void status_json(const struct parts *all, const char *summary,
			enum exit_status status)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);

	json_object(&j, NULL);
	json_text(&j, "summary", summary);
	json_int(&j, "status", (int)status);
	printf("%.*s", (int)out.len, (const char *)out.octets);
	for (size_t i = 0; i < all->count; i++) {
		putchar(',');
		print_json(&all->rows[i]);
	}
	puts("}");
	buffer_fini(&out);
}

static void status_text(const struct cli *c, const struct parts *all,
			const char *summary)
{
	size_t shown_count = all->runs || cli_knows_run_dir(c) ? all->count : 0;

	cli_print_text(c, summary, 0);
	for (size_t i = 0; i < shown_count; i++) {
		const struct part *p = &all->rows[i];

		printf("\n%s%s%s\n", p->table->process, colon_of(p->fetched),
		       p->answer ? "" : reason_of(p->fetched));
		if (p->answer)
			(void)cli_print_answer(c, p->answer);
	}
}

enum exit_status cli_status(struct cli *c)
{
	enum exit_status status;
	struct parts all;
	char *summary;

	parts_fetch(&all, c, c->row->name);
	summary = parts_summary(c, &all);
	if (!c->json)
		status_text(c, &all, summary);
	status = all.runs ? parts_status(&all) : cli_say_how_to_start(c);
	if (c->json)
		status_json(&all, summary, status);
	free(summary);
	parts_fini(&all);
	return status;
}

char *cli_summary(struct cli *c, enum exit_status *status)
{
	struct parts all;
	char *summary;

	parts_fetch(&all, c, "status");
	summary = parts_summary(c, &all);
	*status = parts_status(&all);
	parts_fini(&all);
	return summary;
}

#include "cmd/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "cmd/terminal.h"
#include "tests/harness.h"

enum { CELLS_MAX = 32 };

/* Keys, which are the headings too, and the cells of the rows; NULL-terminated. */
struct sheet {
	const char *keys[8];
	const char *cells[CELLS_MAX];
};

static void below(void *arg, size_t row, struct buffer *out)
{
	const bool *wanted = arg;

	if (wanted && *wanted)
		buffer_printf(out, "below %zu\n", row);
}

static char *put(const struct sheet *s, struct terminal on, size_t indent, void *arg)
{
	struct table t = { 0 };
	struct buffer out = { 0 };
	size_t count = 0;

	while (s->keys[t.column_count]) {
		t.keys[t.column_count] = s->keys[t.column_count];
		t.column_count++;
	}
	while (s->cells[count])
		count++;
	table_init(&t, 1 + count / t.column_count);
	for (size_t i = 0; i < t.column_count; i++)
		t.cells[i] = alloc_text(s->keys[i]);
	for (size_t i = 0; i < count; i++)
		t.cells[t.column_count + i] = alloc_text(s->cells[i]);
	table_put(&t, &on, indent, &out, below, arg);
	table_fini(&t);
	return buffer_take_text(&out);
}

static void expect(const struct sheet *s, size_t width, const char *shown)
{
	char *text = put(s, (struct terminal){ .width = width }, 0, NULL);

	CU_ASSERT_STRING_EQUAL(text, shown);
	free(text);
}

static const struct sheet list = {
	{ "pbx", "state", "profile", "cause", "generation", NULL },
	{ "berlin", "down", "lan", "options/udp timeout x10 and more", "4711", "hq",
	  "up", "lan", "", "7", NULL },
};

static void wide_terminal_shows_everything(void)
{
	static const char whole[] =
		"pbx     state  profile  cause                             generation\n"
		"berlin  down   lan      options/udp timeout x10 and more  4711\n"
		"hq      up     lan                                        7\n";

	expect(&list, 0, whole);
	expect(&list, 68, whole);
}

static void little_matters_gives_way_before_a_text_is_wrapped(void)
{
	expect(&list, 67,
	       "pbx     state  profile  cause\n"
	       "berlin  down   lan      options/udp timeout x10 and more\n"
	       "hq      up     lan\n"
	       "(not shown at this width: generation)\n");
	expect(&list, 50,
	       "pbx     state  cause\n"
	       "berlin  down   options/udp timeout x10 and more\n"
	       "hq      up\n"
	       "(not shown at this width: profile, generation)\n");
}

static void a_text_is_wrapped_and_then_goes_below(void)
{
	expect(&list, 40,
	       "pbx     state  cause\n"
	       "berlin  down   options/udp timeout x10\n"
	       "               and more\n"
	       "hq      up\n"
	       "(not shown at this width: profile,\n"
	       "generation)\n");
	expect(&list, 30,
	       "pbx     state\n"
	       "berlin  down\n"
	       "    cause: options/udp timeout\n"
	       "    x10 and more\n"
	       "hq      up\n"
	       "(not shown at this width:\n"
	       "profile, generation)\n");
}

static void a_text_of_many_lines_goes_below(void)
{
	static const struct sheet answers = {
		{ "at", "pbx", "answers", NULL },
		{ "14:03:07", "berlin",
		  "a.wildixin.com./- berlin->hq, b.wildixin.com./- berlin->hq, "
		  "c.wildixin.com./- berlin->hq",
		  NULL },
	};

	expect(&answers, 38,
	       "at        pbx\n"
	       "14:03:07  berlin\n"
	       "    answers: a.wildixin.com./-\n"
	       "    berlin->hq, b.wildixin.com./-\n"
	       "    berlin->hq, c.wildixin.com./-\n"
	       "    berlin->hq\n");
}

static void even_names_are_wrapped_where_nothing_else_gives_way(void)
{
	static const struct sheet names = {
		{ "name", "site", "answer", NULL },
		{ "a-long-name.wildixin.com.", "berlin", "headquarters", NULL },
	};

	expect(&names, 40,
	       "name                site    answer\n"
	       "a-long-name.wildix  berlin  headquarters\n"
	       "in.com.\n");
}

static void empty_columns_go_first_and_are_not_missed(void)
{
	static const struct sheet notes = {
		{ "pbx", "state", "notes", "hung", NULL },
		{ "berlin", "down", "", "2", "hq", "up", "-", "0", NULL },
	};

	expect(&notes, 28,
	       "pbx     state  notes  hung\n"
	       "berlin  down          2\n"
	       "hq      up     -      0\n");
	expect(&notes, 20,
	       "pbx     state  hung\n"
	       "berlin  down   2\n"
	       "hq      up     0\n");
}

static void columns_of_the_terminal_are_counted(void)
{
	static const struct sheet wide = {
		{ "pbx", "cause", "state", NULL },
		{ "\xe6\x9d\xb1\xe4\xba\xac", /* two characters, each two columns */
		  "z\xc3\xbcrich z\xc3\xbcrich z\xc3\xbcrich z\xc3\xbcrich", "up", "hq",
		  "-", "down", NULL },
	};

	expect(&wide, 0,
	       "pbx   cause                        state\n"
	       "\xe6\x9d\xb1\xe4\xba\xac  z\xc3\xbcrich z\xc3\xbcrich z\xc3\xbcrich "
	       "z\xc3\xbcrich  up\n"
	       "hq    -                            down\n");
	expect(&wide, 29,
	       "pbx   cause             state\n"
	       "\xe6\x9d\xb1\xe4\xba\xac  z\xc3\xbcrich z\xc3\xbcrich     up\n"
	       "      z\xc3\xbcrich z\xc3\xbcrich\n"
	       "hq    -                 down\n");
}

static void indented_tables_fit_too(void)
{
	char *text = put(&list, (struct terminal){ .width = 54 }, 6, &(bool){ true });

	CU_ASSERT_STRING_EQUAL(
		text, "      pbx     state  cause\n"
		      "      berlin  down   options/udp timeout x10 and more\n"
		      "below 1\n"
		      "      hq      up\n"
		      "below 2\n"
		      "      (not shown at this width: profile, generation)\n");
	free(text);
}

static void states_have_colours_and_headings_have_none(void)
{
	static const struct sheet states = {
		{ "state", "name", NULL },
		{ "up", "down", "forced down", "up", "held", "x", "odd", "y", NULL },
	};
	char *text = put(&states, (struct terminal){ .colours = true }, 0, NULL);

	CU_ASSERT_STRING_EQUAL(text, "state        name\n"
				     "\x1b[32mup\x1b[0m           down\n"
				     "\x1b[31mforced down\x1b[0m  up\n"
				     "\x1b[33mheld\x1b[0m         x\n"
				     "odd          y\n");
	free(text);
	CU_ASSERT_STRING_EQUAL(table_colour("to", "draining"), "\x1b[33m");
	CU_ASSERT_STRING_EQUAL(table_colour("verdict", "BAD"), "\x1b[31m");
	CU_ASSERT_PTR_NULL(table_colour("name", "up"));
	CU_ASSERT_PTR_NULL(table_colour("state", "uppish"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a wide terminal shows everything", wide_terminal_shows_everything },
		{ "what matters little gives way before a text is wrapped",
		  little_matters_gives_way_before_a_text_is_wrapped },
		{ "a text is wrapped and then goes below",
		  a_text_is_wrapped_and_then_goes_below },
		{ "a text of many lines goes below", a_text_of_many_lines_goes_below },
		{ "even names are wrapped where nothing else gives way",
		  even_names_are_wrapped_where_nothing_else_gives_way },
		{ "empty columns go first and are not missed",
		  empty_columns_go_first_and_are_not_missed },
		{ "columns of the terminal are counted, not octets",
		  columns_of_the_terminal_are_counted },
		{ "indented tables fit, too", indented_tables_fit_too },
		{ "states have colours and headings have none",
		  states_have_colours_and_headings_have_none },
		CU_TEST_INFO_NULL,
	};

	return suite_run("cmd/table", tests);
}

#include "cmd/table.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/rune.h"
#include "base/text.h"
#include "cmd/terminal.h"

enum {
	GAP = 2,       /* between two columns */
	TEXT_MIN = 16, /* a text is not wrapped into less, */
	TEXT_ENOUGH = 48,
	TEXT_LINES = 4, /* nor into more lines unless they are so long */
	SQUEEZED_MIN = 8,
	BELOW_INDENT = 4,
	RANK_OF_OTHERS = 3,
	RANK_OF_LITTLE = 7, /* from here on, left out before a text is wrapped */
	RANK_OF_EMPTY = UINT8_MAX,
	LONG_TEXT = 24 /* of a column that is not listed: it may be wrapped */
};

/* clang-format off */
/* How columns give way: the highest rank first; never those of rank 0. A text is
 * wrapped and then moved below its row, all else is left out. */
static const struct {
	const char *key;
	uint8_t rank;
	bool text;
} columns[] = {
	/* which row it is, and how it is */
	{ "pbx",          0, false },
	{ "name",         0, false },
	{ "live",         0, false },
	{ "zone",         0, false },
	{ "site",         0, false },
	{ "member",       0, false },
	{ "transport",    0, false },
	{ "address",      0, false },
	{ "endpoint",     0, false },
	{ "at",           0, false },
	{ "ms",           0, false },
	{ "state",        0, false },
	{ "from",         0, false },
	{ "to",           0, false },
	{ "answer",       0, false },
	{ "is",           0, false },
	{ "if_dead",      0, false },
	{ "now",          0, false },
	{ "then",         0, false },
	{ "what",         1, false },
	/* why */
	{ "cause",        2, true },
	{ "reason",       2, true },
	{ "because",      2, true },
	{ "error",        2, true },
	{ "networks",     2, true },
	{ "answers",      3, true },
	{ "hooks",        3, true },
	{ "file",         4, true },
	{ "note",         2, true },
	{ "notes",        2, true },
	{ "since",        3, false },
	{ "since_ms",     3, false },
	{ "role",         3, false },
	{ "home",         3, false },
	{ "endpoints",    4, false },
	{ "pid",          4, false },
	/* numbers, and what mostly is the same in all rows */
	{ "author",       5, false },
	{ "hung",         5, false },
	{ "serial",       5, false },
	{ "rtt_us",       5, false },
	{ "frozen",       6, false },
	{ "detection_ms", 6, false },
	{ "starts",       6, false },
	{ "loaded",       6, false },
	{ "lost",         6, false },
	{ "records",      7, false },
	{ "probes",       7, false },
	{ "workers",      7, false },
	{ "rtt_p99_us",   8, false },
	{ "profile",      8, false },
	{ "octets",       8, false },
	{ "seq",          9, false },
	{ "generation",   9, false },
};

#define RED    "\x1b[31m"
#define GREEN  "\x1b[32m"
#define YELLOW "\x1b[33m"

static const struct {
	const char *word;
	const char *colour;
} words[] = {
	{ "up",           GREEN },
	{ "alive",        GREEN },
	{ "running",      GREEN },
	{ "ok",           GREEN },
	{ "good",         GREEN },
	{ "down",         RED },
	{ "dead",         RED },
	{ "forced down",  RED },
	{ "stopped",      RED },
	{ "back-off",     RED },
	{ "SERVFAIL",     RED },
	{ "BAD",          RED },
	{ "draining",     YELLOW },
	{ "forced drain", YELLOW },
	{ "forced up",    YELLOW },
	{ "undecided",    YELLOW },
	{ "frozen",       YELLOW },
	{ "held",         YELLOW },
	{ "held by hand", YELLOW },
	{ "starting",     YELLOW },
	{ "last good",    YELLOW },
	{ "note",         YELLOW },
};
/* clang-format on */

const char *table_colour(const char *key, const char *value)
{
	static const char *const states[] = { "state", "probes", "from", "to",
					      "verdict" };
	bool is_state = false;

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		is_state |= strcmp(key, states[i]) == 0;
	for (size_t i = 0; is_state && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(value, words[i].word) == 0)
			return words[i].colour;
	return NULL;
}

void table_init(struct table *t, size_t row_count)
{
	t->row_count = row_count;
	t->cells = alloc_array(row_count * t->column_count, sizeof(*t->cells));
}

void table_fini(struct table *t)
{
	for (size_t i = 0; i < t->row_count * t->column_count; i++)
		free(t->cells[i]);
	free(t->cells);
}

/* How one column is laid out. */
struct column_layout {
	size_t natural, least, width;
	uint8_t rank;
	bool text;
	enum { BESIDE, BELOW, LEFT_OUT } place;
};

struct table_layout {
	const struct table *table;
	const struct terminal *on;
	size_t indent;
	struct column_layout columns[TABLE_COLUMNS_MAX];
};

static const char *cell_at(const struct table *t, size_t row, size_t column)
{
	return t->cells[row * t->column_count + column];
}

static size_t natural_width(const struct table *t, size_t column)
{
	size_t most = 0;

	for (size_t row = 0; row < t->row_count; row++) {
		size_t width = rune_columns(text_from(cell_at(t, row, column)));

		most = width > most ? width : most;
	}
	return most;
}

static bool is_blank(const char *value)
{
	return *value == '\0' || strcmp(value, "-") == 0;
}

static bool is_empty(const struct table *t, size_t column)
{
	for (size_t row = 1; row < t->row_count; row++)
		if (!is_blank(cell_at(t, row, column)))
			return false;
	return true;
}

static size_t least_of_text(size_t natural)
{
	size_t least = natural / TEXT_LINES;

	if (least > TEXT_ENOUGH)
		least = TEXT_ENOUGH;
	if (least < TEXT_MIN)
		least = TEXT_MIN;
	return least < natural ? least : natural;
}

static struct column_layout column_begin(const struct table *t, size_t column)
{
	struct column_layout c = { .natural = natural_width(t, column),
				   .rank = RANK_OF_OTHERS };

	c.text = c.natural > LONG_TEXT;
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (strcmp(columns[i].key, t->keys[column]) == 0) {
			c.rank = columns[i].rank;
			c.text = columns[i].text;
		}
	if (c.rank && is_empty(t, column))
		c.rank = RANK_OF_EMPTY;
	c.least = c.text ? least_of_text(c.natural) : c.natural;
	c.width = c.natural;
	return c;
}

/* Columns of the terminal that a line takes. wrapped: at least */
static size_t line_width(const struct table_layout *l, bool wrapped)
{
	size_t width = l->indent;
	size_t count = 0;

	for (size_t i = 0; i < l->table->column_count; i++) {
		const struct column_layout *c = &l->columns[i];

		if (c->place == BESIDE) {
			width += wrapped ? c->least : c->natural;
			count++;
		}
	}
	return width + (count ? GAP * (count - 1) : 0);
}

/* The column that gives way next, of equal ones the last; NULL: none of that rank. */
static struct column_layout *find_least(struct table_layout *l, uint8_t rank)
{
	struct column_layout *found = NULL;

	for (size_t i = 0; i < l->table->column_count; i++) {
		struct column_layout *c = &l->columns[i];

		if (c->place == BESIDE && c->rank >= rank &&
		    (!found || c->rank >= found->rank))
			found = c;
	}
	return found;
}

/* Even names are wrapped where nothing else can give way. */
static void squeeze(struct table_layout *l)
{
	for (size_t i = 0; i < l->table->column_count; i++) {
		struct column_layout *c = &l->columns[i];

		c->text = true;
		if (c->least > SQUEEZED_MIN)
			c->least = SQUEEZED_MIN;
	}
}

/* Gives the columns that are wrapped what room is left, in turns. */
static void share(struct table_layout *l)
{
	size_t least = line_width(l, true);
	size_t left = l->on->width > least ? l->on->width - least : 0;
	bool given = true;

	for (size_t i = 0; i < l->table->column_count; i++)
		l->columns[i].width = l->columns[i].least;
	while (left && given) {
		given = false;
		for (size_t i = 0; i < l->table->column_count && left; i++) {
			struct column_layout *c = &l->columns[i];

			if (c->place != BESIDE || c->width >= c->natural)
				continue;
			c->width++;
			left--;
			given = true;
		}
	}
}

static void lay_out(struct table_layout *l)
{
	struct column_layout *c;

	for (size_t i = 0; i < l->table->column_count; i++)
		l->columns[i] = column_begin(l->table, i);
	if (l->on->width == 0)
		return;
	while (line_width(l, false) > l->on->width &&
	       (c = find_least(l, RANK_OF_LITTLE)))
		c->place = LEFT_OUT;
	while (line_width(l, true) > l->on->width && (c = find_least(l, 1)))
		c->place = c->text ? BELOW : LEFT_OUT;
	if (line_width(l, true) > l->on->width)
		squeeze(l);
	share(l);
}

/* Takes what of a text fits into one line. */
static struct text take_line(struct text *rest, size_t width)
{
	struct text line = *rest;
	const char *blank = NULL;
	size_t len = rune_fit_columns(*rest, width);
	uint32_t rune;

	if (len == text_len(rest)) {
		rest->at = rest->end;
		return line;
	}
	if (len == 0 && (len = rune_read(rest, &rune)) == 0)
		len = 1;
	for (const char *p = rest->at; p <= rest->at + len; p++)
		if (*p == ' ')
			blank = p;
	line.end = blank && blank > rest->at ? blank : rest->at + len;
	rest->at = line.end;
	while (text_skip(rest, ' '))
		;
	return line;
}

static void put_blanks(struct buffer *out, size_t count)
{
	while (count--)
		buffer_put_u8(out, ' ');
}

/* Blanks at the end of a line are not for anybody. */
static void end_line(struct buffer *out, size_t begin)
{
	while (out->len > begin && out->octets[out->len - 1] == ' ')
		out->len--;
	buffer_put_text(out, "\n");
}

static void put_part(const struct table_layout *l, struct buffer *out, const char *key,
		     const char *value, struct text part)
{
	const char *colour = l->on->colours ? table_colour(key, value) : NULL;

	if (colour && text_len(&part))
		buffer_put_text(out, colour);
	buffer_put(out, part.at, text_len(&part));
	if (colour && text_len(&part))
		buffer_put_text(out, TABLE_COLOUR_END);
}

/* One line of a row. Returns whether there are more. */
static bool put_line(const struct table_layout *l, struct buffer *out, size_t row,
		     struct text rests[TABLE_COLUMNS_MAX])
{
	const struct table *t = l->table;
	size_t begin = out->len;
	size_t blanks = l->indent;
	bool more = false;

	for (size_t i = 0; i < t->column_count; i++) {
		const struct column_layout *c = &l->columns[i];
		struct text part;

		if (c->place != BESIDE)
			continue;
		part = take_line(&rests[i], c->width);
		put_blanks(out, blanks);
		put_part(l, out, row ? t->keys[i] : "", cell_at(t, row, i), part);
		blanks = c->width - rune_columns(part) + GAP;
		more |= text_len(&rests[i]) > 0;
	}
	end_line(out, begin);
	return more;
}

/* The cells side by side, in as many lines as the longest needs. */
static void put_beside(const struct table_layout *l, struct buffer *out, size_t row)
{
	struct text rests[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < l->table->column_count; i++)
		rests[i] = text_from(cell_at(l->table, row, i));
	while (put_line(l, out, row, rests))
		;
}

/* "cause: ..." in lines of its own, unless there is nothing to say. */
static void put_below(const struct table_layout *l, struct buffer *out, size_t row,
		      size_t column)
{
	const struct table *t = l->table;
	const char *heading = cell_at(t, 0, column);
	const char *value = cell_at(t, row, column);
	size_t indent = l->indent + BELOW_INDENT;
	struct text rest;
	size_t room = l->on->width > indent + SQUEEZED_MIN ? l->on->width - indent
							   : SQUEEZED_MIN;
	char *text;

	if (is_blank(value))
		return;
	text = alloc_format("%s: %s", heading, value);
	rest = text_from(text);
	while (text_len(&rest)) {
		struct text line = take_line(&rest, room);

		put_blanks(out, indent);
		buffer_put(out, line.at, text_len(&line));
		buffer_put_text(out, "\n");
	}
	free(text);
}

/* Which columns are not there, for whom it matters. */
static void put_left_out(const struct table_layout *l, struct buffer *out)
{
	const char *between = "(not shown at this width: ";
	struct buffer names = { 0 };

	for (size_t i = 0; i < l->table->column_count; i++)
		if (l->columns[i].place == LEFT_OUT &&
		    l->columns[i].rank != RANK_OF_EMPTY) {
			buffer_printf(&names, "%s%s", between, cell_at(l->table, 0, i));
			between = ", ";
		}
	if (names.len) {
		buffer_put_text(&names, ")");
		put_blanks(out, l->indent);
		terminal_put_wrapped(l->on, out, text_of(names.octets, names.len),
				     l->indent);
		buffer_put_text(out, "\n");
	}
	buffer_fini(&names);
}

void table_put(const struct table *t, const struct terminal *on, size_t indent,
	       struct buffer *out, table_below_fn *below, void *arg)
{
	struct table_layout l = { .table = t, .on = on, .indent = indent };

	lay_out(&l);
	for (size_t row = 0; row < t->row_count; row++) {
		put_beside(&l, out, row);
		for (size_t i = 0; row && i < t->column_count; i++)
			if (l.columns[i].place == BELOW)
				put_below(&l, out, row, i);
		if (row)
			below(arg, row, out);
	}
	put_left_out(&l, out);
}

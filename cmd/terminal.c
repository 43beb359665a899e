#include "cmd/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/rune.h"

enum { WIDTH_MIN = 20, WIDTH_MAX = 10000 };

/* COLUMNS is exported by who draws our lines on a terminal of its own, as watch(1)
 * does. */
static size_t width_of_environment(void)
{
	const char *columns = getenv("COLUMNS");
	struct text t = text_from(columns ? columns : "");
	size_t width = (size_t)text_u64(&t, WIDTH_MAX);

	return t.err || text_len(&t) ? 0 : width;
}

static size_t width_of_output(void)
{
	struct winsize size;
	size_t width = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0)
		width = width_of_environment();
	return width && width < WIDTH_MIN ? WIDTH_MIN : width;
}

static bool wants_colours(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

struct terminal terminal_of_output(enum colour_when when)
{
	return (struct terminal){
		.width = width_of_output(),
		.colours = when == COLOUR_ALWAYS ||
			   (when == COLOUR_AUTO && wants_colours()),
	};
}

void terminal_put_wrapped(const struct terminal *t, struct buffer *out, struct text s,
			  size_t indent)
{
	size_t column = indent;

	while (text_len(&s)) {
		struct text word = text_split(&s, ' ');
		size_t width = rune_columns(word);

		if (t->width && column > indent && column + 1 + width > t->width) {
			buffer_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			buffer_put_text(out, " ");
			column++;
		}
		buffer_put(out, word.at, text_len(&word));
		column += width;
	}
}

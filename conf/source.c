#include "conf/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

enum { SHOWN_LINE_LEN = 512 }; /* of a longer line only the number is shown */

void source_init(struct source *s, const char *path, const void *octets, size_t len)
{
	const char *text = octets;

	*s = (struct source){ .path = path, .octets = text, .len = len };
	for (size_t i = 0; i < len; i++)
		s->line_count += text[i] == '\n';
	s->line_count++;
	s->line_starts = alloc_array(s->line_count, sizeof *s->line_starts);
	for (size_t i = 0, line = 1; i < len; i++)
		if (text[i] == '\n')
			s->line_starts[line++] = i + 1;
}

void source_fini(struct source *s)
{
	free(s->line_starts);
	*s = (struct source){ 0 };
}

static size_t line_len(const struct source *s, size_t line)
{
	size_t start = s->line_starts[line];
	size_t end = line + 1 < s->line_count ? s->line_starts[line + 1] - 1 : s->len;

	if (end > start && s->octets[end - 1] == '\r')
		end--;
	return end - start;
}

size_t source_offset(const struct source *s, uint32_t line, uint32_t col)
{
	size_t offset = s->line_starts[line - 1] + col - 1;

	return offset < s->len ? offset : s->len;
}

const char *source_line(const struct source *s, uint32_t line, size_t *len)
{
	if (line == 0 || line > s->line_count)
		return NULL;
	*len = line_len(s, line - 1);
	return *len <= SHOWN_LINE_LEN ? s->octets + s->line_starts[line - 1] : NULL;
}

void source_report(const struct source *s, struct diags *diags, enum diag_level level,
		   struct diag_place place, const char *text)
{
	const char *line;
	size_t len;

	place.file = s->path;
	diags_add(diags, level, place, "%s", text);
	line = source_line(s, place.line, &len);
	if (line)
		diags_source(diags, line, len);
}

/* The length of the UTF-8 sequence at `p`, or 0 if it is broken (RFC 3629 4). */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80   ? 1
		     : p[0] < 0xc2 ? 0
		     : p[0] < 0xe0 ? 2
		     : p[0] < 0xf0 ? 3
				   : 4;
	uint32_t code;

	if (len < 2)
		return len;
	if (p[0] > 0xf4 || len > left)
		return 0;
	code = p[0] & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return len;
}

/* Line ends that editors do not count (NEL, LS, PS), C1 controls, non-characters. */
static const char *refused_sequence(const uint8_t *p, size_t len)
{
	if (len == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return "a control character";
	if (len == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9))
		return "a Unicode line or paragraph separator";
	if (len == 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		return "a byte order mark";
	if (len == 3 && p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe)
		return "a Unicode non-character";
	return NULL;
}

static const char *refused(const uint8_t *p, size_t left, size_t *len)
{
	*len = utf8_len(p, left);
	if (*len == 0)
		return "not UTF-8: save the file as UTF-8";
	if (*len > 1)
		return refused_sequence(p, *len);
	if (*p == 0)
		return "a NUL octet: is this a UTF-8 text file?";
	if (*p == '\r')
		return left > 1 && p[1] == '\n'
			       ? NULL
			       : "a carriage return without a line feed";
	return (*p < 0x20 && *p != '\t' && *p != '\n') || *p == 0x7f
		       ? "a control character"
		       : NULL;
}

int source_check(const struct source *s, struct diags *diags)
{
	const uint8_t *p = (const uint8_t *)s->octets;
	struct diag_place place = { .line = 1 };
	size_t len;

	if (s->len > SOURCE_MAX_LEN) {
		source_report(s, diags, DIAG_ERROR, (struct diag_place){ 0 },
			      "the file is larger than 4 MiB");
		return ERR_INVALID;
	}
	if (s->len >= 2 &&
	    ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
		source_report(s, diags, DIAG_ERROR, (struct diag_place){ 0 },
			      "the file is UTF-16: save it as UTF-8");
		return ERR_INVALID;
	}
	for (size_t i = s->len >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	     i < s->len; i += len) {
		const char *why = refused(p + i, s->len - i, &len);

		while (place.line < s->line_count && s->line_starts[place.line] <= i)
			place.line++;
		if (why == NULL)
			continue;
		place.col = (uint32_t)(i - s->line_starts[place.line - 1]) + 1;
		source_report(s, diags, DIAG_ERROR, place, why);
		return ERR_INVALID;
	}
	return OK;
}

#include "base/text.h"

#include <string.h>

struct text text_of(const void *octets, size_t len)
{
	const char *at = octets ? octets : "";

	return (struct text){ .at = at, .end = at + len };
}

struct text text_from(const char *nul_ended)
{
	return text_of(nul_ended, strlen(nul_ended));
}

int text_peek(const struct text *t)
{
	return t->at < t->end ? (unsigned char)*t->at : -1;
}

int text_next(struct text *t)
{
	if (t->at < t->end)
		return (unsigned char)*t->at++;
	if (t->err == OK)
		t->err = ERR_SHORT;
	return -1;
}

bool text_skip(struct text *t, char c)
{
	if (t->at == t->end || *t->at != c)
		return false;
	t->at++;
	return true;
}

size_t text_skip_blanks(struct text *t)
{
	const char *from = t->at;

	while (t->at < t->end && (*t->at == ' ' || *t->at == '\t'))
		t->at++;
	return (size_t)(t->at - from);
}

/* Whether `c` is one of `set`; the set's NUL end is none of them. */
static bool stands_in(const char *set, char c)
{
	return c && strchr(set, c);
}

struct text text_until(struct text *t, const char *stops)
{
	const char *from = t->at;

	while (t->at < t->end && !stands_in(stops, *t->at))
		t->at++;
	return text_of(from, (size_t)(t->at - from));
}

struct text text_split(struct text *t, char stop)
{
	const char *from = t->at;
	const char *found = text_len(t) ? memchr(from, stop, text_len(t)) : NULL;

	t->at = found ? found + 1 : t->end;
	return text_of(from, (size_t)((found ? found : t->end) - from));
}

struct text text_while(struct text *t, const char *set)
{
	const char *from = t->at;

	while (t->at < t->end && stands_in(set, *t->at))
		t->at++;
	return text_of(from, (size_t)(t->at - from));
}

uint64_t text_u64(struct text *t, uint64_t max)
{
	const char *from = t->at;
	bool over = false;
	uint64_t value = 0;

	while (t->at < t->end && *t->at >= '0' && *t->at <= '9') {
		over |= __builtin_mul_overflow(value, 10, &value);
		over |= __builtin_add_overflow(value, (uint64_t)(*t->at - '0'), &value);
		t->at++;
	}
	if (t->at > from && !over && value <= max)
		return value;
	if (t->err == OK)
		t->err = t->at == from ? ERR_MALFORMED : ERR_RANGE;
	return 0;
}

struct text text_trim(struct text t)
{
	text_skip_blanks(&t);
	while (t.end > t.at && (t.end[-1] == ' ' || t.end[-1] == '\t'))
		t.end--;
	return t;
}

bool text_is(const struct text *t, const char *nul_ended)
{
	size_t len = strlen(nul_ended);

	return text_len(t) == len && memcmp(t->at, nul_ended, len) == 0;
}

bool text_is_nocase(const struct text *t, const char *nul_ended)
{
	size_t len = strlen(nul_ended);

	if (text_len(t) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text_lower(t->at[i]) != text_lower(nul_ended[i]))
			return false;
	return true;
}

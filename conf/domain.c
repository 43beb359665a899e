#include "conf/domain.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { TEXT_MAX_LEN = 253 }; /* of a name without escapes and its final dot */

bool looks_like_address(const char *text)
{
	const char *label = strrchr(text, '.');

	if (strchr(text, ':'))
		return true;
	label = label ? label + 1 : text;
	return *label && label[strspn(label, "0123456789")] == '\0';
}

int domain_len(const char *text)
{
	size_t len = strlen(text);

	return (int)(len > 1 && text[len - 1] == '.' ? len - 1 : len);
}

/* Returns what is wrong with one label, preceded by its length; NULL: nothing. */
static const char *label_fault(const uint8_t *label, const char *extra)
{
	size_t len = *label++;

	if (len == 1 && label[0] == '*')
		return "wildcards are allowed only in zone files";
	if (label[0] == '-' || label[len - 1] == '-')
		return "a label starts or ends with a hyphen";
	for (size_t i = 0; i < len; i++) {
		uint8_t c = label[i];

		if (c >= 0x80)
			return "write non-ASCII letters in xn-- (IDNA) form";
		if (!isalnum(c) && c != '-' && c != '_' &&
		    (c == 0 || !strchr(extra, c)))
			return "only letters, digits and hyphens are allowed";
	}
	return NULL;
}

static bool is_number(const uint8_t *label)
{
	size_t len = *label++;

	while (len && isdigit(*label)) {
		label++;
		len--;
	}
	return len == 0;
}

static const char *name_fault(const struct name *n, const char *extra)
{
	for (const uint8_t *at = n->wire; *at; at = name_parent(at)) {
		const char *why = label_fault(at, extra);

		if (why)
			return why;
		if (*name_parent(at) == 0 && is_number(at))
			return "it is an address";
	}
	return NULL;
}

/* Returns why lib/dns does not accept a text as a name. */
static const char *parse_fault(const char *text, int err)
{
	if (err == ERR_LIMIT)
		return domain_len(text) > TEXT_MAX_LEN
			       ? "it is longer than 253 characters"
			       : "a label is longer than 63 characters";
	return strchr(text, '\\') ? "a backslash begins no octet there"
				  : "it has an empty label";
}

const char *domain_parse(const char *text, const char *extra, struct domain *out)
{
	static const struct name root = { .len = 1 };
	char shown[NAME_TEXT_LEN];
	const char *why;
	struct name name;
	int err;

	if (*text == '\0' || strcmp(text, ".") == 0)
		return "the root is not allowed here";
	if (looks_like_address(text))
		return "it is an address";
	err = name_parse(text, strlen(text), &root, &name);
	if (err)
		return parse_fault(text, err);
	why = name_fault(&name, extra);
	if (why)
		return why;
	name_lower(&name);
	out->wire = name;
	out->text = alloc_text(name_format(name.wire, shown));
	return NULL;
}

void domain_fini(struct domain *d)
{
	free(d->text);
}

struct domain *domain_copy(const struct domain *d)
{
	struct domain *copy = d ? alloc_copy(d, sizeof *d) : NULL;

	if (copy)
		copy->text = alloc_text(d->text);
	return copy;
}

void domain_free(struct domain *d)
{
	if (d)
		domain_fini(d);
	free(d);
}

static int compare_rows(const void *a, const void *b)
{
	const struct domain_row *x = a;
	const struct domain_row *y = b;
	int order = name_compare(x->name->wire, y->name->wire);

	return order ? order : (x->index > y->index) - (x->index < y->index);
}

void domains_init(struct domains *d, const void *rows, size_t count, size_t size)
{
	const char *at = rows;

	*d = (struct domains){ .rows = alloc_array(count, sizeof *d->rows) };
	for (uint32_t i = 0; i < count; i++) {
		const void *row = at + i * size;
		const struct domain *name = row;

		if (name->text)
			d->rows[d->count++] = (struct domain_row){ &name->wire, i };
	}
	qsort(d->rows, d->count, sizeof *d->rows, compare_rows);
}

void domains_fini(struct domains *d)
{
	free(d->rows);
}

uint32_t domains_find(const struct domains *d, const uint8_t *wire)
{
	size_t low = 0;
	size_t high = d->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (name_compare(d->rows[middle].name->wire, wire) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < d->count && name_equal(d->rows[low].name->wire, wire))
		return d->rows[low].index;
	return UINT32_MAX;
}

uint32_t domains_enclosing(const struct domains *d, const uint8_t *wire)
{
	uint32_t found = UINT32_MAX;

	for (; *wire && found == UINT32_MAX; wire = name_parent(wire))
		found = domains_find(d, wire);
	return found;
}

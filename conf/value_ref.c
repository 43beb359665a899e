/* References: a value that names a row of another list. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/operator/log.h"
#include "conf/declared.h"
#include "conf/value.h"

enum { SEARCHED_NAMES_MAX = 1000000 };

bool read_ref(struct parse *d, const struct setting *s, const struct node *n, void *to)
{
	const struct names *names = declared_names(d, s->section);
	uint32_t *index = to;
	char *name;

	if (s->section->has_later && report_registrar(d, n))
		return false;
	name = declared_key(s->section, n->text);
	*index = names_find(names, name);
	if (*index == CONF_NONE) {
		parse_fault(d, n, "%s %s is not declared", s->section->one,
			    log_quote(n->text));
		d->names_searched += names->count;
		if (d->names_searched < SEARCHED_NAMES_MAX)
			parse_suggest(d, names_suggest(names, name));
	}
	free(name);
	return *index != CONF_NONE;
}

void format_ref(const struct conf *c, const struct setting *s, const void *at,
		struct buffer *out)
{
	uint32_t index = *(const uint32_t *)at;
	struct values v = values_of(section_list(s->section), c);

	if (index < v.count)
		setting_format(c, section_identity(s->section),
			       v.rows + index * s->section->size, out);
}

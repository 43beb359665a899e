#include "sip/element.h"

struct sip_elements sip_elements_of(const struct sip_message *m, enum sip_header h)
{
	return (struct sip_elements){
		.message = m, .rest = text_of(NULL, 0), .next = m->first[h], .any = true
	};
}

bool sip_elements_next(struct sip_elements *e, struct text *out)
{
	for (;;) {
		const struct sip_field *f;

		if (sip_list_next(&e->rest, out)) {
			e->any = true;
			return true;
		}
		if (e->rest.err)
			e->err = e->rest.err;
		if (!e->any)
			e->bare = true;
		if (!e->next)
			return false;
		f = &e->message->fields[e->next - 1];
		e->rest = text_of(e->message->octets + f->value_at, f->value_len);
		e->next = f->next;
		e->any = false;
	}
}

bool sip_element_first(const struct sip_message *m, enum sip_header h, struct text *out)
{
	struct sip_elements e = sip_elements_of(m, h);

	return sip_elements_next(&e, out);
}

bool sip_has_option(const struct sip_message *m, enum sip_header h, const char *tag)
{
	struct sip_elements e = sip_elements_of(m, h);
	struct text option;

	while (sip_elements_next(&e, &option))
		if (text_is_nocase(&option, tag))
			return true;
	return false;
}

#include "sip/edit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sip/element.h"
#include "sip/header.h"

enum { NUMBER_LEN = 16, PARAM_LEN = ADDR_TEXT_LEN + 16 };

void sip_edit_begin(struct sip_editor *e, const struct sip_message *m)
{
	e->message = m;
	e->text.len = 0;
	e->count = 0;
	e->err = OK;
}

void sip_edit_fini(struct sip_editor *e)
{
	buffer_fini(&e->text);
}

static void fail(struct sip_editor *e, int err)
{
	if (!e->err)
		e->err = err;
}

/* Whether `a` is after `b`; of two at the same place, the one that only adds is first.
 */
static bool is_behind(const struct sip_edit *a, const struct sip_edit *b)
{
	return a->at != b->at ? a->at > b->at : a->cut_len && !b->cut_len;
}

/* Begins an edit with the text that is put into `text` next. Returns NULL beyond the
 * limit. */
static struct sip_edit *add(struct sip_editor *e, struct text span)
{
	struct sip_edit fresh = {
		.at = (uint32_t)(span.at - e->message->octets),
		.cut_len = (uint32_t)text_len(&span),
		.text_at = (uint32_t)e->text.len,
	};
	uint32_t i = e->count;

	if (i == SIP_EDITS_MAX) {
		fail(e, ERR_LIMIT);
		return NULL;
	}
	for (; i && is_behind(&e->edits[i - 1], &fresh); i--)
		e->edits[i] = e->edits[i - 1];
	e->edits[i] = fresh;
	e->count++;
	return &e->edits[i];
}

static void put(struct sip_editor *e, struct sip_edit *edit, const void *octets,
		size_t len)
{
	if (!edit || !len)
		return;
	buffer_put(&e->text, octets, len);
	edit->text_len += (uint32_t)len;
}

static void put_text(struct sip_editor *e, struct sip_edit *edit, const char *text)
{
	put(e, edit, text, strlen(text));
}

void sip_edit_replace(struct sip_editor *e, struct text span, struct text with)
{
	put(e, add(e, span), with.at, text_len(&with));
}

void sip_edit_uri(struct sip_editor *e, struct text uri)
{
	sip_edit_replace(e, e->message->uri, uri);
}

/* Adds a line before the octet at `at`. */
static void add_line(struct sip_editor *e, const char *at, enum sip_header h,
		     struct text value)
{
	struct sip_edit *edit = add(e, text_of(at, 0));

	put_text(e, edit, sip_header_rows[h].name);
	put_text(e, edit, ": ");
	put(e, edit, value.at, text_len(&value));
	put_text(e, edit, "\r\n");
}

static bool ends_empty(const struct sip_message *m)
{
	return m->body.at - m->octets >= 4 &&
	       memcmp(m->body.at - 4, "\r\n\r\n", 4) == 0;
}

/* Returns the place after the last line of the header, before the empty line. */
static const char *header_end(const struct sip_message *m)
{
	return ends_empty(m) ? m->body.at - 2 : m->body.at;
}

static const struct sip_field *first_field(const struct sip_message *m,
					   enum sip_header h)
{
	return m->first[h] ? &m->fields[m->first[h] - 1] : NULL;
}

/* Returns the whole line of a field, with its folds and its CRLF. */
static struct text line_of(const struct sip_message *m, const struct sip_field *f)
{
	const char *end = header_end(m);
	const char *at = m->octets + f->value_at + f->value_len;

	for (;;) {
		at = memchr(at, '\r', (size_t)(end - at));
		if (!at || end - at < 2)
			return text_of(m->octets + f->name_at,
				       (size_t)(end - m->octets) - f->name_at);
		at += 2;
		if (at == end || (*at != ' ' && *at != '\t'))
			return text_of(m->octets + f->name_at,
				       (size_t)(at - m->octets) - f->name_at);
	}
}

void sip_edit_push(struct sip_editor *e, enum sip_header h, struct text element)
{
	const struct sip_message *m = e->message;
	const struct sip_field *f = first_field(m, h);

	if (!f && m->field_count)
		f = &m->fields[0];
	add_line(e, f ? m->octets + f->name_at : header_end(m), h, element);
}

void sip_edit_pop(struct sip_editor *e, enum sip_header h)
{
	const struct sip_message *m = e->message;

	for (unsigned i = m->first[h]; i; i = m->fields[i - 1].next) {
		const struct sip_field *f = &m->fields[i - 1];
		struct text value = text_of(m->octets + f->value_at, f->value_len);
		const char *from = value.at;
		struct text element;
		bool found = sip_list_next(&value, &element);

		if (found && value.at < value.end) {
			(void)add(e, text_of(from, (size_t)(value.at - from)));
			return;
		}
		(void)add(e, line_of(m, f));
		if (found)
			return;
	}
	fail(e, ERR_NOT_FOUND);
}

void sip_edit_set(struct sip_editor *e, enum sip_header h, struct text value)
{
	const struct sip_message *m = e->message;
	const struct sip_field *f = first_field(m, h);

	if (f)
		sip_edit_replace(e, text_of(m->octets + f->value_at, f->value_len),
				 value);
	else
		add_line(e, header_end(m), h, value);
}

void sip_edit_set_number(struct sip_editor *e, enum sip_header h, uint32_t number)
{
	char text[NUMBER_LEN];

	(void)snprintf(text, sizeof(text), "%" PRIu32, number);
	sip_edit_set(e, h, text_from(text));
}

void sip_edit_drop(struct sip_editor *e, enum sip_header h)
{
	const struct sip_message *m = e->message;

	for (unsigned i = m->first[h]; i; i = m->fields[i - 1].next)
		(void)add(e, line_of(m, &m->fields[i - 1]));
}

/* Sets the value of a parameter, or appends the parameter to the element. */
static void set_param(struct sip_editor *e, struct text element, struct text params,
		      const char *name, const char *value)
{
	char text[PARAM_LEN];
	struct text found;
	struct text was;

	while (sip_param_next(&params, &found, &was)) {
		if (!text_is_nocase(&found, name))
			continue;
		(void)snprintf(text, sizeof(text), "=%s", value);
		was.at = found.end; /* the character before it is removed too */
		if (was.end < was.at)
			was.end = was.at;
		sip_edit_replace(e, was, text_from(text));
		return;
	}
	(void)snprintf(text, sizeof(text), ";%s=%s", name, value);
	sip_edit_replace(e, text_of(element.end, 0), text_from(text));
}

void sip_edit_received(struct sip_editor *e, const struct addr *from, bool force_rport)
{
	char text[ADDR_TEXT_LEN];
	char port[NUMBER_LEN];
	struct addr plain = *from;
	struct text element;
	struct sip_via via;

	if (!sip_element_first(e->message, SIP_VIA, &element) ||
	    sip_via_read(element, &via)) {
		fail(e, ERR_MALFORMED);
		return;
	}
	plain.scope = 0;
	(void)snprintf(port, sizeof(port), "%u", from->port);
	/* This one first: it may be a name without a value at the end, where the other
	 * one is added. */
	if (via.has_rport || force_rport)
		set_param(e, element, via.params, "rport", port);
	set_param(e, element, via.params, "received", addr_format(&plain, text));
}

int sip_edit_write(struct sip_editor *e, struct buffer *out)
{
	const struct sip_message *m = e->message;
	const char *at = m->octets;
	const char *end = m->octets + m->len;
	size_t was_len = out->len;

	while (at < end && (*at == '\r' || *at == '\n'))
		at++;
	if (!ends_empty(m))
		sip_edit_replace(e, text_of(m->body.at, 0), text_from("\r\n"));
	for (uint32_t i = 0; i < e->count && !e->err; i++) {
		const struct sip_edit *edit = &e->edits[i];
		const char *place = m->octets + edit->at;

		if (place < at) {
			e->err = ERR_CONFLICT;
			break;
		}
		buffer_put(out, at, (size_t)(place - at));
		buffer_put(out, e->text.octets + edit->text_at, edit->text_len);
		at = place + edit->cut_len;
	}
	if (e->err) {
		out->len = was_len;
		return e->err;
	}
	buffer_put(out, at, (size_t)(end - at));
	return OK;
}

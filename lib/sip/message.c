#include "sip/message.h"

#include <string.h>

#include "sip/grammar.h"
#include "sip/header.h"

enum { STATUS_DIGITS = 3, STATUS_MIN = 100, STATUS_MAX = 699 };

static const char *const method_names[SIP_METHODS] = {
	[SIP_METHOD_OTHER] = "",     [SIP_ACK] = "ACK",
	[SIP_BYE] = "BYE",           [SIP_CANCEL] = "CANCEL",
	[SIP_INFO] = "INFO",         [SIP_INVITE] = "INVITE",
	[SIP_MESSAGE] = "MESSAGE",   [SIP_NOTIFY] = "NOTIFY",
	[SIP_OPTIONS] = "OPTIONS",   [SIP_PRACK] = "PRACK",
	[SIP_PUBLISH] = "PUBLISH",   [SIP_REFER] = "REFER",
	[SIP_REGISTER] = "REGISTER", [SIP_SUBSCRIBE] = "SUBSCRIBE",
	[SIP_UPDATE] = "UPDATE",
};

enum sip_method sip_method_find(struct text name)
{
	for (enum sip_method m = SIP_METHOD_OTHER + 1; m < SIP_METHODS; m++)
		if (text_is(&name, method_names[m]))
			return m;
	return SIP_METHOD_OTHER;
}

const char *sip_method_name(enum sip_method method)
{
	return method_names[method];
}

/*
 * Takes one line and its CRLF; with `folds` also the following lines that begin with
 * white space. Returns ERR_SHORT if there is no CRLF, ERR_MALFORMED for a bare CR or
 * LF.
 */
static int take_line(struct text *t, bool folds, struct text *line)
{
	const char *from = t->at;

	for (;;) {
		const char *cr = memchr(t->at, '\r', text_len(t));

		if (!cr || cr + 1 == t->end)
			return ERR_SHORT;
		if (cr[1] != '\n' || memchr(t->at, '\n', (size_t)(cr - t->at)))
			return ERR_MALFORMED;
		t->at = cr + 2;
		if (folds && t->at < t->end && (*t->at == ' ' || *t->at == '\t'))
			continue;
		*line = text_of(from, (size_t)(cr - from));
		return OK;
	}
}

static int read_status_line(struct sip_message *m, struct text line)
{
	struct text version = text_split(&line, ' ');
	struct text digits = text_split(&line, ' ');

	m->version_ok = text_is_nocase(&version, "SIP/2.0");
	if (text_len(&digits) != STATUS_DIGITS)
		return ERR_MALFORMED;
	m->status = (uint16_t)text_u64(&digits, STATUS_MAX);
	if (digits.err || text_len(&digits) || m->status < STATUS_MIN)
		return ERR_MALFORMED;
	m->reason = line;
	return OK;
}

/* "SIP/2.0", or another version of it: "SIP/7.0". */
static bool is_version(struct text t)
{
	struct text name = text_split(&t, '/');

	(void)text_while(&t, "0123456789.");
	return text_is_nocase(&name, "sip") && t.at == t.end;
}

static int read_request_line(struct sip_message *m, struct text line)
{
	struct text version;
	const char *space;

	m->method_name = text_split(&line, ' ');
	line = sip_trim(line);
	space = text_len(&line) ? memrchr(line.at, ' ', text_len(&line)) : NULL;
	if (!space || !sip_is_all(m->method_name, OCTET_TOKEN))
		return ERR_MALFORMED;
	version = text_of(space + 1, (size_t)(line.end - space) - 1);
	if (!is_version(version))
		return ERR_MALFORMED;
	m->version_ok = text_is_nocase(&version, "SIP/2.0");
	m->uri = sip_trim(text_of(line.at, (size_t)(space - line.at)));
	m->method = sip_method_find(m->method_name);
	return OK;
}

static int read_start_line(struct sip_message *m, struct text *t)
{
	struct text line;
	struct text start;
	int err = take_line(t, false, &line);

	if (err)
		return ERR_MALFORMED;
	start = line;
	start = text_until(&start, "/ ");
	m->is_response = text_is_nocase(&start, "sip") && start.end < line.end &&
			 *start.end == '/';
	return m->is_response ? read_status_line(m, line) : read_request_line(m, line);
}

static int add_field(struct sip_message *m, struct text name, struct text value)
{
	enum sip_header h = sip_header_find(name);
	struct sip_field *f = &m->fields[m->field_count];

	if (m->field_count == SIP_FIELDS_MAX)
		return ERR_LIMIT;
	m->field_count++;
	*f = (struct sip_field){
		.name_at = (uint32_t)(name.at - m->octets),
		.name_len = (uint16_t)text_len(&name),
		.value_at = (uint32_t)(value.at - m->octets),
		.value_len = (uint16_t)text_len(&value),
		.header = (uint8_t)h,
	};
	if (m->last[h])
		m->fields[m->last[h] - 1].next = m->field_count;
	else
		m->first[h] = m->field_count;
	m->last[h] = m->field_count;
	return OK;
}

/* Reads the fields and the empty line after them, which some senders of datagrams leave
 * out. */
static int read_fields(struct sip_message *m, struct text *t)
{
	while (t->at < t->end) {
		struct text line;
		struct text name;
		int err = take_line(t, true, &line);

		if (err)
			return ERR_MALFORMED;
		if (line.at == line.end)
			return OK;
		name = sip_take(&line, OCTET_TOKEN);
		(void)text_skip_blanks(&line);
		if (name.at == name.end || !text_skip(&line, ':')) {
			m->bad_line = true;
			continue;
		}
		err = add_field(m, name, sip_trim(line));
		if (err)
			return err;
	}
	return OK;
}

/* What follows the body does not belong to the message. */
static void read_body(struct sip_message *m, struct text t)
{
	uint32_t len;

	m->body = t;
	if (sip_has(m, SIP_CONTENT_LENGTH) &&
	    sip_number_read(sip_field(m, SIP_CONTENT_LENGTH, 0), SIP_MESSAGE_MAX,
			    &len) == OK) {
		m->cut = len > text_len(&t);
		if (!m->cut)
			m->body.end = t.at + len;
	}
	m->len = (size_t)(m->body.end - m->octets);
}

int sip_message_read(struct sip_message *m, const void *octets, size_t len)
{
	struct text t = text_of(octets, len);
	int err;

	memset(m, 0, offsetof(struct sip_message, fields));
	m->octets = t.at;
	if (len > SIP_MESSAGE_MAX)
		return ERR_LIMIT;
	while (text_len(&t) >= 2 && t.at[0] == '\r' && t.at[1] == '\n')
		t.at += 2;
	if (t.at == t.end)
		return ERR_MALFORMED;
	err = read_start_line(m, &t);
	if (err == OK)
		err = read_fields(m, &t);
	if (err == OK)
		read_body(m, t);
	return err;
}

struct text sip_field(const struct sip_message *m, enum sip_header h, unsigned n)
{
	unsigned i = m->first[h];
	struct text none = text_of(NULL, 0);

	while (i && n--)
		i = m->fields[i - 1].next;
	if (i)
		return text_of(m->octets + m->fields[i - 1].value_at,
			       m->fields[i - 1].value_len);
	none.err = ERR_NOT_FOUND;
	return none;
}

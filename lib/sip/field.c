#include <string.h>

#include "sip/grammar.h"
#include "sip/message.h"

enum { CSEQ_MAX = 0x7fffffff };

/* The octets that matter for finding the end of an element. */
static const bool parting[256] = {
	['"'] = true, [','] = true, ['<'] = true, ['>'] = true
};

bool sip_list_next(struct text *list, struct text *element)
{
	struct text t = *list;
	struct text quoted;
	bool in_angles = false;

	if (t.err || t.at == t.end)
		return false;
	for (;;) {
		while (t.at < t.end && !parting[(unsigned char)*t.at])
			t.at++;
		if (t.at == t.end)
			break;
		if (*t.at == '"' && !in_angles) {
			if (!sip_take_quoted(&t, &quoted))
				t.at = t.end;
			continue;
		}
		if (*t.at == ',' && !in_angles)
			break;
		if (*t.at == '<' || *t.at == '>')
			in_angles = *t.at == '<';
		t.at++;
	}
	*element = sip_trim(text_of(list->at, (size_t)(t.at - list->at)));
	/* After a comma at the end there is an empty element, which its reader refuses.
	 */
	if (t.at < t.end && t.at + 1 == t.end)
		list->err = ERR_MALFORMED;
	list->at = t.at < t.end ? t.at + 1 : t.end;
	return true;
}

/* Reads all parameters, and returns one of them if it is there. */
static int read_params(struct text params, const char *name, struct text *out)
{
	struct text found;
	struct text value;

	*out = text_of(params.at, 0);
	while (sip_param_next(&params, &found, &value))
		if (text_is_nocase(&found, name))
			*out = value;
	return params.err;
}

static int read_via_params(struct sip_via *v)
{
	struct text params = v->params;
	struct text name;
	struct text value;

	v->branch = text_of(params.at, 0);
	while (sip_param_next(&params, &name, &value)) {
		if (text_is_nocase(&name, "branch"))
			v->branch = value;
		else if (text_is_nocase(&name, "rport"))
			v->has_rport = true;
	}
	return params.err;
}

int sip_via_read(struct text in, struct sip_via *out)
{
	struct text t = sip_trim(in);
	struct text word = sip_take(&t, OCTET_TOKEN);
	struct sip_via v = { 0 };

	if (!text_is_nocase(&word, "sip") || !sip_skip(&t, '/'))
		return ERR_MALFORMED;
	word = sip_take(&t, OCTET_TOKEN);
	if (!text_is(&word, "2.0") || !sip_skip(&t, '/'))
		return ERR_MALFORMED;
	v.transport = sip_take(&t, OCTET_TOKEN);
	if (v.transport.at == v.transport.end || text_peek(&t) == -1 ||
	    !sip_octet_is(*t.at, OCTET_BLANK))
		return ERR_MALFORMED;
	sip_skip_white(&t);
	if (sip_host_read(&t, &v.host, &v.is_ipv6, &v.port))
		return ERR_MALFORMED;
	v.params = text_of(t.end, 0);
	if (sip_skip(&t, ';')) {
		v.params = t;
		if (t.at == t.end)
			return ERR_MALFORMED;
		t.at = t.end;
	}
	sip_skip_white(&t);
	if (t.at < t.end || read_via_params(&v))
		return ERR_MALFORMED;
	*out = v;
	return OK;
}

/* "<" URI ">" after an optional display name. */
static int read_name_addr(struct text *t, struct sip_address *a)
{
	const char *close;

	if (text_peek(t) == '"') {
		if (!sip_take_quoted(t, &a->display))
			return ERR_MALFORMED;
		sip_skip_white(t);
	} else {
		a->display = sip_trim(text_until(t, "<\""));
	}
	if (!text_skip(t, '<'))
		return ERR_MALFORMED;
	close = text_len(t) ? memchr(t->at, '>', text_len(t)) : NULL;
	if (!close)
		return ERR_MALFORMED;
	a->uri = sip_trim(text_of(t->at, (size_t)(close - t->at)));
	t->at = close + 1;
	a->is_bracketed = true;
	return OK;
}

/* A URI without angle brackets: what follows ";" belongs to the field. */
static int read_addr_spec(struct text *t, struct sip_address *a)
{
	a->uri = text_until(t, ";?, \t\r\n<>\"");
	sip_skip_white(t);
	return t->at == t->end || *t->at == ';' ? OK : ERR_MALFORMED;
}

static bool is_plain(struct text uri)
{
	for (const char *at = uri.at; at < uri.end; at++)
		if (sip_octet_is(*at, OCTET_BLANK) || *at == '<' || *at == '"')
			return false;
	return uri.at < uri.end;
}

int sip_address_read(struct text in, struct sip_address *out)
{
	struct text t = sip_trim(in);
	struct text ahead = t;
	struct sip_address a = { .display = text_of(t.at, 0) };
	int err;

	if (text_is(&t, "*")) {
		a.is_star = true;
		a.uri = a.params = a.tag = text_of(t.end, 0);
		*out = a;
		return OK;
	}
	while (ahead.at < ahead.end && *ahead.at != ';' && *ahead.at != '<' &&
	       *ahead.at != '"')
		ahead.at++;
	if (ahead.at < ahead.end && *ahead.at != ';')
		err = read_name_addr(&t, &a);
	else
		err = read_addr_spec(&t, &a);
	if (err || !is_plain(a.uri))
		return ERR_MALFORMED;
	a.params = text_of(t.end, 0);
	if (sip_skip(&t, ';')) {
		if (t.at == t.end)
			return ERR_MALFORMED;
		a.params = t;
		t.at = t.end;
	}
	sip_skip_white(&t);
	if (t.at < t.end || read_params(a.params, "tag", &a.tag))
		return ERR_MALFORMED;
	*out = a;
	return OK;
}

int sip_cseq_read(struct text in, struct sip_cseq *out)
{
	struct text t = sip_trim(in);
	struct sip_cseq c;
	uint64_t number = text_u64(&t, CSEQ_MAX);

	if (t.err)
		return t.err;
	if (t.at == t.end || !sip_octet_is(*t.at, OCTET_BLANK))
		return ERR_MALFORMED;
	sip_skip_white(&t);
	c.number = (uint32_t)number;
	c.method_name = t;
	c.method = sip_method_find(t);
	if (!sip_is_all(t, OCTET_TOKEN))
		return ERR_MALFORMED;
	*out = c;
	return OK;
}

int sip_number_read(struct text in, uint32_t max, uint32_t *out)
{
	struct text t = sip_trim(in);
	uint64_t number = text_u64(&t, max);

	if (t.err)
		return t.err;
	sip_skip_white(&t);
	if (t.at < t.end && *t.at != ';' && *t.at != '(')
		return ERR_MALFORMED;
	*out = (uint32_t)number;
	return OK;
}

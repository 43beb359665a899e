#include "sip/uri.h"

#include <string.h>

#include "sip/grammar.h"

/* Whether each "%" is followed by two hexadecimal digits. */
static bool escapes_are_whole(struct text t)
{
	while (t.at < t.end) {
		if (*t.at++ != '%')
			continue;
		if (text_len(&t) < 2 || !sip_octet_is(t.at[0], OCTET_HEX) ||
		    !sip_octet_is(t.at[1], OCTET_HEX))
			return false;
		t.at += 2;
	}
	return true;
}

/* "=" may occur in values of parameters; a name ends before it. */
static struct text take_name(struct text *t)
{
	const char *from = t->at;

	while (t->at < t->end && *t->at != '=' &&
	       sip_octet_is(*t->at, OCTET_TOKEN | OCTET_PARAM))
		t->at++;
	return text_of(from, (size_t)(t->at - from));
}

bool sip_param_next(struct text *params, struct text *name, struct text *value)
{
	struct text t = *params;

	if (t.err || t.at == t.end)
		return false;
	sip_skip_white(&t);
	*name = take_name(&t);
	*value = text_of(t.at, 0);
	if (sip_skip(&t, '=')) {
		if (text_peek(&t) == '"') {
			if (!sip_take_quoted(&t, value))
				goto bad;
		} else {
			*value = sip_take(&t, OCTET_PARAM);
			if (value->at == value->end)
				goto bad;
		}
	}
	sip_skip_white(&t);
	if (name->at == name->end || (t.at < t.end && !text_skip(&t, ';')))
		goto bad;
	if (t.at == t.end && t.end[-1] == ';')
		goto bad;
	*params = t;
	return true;
bad:
	params->err = ERR_MALFORMED;
	return false;
}

bool sip_param_find(struct text params, const char *name, struct text *out)
{
	struct text found;
	struct text value;

	while (sip_param_next(&params, &found, &value)) {
		if (!text_is_nocase(&found, name))
			continue;
		*out = value;
		return true;
	}
	return false;
}

int sip_host_read(struct text *in, struct text *host, bool *is_ipv6, uint16_t *port)
{
	*port = 0;
	*is_ipv6 = text_skip(in, '[');
	if (*is_ipv6) {
		*host = text_split(in, ']');
		if (host->end == in->at) /* no bracket */
			return ERR_MALFORMED;
		for (const char *at = host->at; at < host->end; at++)
			if (!sip_octet_is(*at, OCTET_HEX) && *at != ':' && *at != '.')
				return ERR_MALFORMED;
	} else {
		*host = sip_take(in, OCTET_HOST);
	}
	if (host->at == host->end)
		return ERR_MALFORMED;
	if (sip_skip(in, ':')) {
		*port = (uint16_t)text_u64(in, UINT16_MAX);
		if (in->err || *port == 0)
			return ERR_MALFORMED;
	}
	return OK;
}

/* Reads the part before "@", which is already cut off. */
static int read_user(struct text t, struct sip_uri *u)
{
	u->has_user = true;
	u->user = text_split(&t, ':');
	u->password = t;
	if (!sip_is_all(u->user, OCTET_USER) || !escapes_are_whole(u->user))
		return ERR_MALFORMED;
	if (text_len(&t) && (!sip_is_all(t, OCTET_USER) || !escapes_are_whole(t)))
		return ERR_MALFORMED;
	return OK;
}

static bool params_are_good(struct text params)
{
	struct text name;
	struct text value;

	while (sip_param_next(&params, &name, &value))
		;
	return params.err == OK;
}

static int read_sip(struct text t, struct sip_uri *u)
{
	const char *at = text_len(&t) ? memchr(t.at, '@', text_len(&t)) : NULL;
	int err;

	if (at) {
		err = read_user(text_of(t.at, (size_t)(at - t.at)), u);
		if (err)
			return err;
		t.at = at + 1;
	}
	err = sip_host_read(&t, &u->host, &u->is_ipv6, &u->port);
	if (err)
		return err;
	if (text_skip(&t, ';')) {
		u->params = text_until(&t, "?");
		if (text_len(&u->params) == 0 || !params_are_good(u->params) ||
		    !escapes_are_whole(u->params))
			return ERR_MALFORMED;
	}
	if (text_skip(&t, '?')) {
		u->headers = t;
		return text_len(&t) && escapes_are_whole(t) ? OK : ERR_MALFORMED;
	}
	return t.at == t.end ? OK : ERR_MALFORMED;
}

int sip_uri_read(struct text in, struct sip_uri *out)
{
	struct text nothing = text_of(in.at, 0);
	struct sip_uri u = { .user = nothing,
			     .password = nothing,
			     .host = nothing,
			     .params = nothing,
			     .headers = nothing,
			     .opaque = nothing };
	int err = OK;

	u.scheme_name = sip_take(&in, OCTET_SCHEME);
	if (u.scheme_name.at == u.scheme_name.end || !text_skip(&in, ':') ||
	    in.at == in.end)
		return ERR_MALFORMED;
	for (const char *at = in.at; at < in.end; at++)
		if (sip_octet_is(*at, OCTET_BLANK) || *at == '<' || *at == '>' ||
		    *at == '"')
			return ERR_MALFORMED;
	if (text_is_nocase(&u.scheme_name, "sip"))
		u.scheme = SIP_SCHEME_SIP;
	else if (text_is_nocase(&u.scheme_name, "sips"))
		u.scheme = SIP_SCHEME_SIPS;
	else if (text_is_nocase(&u.scheme_name, "tel"))
		u.scheme = SIP_SCHEME_TEL;
	switch (u.scheme) {
	case SIP_SCHEME_SIP:
	case SIP_SCHEME_SIPS:
		err = read_sip(in, &u);
		break;
	case SIP_SCHEME_TEL:
		u.user = text_split(&in, ';');
		u.params = in;
		break;
	default:
		u.opaque = in;
	}
	if (err)
		return err;
	*out = u;
	return OK;
}

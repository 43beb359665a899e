#include "sip/contact.h"

#include "sip/grammar.h"

enum { DIGITS_MAX = 3, REG_ID_MAX = 0x7fffffff };

/* "0.7", "1", "1.000": at most three digits, at most one (RFC 3261 section 25.1). */
static int read_q(struct text t, struct sip_contact *c)
{
	uint64_t whole = text_u64(&t, 1);
	unsigned part = 0;
	unsigned digits = 0;

	if (t.err)
		return ERR_RANGE;
	if (text_skip(&t, '.')) {
		for (; digits < DIGITS_MAX && t.at < t.end && *t.at >= '0' &&
		       *t.at <= '9';
		     digits++)
			part = part * 10 + (unsigned)(*t.at++ - '0');
	}
	for (; digits < DIGITS_MAX; digits++)
		part *= 10;
	if (t.at < t.end || whole * SIP_Q_MAX + part > SIP_Q_MAX)
		return ERR_RANGE;
	c->q = (uint16_t)(whole * SIP_Q_MAX + part);
	return OK;
}

static int read_expires(struct text t, struct sip_contact *c)
{
	uint64_t seconds = text_u64(&t, UINT32_MAX);

	if (t.err == ERR_MALFORMED || t.at < t.end)
		return OK;
	c->has_expires = true;
	c->expires = t.err ? UINT32_MAX : (uint32_t)seconds;
	return OK;
}

/* "<urn:uuid:...>" with its quotes; anything else is not an instance. */
static int read_instance(struct text t, struct sip_contact *c)
{
	struct text id;

	if (!text_skip(&t, '"') || !text_skip(&t, '<'))
		return OK;
	id = text_until(&t, ">\"\\");
	if (text_skip(&t, '>') && text_skip(&t, '"') && t.at == t.end)
		c->instance = id;
	return OK;
}

static int read_reg_id(struct text t, struct sip_contact *c)
{
	c->reg_id = (uint32_t)text_u64(&t, REG_ID_MAX);
	return t.err || t.at < t.end || c->reg_id == 0 ? ERR_RANGE : OK;
}

/* clang-format off */
static const struct {
	const char *name;
	int (*read)(struct text value, struct sip_contact *c);
} params[] = {
	{ "q",             read_q },
	{ "expires",       read_expires },
	{ "+sip.instance", read_instance },
	{ "reg-id",        read_reg_id },
};
/* clang-format on */

static int read_param(struct text name, struct text value, struct sip_contact *c)
{
	for (size_t i = 0; i < sizeof(params) / sizeof(*params); i++)
		if (text_is_nocase(&name, params[i].name))
			return params[i].read(value, c);
	return OK;
}

int sip_contact_read(struct text in, struct sip_contact *out)
{
	struct sip_contact c = { .q = SIP_Q_MAX, .instance = text_of(NULL, 0) };
	struct text rest;
	struct text name;
	struct text value;
	int err = sip_address_read(in, &c.address);

	if (!err && !c.address.is_star)
		err = sip_uri_read(c.address.uri, &c.uri);
	rest = c.address.params;
	while (!err && sip_param_next(&rest, &name, &value))
		err = read_param(name, value, &c);
	if (!err)
		*out = c;
	return err;
}

int sip_route_read(struct text in, struct sip_route *out)
{
	struct sip_route r = { 0 };
	struct text none;

	/* Without brackets the parameters would belong to the field, not to the URI. */
	if (sip_address_read(in, &r.address) || !r.address.is_bracketed ||
	    sip_uri_read(r.address.uri, &r.uri))
		return ERR_MALFORMED;
	if (r.uri.scheme != SIP_SCHEME_SIP && r.uri.scheme != SIP_SCHEME_SIPS)
		return ERR_MALFORMED;
	r.is_loose = sip_param_find(r.uri.params, "lr", &none);
	*out = r;
	return OK;
}

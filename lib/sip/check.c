#include "sip/check.h"

#include <stdbool.h>
#include <string.h>

#include "sip/element.h"
#include "sip/grammar.h"
#include "sip/header.h"

enum { HOPS_MAX = 255 };

/* clang-format off */
static const char *const missing[SIP_HEADERS] = {
	[SIP_CALL_ID] = "Missing Call-ID",
	[SIP_CSEQ]    = "Missing CSeq",
	[SIP_FROM]    = "Missing From",
	[SIP_TO]      = "Missing To",
	[SIP_VIA]     = "Missing Via",
};
/* clang-format on */

/* Returns what is wrong with the number of fields, or NULL. */
static const char *check_counts(const struct sip_message *m)
{
	for (int h = SIP_HEADER_OTHER + 1; h < SIP_HEADERS; h++) {
		if (sip_header_rows[h].required && !m->first[h])
			return missing[h];
		if (sip_header_rows[h].single && m->first[h] != m->last[h])
			return "Header Field Repeated";
	}
	return NULL;
}

static const char *check_cseq(const struct sip_message *m)
{
	struct sip_cseq c;
	struct text name;

	if (sip_cseq_read(sip_field(m, SIP_CSEQ, 0), &c))
		return "Bad CSeq";
	name = m->method_name;
	if (m->is_response ||
	    (text_len(&name) == text_len(&c.method_name) && c.method == m->method &&
	     (c.method != SIP_METHOD_OTHER ||
	      !memcmp(name.at, c.method_name.at, text_len(&name)))))
		return NULL;
	return "CSeq Method Differs";
}

static bool vias_are_good(const struct sip_message *m)
{
	struct sip_elements e = sip_elements_of(m, SIP_VIA);
	struct text element;
	struct sip_via via;

	while (sip_elements_next(&e, &element))
		if (sip_via_read(element, &via))
			return false;
	return !e.err && !e.bare;
}

static bool contacts_are_good(const struct sip_message *m)
{
	struct sip_elements e = sip_elements_of(m, SIP_CONTACT);
	struct text element;
	struct sip_address a;

	while (sip_elements_next(&e, &element))
		if (sip_address_read(element, &a))
			return false;
	return !e.err;
}

static const char *check_fields(const struct sip_message *m)
{
	struct sip_address a;
	uint32_t number;

	if (sip_address_read(sip_field(m, SIP_FROM, 0), &a) || a.is_star)
		return "Bad From";
	if (sip_address_read(sip_field(m, SIP_TO, 0), &a) || a.is_star)
		return "Bad To";
	if (!sip_is_all(sip_field(m, SIP_CALL_ID, 0), OCTET_WORD))
		return "Bad Call-ID";
	if (!vias_are_good(m))
		return "Bad Via";
	if (!contacts_are_good(m))
		return "Bad Contact";
	if (sip_has(m, SIP_MAX_FORWARDS) &&
	    sip_number_read(sip_field(m, SIP_MAX_FORWARDS, 0), HOPS_MAX, &number))
		return "Bad Max-Forwards";
	if (sip_has(m, SIP_CONTENT_LENGTH) &&
	    sip_number_read(sip_field(m, SIP_CONTENT_LENGTH, 0), SIP_MESSAGE_MAX,
			    &number))
		return "Bad Content-Length";
	return m->cut ? "Body Shorter Than Content-Length" : NULL;
}

static bool is_known(struct text tag, const char *const *extensions)
{
	for (; extensions && *extensions; extensions++)
		if (text_is_nocase(&tag, *extensions))
			return true;
	return false;
}

/* Returns the first option tag that is required and unknown; empty: none. */
static struct text unknown_extension(const struct sip_message *m,
				     const char *const *extensions)
{
	struct sip_elements e = sip_elements_of(m, SIP_REQUIRE);
	struct text tag;

	while (sip_elements_next(&e, &tag))
		if (!is_known(tag, extensions))
			return tag;
	return text_of(NULL, 0);
}

static struct sip_check answer(uint16_t status, const char *reason)
{
	return (struct sip_check){ .action = SIP_ACTION_ANSWER,
				   .status = status,
				   .reason = reason };
}

static const char *check_grammar(const struct sip_message *m)
{
	const char *wrong = m->bad_line ? "Bad Header Line" : check_counts(m);

	if (!wrong)
		wrong = check_cseq(m);
	if (!wrong)
		wrong = check_fields(m);
	return wrong;
}

static struct sip_check check_request(const struct sip_message *m,
				      const char *const *extensions)
{
	struct sip_uri uri;
	struct sip_check v = { .action = SIP_ACTION_ACCEPT };
	const char *wrong;

	if (!m->version_ok)
		return answer(505, "Version Not Supported");
	wrong = check_grammar(m);
	if (wrong)
		return answer(400, wrong);
	if (sip_uri_read(m->uri, &uri) || text_len(&uri.headers))
		return answer(400, "Bad Request-URI");
	if (uri.scheme == SIP_SCHEME_OTHER)
		return answer(416, "Unsupported URI Scheme");
	if (m->method == SIP_ACK || m->method == SIP_CANCEL)
		return v;
	v.unsupported = unknown_extension(m, extensions);
	if (text_len(&v.unsupported)) {
		v.action = SIP_ACTION_ANSWER;
		v.status = 420;
		v.reason = "Bad Extension";
	}
	return v;
}

struct sip_check sip_check(const struct sip_message *m, const char *const *extensions)
{
	struct sip_check v;

	if (!m->is_response) {
		v = check_request(m, extensions);
		/* An ACK is never answered. */
		if (v.action == SIP_ACTION_ANSWER && m->method == SIP_ACK)
			v.action = SIP_ACTION_DROP;
		return v;
	}
	v = (struct sip_check){ .action = SIP_ACTION_ACCEPT };
	v.reason = m->version_ok ? check_grammar(m) : "Version Not Supported";
	if (v.reason)
		v.action = SIP_ACTION_DROP;
	return v;
}

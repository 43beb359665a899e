#include "sip/response.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/err.h"
#include "sip/check.h"
#include "sip/grammar.h"
#include "sip/write.h"

static void put_via_params(struct buffer *out, struct text params)
{
	struct text name;
	struct text value;

	while (sip_param_next(&params, &name, &value)) {
		if (text_is_nocase(&name, "received") || text_is_nocase(&name, "rport"))
			continue;
		buffer_put_text(out, ";");
		sip_put(out, name);
		if (text_len(&value) == 0)
			continue;
		buffer_put_text(out, "=");
		sip_put(out, value);
	}
}

/* Writes a Via with what is known about its sender. */
static void put_via_from(struct buffer *out, const struct sip_via *via,
			 const struct addr *from)
{
	char text[ADDR_TEXT_LEN];
	struct addr plain = *from;

	plain.scope = 0;
	buffer_put_text(out, "SIP/2.0/");
	sip_put(out, via->transport);
	buffer_put_text(out, via->is_ipv6 ? " [" : " ");
	sip_put(out, via->host);
	buffer_put_text(out, via->is_ipv6 ? "]" : "");
	if (via->port)
		buffer_printf(out, ":%u", via->port);
	put_via_params(out, via->params);
	if (via->has_rport)
		buffer_printf(out, ";rport=%u", from->port);
	buffer_put_text(out, ";received=");
	buffer_put_text(out, addr_format(&plain, text));
}

static void put_top_via(struct buffer *out, struct text element, struct text rest,
			const struct addr *from)
{
	struct sip_via via;

	buffer_put_text(out, "Via: ");
	if (from && sip_via_read(element, &via) == OK)
		put_via_from(out, &via, from);
	else
		sip_put(out, element);
	if (text_len(&rest)) {
		buffer_put_text(out, ", ");
		sip_put(out, sip_trim(rest));
	}
	buffer_put_text(out, "\r\n");
}

static void put_vias(struct buffer *out, const struct sip_message *m,
		     const struct addr *from)
{
	unsigned i = m->first[SIP_VIA];
	struct text element;

	for (bool top = true; i; i = m->fields[i - 1].next, top = false) {
		struct text value = text_of(m->octets + m->fields[i - 1].value_at,
					    m->fields[i - 1].value_len);

		if (!top)
			sip_put_line(out, "Via", value);
		else if (sip_list_next(&value, &element))
			put_top_via(out, element, value, from);
	}
}

static void put_to(struct buffer *out, const struct sip_message *m, const char *tag)
{
	struct text to = sip_field(m, SIP_TO, 0);
	struct sip_address a;

	if (to.err)
		return;
	buffer_put_text(out, "To: ");
	sip_put(out, to);
	if (tag && sip_address_read(to, &a) == OK && text_len(&a.tag) == 0) {
		buffer_put_text(out, ";tag=");
		buffer_put_text(out, tag);
	}
	buffer_put_text(out, "\r\n");
}

void sip_response_write(const struct sip_message *request, const struct sip_response *r,
			struct buffer *out)
{
	static const enum sip_header copied[] = { SIP_FROM, SIP_CALL_ID, SIP_CSEQ };

	buffer_printf(out, "SIP/2.0 %u %s\r\n", r->status, r->reason);
	put_vias(out, request, r->from);
	put_to(out, request, r->to_tag);
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		struct text value = sip_field(request, copied[i], 0);

		if (!value.err)
			sip_put_line(out, sip_header_name(copied[i]), value);
	}
	if (r->fields)
		buffer_put_text(out, r->fields);
	buffer_put_text(out, "Content-Length: 0\r\n\r\n");
}

/* What we send has the From tag that our answers have as To tag. */
static bool is_our_own(const struct sip_message *m, const char *tag)
{
	struct sip_address from;

	return sip_address_read(sip_field(m, SIP_FROM, 0), &from) == OK &&
	       text_is(&from.tag, tag);
}

int sip_request_answer(const void *octets, size_t len, uint64_t call,
		       const struct addr *from, struct buffer *out)
{
	static _Thread_local struct sip_message m;
	struct sip_response r = { .from = from };
	struct buffer fields = { 0 };
	struct sip_check v;
	char tag[17];

	if (sip_message_read(&m, octets, len) || m.is_response || m.method == SIP_ACK)
		return ERR_MALFORMED;
	(void)snprintf(tag, sizeof(tag), "%016" PRIx64, call);
	if (is_our_own(&m, tag))
		return ERR_CONFLICT;
	v = sip_check(&m, NULL);
	if (v.action == SIP_ACTION_DROP)
		return ERR_MALFORMED;
	r.to_tag = tag;
	r.status = 200;
	r.reason = "OK";
	if (v.action == SIP_ACTION_ANSWER) {
		r.status = v.status;
		r.reason = v.reason;
	} else if (m.method != SIP_OPTIONS) {
		r.status = 405;
		r.reason = "Method Not Allowed";
	}
	if (text_len(&v.unsupported) && sip_is_all(v.unsupported, OCTET_TOKEN))
		buffer_printf(&fields, "Unsupported: %.*s\r\n",
			      (int)text_len(&v.unsupported), v.unsupported.at);
	buffer_put_text(&fields, "Allow: OPTIONS\r\n");
	buffer_put_u8(&fields, 0);
	r.fields = (const char *)fields.octets;
	sip_response_write(&m, &r, out);
	buffer_fini(&fields);
	return OK;
}

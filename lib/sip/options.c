#include "sip/options.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "sip/check.h"
#include "sip/grammar.h"
#include "sip/message.h"
#include "sip/response.h"

static const char branch_cookie[] = "z9hG4bK";

/* clang-format off */
static const struct {
	const char *via;   /* in Via */
	const char *param; /* of URIs */
	uint16_t port;     /* when a URI gives none */
} transports[SIP_TRANSPORTS] = {
	[SIP_TRANSPORT_UDP] = { "UDP", "",               5060 },
	[SIP_TRANSPORT_TCP] = { "TCP", ";transport=tcp", 5060 },
	[SIP_TRANSPORT_TLS] = { "TLS", ";transport=tls", 5061 },
};
/* clang-format on */

const char *sip_transport_name(enum sip_transport t)
{
	return transports[t].via;
}

enum { HOST_LEN = ADDR_TEXT_LEN + 2 };

/* An address as SIP writes it: IPv6 in brackets, without its scope. */
static const char *host_text(const struct addr *a, char out[HOST_LEN])
{
	char text[ADDR_TEXT_LEN];
	struct addr plain = *a;

	plain.scope = 0;
	(void)snprintf(out, HOST_LEN, a->family == AF_INET6 ? "[%s]" : "%s",
		       addr_format(&plain, text));
	return out;
}

size_t sip_options_write(const struct sip_options *o, char *out, size_t cap)
{
	char from[HOST_LEN];
	char to[HOST_LEN];
	const char *host = o->host ? o->host : host_text(&o->to, to);
	const char *user = o->user ? o->user : "deputy";
	const char *via = transports[o->transport].via;
	const char *param = transports[o->transport].param;
	int len;

	(void)host_text(&o->from, from);
	len = snprintf(out, cap,
		       "OPTIONS sip:%s:%u%s SIP/2.0\r\n"
		       "Via: SIP/2.0/%s %s:%u;rport;branch=%s%016" PRIx64 "\r\n"
		       "Max-Forwards: %u\r\n"
		       "From: <sip:%s@%s>;tag=%016" PRIx64 "\r\n"
		       "To: <sip:%s:%u%s>\r\n"
		       "Call-ID: %016" PRIx64 "@%s\r\n"
		       "CSeq: %" PRIu32 " OPTIONS\r\n"
		       "Contact: <sip:%s@%s:%u%s>\r\n"
		       "Accept: application/sdp\r\n"
		       "User-Agent: %s\r\n"
		       "Content-Length: 0\r\n"
		       "\r\n",
		       host, o->to.port, param, via, from, o->from.port, branch_cookie,
		       o->branch, o->max_forwards ? o->max_forwards : 70U, user, from,
		       o->call, host, o->to.port, param, o->branch, from, o->cseq, user,
		       from, o->from.port, param,
		       o->user_agent ? o->user_agent : "deputy/" DEPUTY_VERSION);
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

/* The number in a branch of ours. Returns whether it is one. */
static bool read_branch(struct text t, uint64_t *out)
{
	size_t cookie_len = sizeof(branch_cookie) - 1;
	uint64_t value = 0;

	if (text_len(&t) != SIP_BRANCH_LEN ||
	    memcmp(t.at, branch_cookie, cookie_len) != 0)
		return false;
	for (t.at += cookie_len; t.at < t.end; t.at++) {
		char c = *t.at;

		if (!sip_octet_is(c, OCTET_HEX))
			return false;
		value = value << 4 |
			(uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*out = value;
	return true;
}

static void read_rport(const struct sip_via *via, struct sip_reply *r)
{
	struct text port;

	(void)sip_param_find(via->params, "received", &r->received);
	if (sip_param_find(via->params, "rport", &port))
		r->rport = (uint16_t)text_u64(&port, UINT16_MAX);
}

static int read_reply(const struct sip_message *m, struct sip_reply *r)
{
	struct text value = sip_field(m, SIP_VIA, 0);
	struct text element;
	struct sip_via via;
	struct sip_cseq cseq;

	if (!m->is_response || !m->version_ok || m->bad_line)
		return ERR_MALFORMED;
	if (!sip_list_next(&value, &element) || sip_via_read(element, &via) ||
	    sip_cseq_read(sip_field(m, SIP_CSEQ, 0), &cseq))
		return ERR_MALFORMED;
	r->status = m->status;
	r->reason = m->reason;
	r->cseq = cseq.number;
	r->has_branch = read_branch(via.branch, &r->branch);
	read_rport(&via, r);
	r->server = sip_field(m, sip_has(m, SIP_SERVER) ? SIP_SERVER : SIP_USER_AGENT,
			      0);
	r->server.err = OK;
	if (sip_number_read(sip_field(m, SIP_RETRY_AFTER, 0), UINT32_MAX,
			    &r->retry_after_s))
		r->retry_after_s = 0;
	return OK;
}

int sip_reply_read(const void *octets, size_t len, struct sip_reply *out)
{
	static _Thread_local struct sip_message m;
	struct sip_reply r = { .received = text_of(NULL, 0) };
	int err = sip_message_read(&m, octets, len);

	if (err == OK)
		err = read_reply(&m, &r);
	if (err)
		return ERR_MALFORMED;
	*out = r;
	return OK;
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
	v = sip_check(&m, NULL);
	if (v.action == SIP_ACTION_DROP)
		return ERR_MALFORMED;
	(void)snprintf(tag, sizeof(tag), "%016" PRIx64, call);
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

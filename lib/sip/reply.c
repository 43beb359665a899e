#include "sip/reply.h"

#include <string.h>

#include "base/err.h"
#include "sip/element.h"
#include "sip/grammar.h"
#include "sip/message.h"
#include "sip/options.h"

/* The number in a branch of ours. Returns whether it is one. */
static bool read_branch(struct text t, uint64_t *out)
{
	size_t cookie_len = sizeof(SIP_COOKIE) - 1;
	uint64_t value = 0;

	if (text_len(&t) != SIP_BRANCH_LEN || memcmp(t.at, SIP_COOKIE, cookie_len) != 0)
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
	struct text element;
	struct sip_via via;
	struct sip_cseq cseq;

	if (!m->is_response || !m->version_ok || m->bad_line)
		return ERR_MALFORMED;
	if (!sip_element_first(m, SIP_VIA, &element) || sip_via_read(element, &via) ||
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

int sip_quoted_branch(const void *octets, size_t len, uint64_t *out)
{
	static const char begins[] = "OPTIONS ", mark[] = ";branch=";
	struct text t = text_of(octets, len);
	const char *found;

	if (len < sizeof(begins) - 1 || memcmp(t.at, begins, sizeof(begins) - 1) != 0)
		return ERR_NOT_FOUND;
	found = memmem(t.at, len, mark, sizeof(mark) - 1);
	if (!found)
		return ERR_NOT_FOUND;
	t.at = found + sizeof(mark) - 1;
	if (text_len(&t) > SIP_BRANCH_LEN)
		t.end = t.at + SIP_BRANCH_LEN;
	return read_branch(t, out) ? OK : ERR_NOT_FOUND;
}

/* The lenient reader of what a probe gets, and the branch that an ICMP error quotes. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/element.h"
#include "sip/message.h"
#include "sip/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sip_message message;

/* Nothing that is sliced leaves the datagram. */
static void inside(struct text t, const uint8_t *data, size_t size)
{
	assert(t.at <= t.end);
	if (t.at < t.end)
		assert(t.at >= (const char *)data &&
		       t.end <= (const char *)data + size);
}

/* What the strict reader takes for a response with all that matters, this one does too,
 * and reads the same. */
static void agree(const struct sip_reply *r, int err)
{
	struct text element;
	struct sip_via via;
	struct sip_cseq cseq;

	if (!message.is_response || !message.version_ok || message.bad_line ||
	    !sip_element_first(&message, SIP_VIA, &element) ||
	    sip_via_read(element, &via) ||
	    sip_cseq_read(sip_field(&message, SIP_CSEQ, 0), &cseq))
		return;
	assert(err == OK);
	assert(r->status == message.status && r->cseq == cseq.number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_reply r = { 0 };
	uint64_t branch;
	int err = sip_reply_read(data, size, &r);

	(void)sip_quoted_branch(data, size, &branch);
	if (err == OK) {
		assert(r.status >= 100 && r.status <= 699);
		inside(r.reason, data, size);
		inside(r.server, data, size);
		inside(r.received, data, size);
	} else {
		assert(r.odd);
	}
	if (sip_message_read(&message, data, size) == OK)
		agree(&r, err);
	return 0;
}

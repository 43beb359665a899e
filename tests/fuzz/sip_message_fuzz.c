/* One SIP datagram: read, judged, each field looked into, answered, read as a reply. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "sip/check.h"
#include "sip/message.h"
#include "sip/reply.h"
#include "sip/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sip_message message;
static struct sip_message answered;
static struct buffer out;

/* Nothing that is sliced leaves the message. */
static void inside(struct text t)
{
	if (t.at == t.end)
		return;
	assert(t.at >= message.octets && t.at < t.end);
	assert(t.end <= message.octets + message.len);
}

static void look_into_element(struct text element)
{
	struct sip_via via;
	struct sip_address address;
	struct sip_uri uri;

	inside(element);
	if (sip_via_read(element, &via) == OK) {
		inside(via.host);
		inside(via.branch);
	}
	if (sip_address_read(element, &address) != OK)
		return;
	inside(address.uri);
	inside(address.tag);
	(void)sip_uri_read(address.uri, &uri);
}

static void look_into(enum sip_header h)
{
	for (unsigned n = 0;; n++) {
		struct text value = sip_field(&message, h, n);
		struct text element;
		struct sip_cseq cseq;
		uint32_t number;

		if (value.err)
			return;
		inside(value);
		(void)sip_cseq_read(value, &cseq);
		(void)sip_number_read(value, UINT32_MAX, &number);
		while (sip_list_next(&value, &element))
			look_into_element(element);
	}
}

/* What we write about a good request is a good response to a probe. */
static void read_back(void)
{
	struct sip_reply reply;

	assert(sip_message_read(&answered, out.octets, out.len) == OK);
	assert(sip_check(&answered, NULL).action == SIP_ACTION_ACCEPT);
	assert(sip_reply_read(out.octets, out.len, &reply) == OK);
	assert(reply.status == 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct addr from = { .octets = { 192, 0, 2, 1 },
					  .port = 5060,
					  .family = AF_INET };
	struct sip_response r = {
		.status = 200, .reason = "OK", .to_tag = "t", .from = &from
	};
	struct sip_reply reply;

	(void)sip_reply_read(data, size, &reply);
	if (sip_message_read(&message, data, size))
		return 0;
	inside(message.uri);
	inside(message.body);
	for (int h = 0; h < SIP_HEADERS; h++)
		look_into((enum sip_header)h);
	out.len = 0;
	if (sip_request_answer(data, size, 1, &from, &out) == OK &&
	    out.len <= SIP_MESSAGE_MAX && message.field_count < SIP_FIELDS_MAX - 1) {
		assert(sip_message_read(&answered, out.octets, out.len) == OK);
		assert(answered.is_response && !answered.cut);
	}
	out.len = 0;
	if (sip_check(&message, NULL).action != SIP_ACTION_ACCEPT ||
	    message.is_response)
		return 0;
	sip_response_write(&message, &r, &out);
	if (out.len <= SIP_MESSAGE_MAX && message.field_count < SIP_FIELDS_MAX)
		read_back();
	return 0;
}

/*
 * Elements, contacts, routes and the editor: the first octet says what is changed, the
 * rest is the message. What is written reads again, and says what was put into it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "sip/contact.h"
#include "sip/edit.h"
#include "sip/element.h"
#include "sip/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sip_message message;
static struct sip_message changed;
static struct sip_editor editor;
static struct buffer out;

static unsigned elements_of(const struct sip_message *m, enum sip_header h)
{
	struct sip_elements e = sip_elements_of(m, h);
	struct text t;
	unsigned count = 0;
	const char *behind = NULL;

	while (sip_elements_next(&e, &t)) {
		struct sip_contact c;
		struct sip_route r;

		assert(t.at >= m->octets && t.at <= t.end);
		assert(t.end <= m->octets + m->len);
		assert(!behind || t.at > behind);
		behind = t.at == t.end ? t.at - 1 : t.at;
		if (sip_contact_read(t, &c) == OK)
			assert(c.q <= SIP_Q_MAX && c.reg_id <= INT32_MAX);
		(void)sip_route_read(t, &r);
		count++;
	}
	return count;
}

static void check(uint8_t what, unsigned vias, unsigned routes)
{
	struct text t;

	if (sip_message_read(&changed, out.octets, out.len)) {
		/* Only where it grew beyond what a message may be. */
		assert(out.len > SIP_MESSAGE_MAX ||
		       message.field_count > SIP_FIELDS_MAX - 4);
		return;
	}
	assert(changed.is_response == message.is_response);
	assert(text_len(&changed.body) >= text_len(&message.body) || changed.cut);
	if (what & 1) {
		assert(elements_of(&changed, SIP_VIA) == vias + 1);
		assert(sip_element_first(&changed, SIP_VIA, &t));
		assert(text_is(&t, "SIP/2.0/TLS us;branch=z9hG4bKx"));
	}
	if (what & 2)
		assert(elements_of(&changed, SIP_ROUTE) + 1 == routes);
	if (what & 4)
		assert(!sip_has(&changed, SIP_PROXY_AUTHORIZATION));
	if (what & 8) {
		t = sip_field(&changed, SIP_MAX_FORWARDS, 0);
		assert(text_is(&t, "7"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct addr from = { .octets = { 192, 0, 2, 1 },
					  .port = 5060,
					  .family = AF_INET };
	uint8_t what;
	unsigned vias;
	unsigned routes;

	if (size == 0)
		return 0;
	what = data[0];
	if (sip_message_read(&message, data + 1, size - 1))
		return 0;
	for (int h = 0; h < SIP_HEADERS; h++)
		(void)elements_of(&message, (enum sip_header)h);
	(void)sip_has_option(&message, SIP_SUPPORTED, "path");
	vias = elements_of(&message, SIP_VIA);
	routes = elements_of(&message, SIP_ROUTE);
	sip_edit_begin(&editor, &message);
	if (what & 1)
		sip_edit_push(&editor, SIP_VIA,
			      text_from("SIP/2.0/TLS us;branch=z9hG4bKx"));
	if (what & 2)
		sip_edit_pop(&editor, SIP_ROUTE);
	if (what & 4)
		sip_edit_drop(&editor, SIP_PROXY_AUTHORIZATION);
	if (what & 8)
		sip_edit_set_number(&editor, SIP_MAX_FORWARDS, 7);
	if (what & 16)
		sip_edit_received(&editor, &from, what & 32);
	if ((what & 64) && !message.is_response)
		sip_edit_uri(&editor, text_from("sip:bob@192.0.2.9"));
	out.len = 0;
	if (sip_edit_write(&editor, &out) == OK)
		check(what, vias, routes);
	else
		assert(out.len == 0);
	return 0;
}

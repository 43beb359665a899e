#include "sip/sequel.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "sip/element.h"
#include "sip/write.h"

/* Copies only the topmost Via of the request: the response comes back only to us. */
static void begin(const struct sip_message *request, const char *method, struct text to,
		  struct buffer *out)
{
	struct text via = text_of(NULL, 0);

	buffer_printf(out, "%s ", method);
	sip_put(out, request->uri);
	buffer_put_text(out, " SIP/2.0\r\n");
	(void)sip_element_first(request, SIP_VIA, &via);
	sip_put_line(out, "Via", via);
	buffer_put_text(out, "Max-Forwards: 70\r\n");
	for (unsigned i = request->first[SIP_ROUTE]; i; i = request->fields[i - 1].next)
		sip_put_line(out, "Route",
			     text_of(request->octets + request->fields[i - 1].value_at,
				     request->fields[i - 1].value_len));
	sip_put_line(out, "From", sip_field(request, SIP_FROM, 0));
	sip_put_line(out, "To", to);
	sip_put_line(out, "Call-ID", sip_field(request, SIP_CALL_ID, 0));
}

static void end(const struct sip_message *request, const char *method,
		struct buffer *out)
{
	struct sip_cseq c = { 0 };

	(void)sip_cseq_read(sip_field(request, SIP_CSEQ, 0), &c);
	buffer_printf(out, "CSeq: %" PRIu32 " %s\r\nContent-Length: 0\r\n\r\n",
		      c.number, method);
}

void sip_ack_write(const struct sip_message *invite, const struct sip_message *refusal,
		   struct buffer *out)
{
	begin(invite, "ACK", sip_field(refusal, SIP_TO, 0), out);
	end(invite, "ACK", out);
}

void sip_cancel_write(const struct sip_message *request, const char *fields,
		      struct buffer *out)
{
	begin(request, "CANCEL", sip_field(request, SIP_TO, 0), out);
	if (fields)
		buffer_put_text(out, fields);
	end(request, "CANCEL", out);
}

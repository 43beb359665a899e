#include "sip/write.h"

#include "base/buffer.h"
#include "sip/grammar.h"

void sip_put(struct buffer *out, struct text t)
{
	while (t.at < t.end) {
		const char *from = t.at;

		while (t.at < t.end && *t.at != '\r' && *t.at != '\n')
			t.at++;
		buffer_put(out, from, (size_t)(t.at - from));
		if (t.at < t.end) {
			sip_skip_white(&t);
			buffer_put_u8(out, ' ');
		}
	}
}

void sip_put_line(struct buffer *out, const char *name, struct text value)
{
	buffer_put_text(out, name);
	buffer_put_text(out, ": ");
	sip_put(out, value);
	buffer_put_text(out, "\r\n");
}

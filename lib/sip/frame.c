#include "sip/frame.h"

#include <string.h>

#include "sip/grammar.h"
#include "sip/header.h"

/* The same where lines may end with LF alone: who probes takes what comes. */
static size_t loose_header_len(struct sip_framer *f, const uint8_t *octets, size_t len)
{
	size_t from = f->seen_len > 3 ? f->seen_len - 3 : 0;

	f->seen_len = len;
	for (; from + 1 < len; from++) {
		const uint8_t *end = memchr(octets + from, '\n', len - from - 1);

		if (!end)
			return 0;
		from = (size_t)(end - octets);
		if (end[1] == '\n')
			return from + 2;
		if (end[1] == '\r' && from + 2 < len && end[2] == '\n')
			return from + 3;
	}
	return 0;
}

/* The length of the header with its empty line, or 0 while that has not come. */
static size_t header_len(struct sip_framer *f, const uint8_t *octets, size_t len)
{
	if (f->pings)
		return loose_header_len(f, octets, len);

	size_t from = f->seen_len > 3 ? f->seen_len - 3 : 0;
	const uint8_t *end = len > from
				     ? memmem(octets + from, len - from, "\r\n\r\n", 4)
				     : NULL;

	f->seen_len = len;
	return end ? (size_t)(end - octets) + 4 : 0;
}

/* A first line that SIP begins with: a request's version at its end or a response's at
 * its start. `t` begins with the line. */
static bool begins_like_sip(struct text t, char line_end)
{
	struct text line = text_split(&t, line_end);
	struct text start = line;

	start = text_until(&start, " ");
	if (!text_len(&start) || !sip_octet_is(*start.at, OCTET_TOKEN))
		return false;
	if (text_len(&start) > 4 && strncasecmp(start.at, "SIP/", 4) == 0)
		return true;
	return memmem(start.end, (size_t)(line.end - start.end), " SIP/", 5) != NULL;
}

/* The value of Content-Length. Returns ERR_NOT_FOUND, or ERR_MALFORMED also where two
 * differ. */
static int body_len(struct text header, uint32_t *out)
{
	bool found = false;

	while (text_len(&header)) {
		struct text line = text_split(&header, '\n');
		struct text name = sip_take(&line, OCTET_TOKEN);
		uint32_t len;

		if (sip_header_find(name) != SIP_CONTENT_LENGTH ||
		    !sip_skip(&line, ':'))
			continue;
		/* A fold: the number stands in the next line. */
		if (line.at == line.end)
			line = text_split(&header, '\n');
		if (sip_number_read(line, SIP_FRAME_MAX, &len) ||
		    (found && len != *out))
			return ERR_MALFORMED;
		*out = len;
		found = true;
	}
	return found ? OK : ERR_NOT_FOUND;
}

static enum sip_frame_kind take_crlf(struct sip_framer *f, size_t *taken)
{
	*taken = 2;
	if (f->pings)
		return SIP_FRAME_PONG;
	f->half_ping = !f->half_ping;
	return f->half_ping ? SIP_FRAME_SKIP : SIP_FRAME_PING;
}

/* Whether the first line is of SIP, as far as it came. */
static bool may_begin(struct sip_framer *f, const uint8_t *octets, size_t len)
{
	char line_end = f->pings ? '\n' : '\r';

	if (f->begun)
		return true;
	if (f->seen_len == 0 && !sip_octet_is((char)octets[0], OCTET_TOKEN))
		return false;
	if (!memchr(octets + f->seen_len, line_end, len - f->seen_len)) {
		f->seen_len = len;
		return true;
	}
	f->seen_len = 0;
	f->begun = begins_like_sip(text_of(octets, len), line_end);
	return f->begun;
}

/* Learns how long the message is, once its header is whole. Returns whether it may be
 * a message. */
static bool measure(struct sip_framer *f, const uint8_t *octets, size_t len)
{
	size_t header = header_len(f, octets, len);
	uint32_t body = 0;
	int err;

	if (header == 0)
		return true;
	err = body_len(text_of(octets, header), &body);
	/* RFC 3261, 18.3 wants it; what one who probes gets has no body without it. */
	if (err && f->pings) {
		err = OK;
		body = 0;
	}
	f->whole_len = header + body;
	return err == OK && f->whole_len <= SIP_FRAME_MAX;
}

enum sip_frame_kind sip_frame_next(struct sip_framer *f, const uint8_t *octets,
				   size_t len, size_t *taken)
{
	bool fresh = !f->begun && f->seen_len == 0;

	if (len == 0 || (fresh && len == 1 && octets[0] == '\r'))
		return SIP_FRAME_MORE;
	if (fresh && octets[0] == '\r' && octets[1] == '\n')
		return take_crlf(f, taken);
	if (fresh && f->pings && octets[0] == '\n') {
		*taken = 1;
		return SIP_FRAME_SKIP;
	}
	f->half_ping = false;
	if (!may_begin(f, octets, len) ||
	    (f->begun && f->whole_len == 0 && !measure(f, octets, len)))
		return SIP_FRAME_BAD;
	if (f->whole_len == 0)
		return len > SIP_FRAME_MAX ? SIP_FRAME_BAD : SIP_FRAME_MORE;
	if (len < f->whole_len)
		return SIP_FRAME_MORE;
	*taken = f->whole_len;
	*f = (struct sip_framer){ .pings = f->pings };
	return SIP_FRAME_MESSAGE;
}

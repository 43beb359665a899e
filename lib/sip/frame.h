/*
 * Cuts messages out of a stream by Content-Length (RFC 3261 section 18.3), and the
 * CRLFs between them (RFC 5626 section 3.5.1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sip_frame_kind {
	SIP_FRAME_MORE,    /* no whole message yet; nothing is taken */
	SIP_FRAME_MESSAGE, /* `taken` octets are one message */
	SIP_FRAME_PING,    /* two CRLFs: answer with one */
	SIP_FRAME_PONG,    /* one CRLF, if we are the side that pings */
	SIP_FRAME_SKIP,    /* `taken` octets to be ignored */
	SIP_FRAME_BAD      /* not SIP, or no or a wrong Content-Length: close */
};

/* All zero at first, except `pings`. */
struct sip_framer {
	bool pings;     /* we are the side that pings, and takes lines that end with
			   LF alone */
	bool half_ping; /* one CRLF came */

	/* Of the message under way: what was looked at is not looked at again. */
	bool begun;       /* its first line is of SIP */
	size_t seen_len;  /* octets known to hold no end of a header; before that of a
			     line */
	size_t whole_len; /* header and body, once the header is whole; 0 before */
};

enum { SIP_FRAME_MAX = 65535 };

/*
 * octets  all that came and was not taken yet; of what was seen before only the last
 *         three are read, and all the header once when it is whole
 * taken   set unless SIP_FRAME_MORE or SIP_FRAME_BAD
 */
enum sip_frame_kind sip_frame_next(struct sip_framer *f, const uint8_t *octets,
				   size_t len, size_t *taken);

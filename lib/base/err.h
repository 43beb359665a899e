/* Error codes: 0 or a negative `enum err`; text comes from err_text(). */
#pragma once

enum err {
	OK = 0,
	ERR_SHORT = -1000, /* input ended early */
	ERR_MALFORMED,     /* input breaks its grammar */
	ERR_LIMIT,         /* a configured limit was reached */
	ERR_NO_SOA,        /* a zone without a usable SOA */
	ERR_RANGE,         /* a value outside its limits */
	ERR_SYSTEM,    /* the system call's reason is in errno and in the log line */
	ERR_NOT_FOUND, /* what was asked for does not exist */
	ERR_EXISTS,    /* it exists already */
	ERR_REFUSED,   /* the peer refused: RST, ICMP, or a refusing answer */
	ERR_TIMEOUT,   /* no answer in time */
	ERR_CLOSED,    /* the peer closed */
	ERR_AGAIN,     /* nothing to do now; call again when ready */
	ERR_DENIED,    /* not allowed */
	ERR_CONFLICT,  /* another decision stands against it */
	ERR_TLS,       /* the TLS handshake or the certificate failed */
	ERR_INVALID,   /* checked input was wrong; a diagnosis was written */
	ERR_LAST       /* one past the last */
};

/* The text of an error code: a borrowed sentence fragment, never NULL. */
const char *err_text(int err);

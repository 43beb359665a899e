/* Error codes: 0 or a negative `enum err`; err_text() gives the text. */
#pragma once

enum err {
	OK = 0,
	ERR_SHORT = -1000, /* input ended early */
	ERR_MALFORMED,     /* input breaks its grammar */
	ERR_LIMIT,         /* a configured limit was reached */
	ERR_NO_SOA,        /* a zone without a usable SOA */
	ERR_RANGE,         /* a value outside its limits */
	ERR_SYSTEM,    /* errno and the log line have the reason of the system call */
	ERR_NOT_FOUND, /* not found */
	ERR_EXISTS,    /* already exists */
	ERR_REFUSED,   /* the peer refused: RST, ICMP, or a refusing answer */
	ERR_TIMEOUT,   /* timed out */
	ERR_CLOSED,    /* the peer closed the connection */
	ERR_AGAIN,     /* not ready; call again later */
	ERR_DENIED,    /* not allowed */
	ERR_CONFLICT,  /* conflict with another operation */
	ERR_TLS,       /* the TLS handshake or the certificate failed */
	ERR_NOT_FILE,  /* a FIFO, a device or a directory */
	ERR_INVALID,   /* the checked input has errors; diagnoses were written */
	ERR_LAST       /* one past the last */
};

/* Returns the text of an error code: a static phrase, never NULL. */
const char *err_text(int err);

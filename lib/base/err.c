#include "base/err.h"

static const char *const texts[ERR_LAST - ERR_SHORT] = {
	[0] = "input ended early", /* ERR_SHORT */
	[ERR_MALFORMED - ERR_SHORT] = "malformed input",
	[ERR_LIMIT - ERR_SHORT] = "limit reached",
	[ERR_NO_SOA - ERR_SHORT] = "no usable SOA",
	[ERR_RANGE - ERR_SHORT] = "value out of range",
	[ERR_SYSTEM - ERR_SHORT] = "system call failed",
	[ERR_NOT_FOUND - ERR_SHORT] = "not found",
	[ERR_EXISTS - ERR_SHORT] = "already exists",
	[ERR_REFUSED - ERR_SHORT] = "refused",
	[ERR_TIMEOUT - ERR_SHORT] = "timed out",
	[ERR_CLOSED - ERR_SHORT] = "connection closed by the peer",
	[ERR_AGAIN - ERR_SHORT] = "not ready",
	[ERR_DENIED - ERR_SHORT] = "permission denied",
	[ERR_CONFLICT - ERR_SHORT] = "conflict with another operation",
	[ERR_TLS - ERR_SHORT] = "TLS failed",
	[ERR_NOT_FILE - ERR_SHORT] = "not a regular file",
	[ERR_INVALID - ERR_SHORT] = "invalid",
};

const char *err_text(int err)
{
	if (err == OK)
		return "no error";
	if (err < ERR_SHORT || err >= ERR_LAST)
		return "unknown error";
	return texts[err - ERR_SHORT];
}

#include "health/verdict.h"

#include <errno.h>

/* Status codes from `first` to `last`; the first row that fits decides. */
/* clang-format off */
static const struct {
	uint16_t first, last;
	enum verdict verdict;
} rows[] = {
	{ 100, 199, VERDICT_PROVISIONAL },
	{ 408, 408, VERDICT_DEAD },        /* made by a proxy that waits for a dead PBX */
	{ 500, 500, VERDICT_DEAD },
	{ 501, 501, VERDICT_ALIVE },       /* OPTIONS is not implemented: it lives */
	{ 502, 502, VERDICT_DEAD },
	{ 503, 503, VERDICT_DRAINING },
	{ 504, 504, VERDICT_DEAD },
	{ 200, 699, VERDICT_ALIVE },       /* 401, 403, 404, 405, 407, 420, 480, 486 among them */
};

static const char *const names[VERDICTS] = {
	[VERDICT_NONE]        = "none",
	[VERDICT_PROVISIONAL] = "provisional",
	[VERDICT_ALIVE]       = "alive",
	[VERDICT_DRAINING]    = "draining",
	[VERDICT_DEAD]        = "bad status",
	[VERDICT_GARBAGE]     = "garbage",
	[VERDICT_SILENCE]     = "timeout",
	[VERDICT_REFUSED]     = "refused",
	[VERDICT_TLS]         = "handshake failed",
};
/* clang-format on */

enum verdict verdict_of(uint32_t code, const uint16_t *dead_codes,
			size_t dead_code_count)
{
	for (size_t i = 0; i < dead_code_count; i++)
		if (dead_codes[i] == code)
			return VERDICT_DEAD;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (code >= rows[i].first && code <= rows[i].last)
			return rows[i].verdict;
	return VERDICT_GARBAGE;
}

const char *verdict_name(enum verdict v)
{
	return names[v];
}

bool verdict_is_own_fault(int number)
{
	return number == EMFILE || number == ENFILE || number == ENOBUFS ||
	       number == ENOMEM || number == EPERM || number == EACCES ||
	       number == EADDRINUSE;
}

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/moment.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static const int64_t now_ms = 1795359787500; /* 2026-11-22T15:03:07.5Z */

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct buffer once = { 0 }, twice = { 0 };
	char *text = alloc_format("%.*s", (int)len, (const char *)octets);
	int64_t at_ms = now_ms;
	int err = moment_parse(text, now_ms, &at_ms);

	if (at_ms > now_ms || (err && err != ERR_MALFORMED && err != ERR_RANGE))
		__builtin_trap();
	/* What was put as local time is in UTC no more. */
	moment_put_local(&once, text_of(octets, len), now_ms);
	moment_put_local(&twice, text_of(once.octets, once.len), now_ms);
	if (once.len != twice.len ||
	    (once.len && memcmp(once.octets, twice.octets, once.len) != 0))
		__builtin_trap();
	buffer_fini(&once);
	buffer_fini(&twice);
	free(text);
	return 0;
}

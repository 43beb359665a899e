#include "health/kept.h"

#include <string.h>

#include "base/buffer.h"
#include "health/stored.h"
#include "health/switches.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* What was read must write and read back as the same. */
static void play_kept(const struct buffer *in)
{
	struct buffer once = { 0 }, twice = { 0 };
	struct kept *k, *again;

	if (kept_decode(in->octets, in->len, &k))
		return;
	kept_encode(k, &once);
	if (kept_decode(once.octets, once.len, &again))
		__builtin_trap();
	kept_encode(again, &twice);
	if (once.len != twice.len || memcmp(once.octets, twice.octets, once.len) != 0)
		__builtin_trap();
	kept_free(k);
	kept_free(again);
	buffer_fini(&once);
	buffer_fini(&twice);
}

/* What was read, of whatever version, is written in a form that reads as the same. */
static void play_switch(const struct buffer *in)
{
	struct buffer once = { 0 }, twice = { 0 };
	struct switch_record r;

	if (switch_decode(in->octets, in->len, &r))
		return;
	switch_encode(&r, &once);
	if (switch_decode(once.octets, once.len, &r))
		__builtin_trap();
	switch_encode(&r, &twice);
	if (once.len != twice.len || memcmp(once.octets, twice.octets, once.len) != 0)
		__builtin_trap();
	buffer_fini(&once);
	buffer_fini(&twice);
}

/* The input is what stands before the checksum, which would keep a fuzzer out. */
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct buffer in = { 0 };

	buffer_put(&in, octets, len);
	buffer_reserve(&in, 1);
	stored_end(&in, 0);
	play_kept(&in);
	play_switch(&in);
	buffer_fini(&in);
	return 0;
}

#include "health/kept.h"

#include <string.h>

#include "base/buffer.h"
#include "health/kept_rows.h"
#include "health/stored.h"
#include "health/switches.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void put_all(const struct kept *k, struct kept_rows *out)
{
	kept_rows_put_head(out, k->generation, k->order, k->switch_seq);
	for (size_t i = 0; i < k->pbx_count; i++)
		kept_rows_put_pbx(out, &k->pbxs[i]);
	for (size_t i = 0; i < k->name_count; i++)
		kept_rows_put_name(out, &k->names[i]);
}

/* What was read, of whatever release, is written as rows that read as the same. */
static void play_rows(const struct kept *k)
{
	struct kept_rows once = { 0 }, twice = { 0 };
	struct kept *again = kept_new();

	put_all(k, &once);
	for (size_t i = 0; i < once.count; i++) {
		struct kept_row row = kept_rows_at(&once, i);

		if (kept_read(again, row.key, row.octets, row.len))
			__builtin_trap();
	}
	put_all(again, &twice);
	if (once.octets.len != twice.octets.len ||
	    memcmp(once.octets.octets, twice.octets.octets, once.octets.len) != 0)
		__builtin_trap();
	kept_free(again);
	kept_rows_fini(&once);
	kept_rows_fini(&twice);
}

/* As a value of the release before, and as a row of each kind. */
static void play_kept(const struct buffer *in)
{
	static const char *const keys[] = { KEPT_WHOLE, "kept/head", "kept/pbx/berlin",
					    "kept/name/pbx.example.net." };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		struct kept *k = kept_new();

		if (kept_read(k, keys[i], in->octets, in->len) == 0)
			play_rows(k);
		kept_free(k);
	}
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

/* Names: from a message, to text and back, and their order. */
#include "dns/name.h"

#include <assert.h>
#include <string.h>

static void check_text(const struct name *n)
{
	char text[NAME_TEXT_LEN];
	struct name again;

	name_format(n->wire, text);
	assert(name_parse(text, strlen(text), NULL, &again) == OK);
	assert(again.len == n->len && memcmp(again.wire, n->wire, n->len) == 0);
}

static void check_order(const struct name *a, const struct name *b)
{
	uint8_t a_key[2 * NAME_MAX_LEN] = { 0 };
	uint8_t b_key[2 * NAME_MAX_LEN] = { 0 };
	size_t a_len = name_key(a->wire, a_key);
	size_t b_len = name_key(b->wire, b_key);
	int diff = memcmp(a_key, b_key, a_len < b_len ? a_len : b_len);
	int order = name_compare(a->wire, b->wire);

	if (diff == 0)
		diff = (a_len > b_len) - (a_len < b_len);
	assert((diff > 0) == (order > 0) && (diff < 0) == (order < 0));
	assert((order == 0) == name_equal(a->wire, b->wire));
	name_is_within(a->wire, b->wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct reader r = reader_of(octets, len);
	struct name last = { .len = 1 };
	struct name n;

	while (reader_left(&r)) {
		const uint8_t *from = r.at;

		if (name_read(&r, &n))
			break;
		assert(r.at > from && r.at <= r.end);
		assert(name_wire_len(n.wire) == n.len);
		assert(name_labels(n.wire) == n.label_count);
		check_text(&n);
		check_order(&n, &last);
		last = n;
	}
	if (name_parse((const char *)octets, len, NULL, &n) == OK)
		check_text(&n);
	return 0;
}

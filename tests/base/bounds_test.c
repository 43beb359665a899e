#include "base/bounds.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/harness.h"

static struct addr addr(const char *text)
{
	struct addr a = { 0 };

	CU_ASSERT_EQUAL(addr_parse(text, &a), OK);
	return a;
}

static struct bounds_row row(const char *text, uint32_t value)
{
	struct bounds_row r = { .value = value };

	CU_ASSERT_EQUAL(prefix_parse(text, &r.prefix), OK);
	return r;
}

static void longest_prefix_wins(void)
{
	const struct bounds_row rows[] = {
		row("10.0.0.0/8", 1),      row("10.1.0.0/16", 2),
		row("10.1.255.0/24", 3),   row("2001:db8::/32", 4),
		row("2001:db8:1::/48", 5), row("255.255.255.255/32", 6),
		row("0.0.0.0/32", 7),
	};
	static const struct {
		const char *at;
		uint32_t value;
	} cases[] = {
		{ "10.0.0.0", 1 },          { "10.1.0.0", 2 },
		{ "10.1.255.9", 3 },        { "10.2.0.0", 1 },
		{ "11.0.0.0", UINT32_MAX }, { "9.255.255.255", UINT32_MAX },
		{ "2001:db8:1::9", 5 },     { "2001:db8:2::", 4 },
		{ "::", UINT32_MAX },       { "255.255.255.255", 6 },
		{ "0.0.0.0", 7 },           { "255.255.255.254", UINT32_MAX },
	};
	struct bounds *b = bounds_new(rows, sizeof(rows) / sizeof(*rows));

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct addr a = addr(cases[i].at);

		CU_ASSERT_EQUAL(bounds_find(b, &a, NULL), cases[i].value);
	}
	bounds_free(b);
	bounds_free(NULL);
}

static void later_rows_win_over_earlier_ones_of_the_same_prefix(void)
{
	const struct bounds_row rows[] = { row("10.0.0.0/8", 1), row("10.0.0.0/8", 2) };
	struct bounds *b = bounds_new(rows, 2);
	struct addr a = addr("10.9.9.9");

	CU_ASSERT_EQUAL(bounds_find(b, &a, NULL), 2);
	bounds_free(b);
}

static void scope_is_the_largest_block_of_one_value(void)
{
	const struct bounds_row rows[] = { row("10.1.0.0/16", 1), row("10.1.4.0/24", 2),
					   row("10.2.0.0/16", 1) };
	struct bounds *b = bounds_new(rows, 3);
	struct addr a = addr("10.1.128.1");
	uint8_t len = 0;

	CU_ASSERT_EQUAL(bounds_find(b, &a, &len), 1);
	CU_ASSERT_EQUAL(len, 17);
	a = addr("10.1.4.1");
	CU_ASSERT_EQUAL(bounds_find(b, &a, &len), 2);
	CU_ASSERT_EQUAL(len, 24);
	a = addr("10.1.5.1");
	CU_ASSERT_EQUAL(bounds_find(b, &a, &len), 1);
	CU_ASSERT_EQUAL(len, 24);
	a = addr("192.0.2.1");
	CU_ASSERT_EQUAL(bounds_find(b, &a, &len), BOUNDS_NONE);
	CU_ASSERT_EQUAL(len, 1);
	a = addr("2001:db8::1");
	CU_ASSERT_EQUAL(bounds_find(b, &a, &len), BOUNDS_NONE);
	CU_ASSERT_EQUAL(len, 0);
	bounds_free(b);
}

/* The plain way: every row is asked. */
static uint32_t slow_find(const struct bounds_row *rows, size_t count, struct addr a)
{
	uint32_t value = BOUNDS_NONE;
	int best = -1;

	for (size_t i = 0; i < count; i++)
		if (rows[i].prefix.len >= best &&
		    prefix_contains(&rows[i].prefix, &a)) {
			best = rows[i].prefix.len;
			value = rows[i].value;
		}
	return value;
}

static bool block_has_one_value(const struct bounds_row *rows, size_t count,
				struct addr a, uint8_t len)
{
	struct addr at = a;
	uint32_t value = slow_find(rows, count, a);

	for (unsigned low = 0; low < 256; low++) {
		uint8_t host = (uint8_t)(len < 24 ? 0xff : 0xff >> (len - 24));

		if (len >= 24 && ((low ^ a.octets[3]) & ~host & 0xff))
			continue;
		at.octets[3] = (uint8_t)low;
		if (slow_find(rows, count, at) != value)
			return false;
	}
	return true;
}

enum { ROWS = 12 };

static void fill_at_random(struct bounds_row rows[ROWS], uint32_t *seed)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct bounds_row *r = &rows[i];
		uint8_t host_len;

		*seed = *seed * 1103515245 + 12345;
		host_len = (uint8_t)((*seed >> 16) % 9);
		*r = (struct bounds_row){ .value = (*seed >> 8) % 3 };
		r->prefix.len = (uint8_t)(32 - host_len);
		r->prefix.addr.family = AF_INET;
		r->prefix.addr.octets[0] = 10;
		r->prefix.addr.octets[3] = (uint8_t)((*seed >> 20) << host_len);
	}
}

/* Whether value and scope are those of the plain way. */
static bool is_right(const struct bounds *b, const struct bounds_row *rows, uint8_t low)
{
	struct addr a = { .family = AF_INET, .octets = { 10, 0, 0, low } };
	uint8_t len = 0;

	if (bounds_find(b, &a, &len) != slow_find(rows, ROWS, a) ||
	    !block_has_one_value(rows, ROWS, a, len))
		return false;
	return len <= 24 || !block_has_one_value(rows, ROWS, a, (uint8_t)(len - 1));
}

static void random_prefixes_are_found_as_the_plain_way_finds_them(void)
{
	struct bounds_row rows[ROWS];
	uint32_t seed = 4711;

	for (int round = 0; round < 300; round++) {
		unsigned right_count = 0;
		struct bounds *b;

		fill_at_random(rows, &seed);
		b = bounds_new(rows, ROWS);
		for (unsigned low = 0; low < 256; low++)
			right_count += is_right(b, rows, (uint8_t)low);
		CU_ASSERT_EQUAL(right_count, 256);
		bounds_free(b);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the longest prefix wins", longest_prefix_wins },
		{ "later rows win over earlier ones of the same prefix",
		  later_rows_win_over_earlier_ones_of_the_same_prefix },
		{ "the scope is the largest block of one value",
		  scope_is_the_largest_block_of_one_value },
		{ "random prefixes are found as the plain way finds them",
		  random_prefixes_are_found_as_the_plain_way_finds_them },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/bounds", tests);
}

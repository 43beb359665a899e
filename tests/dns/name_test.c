#include "dns/name.h"

#include <string.h>

#include "tests/harness.h"

static struct name parsed(const char *text)
{
	struct name n = { 0 };

	CU_ASSERT_EQUAL(name_parse(text, strlen(text), NULL, &n), OK);
	return n;
}

/* Reads a name that starts at `offset` of a message. */
static int read_at(const char *octets, size_t len, size_t offset, struct name *out,
		   size_t *after)
{
	struct reader r = reader_of(guarded(octets, len), len);
	int err;

	r.at += offset;
	err = name_read(&r, out);
	CU_ASSERT_EQUAL(r.err, err);
	*after = (size_t)(r.at - r.start);
	return err;
}

static void section_4_1_4_compression_is_followed(void)
{
	/* RFC 1035 4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA, the root. */
	static const char message[] = "\1F\3ISI\4ARPA\0\3FOO\xc0\0\xc0\6\0";
	struct name n;
	size_t after;

	CU_ASSERT_EQUAL(read_at(message, 20 - 1, 12, &n, &after), OK);
	CU_ASSERT_EQUAL(after, 18);
	CU_ASSERT_EQUAL(n.len, 16);
	CU_ASSERT_EQUAL(n.label_count, 4);
	CU_ASSERT_EQUAL(memcmp(n.wire, "\3FOO\1F\3ISI\4ARPA\0", 16), 0);
	CU_ASSERT_EQUAL(read_at(message, 21, 18, &n, &after), OK);
	CU_ASSERT_EQUAL(after, 20);
	CU_ASSERT_EQUAL(memcmp(n.wire, "\4ARPA\0", 6), 0);
	CU_ASSERT_EQUAL(read_at(message, 21, 20, &n, &after), OK);
	CU_ASSERT_EQUAL(n.len, 1);
	CU_ASSERT_EQUAL(n.label_count, 0);
}

static void pointers_that_do_not_go_back_are_malformed(void)
{
	static const struct {
		const char *octets;
		size_t len, at;
	} rows[] = {
		{ "\xc0\x00", 2, 0 },               /* to itself */
		{ "\xc0\x02\1a\0", 5, 0 },          /* forward */
		{ "\xff\xff", 2, 0 },               /* far out */
		{ "\xc0\x02\xc0\x00", 4, 0 },       /* two in a ring */
		{ "\xc0\x02\xc0\x00", 4, 2 },       /* the same from the other end */
		{ "\1a\xc0\x00", 4, 0 },            /* into its own first label */
		{ "\1a\xc0\x02", 4, 0 },            /* to itself behind a label */
		{ "\1a\1b\xc0\x02", 6, 0 },         /* into its own second label */
		{ "\1a\xc0\x00\1b\xc0\x02", 8, 4 }, /* back, then in a ring */
		{ "\x40\0", 2, 0 },                 /* label type 01 */
		{ "\x80\0", 2, 0 },                 /* label type 10 */
	};
	struct name n;
	size_t after;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CU_ASSERT_EQUAL(read_at(rows[i].octets, rows[i].len, rows[i].at, &n,
					&after),
				ERR_MALFORMED);
}

static void names_cut_short_are_short(void)
{
	static const char message[] = "\3abc\2de\xc0";
	struct name n;
	size_t after;

	for (size_t len = 0; len < sizeof(message); len++)
		CU_ASSERT_EQUAL(read_at(message, len, 0, &n, &after), ERR_SHORT);
}

static void plain_read_refuses_pointers(void)
{
	struct reader r = reader_of(guarded("\1a\0\1b\xc0\0", 7), 7);
	struct name n;

	CU_ASSERT_EQUAL(name_read_plain(&r, &n), OK);
	CU_ASSERT_EQUAL(name_read_plain(&r, &n), ERR_MALFORMED);
	CU_ASSERT_EQUAL(n.len, 3);
}

static void a_failed_reader_reads_nothing(void)
{
	struct reader r = reader_of(guarded("\1a\0", 3), 3);
	struct name n = { .len = 77 };

	r.err = ERR_SHORT;
	CU_ASSERT_EQUAL(name_read(&r, &n), ERR_SHORT);
	CU_ASSERT_EQUAL(n.len, 77);
}

static void wire_limit_is_255_octets(void)
{
	uint8_t message[300];
	struct name n;
	size_t after;

	for (size_t i = 0; i < 254; i += 2) {
		message[i] = 1;
		message[i + 1] = 'x';
	}
	message[254] = 0;
	CU_ASSERT_EQUAL(read_at((char *)message, 255, 0, &n, &after), OK);
	CU_ASSERT_EQUAL(n.len, 255);
	CU_ASSERT_EQUAL(n.label_count, 127);

	/* Two octets behind a compressed tail make it too long. */
	memcpy(message + 255, "\1y\xc0\0", 4);
	CU_ASSERT_EQUAL(read_at((char *)message, 259, 255, &n, &after), ERR_MALFORMED);
	message[258] = 2;
	CU_ASSERT_EQUAL(read_at((char *)message, 259, 255, &n, &after), OK);
	CU_ASSERT_EQUAL(n.len, 255);

	message[254] = 1;
	message[255] = 'x';
	message[256] = 0;
	CU_ASSERT_EQUAL(read_at((char *)message, 257, 0, &n, &after), ERR_MALFORMED);
}

static void text_limits_are_63_and_255_octets(void)
{
	char text[1100];
	struct name n;
	struct name origin = parsed("org.");

	memset(text, 'a', sizeof(text));
	text[63] = '.';
	CU_ASSERT_EQUAL(name_parse(text, 64, NULL, &n), OK);
	CU_ASSERT_EQUAL(name_parse(text, 63, &origin, &n), OK);
	CU_ASSERT_EQUAL(n.len, 69);
	text[63] = 'a';
	text[64] = '.';
	CU_ASSERT_EQUAL(name_parse(text, 65, NULL, &n), ERR_LIMIT);

	/* 63 + 63 + 63 + 61 octets make 255 in wire form. */
	text[63] = text[127] = text[191] = text[253] = '.';
	text[64] = 'a';
	CU_ASSERT_EQUAL(name_parse(text, 254, NULL, &n), OK);
	CU_ASSERT_EQUAL(n.len, 255);
	CU_ASSERT_EQUAL(name_parse(text, 253, &origin, &n), ERR_LIMIT);
	text[253] = 'a';
	text[254] = '.';
	CU_ASSERT_EQUAL(name_parse(text, 255, NULL, &n), ERR_LIMIT);
}

static void escapes_of_section_5_1(void)
{
	struct name n = parsed("a\\.b\\000\\255\\ c.\\@.");

	CU_ASSERT_EQUAL(n.len, 11);
	CU_ASSERT_EQUAL(memcmp(n.wire, "\7a.b\0\xff c\1@\0", 11), 0);
	CU_ASSERT_EQUAL(name_parse("a\\", 2, NULL, &n), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_parse("a\\25", 4, NULL, &n), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_parse("a\\2x5.", 6, NULL, &n), ERR_MALFORMED);
	CU_ASSERT_EQUAL(name_parse("a\\256.", 6, NULL, &n), ERR_MALFORMED);
}

static void empty_labels_and_relative_names_are_malformed(void)
{
	static const char *const rows[] = { "", "..", ".a.", "a..", "a..b.", "a" };
	struct name n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CU_ASSERT_EQUAL(name_parse(rows[i], strlen(rows[i]), NULL, &n),
				ERR_MALFORMED);
	n = parsed(".");
	CU_ASSERT_EQUAL(n.len, 1);
	CU_ASSERT_EQUAL(n.label_count, 0);
}

static void relative_names_are_completed(void)
{
	struct name origin = parsed("Example.COM.");
	struct name n;

	CU_ASSERT_EQUAL(name_parse("WWW.a", 5, &origin, &n), OK);
	CU_ASSERT_EQUAL(n.label_count, 4);
	CU_ASSERT_EQUAL(memcmp(n.wire, "\3WWW\1a\7Example\3COM\0", 19), 0);
}

static void format_and_parse_are_inverse(void)
{
	static const char octets[] = "\17\0\x1f !\"$().;@\\\x7f\xff"
				     "a\1.\0";
	char text[NAME_TEXT_LEN];
	struct name n;

	name_format((const uint8_t *)octets, text);
	CU_ASSERT_STRING_EQUAL(text, "\\000\\031\\032!\\\"\\$\\(\\)\\.\\;\\@\\\\"
				     "\\127\\255a.\\..");
	n = parsed(text);
	CU_ASSERT_EQUAL(n.len, sizeof(octets) - 1);
	CU_ASSERT_EQUAL(memcmp(n.wire, octets, n.len), 0);
	CU_ASSERT_STRING_EQUAL(name_format((const uint8_t *)"", text), ".");
}

static void the_longest_name_fits_its_text(void)
{
	uint8_t wire[NAME_MAX_LEN] = { 0 };
	char text[NAME_TEXT_LEN];

	wire[0] = wire[64] = wire[128] = 63;
	wire[192] = 61;
	name_format(wire, text);
	CU_ASSERT_EQUAL(strlen(text), 250 * 4 + 4);
}

/* The example of RFC 4034 6.1, in its order. */
static const char *const ordered[] = {
	"example.",         "a.example.",      "yljkjljk.a.example.",
	"Z.a.example.",     "zABC.a.EXAMPLE.", "z.example.",
	"\\001.z.example.", "*.z.example.",    "\\200.z.example.",
};

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static int compare_keys(const struct name *a, const struct name *b)
{
	uint8_t a_key[2 * NAME_MAX_LEN];
	uint8_t b_key[2 * NAME_MAX_LEN];
	size_t a_len = name_key(a->wire, a_key);
	size_t b_len = name_key(b->wire, b_key);
	size_t len = a_len < b_len ? a_len : b_len;
	int diff = memcmp(a_key, b_key, len);

	return diff ? sign(diff) : (a_len > b_len) - (a_len < b_len);
}

static void check_pair(const char *first, const char *second, int expected)
{
	struct name a = parsed(first);
	struct name b = parsed(second);

	CU_ASSERT_EQUAL(sign(name_compare(a.wire, b.wire)), expected);
	CU_ASSERT_EQUAL(compare_keys(&a, &b), expected);
}

static void section_6_1_of_4034_order(void)
{
	size_t count = sizeof(ordered) / sizeof(*ordered);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++)
			check_pair(ordered[i], ordered[j], (i > j) - (i < j));
	}
}

static void check_keys(const char *first, const char *second)
{
	struct name a = parsed(first);
	struct name b = parsed(second);

	CU_ASSERT_EQUAL(compare_keys(&a, &b), sign(name_compare(a.wire, b.wire)));
}

/* Zero octets, prefixes and the octets next to the escape must not disturb the keys. */
static void keys_order_as_compare_does(void)
{
	static const char *const names[] = {
		".",
		"a.",
		"\\000.a.",
		"\\000\\000.a.",
		"\\001.a.",
		"\\001\\000.a.",
		"\\001\\001.a.",
		"\\002.a.",
		"a\\000.",
		"a\\000b.",
		"a\\001.",
		"a-.",
		"ab.",
		"b.a.",
		"A.b.",
		"\\255.",
		"x.a\\000.",
		"0.ab.",
		"\\000.ab.",
	};
	size_t count = sizeof(names) / sizeof(*names);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++)
			check_keys(names[i], names[j]);
	}
}

static void equality_folds_case_and_nothing_else(void)
{
	struct name a = parsed("ExAmPle.Org.");
	struct name b = parsed("eXaMpLE.oRG.");
	struct name c = parsed("[.example.");
	struct name d = parsed("{.example.");

	CU_ASSERT_TRUE(name_equal(a.wire, b.wire));
	CU_ASSERT_FALSE(name_equal(c.wire, d.wire));
	name_lower(&a);
	CU_ASSERT_EQUAL(memcmp(a.wire, "\7example\3org\0", 13), 0);
}

static void within_goes_by_labels(void)
{
	struct name apex = parsed("example.");
	struct name below = parsed("a.EXAMPLE.");
	struct name beside = parsed("aexample.");
	struct name dotted = parsed("a\\.example.");
	struct name root = parsed(".");

	CU_ASSERT_TRUE(name_is_within(below.wire, apex.wire));
	CU_ASSERT_TRUE(name_is_within(apex.wire, apex.wire));
	CU_ASSERT_TRUE(name_is_within(apex.wire, root.wire));
	CU_ASSERT_FALSE(name_is_within(apex.wire, below.wire));
	CU_ASSERT_FALSE(name_is_within(beside.wire, apex.wire));
	CU_ASSERT_FALSE(name_is_within(dotted.wire, apex.wire));
	CU_ASSERT_EQUAL(name_labels(below.wire), 2);
	CU_ASSERT_EQUAL(name_wire_len(below.wire), 11);
	CU_ASSERT_TRUE(name_equal(name_parent(below.wire), apex.wire));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "4.1.4: compression is followed",
		  section_4_1_4_compression_is_followed },
		{ "pointers that do not go back are malformed",
		  pointers_that_do_not_go_back_are_malformed },
		{ "names cut short are short", names_cut_short_are_short },
		{ "a plain read refuses pointers", plain_read_refuses_pointers },
		{ "a failed reader reads nothing", a_failed_reader_reads_nothing },
		{ "the wire limit is 255 octets", wire_limit_is_255_octets },
		{ "text limits are 63 and 255 octets",
		  text_limits_are_63_and_255_octets },
		{ "5.1: escapes", escapes_of_section_5_1 },
		{ "empty labels and relative names are malformed",
		  empty_labels_and_relative_names_are_malformed },
		{ "relative names are completed", relative_names_are_completed },
		{ "format and parse are inverse", format_and_parse_are_inverse },
		{ "the longest name fits its text", the_longest_name_fits_its_text },
		{ "4034 6.1: canonical order", section_6_1_of_4034_order },
		{ "keys order as compare does", keys_order_as_compare_does },
		{ "equality folds case and nothing else",
		  equality_folds_case_and_nothing_else },
		{ "within goes by labels", within_goes_by_labels },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/name", tests);
}

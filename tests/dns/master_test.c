#include "dns/master.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "dns/rr.h"
#include "tests/harness.h"

/* Files in memory, by path; each ends where readable memory ends. */
struct memory {
	const char *path;
	const char *text;
	size_t len; /* 0: of `text` up to its NUL */
};

struct files {
	const struct memory *rows;
	size_t count;
	int open_count;
};

static int memory_open(void *arg, const char *path, struct master_text *out)
{
	struct files *files = arg;

	for (size_t i = 0; i < files->count; i++) {
		const struct memory *m = &files->rows[i];
		size_t len = m->len ? m->len : strlen(m->text);

		if (strcmp(m->path, path) != 0)
			continue;
		files->open_count++;
		*out = (struct master_text){ (const char *)guarded(m->text, len), len,
					     NULL };
		return OK;
	}
	return ERR_NOT_FOUND;
}

static void memory_close(void *arg, struct master_text *text)
{
	struct files *files = arg;

	CU_ASSERT_PTR_NOT_NULL(text->octets);
	files->open_count--;
}

static int print_record(void *arg, const struct master_record *r)
{
	struct buffer *out = arg;
	char name[NAME_TEXT_LEN];
	char class[16];
	char type[16];

	buffer_printf(out, "%s %u %s %s ", name_format(r->owner->wire, name), r->ttl,
		      rr_class_format(r->class, class), rr_type_format(r->type, type));
	rr_rdata_format(r->type, r->rdata, r->rdlen, out);
	buffer_put_u8(out, '\n');
	return OK;
}

static const struct name origin = { 9, 1, "\7example" };

/* Parses files of which the first is the one asked for; records and diagnoses as text.
 */
static int run(const struct memory *rows, size_t count, struct buffer *out)
{
	struct files files = { .rows = rows, .count = count };
	struct master_files io = { memory_open, memory_close, &files };
	struct master_source src = { .path = rows[0].path, .files = &io };
	struct diags diags = { 0 };
	int err = master_parse(&src, &origin, &diags, print_record, out);

	CU_ASSERT_EQUAL(files.open_count, 0);
	CU_ASSERT_EQUAL(err, diags.error_count ? ERR_INVALID : OK);
	diags_sort(&diags);
	for (size_t i = 0; i < diags.count; i++) {
		const struct diag *d = &diags.rows[i];

		buffer_printf(out, "%s:%u:%u: %s%s%s\n", d->place.file, d->place.line,
			      d->place.col, d->text, d->suggestion ? " ? " : "",
			      d->suggestion ? d->suggestion : "");
	}
	buffer_put_u8(out, 0);
	diags_fini(&diags);
	return err;
}

static void expect(const char *text, size_t len, const char *expected)
{
	struct memory row = { "z", text, len };
	struct buffer out = { 0 };

	run(&row, 1, &out);
	if (strcmp((char *)out.octets, expected) != 0)
		printf("# expected:\n%s# got:\n%s", expected, (char *)out.octets);
	CU_ASSERT_STRING_EQUAL((char *)out.octets, expected);
	buffer_fini(&out);
}

#define EXPECT(text, expected) expect(text, sizeof(text) - 1, expected)

static void section_5_3_of_1035_is_read(void)
{
	struct memory rows[] = {
		{ "d/isi.zone",
		  "@   IN  SOA     VENERA      Action\\.domains (\n"
		  "                                 20     ; SERIAL\n"
		  "                                 7200   ; REFRESH\n"
		  "                                 600    ; RETRY\n"
		  "                                 3600000; EXPIRE\n"
		  "                                 60)    ; MINIMUM\n"
		  "\n"
		  "        NS      A.ISI.EDU.\n"
		  "        NS      VENERA\n"
		  "        MX      10      VENERA\n"
		  "A       A       26.3.0.103\n"
		  "VENERA  A       10.1.0.52\n"
		  "        A       128.9.0.32\n"
		  "\n"
		  "$INCLUDE boxes.txt\n"
		  "X A 1.2.3.4\n",
		  0 },
		{ "d/boxes.txt",
		  "MOE     MB      A.ISI.EDU.\n"
		  "STOOGES MG      MOE\n"
		  "        MG      LARRY\n",
		  0 },
	};
	struct buffer out = { 0 };

	CU_ASSERT_EQUAL(run(rows, 2, &out), OK);
	CU_ASSERT_STRING_EQUAL(
		(char *)out.octets,
		"example. 60 IN SOA VENERA.example. Action\\.domains.example. 20 7200 "
		"600 3600000 60\n"
		"example. 60 IN NS A.ISI.EDU.\n"
		"example. 60 IN NS VENERA.example.\n"
		"example. 60 IN MX 10 VENERA.example.\n"
		"A.example. 60 IN A 26.3.0.103\n"
		"VENERA.example. 60 IN A 10.1.0.52\n"
		"VENERA.example. 60 IN A 128.9.0.32\n"
		"MOE.example. 60 IN MB A.ISI.EDU.\n"
		"STOOGES.example. 60 IN MG MOE.example.\n"
		"STOOGES.example. 60 IN MG LARRY.example.\n"
		"X.example. 60 IN A 1.2.3.4\n");
	buffer_fini(&out);
}

static void ttl_and_class_come_in_either_order(void)
{
	EXPECT("a 5 IN A 1.2.3.4\n"
	       "a IN 6 A 1.2.3.4\n"
	       "a IN A 1.2.3.4\n"
	       "a 1h30m A 1.2.3.4\n"
	       "a in 2w A 1.2.3.4\n"
	       " CH TXT x\n"
	       " TXT y\n"
	       "5 5 IN A 1.2.3.4\n"
	       "in in a 1.2.3.4\n",
	       "a.example. 5 IN A 1.2.3.4\n"
	       "a.example. 6 IN A 1.2.3.4\n"
	       "a.example. 6 IN A 1.2.3.4\n"
	       "a.example. 5400 IN A 1.2.3.4\n"
	       "a.example. 1209600 IN A 1.2.3.4\n"
	       "a.example. 1209600 CH TXT \"x\"\n"
	       "a.example. 1209600 CH TXT \"y\"\n"
	       "5.example. 5 IN A 1.2.3.4\n"
	       "in.example. 5 IN A 1.2.3.4\n");
}

static void section_4_of_2308_default_ttl(void)
{
	EXPECT("$TTL 1d\n@ A 1.2.3.4\n@ 5 A 1.2.3.4\n@ A 1.2.3.4\n$ttl 0\n@ A 1.2.3.4\n"
	       "@ 2147483647 A 1.2.3.4\n",
	       "example. 86400 IN A 1.2.3.4\n"
	       "example. 5 IN A 1.2.3.4\n"
	       "example. 86400 IN A 1.2.3.4\n"
	       "example. 0 IN A 1.2.3.4\n"
	       "example. 2147483647 IN A 1.2.3.4\n");
	EXPECT("a A 1.2.3.4\na 1 A 1.2.3.4\n",
	       "a.example. 1 IN A 1.2.3.4\n"
	       "z:1:3: no TTL: none here, none in a previous record and no $TTL\n");
}

static void origins_complete_names(void)
{
	EXPECT("$ORIGIN Sub\na 5 CNAME @\n$ORIGIN b.\n@ 5 CNAME a\\.b\n$ORIGIN .\nc 5 NS d\n"
	       "$ORIGIN @\n. 5 NS @\n",
	       "a.Sub.example. 5 IN CNAME Sub.example.\n"
	       "b. 5 IN CNAME a\\.b.b.\n"
	       "c. 5 IN NS d.\n"
	       ". 5 IN NS .\n");
}

static void blanks_comments_and_line_ends(void)
{
	EXPECT("", "");
	EXPECT("\n\r\n  \n\t; comment\n;\n", "");
	EXPECT("a 5 A 1.2.3.4", "a.example. 5 IN A 1.2.3.4\n");
	EXPECT("a 5 A 1.2.3.4\r\nb 5 TXT c\r\n",
	       "a.example. 5 IN A 1.2.3.4\nb.example. 5 IN TXT \"c\"\n");
	EXPECT("a 5 A 1.2.3.4;c", "a.example. 5 IN A 1.2.3.4\n");
	EXPECT("a 5 A ( ; ) \"\n1.2.3.4 ; x\n) ; y\nb 5 A(1.2.3.4)",
	       "a.example. 5 IN A 1.2.3.4\nb.example. 5 IN A 1.2.3.4\n");
	EXPECT("(a 5\nA\n1.2.3.4)\n", "a.example. 5 IN A 1.2.3.4\n");
	EXPECT("a 5 TXT ((\"b\") (c))\n", "a.example. 5 IN TXT \"b\" \"c\"\n");
	EXPECT("a 5 TXT a\\\nb 5 TXT c\n",
	       "b.example. 5 IN TXT \"c\"\n"
	       "z:1:9: a backslash must be followed by a character or by three digits "
	       "up to 255\n");
}

static void all_errors_are_told_in_one_run(void)
{
	EXPECT("a 5 AA 1.2.3.4\n"
	       "b 5 A 1.2.3\n"
	       "c 5 IM A 1.2.3.4\n"
	       "d 2147483648 A 1.2.3.4\n"
	       "e 99999999999 A 1.2.3.4\n"
	       "f 5 TXT \"abc\n"
	       "$ORIGN x.\n"
	       "g 5 A (1.2.3.4\n"
	       ") x\n"
	       "h 5 MX a b\n"
	       "i..j 5 A 1.2.3.4\n"
	       "   A 1.2.3.4\n"
	       "k 5 A 1.2.3.4)\n"
	       "l 5 AXFR\n"
	       "m 5\n"
	       "\"n\" 5 A 1.2.3.4\n"
	       "o 5 A 1.2.3.4\n",
	       "o.example. 5 IN A 1.2.3.4\n"
	       "z:1:5: 'AA' is not a type, a class or a TTL ? A\n"
	       "z:2:7: '1.2.3' is not an IPv4 address\n"
	       "z:3:5: 'IM' is not a type, a class or a TTL ? IN\n"
	       "z:4:3: '2147483648' is not a TTL of at most 2147483647 seconds\n"
	       "z:5:3: '99999999999' is not a TTL of at most 2147483647 seconds\n"
	       "z:6:9: unterminated quoted string\n"
	       "z:7:1: '$ORIGN' is not a directive ? $ORIGIN\n"
	       "z:9:3: unexpected 'x': too many fields for A\n"
	       "z:10:8: 'a' is not a number up to 65535\n"
	       "z:11:1: 'i..j' is not a name\n"
	       "z:13:14: unmatched ')'\n"
	       "z:14:5: 'AXFR' is not a record type allowed in zones\n"
	       "z:15:4: a type is missing\n"
	       "z:16:1: 'n' is not a name: names cannot be quoted\n");
}

static void an_open_parenthesis_is_told_where_it_opens(void)
{
	EXPECT("a 5 A 1.2.3.4\nb 5 SOA a b (\n1 2 3 4 5\nc 5 A 1.2.3.4\n",
	       "a.example. 5 IN A 1.2.3.4\n"
	       "z:2:13: unmatched '('\n");
	EXPECT("b 5 TXT (\na\n", "z:1:9: unmatched '('\n");
	/* not what it leads to further below */
	EXPECT("@ 5 SOA a b ( 1 2 3\n 4 5\nns 5 A 192.0.2.1\n",
	       "z:1:13: unmatched '('\n");
	EXPECT("@ 5 SOA a b ( 1 2 3\nx 5 TXT ( a\n b )\n", "z:1:13: unmatched '('\n");
}

static void text_that_a_semicolon_cuts_off_is_told(void)
{
	EXPECT("a 5 TXT v=DMARC1; p=none\n",
	       "a.example. 5 IN TXT \"v=DMARC1\"\n"
	       "z:1:17: the text ends at this semicolon, where a comment begins: put "
	       "it into quotes if the rest belongs to it\n");
	EXPECT("a 5 TXT v=DMARC1 ; p=none\n", "a.example. 5 IN TXT \"v=DMARC1\"\n");
	EXPECT("a 5 TXT \"v=DMARC1\"; p=none\n", "a.example. 5 IN TXT \"v=DMARC1\"\n");
	EXPECT("a 5 A 192.0.2.1;x\n", "a.example. 5 IN A 192.0.2.1\n");
}

static void byte_order_marks_and_odd_blanks_are_named(void)
{
	EXPECT("\xef\xbb\xbf$TTL 5\na A 192.0.2.1\n",
	       "a.example. 5 IN A 192.0.2.1\n"
	       "z:1:1: the file begins with a byte order mark: save it as UTF-8 without "
	       "one\n");
	EXPECT("\xff\xfe$\0T\0", "z:1:1: the file is in UTF-16: save it as plain text "
				 "in UTF-8\n");
	EXPECT("w\xc2\xa0"
	       "5 A 192.0.2.1\nx 5 A\xc2\xa0"
	       "192.0.2.1\n",
	       "z:1:2: this is not a blank but a no-break or other special space: "
	       "replace it\n"
	       "z:2:6: this is not a blank but a no-break or other special space: "
	       "replace it\n");
	EXPECT("w 5 A 192.0.2.256 ; \xc2\xa0\n",
	       "z:1:7: '192.0.2.256' is not an IPv4 address\n");
}

/* As BIND writes them. */
static void negative_values_have_32_bits_in_other_bases(void)
{
	EXPECT("$GENERATE 1-1 h${-5,3,x} 5 A 192.0.2.1\n"
	       "$GENERATE 1-1 ${-5,3,n}.h 5 A 192.0.2.1\n"
	       "$GENERATE 1-1 h${-5,3,o} 5 A 192.0.2.1\n"
	       "$GENERATE 1-1 h${-5} 5 A 192.0.2.1\n",
	       "hfffffffc.example. 5 IN A 192.0.2.1\n"
	       "c.f.f.f.f.f.f.f.h.example. 5 IN A 192.0.2.1\n"
	       "h37777777774.example. 5 IN A 192.0.2.1\n"
	       "h-4.example. 5 IN A 192.0.2.1\n");
}

static void an_owner_is_needed_first(void)
{
	EXPECT(" 5 A 1.2.3.4\na 5 A 1.2.3.4\n",
	       "a.example. 5 IN A 1.2.3.4\n"
	       "z:1:2: no owner name here, and no previous one\n");
}

static void directives_want_their_words(void)
{
	EXPECT("$ORIGIN\n$ORIGIN a..b\n$ORIGIN a. b\n$TTL\n$TTL x\n$TTL 4294967296\n"
	       "$INCLUDE\n$INCLUDE nowhere\n$INCLUDE \"\"\n$GENERATE\n$\n",
	       "z:1:8: a name is missing\n"
	       "z:2:9: 'a..b' is not a name\n"
	       "z:3:12: unexpected 'b' at the end of the line\n"
	       "z:4:5: a TTL is missing\n"
	       "z:5:6: 'x' is not a TTL of at most 2147483647 seconds\n"
	       "z:6:6: '4294967296' is not a TTL of at most 2147483647 seconds\n"
	       "z:7:9: a file is missing\n"
	       "z:8:10: cannot read 'nowhere': not found\n"
	       "z:9:10: '' is not a file\n"
	       "z:10:10: a range is missing\n"
	       "z:11:1: '$' is not a directive\n");
}

static void includes_keep_the_origin_and_the_owner_of_their_parent(void)
{
	struct memory rows[] = {
		{ "/etc/z",
		  "a 5 A 1.2.3.4\n$INCLUDE sub/b in.b. ; comment\n A 1.2.3.5\nb 5 A "
		  "1.2.3.6\n",
		  0 },
		{ "/etc/sub/b",
		  " 5 A 9.9.9.9\n$ORIGIN c.\n@ 5 A 8.8.8.8\n$INCLUDE \"d\"\n", 0 },
		{ "/etc/sub/d", "d 5 A 7.7.7.x\n", 0 },
	};
	struct buffer out = { 0 };

	CU_ASSERT_EQUAL(run(rows, 3, &out), ERR_INVALID);
	CU_ASSERT_STRING_EQUAL(
		(char *)out.octets,
		"a.example. 5 IN A 1.2.3.4\n"
		"c. 5 IN A 8.8.8.8\n"
		"a.example. 5 IN A 1.2.3.5\n"
		"b.example. 5 IN A 1.2.3.6\n"
		"/etc/sub/b:1:2: no owner name here, and no previous one\n"
		"/etc/sub/d:1:7: '7.7.7.x' is not an IPv4 address\n");
	buffer_fini(&out);
}

static void circles_of_includes_are_told(void)
{
	struct memory rows[] = {
		{ "a", "$INCLUDE b\n", 0 },
		{ "b", "$INCLUDE c\n", 0 },
		{ "c", "$INCLUDE a\nx 5 A 1.2.3.4\n", 0 },
	};
	struct buffer out = { 0 };

	CU_ASSERT_EQUAL(run(rows, 3, &out), ERR_INVALID);
	CU_ASSERT_STRING_EQUAL((char *)out.octets, "x.example. 5 IN A 1.2.3.4\n"
						   "c:1:10: 'a' includes itself\n");
	buffer_fini(&out);
}

static void deep_includes_are_told(void)
{
	struct memory rows[30];
	char texts[30][20];
	char paths[30][4];
	struct buffer out = { 0 };

	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%u", i);
		(void)snprintf(texts[i], sizeof(texts[i]), "$INCLUDE %u\n", i + 1);
		rows[i] = (struct memory){ paths[i], texts[i], 0 };
	}
	/* guarded() keeps eight texts; the deepest open files are the last ones. */
	CU_ASSERT_EQUAL(run(rows, 30, &out), ERR_INVALID);
	CU_ASSERT_STRING_EQUAL((char *)out.octets,
			       "16:1:10: '17' includes are nested too deeply\n");
	buffer_fini(&out);
}

static void generate_counts(void)
{
	EXPECT("$GENERATE 1-3 h$ 5 A 192.0.2.$\n", "h1.example. 5 IN A 192.0.2.1\n"
						   "h2.example. 5 IN A 192.0.2.2\n"
						   "h3.example. 5 IN A 192.0.2.3\n");
	EXPECT("$GENERATE 0-10/5 $ 5 IN CNAME x$.$$\\$\n",
	       "0.example. 5 IN CNAME x0.\\$\\$.example.\n"
	       "5.example. 5 IN CNAME x5.\\$\\$.example.\n"
	       "10.example. 5 IN CNAME x10.\\$\\$.example.\n");
	EXPECT("$GENERATE 9-11/2 a${0,3} 5 A 10.0.0.${-1}\n",
	       "a009.example. 5 IN A 10.0.0.8\na011.example. 5 IN A 10.0.0.10\n");
	EXPECT("$GENERATE 171-171 ${0,2,x}-${0,4,X}-${0,0,o} 5 PTR a${1,1,d}.\n",
	       "ab-00AB-253.example. 5 IN PTR a172.\n");
	/* BIND: nibbles from the lowest; the dots count as width. */
	EXPECT("$GENERATE 171-171 ${0,8,n}${0,3,N}.${0,0,n} 5 NS a.\n",
	       "b.a.0.0.B.A.b.a.example. 5 IN NS a.\n");
}

static void generate_takes_any_type(void)
{
	EXPECT("$GENERATE 1-2 $ 5 MX \"$ m${0}\"\n",
	       "1.example. 5 IN MX 1 m1.example.\n"
	       "2.example. 5 IN MX 2 m2.example.\n");
	EXPECT("$GENERATE 1-1 $ 5 SRV 0 $ 5060 m$ ; comment\n",
	       "1.example. 5 IN SRV 0 1 5060 m1.example.\n");
	EXPECT("$GENERATE 1-1 @ 5 TXT \"\\\"a $\\\" b\"\n",
	       "example. 5 IN TXT \"a 1\" \"b\"\n");
	EXPECT("$GENERATE 1-1 @ 5 TXT \"a $\" \"b\"\n",
	       "example. 5 IN TXT \"a 1\" \"b\"\n");
}

static void wrong_generates_are_told_once(void)
{
	EXPECT("$GENERATE 1 a 5 A 1.2.3.4\n"
	       "$GENERATE 2-1 a 5 A 1.2.3.4\n"
	       "$GENERATE 1-2/0 a 5 A 1.2.3.4\n"
	       "$GENERATE 0-16777216 a 5 A 1.2.3.4\n"
	       "$GENERATE 1-2 a$ 5 A 1.2.3\n"
	       "$GENERATE 1-2 a${x} 5 A 1.2.3.4\n"
	       "$GENERATE 1-2 a${0,1,q} 5 A 1.2.3.4\n"
	       "$GENERATE 1-2 a${-2,1,q} 5 A 1.2.3.4\n"
	       "$GENERATE 1-2 a${0 5 A 1.2.3.4\n"
	       "$GENERATE 1-2 a 5 A\n"
	       "$GENERATE 1-2 a 5 AAA $\n",
	       "z:1:11: '1' is not a range START-STOP[/STEP] of at most 16777216\n"
	       "z:2:11: '2-1' is not a range START-STOP[/STEP] of at most 16777216\n"
	       "z:3:11: '1-2/0' is not a range START-STOP[/STEP] of at most 16777216\n"
	       "z:4:11: '0-16777216' is not a range START-STOP[/STEP] of at most "
	       "16777216\n"
	       "z:5:22: for value 1: '1.2.3' is not an IPv4 address\n"
	       "z:6:15: a pattern is $ or ${OFFSET[,WIDTH[,BASE]]}\n"
	       "z:7:15: a pattern is $ or ${OFFSET[,WIDTH[,BASE]]}\n"
	       "z:8:15: a pattern is $ or ${OFFSET[,WIDTH[,BASE]]}\n"
	       "z:9:15: a pattern is $ or ${OFFSET[,WIDTH[,BASE]]}\n"
	       "z:10:20: RDATA is missing\n"
	       "z:11:19: 'AAA' is not a type, a class or a TTL ? AAAA\n");
}

static int stop_at_second(void *arg, const struct master_record *r)
{
	int *count = arg;

	(void)r;
	return ++*count == 2 ? 77 : OK;
}

static void the_callback_may_stop_the_run(void)
{
	struct memory row = { "z", "$GENERATE 1-9 a$ 5 A 1.2.3.4\nb 5 A x\n", 0 };
	struct files files = { .rows = &row, .count = 1 };
	struct master_files io = { memory_open, memory_close, &files };
	struct master_source src = { .path = "z", .files = &io };
	struct diags diags = { 0 };
	int count = 0;

	CU_ASSERT_EQUAL(master_parse(&src, &origin, &diags, stop_at_second, &count),
			77);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_EQUAL(diags.error_count, 0);
	diags_fini(&diags);
}

static void a_missing_file_is_told(void)
{
	struct master_source src = { .path = "/nonexistent/zone" };
	struct diags diags = { 0 };

	CU_ASSERT_EQUAL(master_parse(&src, &origin, &diags, stop_at_second, NULL),
			ERR_INVALID);
	CU_ASSERT_EQUAL(diags.count, 1);
	CU_ASSERT_STRING_EQUAL(diags.rows[0].place.file, "/nonexistent/zone");
	diags_fini(&diags);
}

/* Cut anywhere, a file is read to its end and no further. */
static void files_may_end_anywhere(void)
{
	static const char text[] =
		"$TTL 1h\n$ORIGIN a.\n@ SOA a b ( 1 2 ; c\n 3 4 5 )\n b 5 IN TXT \"q\\\"r\" "
		"a\\032b\\\\\n$GENERATE 1-2 ${0,3,n} A 1.2.3.$\n"
		"c HTTPS 1 . alpn=\"h2,h3\" key667=\"x y\"\n$INCLUDE x y.\nd TYPE65280 \\# 2 "
		"abcd\n";

	for (size_t len = 1; len < sizeof(text); len++) {
		struct memory row = { "z", text, len };
		struct buffer out = { 0 };

		run(&row, 1, &out);
		buffer_fini(&out);
	}
}

static int note_place(void *arg, const struct master_record *r)
{
	struct diag_place *places = arg;

	places[r->rdata[3]] = r->place;
	return OK;
}

static void records_tell_their_place(void)
{
	struct memory row = { "z", "a 5 A 1.2.3.0\n\n  5 A 1.2.3.1\n", 0 };
	struct files files = { .rows = &row, .count = 1 };
	struct master_files io = { memory_open, memory_close, &files };
	struct master_source src = { .path = "z", .files = &io };
	struct diag_place places[2] = { 0 };
	struct diags diags = { 0 };

	CU_ASSERT_EQUAL(master_parse(&src, &origin, &diags, note_place, places), OK);
	CU_ASSERT_EQUAL(places[0].line, 1);
	CU_ASSERT_EQUAL(places[0].col, 1);
	CU_ASSERT_EQUAL(places[1].line, 3);
	CU_ASSERT_EQUAL(places[1].col, 3);
	diags_fini(&diags);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "1035 5.3: the example is read", section_5_3_of_1035_is_read },
		{ "TTL and class come in either order",
		  ttl_and_class_come_in_either_order },
		{ "2308 4: $TTL", section_4_of_2308_default_ttl },
		{ "origins complete names", origins_complete_names },
		{ "blanks, comments and line ends", blanks_comments_and_line_ends },
		{ "all errors are told in one run", all_errors_are_told_in_one_run },
		{ "an open parenthesis is told where it opens",
		  an_open_parenthesis_is_told_where_it_opens },
		{ "an owner is needed first", an_owner_is_needed_first },
		{ "directives want their words", directives_want_their_words },
		{ "includes keep the origin and the owner of their parent",
		  includes_keep_the_origin_and_the_owner_of_their_parent },
		{ "circles of includes are told", circles_of_includes_are_told },
		{ "deep includes are told", deep_includes_are_told },
		{ "$GENERATE counts", generate_counts },
		{ "$GENERATE takes any type", generate_takes_any_type },
		{ "wrong $GENERATEs are told once", wrong_generates_are_told_once },
		{ "the callback may stop the run", the_callback_may_stop_the_run },
		{ "a missing file is told", a_missing_file_is_told },
		{ "files may end anywhere", files_may_end_anywhere },
		{ "records tell their place", records_tell_their_place },
		{ "text that a semicolon cuts off is told",
		  text_that_a_semicolon_cuts_off_is_told },
		{ "byte order marks and odd blanks are named",
		  byte_order_marks_and_odd_blanks_are_named },
		{ "negative values have 32 bits in other bases",
		  negative_values_have_32_bits_in_other_bases },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/master", tests);
}

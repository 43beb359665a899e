#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/json.h"
#include "base/process/diag_form.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "conf/manual.h"
#include "tests/conf/own_schema.h"
#include "tests/harness.h"

#define SECRET "Hunter2-Zebra"

static char folder[] = "/tmp/deputy-secret-XXXXXX";

static char *in_folder(const char *name)
{
	return alloc_format("%s/%s", folder, name);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	char *path = in_folder(name);
	FILE *out = fopen(path, "we");

	if (out == NULL)
		abort();
	fputs(text, out);
	(void)fclose(out);
	CU_ASSERT_EQUAL(chmod(path, mode), 0);
	free(path);
}

static void remove_file(const char *name)
{
	char *path = in_folder(name);

	(void)unlink(path);
	free(path);
}

/* All that a parse has to say, and the configuration, or NULL. */
static struct conf *parse(const char *text, struct buffer *said)
{
	char *path = in_folder("deputy.conf");
	size_t len = strlen(text);
	struct diags diags = { 0 };
	struct conf *c = NULL;

	(void)conf_parse(path, guarded(text, len), len, &diags, &c);
	diags_format(&diags, said);
	diags_fini(&diags);
	free(path);
	return c;
}

static struct conf *parse_well(const char *text)
{
	struct buffer said = { 0 };
	struct conf *c = parse(text, &said);
	char *words = buffer_take_text(&said);

	if (c == NULL)
		puts(words);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	free(words);
	return c;
}

/* What is told of a text that is wrong. */
static char *faults_of(const char *text)
{
	struct buffer said = { 0 };
	struct conf *c = parse(text, &said);

	CU_ASSERT_PTR_NULL(c);
	conf_free(c);
	return buffer_take_text(&said);
}

static bool tells(const char *text, const char *what)
{
	char *said = faults_of(text);
	bool found = strstr(said, what) != NULL;

	if (!found)
		printf("# not told: %s\n# but: %s\n", what, said);
	free(said);
	return found;
}

static void a_secret_stands_in_the_text_or_in_a_file(void)
{
	struct conf *c;

	write_file("bob.secret", "from the file\n", 0600);
	c = parse_well(HEAD "accounts:\n"
			    "  - { name: alice, password: \"" SECRET "\" }\n"
			    "  - { name: bob, password: { file: bob.secret } }\n");
	CU_ASSERT_STRING_EQUAL(own(c)->accounts[0].password.text, SECRET);
	CU_ASSERT_PTR_NULL(own(c)->accounts[0].password.file);
	CU_ASSERT_STRING_EQUAL(own(c)->accounts[1].password.text, "from the file");
	CU_ASSERT_EQUAL(own(c)->accounts[1].password.len, 13);
	CU_ASSERT_PTR_NULL(own(c)->key.text);
	conf_free(c);
	remove_file("bob.secret");
}

static void a_file_that_others_reach_is_refused(void)
{
	static const char text[] = HEAD "key: { file: key }\n";
	char *link_path = in_folder("link");
	struct buffer long_text = { 0 };
	char *octets;

	CU_ASSERT_TRUE(tells(text, "No such file or directory"));
	write_file("key", "a good one\n", 0644);
	CU_ASSERT_TRUE(tells(text, "others may read or change it; `chmod o=,g-w"));
	write_file("key", "a good one\n", 0620);
	CU_ASSERT_TRUE(tells(text, "others may read or change it"));
	write_file("key", "a good one\n", 0640);
	CU_ASSERT_TRUE(tells(text, "a group that is not"));
	write_file("key", "a good one\n", 0600);
	CU_ASSERT_EQUAL(symlink("key", link_path), 0);
	CU_ASSERT_TRUE(tells(HEAD "key: { file: link }\n", "it is a link"));
	CU_ASSERT_TRUE(tells(HEAD "key: { file: . }\n", "it is no file"));
	write_file("key", "\r\n", 0600);
	CU_ASSERT_TRUE(tells(text, "it is empty"));
	write_file("key", "one\ntwo\n", 0600);
	CU_ASSERT_TRUE(tells(text, "it has more than one line"));
	write_file("key", "one\ttwo\n", 0600);
	CU_ASSERT_TRUE(tells(text, "it contains a control character"));
	write_file("key", "abc\n", 0600);
	CU_ASSERT_TRUE(tells(text, "'key' must have 4 to 4096 characters"));
	for (size_t i = 0; i <= SECRET_MAX_LEN; i++)
		buffer_put_u8(&long_text, 'a');
	octets = buffer_take_text(&long_text);
	write_file("key", octets, 0600);
	CU_ASSERT_TRUE(tells(text, "it is longer than 16384 octets"));
	free(octets);
	(void)unlink(link_path);
	free(link_path);
	remove_file("key");
}

static void a_file_of_somebody_else_is_refused(void)
{
	char *path = in_folder("key");

	if (geteuid() != 0)
		skip("needs root, to give a file away");
	write_file("key", "a good one\n", 0600);
	CU_ASSERT_EQUAL(chown(path, 12345, 0), 0);
	CU_ASSERT_TRUE(tells(HEAD "key: { file: key }\n",
			     "it belongs to neither root nor deputy"));
	free(path);
	remove_file("key");
}

/* Texts with a slip of the pen; each has the secret where one was meant. */
static const char *const slips[] = {
	HEAD "accounts: [ { name: alice, pasword: " SECRET " } ]\n",
	HEAD "accounts: [ { name: Alice Doe, password: " SECRET " } ]\n",
	HEAD "accounts: [ { name: alice, password:" SECRET " } ]\n",
	HEAD "accounts: [ { name: alice, password=" SECRET ": } ]\n",
	HEAD "accounts:\n  - name: alice\n    password " SECRET "\n",
	HEAD "accounts:\n  - name: alice\n    password:" SECRET "\n",
	HEAD "accounts:\n  - name: alice\n\tpassword: " SECRET "\n",
	HEAD "accounts:\n  - name: alice\n    password: \"" SECRET "\n    more: 1\n",
	HEAD "accounts:\n  - name: alice\n    password: \"first\n" SECRET ": }\n",
	HEAD "accounts:\n  - name: alice\n    password: |\n      " SECRET
	     "\n      more\n",
	HEAD "accounts:\n  - name: alice\n    password: >\n      " SECRET "\n   x: [\n",
	HEAD "accounts:\n  - name: alice\n    password:\n      " SECRET " : }\n",
	HEAD "accounts:\n  - name: alice\n    password:\n      - " SECRET "\n",
	HEAD "accounts:\n  - name: alice\n    password: { fle: " SECRET " }\n",
	HEAD "accounts:\n  - name: alice\n    password: { " SECRET " }\n",
	HEAD "accounts:\n  - name: alice\n    password: { file: x, key: " SECRET " }\n",
	HEAD "accounts:\n  - name: alice\n    password: *" SECRET "\n",
	HEAD "accounts:\n  - name: alice\n    password: &" SECRET " x\n",
	HEAD "accounts:\n  - name: alice\n    password: !" SECRET " x\n",
	HEAD "accounts:\n  - name: alice\n    password: " SECRET "}\n    x: 1\n",
	HEAD "accounts:\n  - name: alice\n    password: " SECRET
	     "\n    password: " SECRET "\n",
	HEAD "accounts:\n  - name: alice\n    \"pass\\x77ord\": \"" SECRET "\\t\"\n",
	HEAD "accounts: { alice: " SECRET " }\n",
	HEAD "accounts: " SECRET "\n",
	HEAD "accounts: [ " SECRET " ]\n",
	HEAD "accounts: [ { name: alice, <<: " SECRET " } ]\n",
	HEAD "accounts: [ { alice: " SECRET " } ]\n",
	HEAD "key: \"" SECRET "\n",
	HEAD "key: [ " SECRET ", " SECRET " ]\n",
	HEAD "key: { a: { b: " SECRET " } }\n",
	HEAD "kee: " SECRET "\n",
	HEAD "key: " SECRET "\nkey: " SECRET "\n",
	HEAD "key: " SECRET "\n---\n",
	HEAD "key: " SECRET "\x01\n",
	HEAD "key: " SECRET "\xff\n",
	HEAD "key: " SECRET "\nkez: 1\n",
};

static bool is_silent(const char *words)
{
	return !strcasestr(words, "hunter2") && !strcasestr(words, "zebra");
}

/* As the control socket and the log tell them. */
static char *as_json(const char *text)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct json j = json_to(&out);
	struct conf *c = NULL;

	(void)conf_parse("/nowhere/deputy.conf", text, strlen(text), &diags, &c);
	json_object(&j, NULL);
	diags_json(&diags, &j);
	json_end(&j);
	diags_encode(&diags, 100, &out);
	for (size_t i = 0; i < out.len; i++)
		out.octets[i] = out.octets[i] ? out.octets[i] : ' ';
	diags_fini(&diags);
	conf_free(c);
	return buffer_take_text(&out);
}

static void no_fault_shows_a_secret(void)
{
	for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
		char *said = faults_of(slips[i]);
		char *json = as_json(slips[i]);

		if (!is_silent(said) || !is_silent(json) || !strstr(said, "error"))
			printf("# slip %zu: %s\n", i, said);
		CU_ASSERT_PTR_NOT_NULL(strstr(said, "error: "));
		CU_ASSERT_TRUE(is_silent(said));
		CU_ASSERT_TRUE(is_silent(json));
		free(said);
		free(json);
	}
}

static void lines_without_a_secret_are_still_shown(void)
{
	char *said = faults_of(HEAD "recursion: { cach: 64 }\n"
				    "accounts:\n"
				    "  - name: Alice Doe\n"
				    "    password: it's " SECRET "\n"
				    "    answers: [ nobody.lan ]\n");

	CU_ASSERT_PTR_NOT_NULL(strstr(said, "    recursion: { cach: 64 }\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "      - name: Alice Doe\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "        answers: [ nobody.lan ]\n"));
	CU_ASSERT_TRUE(is_silent(said));
	free(said);
}

static const char faulty[] = HEAD
	"accounts:\n"
	"  - { name: alice, password: '" SECRET "' } # the first\n"
	"  - name: bob\n"
	"    password: |\n"
	"      " SECRET "\n"
	"    answers: pbx.lan\n"
	"  - { name: carol, password: { file: carol.secret } }\n"
	"key: " SECRET "\n";

static void nothing_made_of_a_configuration_shows_a_secret(void)
{
	char *path = in_folder("deputy.conf");
	struct buffer out = { 0 };
	struct conf *c;
	char *words;

	write_file("carol.secret", SECRET "\n", 0600);
	write_file("deputy.conf", faulty, 0604);
	words = faults_of(HEAD "accounts: [ { name: a, password: \"" SECRET
			       "\\n\" } ]\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "contains a control character"));
	CU_ASSERT_TRUE(is_silent(words));
	free(words);
	CU_ASSERT_EQUAL(conf_check(path, false, NULL, &out), EXIT_NEGATIVE);
	words = buffer_take_text(&out); /* bob's has a line end */
	CU_ASSERT_TRUE(is_silent(words));
	free(words);
	c = parse_well(HEAD "accounts:\n"
			    "  - { name: alice, password: '" SECRET "' }\n"
			    "  - { name: carol, password: { file: carol.secret } }\n"
			    "key: " SECRET "\n");
	conf_explain(c, &out);
	for (const struct setting *s = conf_section.settings; s->name; s++)
		if (!setting_holds_section(s))
			setting_format(c, s, c, &out);
	setting_format(c, &account_settings[1], &own(c)->accounts[0], &out);
	CU_ASSERT_EQUAL(manual_format("@settings\n", folder, &out), OK);
	words = buffer_take_text(&out);
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "(not shown)(not shown)"));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "A secret, or { file: PATH }, of 8 to 64 "
					     "characters; required."));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "It is never shown."));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "One value or a list: a live name."));
	CU_ASSERT_TRUE(is_silent(words));
	free(words);
	conf_free(c);
	free(path);
	remove_file("carol.secret");
	remove_file("deputy.conf");
}

/* A text with secrets in every style that YAML has. */
static const char styles[] = HEAD "accounts: [ { name: a, password: '" SECRET
				  "' }, { password: \"" SECRET "\", name: b } ]\n"
				  "key: >-\n"
				  "  " SECRET "\n"
				  "\n"
				  "recursion: { cache: 64 } # stays\n";

static void what_is_shown_of_the_text_says_the_same_but_for_its_secrets(void)
{
	struct conf *c = parse_well(styles);
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *again = NULL;
	char *shown;

	conf_show(c, styles, strlen(styles), &out);
	shown = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(
		shown,
		HEAD "accounts: [ { name: a, password: \"(not shown)\" }, { password: "
		     "\"(not shown)\", name: b } ]\n"
		     "key: \"(not shown)\"\n"
		     "\n"
		     "recursion: { cache: 64 } # stays\n");
	CU_ASSERT_EQUAL(conf_parse_shown("x", shown, strlen(shown), &diags, &again),
			OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	CU_ASSERT_EQUAL(conf_diff(c, again, &out), 0);
	CU_ASSERT_EQUAL(conf_diff(again, c, &out), 0);
	buffer_fini(&out);
	diags_fini(&diags);
	conf_free(again);
	conf_free(c);
	free(shown);
}

static void a_change_of_a_secret_is_told_and_not_shown(void)
{
	struct buffer out = { 0 };
	struct conf *was;
	struct conf *now;
	char *text;

	write_file("key", "the old key\n", 0600);
	was = parse_well(HEAD "accounts: [ { name: a, password: " SECRET " }, "
			      "{ name: b, password: { file: key } }, "
			      "{ name: c, password: { file: key } } ]\n");
	write_file("key", "the new key\n", 0600);
	now = parse_well(HEAD "accounts: [ { name: a, password: " SECRET "-2 }, "
			      "{ name: b, password: { file: key } }, "
			      "{ name: c, password: \"the old key\" } ]\n"
			      "key: " SECRET "\n");
	CU_ASSERT_EQUAL(conf_diff(was, now, &out), 4);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "account 'a': password: changed\n"
				     "account 'b': password: changed\n"
				     "account 'c': password: changed\n"
				     "key: (none) -> (not shown)\n");
	CU_ASSERT_EQUAL(conf_diff(now, now, &out), 0);
	free(text);
	buffer_fini(&out);
	conf_free(was);
	conf_free(now);
	remove_file("key");
}

/* The parcel of a text with three secrets in files, which are gone by then. */
static void make_parcel(struct buffer *out)
{
	static const char text[] = HEAD
		"accounts: [ { name: a, password: { file: two } }, "
		"{ name: b, password: { file: one } } ]\n"
		"key: { file: three }\n";
	struct conf *c;

	write_file("one", "the first one\n", 0600);
	write_file("two", "the second one\n", 0600);
	write_file("three", "the third one\n", 0600);
	c = parse_well(text);
	conf_parcel(c, text, strlen(text), out);
	conf_free(c);
	remove_file("one");
	remove_file("two");
	remove_file("three");
}

static int open_parcel(const struct buffer *parcel, size_t len, struct conf **out)
{
	char *path = in_folder("deputy.conf");
	struct diags diags = { 0 };
	int err = conf_parse_parcel(path, guarded(parcel->octets, len), len, &diags,
				    out);

	diags_fini(&diags);
	free(path);
	return err;
}

static void a_parcel_has_what_its_reader_may_not_open(void)
{
	struct buffer parcel = { 0 };
	struct conf *c = NULL;

	make_parcel(&parcel);
	CU_ASSERT_EQUAL(open_parcel(&parcel, parcel.len, &c), OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(own(c)->accounts[0].password.text, "the second one");
	CU_ASSERT_STRING_EQUAL(own(c)->accounts[1].password.text, "the first one");
	CU_ASSERT_STRING_EQUAL(own(c)->key.text, "the third one");
	conf_free(c);
	buffer_fini(&parcel);
}

static void a_parcel_that_is_cut_is_refused(void)
{
	struct buffer parcel = { 0 };
	size_t cut_from;

	make_parcel(&parcel);
	cut_from = strnlen((char *)parcel.octets, parcel.len);
	CU_ASSERT_TRUE(cut_from < parcel.len);
	for (size_t len = cut_from; len < parcel.len; len++) {
		struct conf *c = NULL;

		CU_ASSERT_EQUAL(open_parcel(&parcel, len, &c), ERR_INVALID);
		conf_free(c);
	}
	buffer_fini(&parcel);
}

static void a_text_without_secrets_is_its_own_parcel(void)
{
	struct conf *c = parse_well(HEAD);
	struct buffer parcel = { 0 };

	conf_parcel(c, HEAD, strlen(HEAD), &parcel);
	CU_ASSERT_EQUAL(parcel.len, strlen(HEAD));
	CU_ASSERT_EQUAL(memcmp(parcel.octets, HEAD, parcel.len), 0);
	buffer_fini(&parcel);
	conf_free(c);
}

static void a_text_that_all_may_read_is_warned_of(void)
{
	char *path = in_folder("deputy.conf");
	struct buffer out = { 0 };
	char *words;

	write_file("deputy.conf", styles, 0644);
	CU_ASSERT_EQUAL(conf_check(path, false, NULL, &out), EXIT_DONE);
	words = buffer_take_text(&out);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(words, ":4:34: warning: 'password' can be read by every user"));
	CU_ASSERT_PTR_NOT_NULL(strstr(words, "'key' can be read by every user"));
	CU_ASSERT_TRUE(is_silent(words));
	free(words);
	write_file("deputy.conf", styles, 0640);
	CU_ASSERT_EQUAL(conf_check(path, true, NULL, &out), EXIT_DONE);
	words = buffer_take_text(&out);
	CU_ASSERT_PTR_NULL(strstr(words, "can be read by"));
	CU_ASSERT_TRUE(is_silent(words));
	free(words);
	free(path);
	remove_file("deputy.conf");
}

static void a_row_may_refer_to_what_is_named_by_a_domain(void)
{
	struct conf *c = parse_well(HEAD "accounts: [ { name: x, password: 12345678, "
					 "answers: [ AUTO.lan., pbx.lan ] } ]\n");
	struct buffer out = { 0 };
	char *text;

	CU_ASSERT_EQUAL(own(c)->accounts[0].answer_count, 2);
	CU_ASSERT_EQUAL(own(c)->accounts[0].answers[0], 1);
	CU_ASSERT_EQUAL(own(c)->accounts[0].answers[1], 0);
	setting_format(c, &account_settings[2], &own(c)->accounts[0], &out);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "auto.lan, pbx.lan");
	free(text);
	conf_free(c);
}

static void a_reference_that_leads_nowhere_says_where_it_may_lead(void)
{
#define ROW "accounts:\n  - { name: x, password: 12345678, "
	CU_ASSERT_TRUE(tells(HEAD ROW "answers: [ pbx.lan, pxb.lan ] }\n",
			     ":5:56: error: live name \"pxb.lan\" is not declared; did "
			     "you mean 'pbx.lan'?"));
	CU_ASSERT_TRUE(tells(HEAD ROW "answers: [ pbx.lan, PBX.lan. ] }\n",
			     ":5:56: error: 'PBX.lan.' is listed twice"));
	CU_ASSERT_TRUE(tells(HEAD ROW "answers: [ [ pbx.lan ] ] }\n",
			     "'answers' must be a live name, not a list"));
	CU_ASSERT_TRUE(tells(HEAD ROW "name: y }\n", "duplicate key 'name'"));
	CU_ASSERT_TRUE(tells(HEAD ROW "}\n  - { name: X, password: 12345678 }\n",
			     ":6:13: error: duplicate account 'x', first declared at "
			     "line 5"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a secret stands in the text or in a file",
		  a_secret_stands_in_the_text_or_in_a_file },
		{ "a file that others reach is refused",
		  a_file_that_others_reach_is_refused },
		{ "a file of somebody else is refused",
		  a_file_of_somebody_else_is_refused },
		{ "no fault shows a secret", no_fault_shows_a_secret },
		{ "lines without a secret are still shown",
		  lines_without_a_secret_are_still_shown },
		{ "nothing made of a configuration shows a secret",
		  nothing_made_of_a_configuration_shows_a_secret },
		{ "what is shown of the text says the same but for its secrets",
		  what_is_shown_of_the_text_says_the_same_but_for_its_secrets },
		{ "a change of a secret is told and not shown",
		  a_change_of_a_secret_is_told_and_not_shown },
		{ "a parcel has what its reader may not open",
		  a_parcel_has_what_its_reader_may_not_open },
		{ "a parcel that is cut is refused", a_parcel_that_is_cut_is_refused },
		{ "a text without secrets is its own parcel",
		  a_text_without_secrets_is_its_own_parcel },
		{ "a text that all may read is warned of",
		  a_text_that_all_may_read_is_warned_of },
		{ "a row may refer to what is named by a domain",
		  a_row_may_refer_to_what_is_named_by_a_domain },
		{ "a reference that leads nowhere says where it may lead",
		  a_reference_that_leads_nowhere_says_where_it_may_lead },
		CU_TEST_INFO_NULL,
	};
	int status;

	if (mkdtemp(folder) == NULL)
		return 1;
	status = suite_run("conf/secret", tests);
	(void)rmdir(folder);
	return status;
}

/* A private key: a secret that is always in a file, and of many lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

#define PEM "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----"

static const char text[] =
	"node: { name: n, listen: [ 127.0.0.1 ] }\n"
	"pbxs: [ { name: p, addresses: [ 192.0.2.1 ], endpoints: [ tls@443 ],\n"
	"  client-certificate: c.pem, client-key: c.key } ]\n"
	"live: [ { name: x.example, home: p } ]\n";

static void write_to(const char *name, const char *what, mode_t mode)
{
	FILE *out = fopen(folder_path(name), "we");

	if (out == NULL)
		abort();
	fputs(what, out);
	(void)fclose(out);
	if (chmod(folder_path(name), mode))
		abort();
}

/* Returns whether `what` was told; out: the configuration, or NULL. */
static bool tells(const char *what, struct conf **out)
{
	struct buffer said = { 0 };
	struct diags diags = { 0 };
	char *all;
	bool told;

	*out = NULL;
	(void)conf_load(folder_path("deputy.conf"), &diags, out);
	diags_format(&diags, &said);
	diags_fini(&diags);
	all = buffer_take_text(&said);
	told = strstr(all, what) != NULL;
	free(all);
	return told;
}

static struct conf *load_well(void)
{
	struct conf *c;

	(void)tells("", &c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static void key_that_others_may_read_is_refused(void)
{
	struct conf *c;

	CU_ASSERT_TRUE(tells("c.key: No such file or directory", &c));
	CU_ASSERT_PTR_NULL(c);
	write_to("c.key", PEM "\n", 0644);
	CU_ASSERT_TRUE(tells("others may read or change it", &c));
	CU_ASSERT_PTR_NULL(c);
	write_to("c.key", "\033[2J", 0600);
	CU_ASSERT_TRUE(tells("it contains a control character", &c));
	CU_ASSERT_PTR_NULL(c);
}

static void key_has_many_lines_and_travels_in_the_parcel(void)
{
	struct buffer parcel = { 0 };
	struct diags diags = { 0 };
	struct conf *c;
	struct conf *handed = NULL;

	write_to("c.key", PEM "\n", 0600);
	c = load_well();
	conf_parcel(c, text, strlen(text), &parcel);
	CU_ASSERT_EQUAL(unlink(folder_path("c.key")), 0);
	CU_ASSERT_EQUAL_FATAL(conf_parse_parcel(folder_path("deputy.conf"),
						guarded(parcel.octets, parcel.len),
						parcel.len, &diags, &handed),
			      OK);
	CU_ASSERT_STRING_EQUAL(handed->pbxs[0].key.text, PEM);
	buffer_fini(&parcel);
	diags_fini(&diags);
	conf_free(c);
	conf_free(handed);
}

static void another_key_in_the_same_file_is_a_change(void)
{
	struct buffer out = { 0 };
	struct conf *was;
	struct conf *now;
	char *said;

	write_to("c.key", PEM "\n", 0600);
	was = load_well();
	write_to("c.key", "another one\n", 0600);
	now = load_well();
	CU_ASSERT_EQUAL(conf_diff(was, now, &out), 1);
	said = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(said, "pbx 'p': client-key: changed\n");
	free(said);
	conf_free(was);
	conf_free(now);
}

static void who_may_not_read_it_may_check_the_rest(void)
{
	struct diags diags = { 0 };
	struct conf *c;
	struct conf *none = NULL;
	bool told;
	int err;

	if (geteuid() != 0)
		skip("needs root, to be somebody else");
	write_to("c.key", PEM "\n", 0600);
	CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
	CU_ASSERT_EQUAL(seteuid(65534), 0);
	told = tells("c.key is not checked: only root and its owner may read it", &c);
	err = conf_parse(folder_path("deputy.conf"), text, strlen(text), &diags, &none);
	CU_ASSERT_EQUAL(seteuid(0), 0);
	CU_ASSERT_TRUE(told);
	CU_ASSERT_PTR_NOT_NULL(c);
	if (c) {
		CU_ASSERT_PTR_NULL(c->pbxs[0].key.text);
		CU_ASSERT_STRING_EQUAL(c->pbxs[0].key.file, folder_path("c.key"));
	}
	CU_ASSERT_EQUAL(err, ERR_INVALID); /* what is to be used must be whole */
	diags_fini(&diags);
	conf_free(c);
}

int main(void)
{
	int failed;
	static CU_TestInfo tests[] = {
		{ "a key that others may read is refused",
		  key_that_others_may_read_is_refused },
		{ "a key has many lines and travels in the parcel",
		  key_has_many_lines_and_travels_in_the_parcel },
		{ "another key in the same file is a change",
		  another_key_in_the_same_file_is_a_change },
		{ "who may not read it may check the rest",
		  who_may_not_read_it_may_check_the_rest },
		CU_TEST_INFO_NULL,
	};

	folder_make();
	write_to("deputy.conf", text, 0644);
	failed = suite_run("conf/key_file", tests);
	folder_remove();
	return failed;
}

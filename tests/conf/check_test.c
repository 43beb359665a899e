#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "conf/check.h"
#include "tests/harness.h"

static const char *const was_text =
	"node: { name: n, listen: 192.0.2.1@53, state: /var/lib/deputy }\n"
	"pbxs:\n"
	"  - { name: a, addresses: 192.0.2.10, endpoints: [ tls@443 ], failover: b }\n"
	"  - { name: b, addresses: 192.0.2.11, endpoints: [ tls@443 ] }\n"
	"live:\n"
	"  - { name: pbx.lan, home: a }\n"
	"hosts: { printer.lan: 10.0.0.1 }\n";

static const char *const now_text =
	"node: { name: n, listen: 192.0.2.1@53, state: /srv/deputy, tcp: { idle: 5s } }\n"
	"pbxs:\n"
	"  - { name: c, addresses: pbx.example.net, endpoints: [ udp ] }\n"
	"  - { name: a, addresses: 192.0.2.10, endpoints: [ tls@443, udp ], failover: [ c ] "
	"}\n"
	"live:\n"
	"  - { name: pbx.lan, home: a, ttl: 5s }\n"
	"hosts: { printer.lan: [ 10.0.0.2, 10.0.0.3 ] }\n";

static struct conf *parse(const char *text)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;

	(void)conf_parse("/etc/deputy/deputy.conf", text, strlen(text), &diags, &c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	diags_fini(&diags);
	return c;
}

static char *diff_of(const char *was, const char *now, size_t *count)
{
	struct conf *a = parse(was);
	struct conf *b = parse(now);
	struct buffer out = { 0 };

	*count = conf_diff(a, b, &out);
	conf_free(a);
	conf_free(b);
	return buffer_take_text(&out);
}

static void diff_tells_each_change_in_one_line(void)
{
	size_t count;
	char *text = diff_of(was_text, now_text, &count);

	CU_ASSERT_STRING_EQUAL(
		text,
		"node: tcp: idle: 10s -> 5s\n"
		"node: state: /var/lib/deputy -> /srv/deputy (at the next start)\n"
		"pbx 'b': removed\n"
		"pbx 'a': endpoints: tls@443 -> tls@443, udp@5060\n"
		"pbx 'a': failover: b -> c\n"
		"pbx 'c': added\n"
		"live name 'pbx.lan': ttl: 10s -> 5s\n"
		"host 'printer.lan': addresses: 10.0.0.1 -> 10.0.0.2, 10.0.0.3\n");
	CU_ASSERT_EQUAL(count, 8);
	free(text);
}

static void diff_of_the_same_is_empty(void)
{
	size_t count;
	char *text = diff_of(now_text, now_text, &count);

	CU_ASSERT_EQUAL(count, 0);
	CU_ASSERT_STRING_EQUAL(text, "");
	free(text);
}

static char *check_text(const char *text, bool json, enum exit_status *status)
{
	char path[] = "/tmp/deputy-conf-XXXXXX";
	struct buffer out = { 0 };
	int fd = mkstemp(path);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	*status = conf_check(path, json, NULL, &out);
	(void)unlink(path);
	return buffer_take_text(&out);
}

static void check_says_what_a_configuration_means(void)
{
	enum exit_status status;
	char *text = check_text(now_text, false, &status);

	CU_ASSERT_EQUAL(status, EXIT_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ": OK\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "node n listens on 192.0.2.1@53\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "live name pbx.lan, its own zone\n"
					    "  everybody: a, then c\n"
					    "  ttl 5s"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "pbx c: pbx.example.net\n"));
	free(text);
}

static void check_refuses_and_counts(void)
{
	enum exit_status status;
	char *text = check_text("node: { nmae: n, listen: 192.0.2.1 }\n", false,
				&status);

	CU_ASSERT_EQUAL(status, EXIT_NEGATIVE);
	CU_ASSERT_PTR_NOT_NULL(strstr(text,
				      ":1:9: error: unknown key \"nmae\" in 'node'; "
				      "did you mean 'name'?\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text,
		       "    node: { nmae: n, listen: 192.0.2.1 }\n            ^\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, ": 1 error\n"));
	free(text);
}

static void check_answers_in_json(void)
{
	enum exit_status status;
	char *text = check_text("node: { name: n, lisen: 192.0.2.1 }\n", true, &status);

	CU_ASSERT_EQUAL(status, EXIT_NEGATIVE);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"ok\":false"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"suggestion\":\"listen\""));
	free(text);
}

static const char *const host_text =
	"node: { name: n, listen: 203.0.113.77, user: no-such-user }\n"
	"zones:\n"
	"  - { name: example.com, file: /nowhere/zone }\n";

static void warnings_about_the_host_have_their_line_and_name(void)
{
	enum exit_status status;
	char *text = check_text(host_text, false, &status);

	CU_ASSERT_EQUAL(status, EXIT_DONE);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, ":3:32: warning: zone file /nowhere/zone: No such file or "
			     "directory [file-missing]\n"
			     "      - { name: example.com, file: /nowhere/zone }\n"
			     "                                   ^\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
		text,
		":1:26: warning: no interface of this host has the address "
		"203.0.113.77 yet; run `ip address` to list them [address-missing]\n"
		"    node: { name: n, listen: 203.0.113.77, user: no-such-user }\n"
		"                             ^\n"));
	if (geteuid() == 0) /* nobody else starts processes as another user */
		CU_ASSERT_PTR_NOT_NULL(strstr(text, "no-such-user` [user-missing]\n"
						    "    node: { name: n, "));
	free(text);
}

static void a_silenced_warning_about_the_host_is_not_told(void)
{
	char *whole = alloc_format("%s%s", host_text,
				   "silence: [ user-missing, file-missing ]\n");
	enum exit_status status;
	char *text = check_text(whole, false, &status);

	CU_ASSERT_EQUAL(status, EXIT_DONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "[address-missing]\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "[user-missing]"));
	CU_ASSERT_PTR_NULL(strstr(text, "file-missing"));
	free(text);
	text = check_text(whole, true, &status);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"name\":\"address-missing\""));
	free(text);
	free(whole);
}

static void a_missing_file_is_a_diagnosis(void)
{
	struct buffer out = { 0 };
	char *text;

	CU_ASSERT_EQUAL(conf_check("/nowhere/deputy.conf", false, NULL, &out),
			EXIT_NEGATIVE);
	text = buffer_take_text(&out);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "/nowhere/deputy.conf: error: cannot read the file: "
			     "No such file or directory\n"));
	free(text);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "diff tells each change in one line",
		  diff_tells_each_change_in_one_line },
		{ "diff of the same is empty", diff_of_the_same_is_empty },
		{ "check says what a configuration means",
		  check_says_what_a_configuration_means },
		{ "check refuses and counts", check_refuses_and_counts },
		{ "check answers in JSON", check_answers_in_json },
		{ "warnings about the host have their line and name",
		  warnings_about_the_host_have_their_line_and_name },
		{ "a silenced warning about the host is not told",
		  a_silenced_warning_about_the_host_is_not_told },
		{ "a missing file is a diagnosis", a_missing_file_is_a_diagnosis },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/check", tests);
}

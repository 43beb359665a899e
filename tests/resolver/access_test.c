#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "conf/conf.h"
#include "resolver/live/access.h"
#include "tests/harness.h"

static struct conf *conf_of(const char *text)
{
	struct diags diags = { 0 };
	struct conf *c = NULL;

	(void)conf_parse("/nowhere/deputy.conf", text, strlen(text), &diags, &c);
	diags_fini(&diags);
	return c;
}

static struct asker find(const struct access *a, const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr))
		CU_FAIL_FATAL("no address");
	return access_find(a, &addr);
}

static const char rest[] =
	"pbxs: [ { name: a, addresses: [ 192.0.2.1 ], endpoints: [ udp@5060 ] } ]\n"
	"sites:\n"
	"  - { name: wide, networks: [ 198.51.100.0/24, \"2001:db8::/32\" ], pbx: a }\n"
	"  - { name: inner, networks: [ 198.51.100.64/26 ], pbx: a }\n";

static struct access *access_of(const char *head, struct conf **c)
{
	char text[2048];

	CU_ASSERT_TRUE(strlen(head) + sizeof(rest) < sizeof(text));
	snprintf(text, sizeof(text), "%s%s", head, rest);
	*c = conf_of(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(*c);
	return access_new(*c);
}

static void without_a_word_only_local_clients_may_ask(void)
{
	struct conf *c;
	struct access *a = access_of("node: { name: n, listen: [ 127.0.0.1 ] }\n", &c);

	CU_ASSERT_EQUAL(find(a, "127.0.0.1").rights, ACCESS_QUERY | ACCESS_DIAGNOSTICS);
	CU_ASSERT_TRUE(find(a, "10.200.0.1").rights & ACCESS_QUERY);
	CU_ASSERT_TRUE(find(a, "fe80::1").rights & ACCESS_QUERY);
	CU_ASSERT_TRUE(find(a, "100.64.1.1").rights & ACCESS_QUERY);
	CU_ASSERT_EQUAL(find(a, "100.128.1.1").rights, 0);
	CU_ASSERT_EQUAL(find(a, "8.8.8.8").rights, 0);
	CU_ASSERT_EQUAL(find(a, "2001:4860::1").rights, 0);
	access_free(a);
	conf_free(c);
}

static void this_host_may_ask_the_address_it_listens_on(void)
{
	struct conf *c;
	struct access *a = access_of("node: { name: n, listen: [ 203.0.113.5@53, "
				     "\"2001:db8:5::1\" ] }\n",
				     &c);

	CU_ASSERT_TRUE(find(a, "203.0.113.5").rights & ACCESS_QUERY);
	CU_ASSERT_TRUE(find(a, "203.0.113.5").rights & ACCESS_DIAGNOSTICS);
	CU_ASSERT_EQUAL(find(a, "203.0.113.6").rights, 0);
	CU_ASSERT_TRUE(find(a, "2001:db8:5::1").rights & ACCESS_QUERY);
	access_free(a);
	conf_free(c);
}

static void a_site_is_local_and_the_longest_prefix_is_its(void)
{
	struct conf *c;
	struct access *a = access_of("node: { name: n, listen: [ 127.0.0.1 ] }\n", &c);
	struct addr at;
	uint8_t scope;

	CU_ASSERT_EQUAL(find(a, "198.51.100.1").site, 0);
	CU_ASSERT_EQUAL(find(a, "198.51.100.65").site, 1);
	CU_ASSERT_TRUE(find(a, "198.51.100.65").rights & ACCESS_QUERY);
	CU_ASSERT_EQUAL(find(a, "2001:db8::1").site, 0);
	CU_ASSERT_EQUAL(find(a, "198.51.101.1").site, CONF_NONE);
	CU_ASSERT_EQUAL(addr_parse("198.51.100.200", &at), OK);
	CU_ASSERT_EQUAL(access_site(a, &at, &scope), 0);
	CU_ASSERT_EQUAL(scope, 25);
	access_free(a);
	conf_free(c);
}

static void lists_give_what_they_name_and_no_more(void)
{
	struct conf *c;
	struct access *a = access_of("node: { name: n, listen: [ 127.0.0.1 ] }\n"
				     "access: { query: [ 203.0.113.0/24 ], ecs: [ "
				     "203.0.113.53 ] }\n"
				     "diagnostics: [ 203.0.113.128/25 ]\n",
				     &c);

	CU_ASSERT_EQUAL(find(a, "127.0.0.1").rights, 0);
	CU_ASSERT_EQUAL(find(a, "198.51.100.1").rights, 0);
	CU_ASSERT_EQUAL(find(a, "203.0.113.1").rights, ACCESS_QUERY);
	CU_ASSERT_EQUAL(find(a, "203.0.113.53").rights, ACCESS_QUERY | ACCESS_ECS);
	CU_ASSERT_EQUAL(find(a, "203.0.113.200").rights,
			ACCESS_QUERY | ACCESS_DIAGNOSTICS);
	access_free(a);
	conf_free(c);
}

static void any_is_everybody_because_it_was_written(void)
{
	struct conf *c;
	struct access *a = access_of("node: { name: n, listen: [ 127.0.0.1 ] }\n"
				     "access: { query: [ any ] }\n",
				     &c);

	CU_ASSERT_EQUAL(find(a, "8.8.8.8").rights, ACCESS_QUERY);
	CU_ASSERT_EQUAL(find(a, "2001:4860::1").rights, ACCESS_QUERY);
	CU_ASSERT_EQUAL(find(a, "127.0.0.1").rights, ACCESS_QUERY | ACCESS_DIAGNOSTICS);
	access_free(a);
	conf_free(c);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "without a word only local clients may ask",
		  without_a_word_only_local_clients_may_ask },
		{ "this host may ask the address it listens on",
		  this_host_may_ask_the_address_it_listens_on },
		{ "a site is local and the longest prefix is its",
		  a_site_is_local_and_the_longest_prefix_is_its },
		{ "lists give what they name and no more",
		  lists_give_what_they_name_and_no_more },
		{ "any is everybody because it was written",
		  any_is_everybody_because_it_was_written },
		CU_TEST_INFO_NULL,
	};

	return suite_run("resolver/access", tests);
}

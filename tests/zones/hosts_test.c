#include "conf/conf.h"
#include "zones/hosts.h"

#include <string.h>

#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

/* A configuration of two hosts that share an address. */
struct made_conf {
	struct conf conf;
	struct conf_host hosts[2];
	struct addr printer[2];
	struct addr scanner[1];
	char node[8], first[16], second[16];
};

static void make_conf(struct made_conf *m)
{
	*m = (struct made_conf){ .node = "hq-1",
				 .first = "printer.lan.",
				 .second = "scanner.lan." };
	m->conf.node.name = m->node;
	m->conf.hosts = m->hosts;
	m->conf.host_count = 2;
	(void)addr_parse("10.1.0.9", &m->printer[0]);
	(void)addr_parse("2001:db8::9", &m->printer[1]);
	(void)addr_parse("10.1.0.9", &m->scanner[0]);
	m->hosts[0] = (struct conf_host){ .name = { m->first, name_of(m->first) },
					  .addresses = m->printer,
					  .address_count = 2 };
	m->hosts[1] = (struct conf_host){ .name = { m->second, name_of(m->second) },
					  .addresses = m->scanner,
					  .address_count = 1 };
}

#define TAIL "300 SOA hq-1.invalid. hq-1.invalid. 1 3600 3600 86400 300\n"

static void each_host_is_a_zone_of_its_own(void)
{
	struct made_conf m;
	struct zone_set *set = zone_set_new();
	struct diags diags = { 0 };

	make_conf(&m);
	CU_ASSERT_EQUAL_FATAL(hosts_add_zones(&m.conf, set, &diags), OK);
	CU_ASSERT_EQUAL(zone_set_count(set), 4);
	CU_ASSERT_STRING_EQUAL(ask(set, "printer.lan.", RR_A),
			       "NOERROR aa\nanswer printer.lan. 300 A 10.1.0.9\n");
	CU_ASSERT_STRING_EQUAL(
		ask(set, "printer.lan.", RR_AAAA),
		"NOERROR aa\nanswer printer.lan. 300 AAAA 2001:db8::9\n");
	CU_ASSERT_STRING_EQUAL(
		ask(set, "printer.lan.", RR_NS),
		"NOERROR aa\nanswer printer.lan. 300 NS hq-1.invalid.\n");
	CU_ASSERT_STRING_EQUAL(ask(set, "x.printer.lan.", RR_A),
			       "NXDOMAIN aa\nauthority printer.lan. " TAIL);
	CU_ASSERT_STRING_EQUAL(ask(set, "other.lan.", RR_A), "none\n");
	zone_set_free(set);
	diags_fini(&diags);
}

static void reverse_names_list_all_hosts_of_an_address(void)
{
	struct made_conf m;
	struct zone_set *set = zone_set_new();
	struct diags diags = { 0 };

	make_conf(&m);
	CU_ASSERT_EQUAL_FATAL(hosts_add_zones(&m.conf, set, &diags), OK);
	CU_ASSERT_STRING_EQUAL(ask(set, "9.0.1.10.in-addr.arpa.", RR_PTR),
			       "NOERROR aa\n"
			       "answer 9.0.1.10.in-addr.arpa. 300 PTR printer.lan.\n"
			       "answer 9.0.1.10.in-addr.arpa. 300 PTR scanner.lan.\n");
	CU_ASSERT_STRING_EQUAL(
		ask(set,
		    "9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0."
		    "1.0.0.2.ip6.arpa.",
		    RR_PTR),
		"NOERROR aa\n"
		"answer "
		"9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0."
		"0.2.ip6.arpa. 300 PTR printer.lan.\n");
	CU_ASSERT_STRING_EQUAL(ask(set, "8.0.1.10.in-addr.arpa.", RR_PTR), "none\n");
	zone_set_free(set);
	diags_fini(&diags);
}

static void a_host_that_is_a_zone_already_is_an_error(void)
{
	struct made_conf m;
	struct zone_set *set = zone_set_new();
	struct diags diags = { 0 };

	make_conf(&m);
	set_add(set, "printer.lan.", "@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\n");
	CU_ASSERT_EQUAL(hosts_add_zones(&m.conf, set, &diags), ERR_INVALID);
	CU_ASSERT_EQUAL(diags.error_count, 1);
	zone_set_free(set);
	diags_fini(&diags);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "each host is a zone of its own", each_host_is_a_zone_of_its_own },
		{ "reverse names list all hosts of an address",
		  reverse_names_list_all_hosts_of_an_address },
		{ "a host that is a zone already is an error",
		  a_host_that_is_a_zone_already_is_an_error },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/hosts", tests);
}

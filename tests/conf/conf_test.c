#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/err.h"
#include "conf/conf.h"
#include "tests/harness.h"

static struct conf *parse(const char *text)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	struct conf *c = NULL;
	size_t len = strlen(text);

	if (conf_parse("/etc/deputy/deputy.conf", guarded(text, len), len, &diags,
		       &c)) {
		diags_format(&diags, &out);
		buffer_put_u8(&out, '\0');
		puts((const char *)out.octets);
	}
	buffer_fini(&out);
	diags_fini(&diags);
	return c;
}

/* The sketch of the design, as it stands there. */
static const char sketch[] =
	"node: { name: hq-1, listen: [ \"0.0.0.0@53\", \"::@53\" ] }\n"
	"access: { query: [ local ] }\n"
	"pbxs:\n"
	"  - { name: berlin, addresses: [ 192.0.2.10 ], endpoints: [ tls@443, tcp@443, "
	"udp@5060 ], failover: [ hq ] }\n"
	"  - { name: hq, addresses: [ 198.51.100.5, { site: berlin, addresses: [ 10.9.0.5 ] "
	"} ], endpoints: [ tls@443 ], profile: wan, witness: 198.51.100.1, hold: 120s }\n"
	"sites: [ { name: berlin, networks: [ 10.1.0.0/16, \"2001:db8:1::/48\" ], pbx: "
	"berlin } ]\n"
	"live:  [ { name: pbx.wildixin.com, answer: site, default: hq, ttl: 10s, needs: [ "
	"tls ], all-down: last-known }, { name: auto.wildixin.com, answer: site, default: "
	"hq } ]\n"
	"hosts: { printer.lan: [ 10.1.0.9 ] }\n"
	"zones: [ { name: example.com, file: example.com.zone } ]\n"
	"diagnostics: [ local ]\n"
	"resolvers: [ 192.0.2.53 ]\n"
	"on-switch: [ { exec: /usr/local/bin/tell-the-team } ]\n";

static void the_sketch_is_read(void)
{
	struct conf *c = parse(sketch);
	char text[ADDR_TEXT_LEN];

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_STRING_EQUAL(c->node.name, "hq-1");
	CU_ASSERT_EQUAL_FATAL(c->node.listen_count, 2);
	CU_ASSERT_STRING_EQUAL(addr_format_port(&c->node.listens[1], text), "::@53");
	CU_ASSERT_TRUE(c->access.query.local);
	CU_ASSERT_TRUE(c->access.diagnostics.local);
	CU_ASSERT_EQUAL_FATAL(c->pbx_count, 2);
	CU_ASSERT_EQUAL(c->pbxs[0].endpoint_count, 3);
	CU_ASSERT_EQUAL_FATAL(c->pbxs[0].failover_count, 1);
	CU_ASSERT_EQUAL(c->pbxs[0].failover[0], 1);
	CU_ASSERT_EQUAL_FATAL(c->pbxs[1].view_count, 2);
	CU_ASSERT_EQUAL(c->pbxs[1].views[1].site, 0);
	CU_ASSERT_STRING_EQUAL(addr_format(&c->pbxs[1].views[1].addresses[0].addr,
					   text),
			       "10.9.0.5");
	CU_ASSERT_EQUAL(c->pbxs[1].profile, PROFILE_WAN);
	CU_ASSERT_EQUAL(c->pbxs[1].hold_ms, 120000);
	CU_ASSERT_EQUAL_FATAL(c->site_count, 1);
	CU_ASSERT_EQUAL(c->sites[0].network_count, 2);
	CU_ASSERT_EQUAL_FATAL(c->live_count, 2);
	CU_ASSERT_STRING_EQUAL(c->lives[0].name, "pbx.wildixin.com.");
	CU_ASSERT_TRUE(c->lives[0].by_site);
	CU_ASSERT_EQUAL(c->lives[0].home, 1);
	CU_ASSERT_EQUAL(c->lives[0].needs, 1U << TRANSPORT_TLS);
	CU_ASSERT_EQUAL(c->lives[0].zone, CONF_NONE);
	CU_ASSERT_STRING_EQUAL(c->hosts[0].name, "printer.lan.");
	CU_ASSERT_STRING_EQUAL(c->zones[0].file, "/etc/deputy/example.com.zone");
	CU_ASSERT_EQUAL(c->resolvers[0].port, 53);
	CU_ASSERT_STRING_EQUAL(c->hooks[0].argv[0], "/usr/local/bin/tell-the-team");
	CU_ASSERT_PTR_NULL(c->hooks[0].argv[1]);
	conf_free(c);
}

static void presets_are_written_in(void)
{
	struct conf *c = parse(
		"node: { name: n, listen: 127.0.0.1@5300 }\n"
		"pbxs: [ { name: a, addresses: 127.0.0.11, endpoints: udp } ]\n"
		"live: [ { name: pbx.test, home: a } ]\n");

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_STRING_EQUAL(c->node.state_dir, "/var/lib/deputy");
	CU_ASSERT_STRING_EQUAL(c->node.user, "deputy");
	CU_ASSERT_EQUAL(c->node.udp_payload_max, 1232);
	CU_ASSERT_EQUAL(c->node.tcp_connections, 20000);
	CU_ASSERT_EQUAL(c->node.tcp_idle_ms, 10000);
	CU_ASSERT_TRUE(c->access.query.local);
	CU_ASSERT_FALSE(c->access.query.any);
	CU_ASSERT_FALSE(c->access.recursion.local);
	CU_ASSERT_TRUE(c->access.diagnostics.local);
	CU_ASSERT_EQUAL(c->pbxs[0].endpoints[0].port, 5060);
	CU_ASSERT_EQUAL(c->pbxs[0].probe.silence_ms, 4000);
	CU_ASSERT_EQUAL(c->pbxs[0].probe_set, 0);
	CU_ASSERT_EQUAL(c->pbxs[0].hold_ms, 120000);
	CU_ASSERT_TRUE(c->pbxs[0].verify);
	CU_ASSERT_EQUAL(c->lives[0].ttl_s, 10);
	CU_ASSERT_EQUAL(c->lives[0].all_down, ALL_DOWN_LAST_KNOWN);
	conf_free(c);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the sketch is read", the_sketch_is_read },
		{ "presets are written in", presets_are_written_in },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/conf", tests);
}

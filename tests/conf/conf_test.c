#include <stdio.h>
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

/* Something of most sections, as an operator writes it. */
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

/* What a reader of the result may rely on is tested one section at a time. */
static void the_sketch_is_read(void)
{
	struct conf *c = parse(sketch);
	char text[ADDR_TEXT_LEN];

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_STRING_EQUAL(c->node.name, "hq-1");
	CU_ASSERT_EQUAL(c->node.listen_count, 2);
	CU_ASSERT_STRING_EQUAL(addr_format_port(&c->node.listens[1], text), "::@53");
	CU_ASSERT_EQUAL(c->pbx_count, 2);
	CU_ASSERT_EQUAL(c->site_count, 1);
	CU_ASSERT_EQUAL(c->sites[0].network_count, 2);
	CU_ASSERT_EQUAL(c->live_count, 2);
	CU_ASSERT_STRING_EQUAL(c->hosts[0].name.text, "printer.lan.");
	CU_ASSERT_STRING_EQUAL(c->zones[0].file, "/etc/deputy/example.com.zone");
	CU_ASSERT_EQUAL(c->resolvers[0].port, 53);
	conf_free(c);
}

static void the_sketch_has_its_pbxs(void)
{
	struct conf *c = parse(sketch);
	char text[ADDR_TEXT_LEN];

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_EQUAL(c->pbxs[0].endpoint_count, 3);
	CU_ASSERT_EQUAL(c->pbxs[0].failover_count, 1);
	CU_ASSERT_EQUAL(c->pbxs[0].failover[0], 1);
	CU_ASSERT_EQUAL(c->pbxs[1].view_count, 2);
	CU_ASSERT_EQUAL(c->pbxs[1].views[1].site, 0);
	CU_ASSERT_STRING_EQUAL(addr_format(&c->pbxs[1].views[1].addresses[0].addr,
					   text),
			       "10.9.0.5");
	CU_ASSERT_EQUAL(c->pbxs[1].profile, PROFILE_WAN);
	CU_ASSERT_EQUAL(c->pbxs[1].hold_ms, 120000);
	CU_ASSERT_STRING_EQUAL(addr_format(&c->pbxs[1].witness, text), "198.51.100.1");
	conf_free(c);
}

static void the_sketch_has_its_live_names(void)
{
	struct conf *c = parse(sketch);

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_STRING_EQUAL(c->lives[0].name.text, "pbx.wildixin.com.");
	CU_ASSERT_TRUE(c->lives[0].by_site);
	CU_ASSERT_EQUAL(c->lives[0].home, 1);
	CU_ASSERT_EQUAL(c->lives[0].needs, 1U << TRANSPORT_TLS);
	CU_ASSERT_EQUAL(c->lives[0].zone, CONF_NONE);
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

/* `body` behind what every configuration needs. */
static struct conf *parse_body(const char *body)
{
	char text[2048];

	(void)snprintf(text, sizeof text,
		       "node: { name: n, listen: 127.0.0.1@5300 }\n%s", body);
	return parse(text);
}

static void a_live_name_belongs_to_the_longest_zone(void)
{
	struct conf *c = parse_body(
		"pbxs: [ { name: a, addresses: 127.0.0.11, endpoints: udp } ]\n"
		"zones:\n"
		"  - { name: com, file: /a }\n"
		"  - { name: b.Example.COM, file: /b }\n"
		"  - { name: example.com, file: /c }\n"
		"live:\n"
		"  - { name: pbx.b.example.com, home: a }\n"
		"  - { name: xb.example.com, home: a }\n"
		"  - { name: b.example.com., home: a, all-down: file }\n"
		"  - { name: example.org, home: a, ns: [ ns1.example.net ] }\n");

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_EQUAL(c->lives[0].zone, 1);
	CU_ASSERT_EQUAL(c->lives[1].zone, 2);
	CU_ASSERT_EQUAL(c->lives[2].zone, 1);
	CU_ASSERT_EQUAL(c->lives[3].zone, CONF_NONE);
	CU_ASSERT_STRING_EQUAL(c->lives[3].ns[0].text, "ns1.example.net.");
	conf_free(c);
}

static void a_view_without_addresses_has_everybodys(void)
{
	struct conf *c = parse_body(
		"pbxs:\n"
		"  - name: a\n"
		"    addresses: [ { site: s, endpoints: tcp }, 127.0.0.11, pbx.example.net ]\n"
		"    endpoints: [ tls@443 ]\n"
		"sites: [ { name: s, networks: 10.0.0.0/8, pbx: a } ]\n"
		"live: [ { name: pbx.lan, answer: site, default: a } ]\n");
	const struct conf_pbx_view *view;

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	view = &c->pbxs[0].views[1];
	CU_ASSERT_EQUAL(c->pbxs[0].views[0].address_count, 2);
	CU_ASSERT_EQUAL(view->address_count, 2);
	CU_ASSERT_STRING_EQUAL(view->addresses[1].name->text, "pbx.example.net.");
	CU_ASSERT_EQUAL(view->endpoint_count, 1);
	CU_ASSERT_EQUAL(view->endpoints[0].transport, TRANSPORT_TCP);
	CU_ASSERT_EQUAL(view->endpoints[0].port, 5060);
	conf_free(c);
}

static void a_profile_is_overruled_by_what_is_given(void)
{
	struct conf *c = parse_body(
		"pbxs:\n"
		"  - { name: a, addresses: 127.0.0.11, endpoints: tls, profile: lan,\n"
		"      probe: { pace: 200ms, rise: 5 }, fail-back: 22:00-06:30 }\n"
		"  - { name: b, addresses: 127.0.0.12, endpoints: tls, fail-back: manual,\n"
		"      probe: { silence: 1m }, hold: 0 }\n");

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_EQUAL(c->pbxs[0].probe.pace_ms, 200);
	CU_ASSERT_EQUAL(c->pbxs[0].probe.silence_ms, 1000);
	CU_ASSERT_EQUAL(c->pbxs[0].probe.rise_count, 5);
	CU_ASSERT_EQUAL(c->pbxs[0].probe_set, 1U << 0 | 1U << 5);
	CU_ASSERT_EQUAL(c->pbxs[0].window_from_min, 22 * 60);
	CU_ASSERT_EQUAL(c->pbxs[0].window_to_min, 6 * 60 + 30);
	CU_ASSERT_EQUAL(c->pbxs[0].endpoints[0].port, 5061);
	CU_ASSERT_TRUE(c->pbxs[1].failback_manual);
	CU_ASSERT_EQUAL(c->pbxs[1].probe.silence_ms, 60000);
	CU_ASSERT_EQUAL(c->pbxs[1].probe_set, 1U << 3);
	CU_ASSERT_EQUAL(c->pbxs[1].hold_ms, 0);
	conf_free(c);
}

static void a_command_is_cut_at_blanks_or_a_list(void)
{
	struct conf *c = parse_body(
		"on-switch:\n"
		"  - { exec: bin/tell  --all now }\n"
		"  - { exec: [ /bin/tell, \"to all\" ], tries: 1 }\n");

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_STRING_EQUAL(c->hooks[0].argv[0], "/etc/deputy/bin/tell");
	CU_ASSERT_STRING_EQUAL(c->hooks[0].argv[2], "now");
	CU_ASSERT_PTR_NULL(c->hooks[0].argv[3]);
	CU_ASSERT_STRING_EQUAL(c->hooks[1].argv[1], "to all");
	CU_ASSERT_EQUAL(c->hooks[1].tries, 1);
	CU_ASSERT_EQUAL(c->hooks[1].timeout_ms, 10000);
	conf_free(c);
}

static void carriage_returns_and_a_byte_order_mark_do_no_harm(void)
{
	struct conf *c = parse(
		"\xef\xbb\xbfnode:\r\n  name: n\r\n  listen: 127.0.0.1\r\n");

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_STRING_EQUAL(c->node.name, "n");
	CU_ASSERT_EQUAL(c->node.listens[0].port, 53);
	conf_free(c);
}

static void thousands_of_misspellings_end_soon(void)
{
	enum { COUNT = 3000 };
	struct diags diags = { 0 };
	struct buffer text = { 0 };
	struct conf *c = NULL;

	buffer_put_text(&text, "node: { name: n, listen: 127.0.0.1 }\npbxs:\n");
	for (int i = 0; i < COUNT; i++)
		buffer_printf(
			&text,
			"  - { name: pbx%d, addresses: 10.0.%d.%d, endpoints: udp, "
			"failover: pbxx%d }\n",
			i, i / 256, i % 256, i);
	CU_ASSERT_EQUAL(conf_parse("x", text.octets, text.len, &diags, &c),
			ERR_INVALID);
	CU_ASSERT_EQUAL(diags.error_count, COUNT);
	CU_ASSERT_PTR_NOT_NULL(diags.rows[0].suggestion);
	buffer_fini(&text);
	diags_fini(&diags);
}

/* A copy of the root has delegations where live names are, so these are zones too. */
static void the_root_is_a_zone_and_encloses_none(void)
{
	struct conf *c = parse(
		"node: { name: n, listen: [ 127.0.0.1 ] }\n"
		"pbxs: [ { name: a, addresses: [ 192.0.2.1 ], endpoints: [ tls@443 ] } ]\n"
		"live: [ { name: pbx.test, home: a } ]\n"
		"zones: [ { name: ., file: root.zone } ]\n");

	CU_ASSERT_PTR_NOT_NULL(c);
	if (c == NULL)
		return;
	CU_ASSERT_STRING_EQUAL(c->zones[0].name.text, ".");
	CU_ASSERT_EQUAL(c->lives[0].zone, CONF_NONE);
	conf_free(c);
}

/* Of 126 addresses, each with this many workers. */
static void check_sockets(const char *workers, int wanted)
{
	struct diags diags = { 0 };
	struct buffer text = { 0 };
	struct conf *c = NULL;

	buffer_printf(&text, "node: { name: n, workers: %s, listen: [ 127.0.0.1",
		      workers);
	for (int i = 2; i <= 126; i++)
		buffer_printf(&text, ", 127.0.0.%d", i);
	buffer_put_text(&text, " ] }\n");
	CU_ASSERT_EQUAL(conf_parse("test.conf", text.octets, text.len, &diags, &c),
			wanted);
	if (wanted && diags.count)
		CU_ASSERT_PTR_NOT_NULL(
			strstr(diags.rows[0].text, "need 16128 sockets"));
	conf_free(c);
	diags_fini(&diags);
	buffer_fini(&text);
}

static void more_sockets_than_a_message_can_name_are_an_error(void)
{
	check_sockets("64, stream-workers: 1", OK);
	check_sockets("64, stream-workers: 64", ERR_INVALID);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the sketch is read", the_sketch_is_read },
		{ "the sketch has its pbxs", the_sketch_has_its_pbxs },
		{ "the sketch has its live names", the_sketch_has_its_live_names },
		{ "the root is a zone and encloses none",
		  the_root_is_a_zone_and_encloses_none },
		{ "a live name belongs to the longest zone",
		  a_live_name_belongs_to_the_longest_zone },
		{ "a view without addresses has everybody's",
		  a_view_without_addresses_has_everybodys },
		{ "a profile is overruled by what is given",
		  a_profile_is_overruled_by_what_is_given },
		{ "a command is cut at blanks, or a list",
		  a_command_is_cut_at_blanks_or_a_list },
		{ "carriage returns and a byte order mark do no harm",
		  carriage_returns_and_a_byte_order_mark_do_no_harm },
		{ "thousands of misspellings end soon",
		  thousands_of_misspellings_end_soon },
		{ "presets are written in", presets_are_written_in },
		{ "more sockets than a message can name are an error",
		  more_sockets_than_a_message_can_name_are_an_error },
		CU_TEST_INFO_NULL,
	};

	return suite_run("conf/conf", tests);
}

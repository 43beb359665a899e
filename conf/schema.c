/* Every key of a configuration. The help texts are those of deputy.conf(5). */
#include <stddef.h>

#include "conf/conf.h"
#include "conf/finish.h"
#include "conf/setting.h"
#include "conf/value.h"

#define AT(type, field) offsetof(struct type, field), 0
#define ROWS(type, field, count) \
 offsetof(struct type, field), offsetof(struct type, count)

enum {
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	HOUR = 60 * MINUTE,
	DAY = 24 * HOUR,
	MAX_ROWS = 65536, /* of one list of mappings */
};

static const char *const profile_words[] = { "auto", "fast", "lan", "wan", NULL };
static const char *const all_down_words[] = { "last-known", "first", "file", "servfail",
					      NULL };
static const char *const witness_words[] = { "hold", "switch", NULL };
static const char *const answer_words[] = { "home", "site", NULL };

#define TCP(field) \
 offsetof(struct conf_node, field) - offsetof(struct conf_node, tcp_connections), 0

/* clang-format off */
static const struct section pbx_section, site_section; /* rows refer to theirs */

static const struct setting tcp_settings[] = {
	/* name, type, field, min, default, max, marks, words, section, help */
	{ "connections", SET_COUNT, TCP(tcp_connections), 16, "20000", 1000000, 0, NULL, NULL,
	  "the maximum number of open TCP connections; beyond it the connection that has been idle longest is closed" },
	{ "connections-per-source", SET_COUNT, TCP(tcp_connections_per_source), 1, "500", 1000000, 0, NULL, NULL,
	  "the maximum number of TCP connections per source address" },
	{ "idle", SET_MS, TCP(tcp_idle_ms), 100, "10s", HOUR, 0, NULL, NULL,
	  "how long a TCP connection may be idle before it is closed" },
	{ .name = NULL },
};

static const struct section tcp_section = {
	.name = "tcp", .one = "tcp", .size = sizeof(struct conf_node), .settings = tcp_settings,
};

static const struct setting node_settings[] = {
	{ "name", SET_LABEL, AT(conf_node, name), 0, NULL, 0, MUST_BE_GIVEN, NULL, NULL,
	  "the name of this node in logs, in id.server and in the SOA record of live names outside all zones" },
	{ "listen", SET_SOCKET, ROWS(conf_node, listens, listen_count), 1, NULL, 256, MUST_BE_GIVEN, NULL, NULL,
	  "the addresses on which DNS queries are accepted, over UDP and TCP; the default port is 53. Explicit "
	  "addresses are best; 0.0.0.0 and :: bind every address of the host. An address that no interface has yet is "
	  "bound with a warning, and answers as soon as one has it" },
	{ "workers", SET_COUNT, AT(conf_node, udp_workers), 0, "0", 64, AT_START_ONLY, NULL, NULL,
	  "the number of threads that answer over UDP; 0 means one per core, at most 8" },
	{ "stream-workers", SET_COUNT, AT(conf_node, stream_workers), 1, "1", 64, AT_START_ONLY, NULL, NULL,
	  "the number of threads that answer over TCP" },
	{ "udp-payload", SET_COUNT, AT(conf_node, udp_payload_max), 512, "1232", 4096, 0, NULL, NULL,
	  "the largest answer sent over UDP, in octets; longer ones are truncated, and the client retries over TCP" },
	{ "tcp", SET_SECTION, AT(conf_node, tcp_connections), 0, NULL, 0, 0, NULL, &tcp_section,
	  "limits on TCP connections" },
	{ "state", SET_PATH, AT(conf_node, state_dir), 0, "/var/lib/deputy", 0, AT_START_ONLY, NULL, NULL,
	  "the directory of the data that must survive a restart: the board, forced states and the switch history" },
	{ "run", SET_PATH, AT(conf_node, run_dir), 0, "/run/deputy", 0, AT_START_ONLY, NULL, NULL,
	  "the directory of the control sockets" },
	{ "user", SET_USER, AT(conf_node, user), 0, "deputy", 0, AT_START_ONLY, NULL, NULL,
	  "the user that all processes but deputyd run as when deputyd is started as root" },
	{ .name = NULL },
};

static const struct section node_section = {
	.name = "node", .one = "node", .size = sizeof(struct conf_node), .settings = node_settings,
};

static const struct setting access_settings[] = {
	{ "query", SET_NETWORKS, AT(conf_access, query), 0, "local", 1024, 0, NULL, NULL,
	  "the networks whose queries for live names, hosts and zones are answered; all others are refused" },
	{ "ecs", SET_NETWORKS, AT(conf_access, ecs), 0, NULL, 1024, 0, NULL, NULL,
	  "the forwarders whose EDNS Client Subnet option is trusted to tell which site a client belongs to" },
	{ "recursion", SET_NETWORKS, AT(conf_access, recursion), 0, NULL, 1024, 0, NULL, NULL,
	  "the networks, among those in 'query', that may use this node for recursion; by default none" },
	{ "transfer", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "zone transfers" },
	{ "update", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "zone transfers" },
	{ .name = NULL },
};

static const struct section access_section = {
	.name = "access", .one = "access", .size = sizeof(struct conf_access), .settings = access_settings,
};

static const struct setting recursion_settings[] = {
	{ "forwarders", SET_SOCKET, ROWS(conf_recursion, forwarders, forwarder_count), 0, NULL, 8, 0, NULL, NULL,
	  "DNS servers that all look-ups are forwarded to, never this node; by default names are resolved from the root" },
	{ "root-hints", SET_PATH, AT(conf_recursion, root_hints), 0, NULL, 0, 0, NULL, NULL,
	  "a file with the names and addresses of the root servers; by default those of the Internet" },
	{ "validate", SET_FLAG, AT(conf_recursion, validate), 0, "yes", 0, 0, NULL, NULL,
	  "whether answers are validated by DNSSEC; bogus ones become SERVFAIL" },
	{ "trust-anchors", SET_PATH, AT(conf_recursion, trust_anchors), 0, NULL, 0, 0, NULL, NULL,
	  "a file with DS or DNSKEY records to use as trust anchors; by default the root keys, updated when they "
	  "change (RFC 5011)" },
	{ "inside", SET_DOMAIN, ROWS(conf_recursion, inside, inside_count), 0, NULL, 64, 0, NULL, NULL,
	  "domains whose names may have private addresses, such as those of an office; private addresses in answers "
	  "for all other names are removed (DNS rebinding protection). If a forwarder resolves them, they need no "
	  "DNSSEC signatures" },
	{ "cache", SET_COUNT, AT(conf_recursion, cache_mib), 4, "64", 16384, 0, NULL, NULL,
	  "the size of the cache of deputy-recursor, in MiB" },
	{ .name = NULL },
};

static const struct section recursion_section = {
	.name = "recursion", .one = "recursion", .size = sizeof(struct conf_recursion), .settings = recursion_settings,
};

static const struct setting view_settings[] = {
	{ "site", SET_REF, AT(conf_pbx_view, site), 0, NULL, 0, MUST_BE_GIVEN | IS_IDENTITY, NULL, &site_section,
	  "the site whose clients get these addresses" },
	{ "addresses", SET_PBX_ADDRESS, ROWS(conf_pbx_view, addresses, address_count), 1, NULL, 16, 0, NULL, NULL,
	  "the addresses at which this site reaches the pbx; by default those for everybody else" },
	{ "endpoints", SET_ENDPOINT, ROWS(conf_pbx_view, endpoints, endpoint_count), 1, NULL, 8, 0, NULL, NULL,
	  "the endpoints at which this site reaches the pbx; by default those of the pbx" },
	{ .name = NULL },
};

const struct section view_section = {
	.name = "addresses", .one = "address", .size = sizeof(struct conf_pbx_view), .settings = view_settings,
};

static const struct setting probe_settings[] = {
	{ "pace", SET_MS, AT(conf_probe, pace_ms), 50, NULL, MINUTE, 0, NULL, NULL,
	  "the interval between two probes of an endpoint" },
	{ "after-miss", SET_MS, AT(conf_probe, after_miss_ms), 20, NULL, MINUTE, 0, NULL, NULL,
	  "the interval between two probes once one has gone unanswered" },
	{ "timeout", SET_MS, AT(conf_probe, timeout_ms), 20, NULL, 32 * SECOND, 0, NULL, NULL,
	  "the time after which a probe counts as unanswered" },
	{ "silence", SET_MS, AT(conf_probe, silence_ms), 200, NULL, 10 * MINUTE, 0, NULL, NULL,
	  "the time without any proof of life after which an endpoint is down" },
	{ "lost", SET_COUNT, AT(conf_probe, lost_count), 1, NULL, 100, 0, NULL, NULL,
	  "the number of probes that must also be lost before an endpoint is down" },
	{ "rise", SET_COUNT, AT(conf_probe, rise_count), 1, NULL, 100, 0, NULL, NULL,
	  "the number of consecutive answered probes before an endpoint is up again" },
	{ .name = NULL },
};

static const struct section probe_section = {
	.name = "probe", .one = "probe", .size = sizeof(struct conf_probe), .settings = probe_settings,
};

static const struct setting pbx_settings[] = {
	{ "name", SET_LABEL, AT(conf_pbx, name), 0, NULL, 0, MUST_BE_GIVEN | IS_IDENTITY | UNIQUE, NULL, NULL,
	  "the name of this pbx in other sections, commands and logs" },
	{ "addresses", SET_VIEWS, AT(conf_pbx, views), 1, NULL, 256, MUST_BE_GIVEN, NULL, NULL,
	  "the addresses that are probed and that clients get: addresses, host names, and mappings for sites that "
	  "reach the pbx at other addresses. At most 16 over all sites; of more than ten of one family, clients get "
	  "all that live while at most three are dead, else the first three that live" },
	{ "endpoints", SET_ENDPOINT, ROWS(conf_pbx, endpoints, endpoint_count), 1, NULL, 8, MUST_BE_GIVEN, NULL, NULL,
	  "the transports and ports on which it accepts SIP, preferred first: tls@443, tcp@5060, udp@5060; the "
	  "default port is 5060 for udp and tcp, 5061 for tls. Every combination that may live is an answer of its "
	  "own, so members with many endpoints make a chain too large: six each for two members, four for eight" },
	{ "failover", SET_REF, ROWS(conf_pbx, failover, failover_count), 0, NULL, 15, 0, NULL, &pbx_section,
	  "the pbxs that stand in for it, in order; together with this pbx they form its chain" },
	{ "profile", SET_CHOICE, AT(conf_pbx, profile), 0, "auto", 0, 0, profile_words, NULL,
	  "how often it is probed and how soon it is down: auto means lan for a pbx on a network of this host, otherwise wan" },
	{ "probe", SET_SECTION, AT(conf_pbx, probe), 0, NULL, 0, 0, NULL, &probe_section,
	  "settings that override the profile" },
	{ "witness", SET_ADDRESS, AT(conf_pbx, witness), 0, NULL, 0, 0, NULL, NULL,
	  "an address near the pbx, such as its gateway: if it is silent too, the path has failed and not the pbx" },
	{ "witness-lost", SET_EITHER, AT(conf_pbx, witness_switch), 0, "hold", 0, 0, witness_words, NULL,
	  "what to do when the path has failed: hold keeps the answers as they are, switch treats the pbx as down" },
	{ "hold", SET_MS, AT(conf_pbx, hold_ms), 0, "2m", DAY, 0, NULL, NULL,
	  "how long it must be up again, or have answered without 503 after draining, before it becomes the answer again" },
	{ "fail-back", SET_FAIL_BACK, AT(conf_pbx, failback_manual), 0, "automatic", 0, 0, NULL, NULL,
	  "when it becomes the answer again: automatic (after the hold), manual (by command), or within a window of "
	  "local time such as 22:00-06:00" },
	{ "server-name", SET_HOST_NAME, AT(conf_pbx, server_name), 0, NULL, 0, 0, NULL, NULL,
	  "the name used in probes and checked against its certificate; by default the live name that a phone would "
	  "check" },
	{ "ca-file", SET_PATH, AT(conf_pbx, ca_file), 0, NULL, 0, 0, NULL, NULL,
	  "a file with the CA certificates that its certificate is verified against; by default those of the system" },
	{ "verify", SET_FLAG, AT(conf_pbx, verify), 0, "yes", 0, 0, NULL, NULL,
	  "whether a certificate that phones would reject ranks it behind the members with a valid one" },
	{ "dead-codes", SET_CODE, ROWS(conf_pbx, dead_codes, dead_code_count), 0, NULL, 64, 0, NULL, NULL,
	  "SIP response codes that do not prove life, in addition to 408, 500, 502 and 504" },
	{ "certificate-check", SET_MS, AT(conf_pbx, certificate_check_ms), 10000, "5m", DAY, 0, NULL, NULL,
	  "how often its certificate is looked at by a handshake beside the connection that is kept" },
	{ "client-certificate", SET_PATH, AT(conf_pbx, certificate), 0, NULL, 0, 0, NULL, NULL,
	  "a PEM file with the certificate that probes show where its TLS asks for one, and its chain; the user of the daemon reads it; see "
	  "client-key" },
	{ "client-key", SET_KEY_FILE, AT(conf_pbx, key), 1, NULL, SECRET_MAX_LEN, 0, NULL, NULL,
	  "a PEM file with the key of client-certificate" },
	{ "probe-from", SET_SIP_URI, AT(conf_pbx, probe_from), 0, NULL, 0, 0, NULL, NULL,
	  "the URI in From of probes; by default probe-user at the address of this host" },
	{ "probe-user", SET_USER, AT(conf_pbx, probe_user), 0, "deputy", 0, 0, NULL, NULL,
	  "the user in Contact of probes, and in From without probe-from" },
	{ "probe-agent", SET_LINE, AT(conf_pbx, probe_agent), 0, NULL, 0, 0, NULL, NULL,
	  "User-Agent of probes; by default deputy and its version" },
	{ "max-forwards", SET_COUNT, AT(conf_pbx, max_forwards), 0, "0", 70, 0, NULL, NULL,
	  "Max-Forwards of probes; 0: whoever gets one answers it itself and cannot pass it on to another pbx" },
	{ .name = NULL },
};

static const struct section pbx_section = {
	.name = "pbxs", .one = "pbx", .size = sizeof(struct conf_pbx),
	.place_at = offsetof(struct conf_pbx, place), .has_later = true, .finish = finish_pbx, .settings = pbx_settings,
};

static const struct setting site_settings[] = {
	{ "name", SET_LABEL, AT(conf_site, name), 0, NULL, 0, MUST_BE_GIVEN | IS_IDENTITY | UNIQUE, NULL, NULL,
	  "the name of this site in addresses of pbxs, commands and logs" },
	{ "networks", SET_PREFIX, ROWS(conf_site, networks, network_count), 1, NULL, 4096, MUST_BE_GIVEN, NULL, NULL,
	  "the prefixes of its clients' addresses; among nested prefixes the longest one applies" },
	{ "pbx", SET_REF, AT(conf_site, pbx), 0, NULL, 0, MUST_BE_GIVEN, NULL, &pbx_section,
	  "its home pbx" },
	{ .name = NULL },
};

static const struct section site_section = {
	.name = "sites", .one = "site", .size = sizeof(struct conf_site),
	.place_at = offsetof(struct conf_site, place), .settings = site_settings,
};

static const struct setting live_settings[] = {
	{ "name", SET_DOMAIN, AT(conf_live, name), 0, NULL, 0, MUST_BE_GIVEN | IS_IDENTITY | UNIQUE, NULL, NULL,
	  "the domain name that devices are configured with" },
	{ "answer", SET_EITHER, AT(conf_live, by_site), 0, "home", 0, 0, answer_words, NULL,
	  "site: the chain of the home pbx of the client's site; home: the same chain for everybody" },
	{ "home", SET_REF, AT(conf_live, home), 0, NULL, 0, 0, NULL, &pbx_section,
	  "the pbx whose chain answers everybody" },
	{ "default", SET_REF, AT(conf_live, home), 0, NULL, 0, OTHER_KEY, NULL, &pbx_section,
	  "with answer: site, the pbx whose chain answers clients of no site" },
	{ "ttl", SET_S, AT(conf_live, ttl_s), SECOND, "10s", HOUR, 0, NULL, NULL,
	  "the TTL of its answers; around a switch 1s and 2s are used instead" },
	{ "needs", SET_NEEDS, AT(conf_live, needs), 1, NULL, TRANSPORTS, 0, NULL, NULL,
	  "the transports over which a member must be up to be the answer; by default any one is enough" },
	{ "all-down", SET_CHOICE, AT(conf_live, all_down), 0, "last-known", 0, 0, all_down_words, NULL,
	  "the policy when every member is down: last-known keeps the last answer, first answers with the home pbx, "
	  "file answers with the records of the zone file, servfail answers SERVFAIL so that a device asks its other "
	  "server" },
	{ "ns", SET_DOMAIN, ROWS(conf_live, ns, ns_count), 0, NULL, 8, 0, NULL, NULL,
	  "the names of the name servers that a live name outside all zones is delegated to; needed if it is delegated publicly" },
	{ .name = NULL },
};

static const struct section live_section = {
	.name = "live", .one = "live name", .size = sizeof(struct conf_live),
	.place_at = offsetof(struct conf_live, place), .finish = finish_live, .settings = live_settings,
};

static const struct setting zone_settings[] = {
	{ "name", SET_ZONE_NAME, AT(conf_zone, name), 0, NULL, 0, MUST_BE_GIVEN | IS_IDENTITY | UNIQUE, NULL, NULL,
	  "the domain name of the zone; \".\" is the root" },
	{ "file", SET_PATH, AT(conf_zone, file), 0, NULL, 0, MUST_BE_GIVEN, NULL, NULL,
	  "its zone file (RFC 1035 master file format); if it is signed, DNSSEC records are served from it" },
	{ "sign", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "DNSSEC signing" },
	{ "transfer", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "zone transfers" },
	{ "notify", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "zone transfers" },
	{ "from", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "zone transfers" },
	{ .name = NULL },
};

static const struct section zone_section = {
	.name = "zones", .one = "zone", .size = sizeof(struct conf_zone),
	.place_at = offsetof(struct conf_zone, place), .settings = zone_settings,
};

static const struct setting host_settings[] = {
	{ "name", SET_DOMAIN, AT(conf_host, name), 0, NULL, 0, IS_IDENTITY | UNIQUE, NULL, NULL,
	  "the name of the host" },
	{ "addresses", SET_ADDRESS, ROWS(conf_host, addresses, address_count), 1, NULL, 64, 0, NULL, NULL,
	  "its addresses" },
	{ .name = NULL },
};

static const struct section host_section = {
	.name = "hosts", .one = "host", .size = sizeof(struct conf_host), .settings = host_settings,
};

static const struct setting hook_settings[] = {
	{ "exec", SET_COMMAND, AT(conf_hook, argv), 1, NULL, 64, MUST_BE_GIVEN | IS_IDENTITY, NULL, NULL,
	  "the program and its arguments; run without a shell, with one JSON object on standard input" },
	{ "timeout", SET_MS, AT(conf_hook, timeout_ms), 100, "10s", 10 * MINUTE, 0, NULL, NULL,
	  "the time after which it is killed" },
	{ "tries", SET_COUNT, AT(conf_hook, tries), 1, "3", 20, 0, NULL, NULL,
	  "how many times it is run until it exits with status 0" },
	{ .name = NULL },
};

static const struct section hook_section = {
	.name = "on-switch", .one = "hook", .size = sizeof(struct conf_hook), .settings = hook_settings,
};

static const struct setting conf_settings[] = {
	{ "node", SET_SECTION, AT(conf, node), 0, NULL, 0, MUST_BE_GIVEN, NULL, &node_section,
	  "this host as a DNS server" },
	{ "access", SET_SECTION, AT(conf, access), 0, NULL, 0, 0, NULL, &access_section,
	  "who may ask" },
	{ "pbxs", SET_SECTION, ROWS(conf, pbxs, pbx_count), 0, NULL, MAX_ROWS, 0, NULL, &pbx_section,
	  "the pbxs, how they are probed and which stand in for which" },
	{ "sites", SET_SECTION, ROWS(conf, sites, site_count), 0, NULL, MAX_ROWS, 0, NULL, &site_section,
	  "which clients belong to which pbx" },
	{ "live", SET_SECTION, ROWS(conf, lives, live_count), 0, NULL, MAX_ROWS, 0, NULL, &live_section,
	  "the live names that devices are configured with" },
	{ "hosts", SET_HOSTS, ROWS(conf, hosts, host_count), 0, NULL, MAX_ROWS, 0, NULL, &host_section,
	  "host names and their addresses, answered forward and reverse" },
	{ "zones", SET_SECTION, ROWS(conf, zones, zone_count), 0, NULL, MAX_ROWS, 0, NULL, &zone_section,
	  "zones served from zone files" },
	{ "diagnostics", SET_NETWORKS, AT(conf, access.diagnostics), 0, "local", 1024, 0, NULL, NULL,
	  "the networks that are shown the node's name (NSID, id.server) and the reason for a live answer, in extended DNS errors and in class CH queries" },
	{ "resolvers", SET_SOCKET, ROWS(conf, resolvers, resolver_count), 0, NULL, 8, 0, NULL, NULL,
	  "DNS servers that resolve the host names of pbxs, never this node; by default those of /etc/resolv.conf" },
	{ "on-switch", SET_SECTION, ROWS(conf, hooks, hook_count), 0, NULL, 32, 0, NULL, &hook_section,
	  "programs that are run when answers of live names moved to another pbx, see HOOKS" },
	{ "silence", SET_NOTICES, AT(conf, silenced), 0, NULL, 0, 0, NULL, NULL,
	  "warnings and notes that are not shown, see WARNINGS AND NOTES; errors are always shown" },
	{ "registrar", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "the registrar" },
	{ "users", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "the registrar" },
	{ "recursion", SET_SECTION, AT(conf, recursion), 0, NULL, 0, 0, NULL, &recursion_section,
	  "how names that this node does not serve are resolved" },
	{ "peers", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "node pairs" },
	{ "source", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "node pairs" },
	{ "metrics", SET_LATER, 0, 0, 0, NULL, 0, 0, NULL, NULL, "the metrics listener" },
	{ .name = NULL },
};
/* clang-format on */

const struct section conf_section = {
	.name = "deputy.conf",
	.one = "configuration",
	.size = sizeof(struct conf),
	.settings = conf_settings,
};

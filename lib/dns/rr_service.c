#include <string.h>
#include <strings.h>

#include "dns/rr_field.h"

enum { PORTS = 65536, PORTS_LEN = PORTS / 8 };

/* Names that may stand for numbers; they do not depend on the machine's /etc. */
struct service {
	const char *name;
	uint16_t number;
};

/* clang-format off */
static const struct service protocols[] = {
	{ "icmp", 1 }, { "igmp", 2 }, { "ggp", 3 }, { "st", 5 }, { "tcp", 6 },
	{ "cbt", 7 }, { "egp", 8 }, { "igp", 9 }, { "nvp", 11 }, { "pup", 12 },
	{ "argus", 13 }, { "emcon", 14 }, { "xnet", 15 }, { "chaos", 16 },
	{ "udp", 17 }, { "mux", 18 }, { "dcn", 19 }, { "hmp", 20 }, { "prm", 21 },
	{ "rdp", 27 }, { "irtp", 28 }, { "dccp", 33 }, { "idpr", 35 }, { "ipv6", 41 },
	{ "rsvp", 46 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 }, { "ospf", 89 },
	{ "pim", 103 }, { "sctp", 132 }, { "udplite", 136 },
};

/* Those of the well-known ports that peers know, and SIP. */
static const struct service ports[] = {
	{ "tcpmux", 1 }, { "rje", 5 }, { "echo", 7 }, { "discard", 9 }, { "null", 9 },
	{ "sink", 9 }, { "systat", 11 }, { "users", 11 }, { "daytime", 13 },
	{ "netstat", 15 }, { "qotd", 17 }, { "quote", 17 }, { "chargen", 19 },
	{ "source", 19 }, { "ttytst", 19 }, { "ftp-data", 20 }, { "fsp", 21 },
	{ "fspd", 21 }, { "ftp", 21 }, { "ssh", 22 }, { "telnet", 23 }, { "mail", 25 },
	{ "smtp", 25 }, { "time", 37 }, { "timserver", 37 }, { "rlp", 39 },
	{ "name", 42 }, { "nameserver", 42 }, { "nicname", 43 }, { "whois", 43 },
	{ "tacacs", 49 }, { "domain", 53 }, { "bootps", 67 }, { "bootpc", 68 },
	{ "tftp", 69 }, { "gopher", 70 }, { "finger", 79 }, { "http", 80 },
	{ "www", 80 }, { "kerberos", 88 }, { "kerberos-sec", 88 }, { "kerberos5", 88 },
	{ "krb5", 88 }, { "hostname", 101 }, { "hostnames", 101 }, { "iso-tsap", 102 },
	{ "tsap", 102 }, { "x400", 103 }, { "acr-nema", 104 }, { "dicom", 104 },
	{ "poppassd", 106 }, { "pop2", 109 }, { "pop-3", 110 }, { "pop3", 110 },
	{ "portmapper", 111 }, { "sunrpc", 111 }, { "auth", 113 },
	{ "authentication", 113 }, { "ident", 113 }, { "tap", 113 },
	{ "uucp-path", 117 }, { "nntp", 119 }, { "readnews", 119 }, { "untp", 119 },
	{ "ntp", 123 }, { "epmap", 135 }, { "loc-srv", 135 }, { "netbios-ns", 137 },
	{ "netbios-dgm", 138 }, { "netbios-ssn", 139 }, { "imap", 143 },
	{ "imap2", 143 }, { "snmp", 161 }, { "snmp-trap", 162 }, { "snmptrap", 162 },
	{ "cmip-man", 163 }, { "cmip-agent", 164 }, { "mailq", 174 }, { "xdmcp", 177 },
	{ "bgp", 179 }, { "smux", 199 }, { "qmtp", 209 }, { "wais", 210 },
	{ "z3950", 210 }, { "ipx", 213 }, { "ptp-event", 319 }, { "ptp-general", 320 },
	{ "pawserv", 345 }, { "zserv", 346 }, { "rpc2portmap", 369 },
	{ "codaauth2", 370 }, { "clearcase", 371 }, { "ldap", 389 }, { "svrloc", 427 },
	{ "https", 443 }, { "snpp", 444 }, { "microsoft-ds", 445 }, { "kpasswd", 464 },
	{ "smtps", 465 }, { "ssmtp", 465 }, { "submissions", 465 }, { "urd", 465 },
	{ "saft", 487 }, { "isakmp", 500 }, { "biff", 512 }, { "comsat", 512 },
	{ "exec", 512 }, { "login", 513 }, { "who", 513 }, { "whod", 513 },
	{ "cmd", 514 }, { "shell", 514 }, { "syslog", 514 }, { "printer", 515 },
	{ "spooler", 515 }, { "talk", 517 }, { "ntalk", 518 }, { "route", 520 },
	{ "routed", 520 }, { "router", 520 }, { "gdomap", 538 }, { "uucp", 540 },
	{ "uucpd", 540 }, { "klogin", 543 }, { "krcmd", 544 }, { "kshell", 544 },
	{ "dhcpv6-client", 546 }, { "dhcpv6-server", 547 }, { "afpovertcp", 548 },
	{ "rtsp", 554 }, { "nntps", 563 }, { "snntp", 563 }, { "submission", 587 },
	{ "nqs", 607 }, { "asf-rmcp", 623 }, { "qmqp", 628 }, { "ipp", 631 },
	{ "ldaps", 636 }, { "ldp", 646 }, { "tinc", 655 }, { "silc", 706 },
	{ "kerberos-adm", 749 }, { "kdc", 750 }, { "kerberos-iv", 750 },
	{ "kerberos4", 750 }, { "kerberos-master", 751 }, { "kerberos_master", 751 },
	{ "passwd-server", 752 }, { "passwd_server", 752 }, { "hprop", 754 },
	{ "krb-prop", 754 }, { "krb5_prop", 754 }, { "krb_prop", 754 },
	{ "moira-db", 775 }, { "moira_db", 775 }, { "moira-update", 777 },
	{ "moira_update", 777 }, { "moira-ureg", 779 }, { "moira_ureg", 779 },
	{ "spamd", 783 }, { "domain-s", 853 }, { "supfilesrv", 871 }, { "rsync", 873 },
	{ "ftps-data", 989 }, { "ftps", 990 }, { "telnets", 992 }, { "imaps", 993 },
	{ "pop3s", 995 }, { "sip", 5060 }, { "sips", 5061 },
};
/* clang-format on */

static bool find(const struct token *token, const struct service *rows, size_t count,
		 uint64_t max, uint64_t *out)
{
	if (rr_number(token->at, token->len, max, out))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (strlen(rows[i].name) == token->len &&
		    strncasecmp(rows[i].name, token->at, token->len) == 0) {
			*out = rows[i].number;
			return true;
		}
	}
	return false;
}

static int parse_services(struct rr_text *t)
{
	uint8_t bits[PORTS_LEN] = { 0 };
	size_t len = 0;
	uint64_t number;
	int err = rr_need_word(t, "a protocol");

	if (err)
		return err;
	if (!find(&t->token, protocols, sizeof(protocols) / sizeof(*protocols),
		  UINT8_MAX, &number))
		return rr_not(t, "a protocol");
	writer_u8(&t->out, (uint8_t)number);
	while (rr_next(t)) {
		if (t->token.kind != TOKEN_WORD ||
		    !find(&t->token, ports, sizeof(ports) / sizeof(*ports), PORTS - 1,
			  &number))
			return rr_not(t, "a service or a port number");
		bits[number / 8] |= (uint8_t)(0x80 >> number % 8);
		if (number / 8 >= len)
			len = number / 8 + 1;
	}
	writer_octets(&t->out, bits, len);
	return OK;
}

static int check_services(struct reader *r)
{
	size_t len;
	const uint8_t *bits;

	reader_u8(r);
	len = reader_left(r);
	bits = reader_take(r, len);
	if (!bits)
		return r->err;
	/* A zero octet at the end would be lost in text. */
	return len > PORTS_LEN || (len && !bits[len - 1]) ? ERR_MALFORMED : OK;
}

static void format_services(struct reader *r, struct buffer *out)
{
	unsigned protocol = reader_u8(r);
	size_t len = reader_left(r);
	const uint8_t *bits = reader_take(r, len);

	buffer_printf(out, "%u", protocol);
	for (size_t i = 0; i < len * 8; i++) {
		if (bits[i / 8] & 0x80 >> i % 8)
			buffer_printf(out, " %zu", i);
	}
}

const struct rr_field services_field = { "a protocol", parse_services, check_services,
					 format_services };

#include <string.h>
#include <strings.h>

#include "dns/rr_field.h"

enum { PORTS = 65536, PORTS_LEN = PORTS / 8 };

/* Names that may stand for numbers; they do not depend on the machine's /etc. */
struct service {
	const char *name;
	uint16_t number;
};

static const struct service protocols[] = { { "icmp", 1 },
					    { "tcp", 6 },
					    { "udp", 17 } };

static const struct service ports[] = {
	{ "echo", 7 },      { "discard", 9 }, { "daytime", 13 },    { "chargen", 19 },
	{ "ftp-data", 20 }, { "ftp", 21 },    { "ssh", 22 },        { "telnet", 23 },
	{ "smtp", 25 },     { "time", 37 },   { "nameserver", 42 }, { "whois", 43 },
	{ "nicname", 43 },  { "domain", 53 }, { "tftp", 69 },       { "gopher", 70 },
	{ "finger", 79 },   { "http", 80 },   { "pop3", 110 },      { "sunrpc", 111 },
	{ "auth", 113 },    { "nntp", 119 },  { "ntp", 123 },       { "imap", 143 },
	{ "imap2", 143 },   { "snmp", 161 },  { "https", 443 },     { "sip", 5060 },
	{ "sips", 5061 },
};

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

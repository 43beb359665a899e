/* A whole packet to a whole answer: the first octet chooses client and transport. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "dns/reader.h"
#include "tests/resolver/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static const char conf[] =
	"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\n"
	"access: { query: [ local ], ecs: [ 127.0.0.53 ] }\n"
	"pbxs:\n"
	"  - { name: a, addresses: [ 192.0.2.10, \"2001:db8::10\" ], endpoints: [ tls@443, "
	"udp@5060 ], failover: [ b ] }\n"
	"  - { name: b, addresses: [ 198.51.100.5 ], endpoints: [ tls@443, tcp@5060 ] }\n"
	"sites: [ { name: s, networks: [ 10.1.0.0/16 ], pbx: b } ]\n"
	"live: [ { name: pbx.example.net, answer: site, default: a } ]\n"
	"hosts: { printer.lan: [ 10.1.0.9 ] }\n"
	"diagnostics: [ 127.0.0.1 ]\n";

static void must(bool good)
{
	if (!good)
		abort();
}

/* The answer is a message whose every record can be read, with nothing behind. */
static void check_message(const uint8_t *octets, size_t len)
{
	struct reader r = reader_of(octets, len);
	struct name name;
	unsigned questions, records;

	(void)reader_u32(&r);
	questions = reader_u16(&r);
	records = reader_u16(&r);
	records += reader_u16(&r);
	records += reader_u16(&r);
	for (unsigned i = 0; i < questions; i++) {
		must(name_read(&r, &name) == OK);
		(void)reader_u32(&r);
	}
	for (unsigned i = 0; i < records; i++) {
		must(name_read(&r, &name) == OK);
		(void)reader_u32(&r);
		(void)reader_u32(&r);
		(void)reader_take(&r, reader_u16(&r));
	}
	must(r.err == OK && reader_left(&r) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static const char *const clients[] = { "127.0.0.1", "10.1.2.3", "127.0.0.53",
					       "203.0.113.1" };
	static struct stage *s;
	enum transport via;

	if (s == NULL)
		s = stage_new(conf);
	if (len == 0 || len > 4096)
		return 0;
	via = octets[0] & 4 ? TRANSPORT_TCP : TRANSPORT_UDP;
	(void)stage_send(s, clients[octets[0] & 3], via, octets + 1, len - 1);
	if (s->out_len == 0)
		return 0;
	must(s->out_len >= 12 && memcmp(s->out, octets + 1, 2) == 0);
	must((s->out[2] & 0x80) && !(s->out[3] & 0x80));
	must(via != TRANSPORT_UDP || s->out_len <= 1232);
	check_message(s->out, s->out_len);
	return 0;
}

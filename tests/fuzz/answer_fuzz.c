/*
 * Hostile questions to a zone that has everything: two octets of limit, then a packet.
 * Whatever is asked, the answer keeps to the limit and can be read back whole.
 */
#include <stdlib.h>
#include <string.h>

#include "dns/rr.h"
#include "tests/zones/fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

#define SIGNED(owner, type) \
 owner " RRSIG " type " 8 1 60 20300101000000 20200101000000 1 example. AAAA\n"

static const char example[] =
	"@ SOA ns.example. admin.example. 7 1 1 1 300\n@ NS ns\n@ NS ns.test.\n"
	"ns A 192.0.2.53\nns AAAA 2001:db8::53\n@ MX 5 mail\n@ MX 9 mail.sub\n"
	"mail A 192.0.2.25\nwww CNAME web\nweb CNAME host\nhost A 192.0.2.80\n"
	"out CNAME www.test.\ncross CNAME web.o\n* TXT wild\n*.w MX 5 *.w\n*.w A 192.0.2.9\n"
	"x.y.*.w TXT t\n*.v CNAME host\n*.u CNAME q.u\nd DNAME t\na.t A 192.0.2.1\n"
	"e DNAME o.\nl DNAME m\nm DNAME l\nc1 CNAME c2\nc2 CNAME c1\nb.c.n A 192.0.2.2\n"
	"cut NS ns.cut\ncut NS ns.s\nns.cut A 192.0.2.3\ns NS ns.s\nns.s A 192.0.2.4\n"
	"cut DS 1 8 1 0000000000000000000000000000000000000000\n"
	"long DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.long.t\n"
	"_sip._tcp SRV 1 1 5060 host\nto CNAME pbx\n" SIGNED("@", "SOA")
		SIGNED("@", "NS") "@ NSEC * NS SOA\n" SIGNED("@", "NSEC") SIGNED(
			"*", "TXT") "* NSEC cut TXT\n" SIGNED("*", "NSEC")
			SIGNED("*.w", "MX") "cut NSEC host NS DS\n" SIGNED(
				"cut", "DS") "host NSEC *.w A\n" SIGNED("host", "NSEC")
				SIGNED("*.v",
				       "CNAME") "*.w NSEC @ A MX\n" SIGNED("*.w",
									   "NSEC")
					SIGNED("d", "DNAME");
static const char other[] =
	"@ SOA ns.test. a. 7 1 1 1 30\n@ NS ns.test.\nweb CNAME www.example.\n"
	"back DNAME example.\n*.x CNAME web\nsub NS ns.test.\n" SIGNED(
		"@", "SOA") "@ NSEC3PARAM 1 0 1 ab\n"
			    "hhtuohrf3vri2tdorqebpgtn9sm5csbu NSEC3 1 1 1 ab "
			    "hhtuohrf3vri2tdorqebpgtn9sm5csbu NS SOA\n" SIGNED(
				    "hhtuohrf3vri2tdorqebpgtn9sm5csbu", "NSEC3");

static struct ready *variants[2];

static const struct ready *choose(void *arg, uint32_t index, enum live_set set)
{
	(void)arg;
	(void)index;
	return set == LIVE_A ? variants[0] : set == LIVE_AAAA ? variants[1] : NULL;
}

static struct zone_set *make(void)
{
	static const struct ready_rdata address = { (const uint8_t *)"\12\0\0\1", 4 };
	const struct name name = name_of("pbx.example.");
	const struct zone_live live = { .name = &name, .sets = 1U << LIVE_SRV_UDP };
	struct ready_rrset set = { .owner = name.wire,
				   .type = RR_A,
				   .ttl = 10,
				   .rdatas = &address,
				   .count = 1 };
	struct ready_plan plan = {
		.qname = name.wire, .authoritative = true, .rrsets = &set, .count = 1
	};
	struct zone_set *zones = zone_set_new();
	struct diags diags = { 0 };
	struct zone *z = zone_of("example.", example, &live, 1, &diags);

	if (z == NULL || zone_set_add(zones, z))
		abort();
	zone_unref(z);
	z = zone_of("o.", other, NULL, 0, &diags);
	if (z == NULL || zone_set_add(zones, z))
		abort();
	zone_unref(z);
	diags_fini(&diags);
	variants[0] = ready_new(&plan);
	plan.count = 0;
	variants[1] = ready_new(&plan);
	return zones;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static const struct answer_live live = { choose, NULL };
	static struct zone_set *zones;
	static struct question q;
	static struct answer a;
	uint8_t msg[4096];
	size_t limit;

	if (zones == NULL)
		zones = make();
	if (len < 2 || len > 1024)
		return 0;
	limit = (size_t)(octets[0] << 8 | octets[1]) % sizeof(msg);
	memcpy(msg, octets + 2, len - 2);
	if (question_read(msg, len - 2, &q) != QUESTION_OK)
		return 0;
	q.edns.dnssec_ok |= octets[1] & 1;
	if (limit < q.question_end)
		limit = q.question_end;
	switch (answer_make(zones, &q, &live, &a)) {
	case ANSWER_FOUND:
	case ANSWER_OUTSIDE:
		len = answer_write(&a, msg, q.question_end, limit);
		if (len > limit || message_text(msg, len) == NULL)
			abort();
		break;
	case ANSWER_NONE:
	case ANSWER_BROKEN:
		break;
	}
	return 0;
}

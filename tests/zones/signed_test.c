/* Zones that others signed (zones/denial.c, prove.c, layout_signed.c). */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

#define SIGNED(owner, type, labels)                          \
 owner " RRSIG " type " 13 " labels                          \
       " 3600 20300101000000 20200101000000 1 example. AAAA" \
       "\n"
#define NSEC(owner, labels, next, types) \
 owner " NSEC " next " " types "\n" SIGNED(owner, "NSEC", labels)
#define NSEC3(hash, next, types) \
 hash " NSEC3 1 1 12 aabbccdd " next " " types "\n" SIGNED(hash, "NSEC3", "2")
#define HEAD                                                                       \
 "@ SOA ns.test. h.test. 7 1 1 1 300\n" SIGNED("@", "SOA",                         \
					       "1") "@ NS ns.test.\n" SIGNED("@",  \
									     "NS", \
									     "1")

/* "NOERROR aa; answer www.example. A RRSIG/A; ..." */
static const char *summary(const char *text)
{
	static char out[4096];
	char copy[65536];
	char *rest = NULL;
	char last[512] = "";
	char *to;

	if (text == NULL)
		return "malformed";
	(void)snprintf(copy, sizeof(copy), "%s", text);
	to = out + sprintf(out, "%s", strtok_r(copy, "\n", &rest));
	for (char *line = strtok_r(NULL, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char section[16], owner[300], ttl[16], type[16], more[64] = "";
		char place[512];

		(void)sscanf(line, "%15s %299s %15s %15s %63s", section, owner, ttl,
			     type, more);
		(void)snprintf(place, sizeof(place), "%s %s", section, owner);
		if (strcmp(place, last) != 0)
			to += sprintf(to, "; %s", place);
		memcpy(last, place, sizeof(last));
		to += strcmp(type, "RRSIG") == 0 ? sprintf(to, " RRSIG/%s", more)
						 : sprintf(to, " %s", type);
	}
	return out;
}

static void assert_told(const struct zone_set *set, const char *name, uint16_t type,
			const char *expected)
{
	const char *got = summary(ask_signed(set, name, type, 4000));

	if (strcmp(got, expected) != 0)
		fprintf(stderr, "# %s: %s\n# expected: %s\n", name, got, expected);
	CU_ASSERT_EQUAL(strcmp(got, expected), 0);
}

#define SOA "authority example. SOA RRSIG/SOA"

static struct zone_set *nsec_zone(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD NSEC("@", "1", "al",
			  "NS SOA RRSIG NSEC") "al CNAME www\n" SIGNED("al", "CNAME",
								       "2")
			NSEC("al", "2", "c", "CNAME RRSIG NSEC") "c NS ns.c\nns.c A 192.0.2.1\n" NSEC(
				"c", "2", "dn",
				"NS RRSIG NSEC") "dn DNAME ent\n" SIGNED("dn", "DNAME",
									 "2")
				NSEC("dn", "2", "x.ent",
				     "DNAME RRSIG NSEC") "x.ent MX 1 www\n" SIGNED("x.ent",
										   "MX",
										   "3")
					NSEC("x.ent", "3", "s", "MX RRSIG NSEC") "s NS ns.test.\ns DS 1 8 1 0000000000000000000000000000000000000000\n" SIGNED(
						"s", "DS",
						"2") NSEC("s", "2", "*.w",
							  "NS DS RRSIG NSEC") "*.w MX 1 www\n" SIGNED("*.w",
												      "MX",
												      "2")
						NSEC("*.w", "2", "a.wc", "MX RRSIG NSEC") "a.wc CNAME x.y.wc\n" SIGNED(
							"a.wc", "CNAME", "3")
							NSEC("a.wc", "3", "*.y.wc", "CNAME RRSIG NSEC") "*.y.wc CNAME q.c\n" SIGNED(
								"*.y.wc", "CNAME", "3")
								NSEC("*.y.wc", "3", "www", "CNAME RRSIG NSEC") "www A 192.0.2.80\n" SIGNED(
									"www", "A", "2")
									NSEC("www", "2",
									     "@",
									     "A RRSIG NSEC"));
	return set;
}

static void rfc_4035_3_1_1_signatures_stand_by_their_sets(void)
{
	struct zone_set *set = nsec_zone();

	assert_told(set, "www.example.", RR_A,
		    "NOERROR aa; answer www.example. A RRSIG/A");
	assert_told(set, "al.example.", RR_A,
		    "NOERROR aa; answer al.example. CNAME RRSIG/CNAME; answer "
		    "www.example. A RRSIG/A");
	assert_told(set, "x.ent.example.", RR_MX,
		    "NOERROR aa; answer x.ent.example. MX RRSIG/MX; additional "
		    "www.example. A RRSIG/A");
	assert_told(set, "x.dn.example.", RR_MX,
		    "NOERROR aa; answer dn.example. DNAME RRSIG/DNAME; answer "
		    "x.dn.example. CNAME; answer x.ent.example. MX RRSIG/MX; "
		    "additional www.example. A RRSIG/A");
	assert_told(set, "www.example.", RR_RRSIG,
		    "NOERROR aa; answer www.example. RRSIG/A RRSIG/NSEC");
	assert_told(set, "al.example.", RR_NSEC,
		    "NOERROR aa; answer al.example. NSEC RRSIG/NSEC");
	zone_set_free(set);
}

static void who_does_not_ask_gets_none(void)
{
	struct zone_set *set = nsec_zone();

	CU_ASSERT_EQUAL(strcmp(summary(ask(set, "www.example.", RR_A)),
			       "NOERROR aa; answer www.example. A"),
			0);
	CU_ASSERT_EQUAL(strcmp(summary(ask(set, "nx.example.", RR_A)),
			       "NXDOMAIN aa; authority example. SOA"),
			0);
	CU_ASSERT_EQUAL(strcmp(summary(ask(set, "q.w.example.", RR_MX)),
			       "NOERROR aa; answer q.w.example. MX; additional "
			       "www.example. A"),
			0);
	CU_ASSERT_EQUAL(strcmp(summary(ask(set, "x.s.example.", RR_A)),
			       "NOERROR; authority s.example. NS"),
			0);
	zone_set_free(set);
}

static void rfc_4035_3_1_3_denials_by_nsec(void)
{
	struct zone_set *set = nsec_zone();

	assert_told(set, "www.example.", RR_AAAA,
		    "NOERROR aa; " SOA "; authority www.example. NSEC RRSIG/NSEC");
	assert_told(set, "ent.example.", RR_A,
		    "NOERROR aa; " SOA "; authority dn.example. NSEC RRSIG/NSEC");
	assert_told(set, "nx.example.", RR_A,
		    "NXDOMAIN aa; " SOA "; authority x.ent.example. NSEC RRSIG/NSEC; "
		    "authority example. NSEC RRSIG/NSEC");
	assert_told(set, "aa.example.", RR_A, "NXDOMAIN aa; " SOA " NSEC RRSIG/NSEC");
	zone_set_free(set);
}

static void rfc_4035_3_1_3_3_wildcards_by_nsec(void)
{
	struct zone_set *set = nsec_zone();

	assert_told(set, "q.w.example.", RR_MX,
		    "NOERROR aa; answer q.w.example. MX RRSIG/MX; authority "
		    "*.w.example. NSEC RRSIG/NSEC");
	assert_told(set, "q.w.example.", RR_A,
		    "NOERROR aa; " SOA "; authority *.w.example. NSEC RRSIG/NSEC");
	/* The proof of a chain's wildcard goes before the glue of its end. */
	assert_told(set, "a.wc.example.", RR_A,
		    "NOERROR aa; answer a.wc.example. CNAME RRSIG/CNAME; answer "
		    "x.y.wc.example. CNAME RRSIG/CNAME; authority *.y.wc.example. NSEC "
		    "RRSIG/NSEC; authority c.example. NS NSEC RRSIG/NSEC; additional "
		    "ns.c.example. A");
	zone_set_free(set);
}

static void rfc_4035_3_1_4_referrals_by_nsec(void)
{
	struct zone_set *set = nsec_zone();

	assert_told(set, "x.s.example.", RR_A,
		    "NOERROR; authority s.example. NS DS RRSIG/DS");
	assert_told(set, "x.c.example.", RR_A,
		    "NOERROR; authority c.example. NS NSEC RRSIG/NSEC; additional "
		    "ns.c.example. A");
	assert_told(set, "s.example.", RR_DS,
		    "NOERROR aa; answer s.example. DS RRSIG/DS");
	assert_told(set, "c.example.", RR_DS,
		    "NOERROR aa; " SOA "; authority c.example. NSEC RRSIG/NSEC");
	zone_set_free(set);
}

/* What does not fit is cut, and the message stays whole. */
static void cut_at_any_length_it_reads(void)
{
	static const struct {
		const char *name;
		uint16_t type;
	} asked[] = {
		{ "nx.example.", RR_A },    { "q.w.example.", RR_MX },
		{ "a.wc.example.", RR_A },  { "x.c.example.", RR_A },
		{ "x.dn.example.", RR_MX }, { "www.example.", RR_A },
	};
	struct zone_set *set = nsec_zone();

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		for (size_t limit = 40; limit < 600; limit++) {
			const char *text = ask_signed(set, asked[i].name, asked[i].type,
						      limit);

			CU_ASSERT(text != NULL && strncmp(text, "over", 4) != 0);
		}
	zone_set_free(set);
}

/* The zone of RFC 5155 appendix A. */
static const char nsec3_text[] = HEAD "@ NSEC3PARAM 1 0 12 aabbccdd\n" SIGNED(
	"@", "NSEC3PARAM",
	"1") "a NS ns1.a\na DS 1 5 1 0000000000000000000000000000000000000000\n"
	     "ns1.a A 192.0.2.5\n" SIGNED(
		     "a", "DS",
		     "2") "c NS ns1.c\nns1.c A 192.0.2.7\n"
			  "ai A 192.0.2.9\n" SIGNED("ai", "A", "2") "ns1 A 192.0.2.1\n" SIGNED("ns1", "A", "2") "ns2 A 192.0.2.2\n" SIGNED(
				  "ns2", "A",
				  "2") "*.w MX 1 ai\n" SIGNED("*.w", "MX",
							      "2") "x.w MX 1 xx\n" SIGNED("x.w",
											  "MX",
											  "3") "x.y.w MX 1 xx\n" SIGNED("x.y.w",
															"MX",
															"4") "xx A 192.0.2.10\n" SIGNED("xx",
																			"A",
																			"2")
				  NSEC3("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
					"2t7b4g4vsa5smi47k61mv5bv1a22bojr",
					"NS SOA RRSIG NSEC3PARAM") NSEC3("2t7b4g4vsa5smi47k61mv5bv1a22bojr",
									 "2vptu5timamqttgl4luu9kg21e0aor3s",
									 "A RRSIG")
					  NSEC3(
						  "2vptu5timamqttgl4luu9kg21e0aor3s",
						  "35mthgpgcu1qg68fab165klnsnk3dpvl",
						  "MX RRSIG") NSEC3("35mthgpgcu1qg68fab165klnsnk3dpvl",
								    "b4um86eghhds6nea196smvmlo4ors995",
								    "NS DS RRSIG")
						  NSEC3(
							  "b4um86eghhds6nea196smvmlo4ors995",
							  "gjeqe526plbf1g8mklp59enfd789njgi",
							  "MX RRSIG") NSEC3("gjeqe526plbf1g8mklp59enfd789njgi",
									    "ji6neoaepv8b5o6k4ev33abha8ht9fgc",
									    "A RRSIG")
							  NSEC3("ji6neoaepv8b5o6k4ev33abha8ht9fgc",
								"k8udemvp1j2f7eg6jebps17vp3n8i58h",
								"") NSEC3("k8udemvp1j2f7eg6jebps17vp3n8i58h",
									  "q04jkcevqvmu85r014c7dkba38o0ji5r",
									  "") NSEC3("q04jkcevqvmu85r014c7dkba38o0ji5r",
										    "r53bq7cc2uvmubfu5ocmm6pers9tk9en",
										    "A RRSIG")
								  NSEC3("r53bq7cc2uvmubfu5ocmm6pers9tk9en",
									"t644ebqk9bibcna874givr6joj62mlhv",
									"MX RRSIG")
									  NSEC3("t644ebqk9bibcna874givr6joj62mlhv",
										"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
										"A RRSIG");

static struct zone_set *example_of(const char *text)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.", text);
	return set;
}

static struct zone_set *nsec3_zone(void)
{
	return example_of(nsec3_text);
}

#define PROOF(hash) "; authority " hash ".example. NSEC3 RRSIG/NSEC3"
#define APEX        PROOF("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom")

static void rfc_5155_appendix_b(void)
{
	struct zone_set *set = nsec3_zone();

	/* B.1: name error */
	assert_told(set, "a.c.x.w.example.", RR_A,
		    "NXDOMAIN aa; " SOA PROOF("b4um86eghhds6nea196smvmlo4ors995")
			    APEX PROOF("35mthgpgcu1qg68fab165klnsnk3dpvl"));
	/* B.2, B.2.1: no data; at an empty non-terminal */
	assert_told(set, "ns1.example.", RR_MX,
		    "NOERROR aa; " SOA PROOF("2t7b4g4vsa5smi47k61mv5bv1a22bojr"));
	assert_told(set, "y.w.example.", RR_A,
		    "NOERROR aa; " SOA PROOF("ji6neoaepv8b5o6k4ev33abha8ht9fgc"));
	/* B.3: a referral to a cut that opted out */
	assert_told(set, "mc.c.example.", RR_MX,
		    "NOERROR; authority c.example. NS" APEX PROOF(
			    "35mthgpgcu1qg68fab165klnsnk3dpvl") "; additional "
								"ns1.c.example. A");
	/* B.4: wildcard expansion */
	assert_told(set, "a.z.w.example.", RR_MX,
		    "NOERROR aa; answer a.z.w.example. MX RRSIG/MX" PROOF(
			    "q04jkcevqvmu85r014c7dkba38o0ji5r"));
	/* B.5: wildcard no data */
	assert_told(set, "a.z.w.example.", RR_AAAA,
		    "NOERROR aa; " SOA PROOF("k8udemvp1j2f7eg6jebps17vp3n8i58h")
			    PROOF("q04jkcevqvmu85r014c7dkba38o0ji5r")
				    PROOF("r53bq7cc2uvmubfu5ocmm6pers9tk9en"));
	/* A cut that is not in the chain has no DS. */
	assert_told(set, "c.example.", RR_DS,
		    "NOERROR aa; " SOA APEX PROOF("35mthgpgcu1qg68fab165klnsnk3dpvl"));
	zone_set_free(set);
}

/* The record would stand between a hash and what covers it. */
static void an_nsec3_of_another_salt_is_no_proof(void)
{
	char *text =
		alloc_format("%s35mthgpgcu1qg68fab165klnsnk3dpvm NSEC3 1 1 12 aabbccde "
			     "b4um86eghhds6nea196smvmlo4ors995 A RRSIG\n",
			     nsec3_text);
	struct zone_set *set = example_of(text);

	assert_told(set, "a.c.x.w.example.", RR_A,
		    "NXDOMAIN aa; " SOA PROOF("b4um86eghhds6nea196smvmlo4ors995")
			    APEX PROOF("35mthgpgcu1qg68fab165klnsnk3dpvl"));
	zone_set_free(set);
	free(text);
}

static void rfc_5155_4_1_2_a_chain_with_flags_is_not_used(void)
{
	char *text = alloc_text(nsec3_text);
	struct zone_set *set;

	strstr(text, "NSEC3PARAM 1 0 12")[strlen("NSEC3PARAM 1 ")] = '1';
	set = example_of(text);
	assert_told(set, "a.c.x.w.example.", RR_A, "NXDOMAIN aa; " SOA);
	zone_set_free(set);
	free(text);
}

static void rfc_5155_7_2_8_hashes_are_no_names(void)
{
	struct zone_set *set = nsec3_zone();
	const char *got = ask_signed(set, "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example.",
				     RR_NSEC3, 4000);

	CU_ASSERT_EQUAL(strncmp(summary(got), "NXDOMAIN aa; " SOA,
				strlen("NXDOMAIN aa; " SOA)),
			0);
	zone_set_free(set);
}

/* Proofs behind more octets than pointers reach are spelt out. */
static void far_proofs_are_spelt(void)
{
	static char zone[120000];
	struct zone_set *set = zone_set_new();
	const char *told;
	char *to = zone;

	to += sprintf(to, "%s",
		      HEAD NSEC("@", "1", "*.w", "NS SOA RRSIG NSEC")
			      SIGNED("*.w", "TXT", "2")
				      NSEC("*.w", "2", "@", "TXT RRSIG NSEC"));
	for (unsigned i = 0; i < 100; i++)
		to += sprintf(to, "*.w TXT \"%0200u\"\n", i);
	set_add(set, "example.", zone);
	told = ask_signed(set, "q.w.example.", RR_TXT, 60000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(told);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(told, "authority *.w.example. 3600 NSEC example. TXT"));
	CU_ASSERT_PTR_NOT_NULL(strstr(told, "authority *.w.example. 3600 RRSIG NSEC"));
	zone_set_free(set);
}

/* Appends a record, its NSEC, and signatures of 512 octets. */
static char *put_heavy(char *to, const char *owner, const char *record,
		       const char *next)
{
	static char signature[685];

	memset(signature, 'A', sizeof(signature) - 1);
	to += sprintf(to, "%s %s\n%s NSEC %s CNAME TXT NS RRSIG NSEC\n", owner, record,
		      owner, next);
	to += sprintf(to,
		      "%s RRSIG NSEC 8 2 3600 20300101000000 20200101000000 1 example. "
		      "%s\n",
		      owner, signature);
	if (strncmp(record, "CNAME", 5) == 0 || strncmp(record, "TXT", 3) == 0)
		to += sprintf(to,
			      "%s RRSIG %.*s 8 2 3600 20300101000000 20200101000000 1 "
			      "example. %s\n",
			      owner, (int)strcspn(record, " "), record, signature);
	return to;
}

/* A zone with a chain of so many wildcards' aliases, and what may end it. */
static const char *heavy_zone(unsigned length, const char *end)
{
	static char zone[200000];
	char owner[16];
	char record[64];
	char next[16];
	char *to = zone + sprintf(zone, "%s", HEAD);

	to = put_heavy(to, "@", "TXT x", "*.c00");
	for (unsigned i = 0; i < length; i++) {
		bool last = i + 1 == length;

		(void)snprintf(owner, sizeof(owner), "*.c%02u", i);
		(void)snprintf(next, sizeof(next), "*.c%02u", i + 1);
		(void)snprintf(record, sizeof(record), "CNAME q.c%02u", i + 1);
		if (last)
			(void)snprintf(record, sizeof(record), "CNAME %s", end);
		to = put_heavy(to, owner, record, last ? "cut" : next);
	}
	to = put_heavy(to, "cut", "NS ns.cut", "host");
	to += sprintf(to, "ns.cut A 192.0.2.1\n");
	to = put_heavy(to, "host", "TXT x", "@");
	for (unsigned i = 0; i < 150; i++)
		to += sprintf(to, "*.end TXT \"%0200u\"\nhost TXT \"%0100u\"\n", i, i);
	return zone;
}

static void ask_at_all_sizes(const struct zone_set *set)
{
	for (size_t limit = 600; limit < 65000; limit += 3777) {
		const char *told = ask_signed(set, "a.c00.example.", RR_TXT, limit);

		CU_ASSERT(told != NULL && strncmp(told, "over", 4) != 0);
	}
}

/* Chains end while all that they hold can still be pointed to, whatever ends them. */
static void heavy_chains_stay_in_reach_of_pointers(void)
{
	static const char *const ends[] = { "x.*.end", "a.cut", "gone", "host" };

	for (unsigned length = 1; length < 19; length++)
		for (unsigned e = 0; e < sizeof(ends) / sizeof(ends[0]); e++) {
			struct zone_set *set = zone_set_new();

			set_add(set, "example.", heavy_zone(length, ends[e]));
			ask_at_all_sizes(set);
			zone_set_free(set);
		}
}

static int count_record(void *arg, const struct zone_record *r)
{
	unsigned *counts = arg;

	CU_ASSERT(r->type < 64);
	counts[r->type & 63]++;
	return 0;
}

/* Hashed owners and each signature are passed once. */
static void a_walk_meets_all_of_a_signed_zone(void)
{
	struct zone_set *set = nsec3_zone();
	struct name origin = name_of("example.");
	const struct zone *z = zone_set_exact(set, &origin);
	unsigned counts[64] = { 0 };
	unsigned sum = 0;

	CU_ASSERT_EQUAL(zone_walk(z, count_record, counts), 0);
	for (unsigned i = 0; i < 64; i++)
		sum += counts[i];
	CU_ASSERT_EQUAL(sum, zone_record_count(z));
	CU_ASSERT_EQUAL(counts[RR_NSEC3], 11);
	CU_ASSERT_EQUAL(counts[RR_RRSIG], 22);
	CU_ASSERT_EQUAL(counts[RR_SOA], 1);
	zone_set_free(set);
}

static void what_is_amiss_with_signatures_is_told(void)
{
	struct diags diags = { 0 };
	struct zone *z = zone_of(
		"example.",
		HEAD
		"a RRSIG A 13 2 60 20200102000000 20200101000000 1 example. AAAA\n"
		"b RRSIG A 13 2 60 20200102000000 20200101000000 1 example. AAAA\n",
		NULL, 0, &diags);

	CU_ASSERT_PTR_NOT_NULL(z);
	CU_ASSERT_EQUAL(diags.count, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(diags.rows[0].text, "neither NSEC nor NSEC3"));
	CU_ASSERT_PTR_NOT_NULL(strstr(diags.rows[1].text, "has expired"));
	zone_unref(z);
	diags_fini(&diags);
}

static void what_is_missing_in_a_chain_of_hashes_is_told(void)
{
	char *text;

	CU_ASSERT_EQUAL(told_count(nsec3_text, "chain"), 0);
	CU_ASSERT_EQUAL(told_count(nsec3_text, "signature"), 0);
	text = without(nsec3_text, "gjeqe526plbf1g8mklp59enfd789njgi NSEC3");
	CU_ASSERT_EQUAL(told_count(text, "NSEC3 at b4um86eghhds6nea196smvmlo4ors995."
					 "example. does not lead to the next one, "
					 "ji6neoaepv8b5o6k4ev33abha8ht9fgc.example.:"),
			1);
	CU_ASSERT_EQUAL(told_count(text, "no NSEC3 record of the chain is for"), 1);
	free(text);
}

/* RFC 6672 2.4 forbids names below it; hashes are none. */
static void a_dname_at_the_apex_stands_with_nsec3(void)
{
	char *text =
		alloc_format(HEAD "@ NSEC3PARAM 1 0 12 aabbccdd\n%s%s%s%s",
			     SIGNED("@", "NSEC3PARAM", "1") "@ DNAME other.test.\n",
			     SIGNED("@", "DNAME", "1"),
			     "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 12 aabbccdd "
			     "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NS SOA DNAME RRSIG\n",
			     SIGNED("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom", "NSEC3", "2"));
	struct zone_set *set = example_of(text);

	CU_ASSERT_EQUAL(told_count(text, "DNAME"), 0);
	assert_told(set, "www.example.", RR_A,
		    "NOERROR aa; answer example. DNAME RRSIG/DNAME; answer "
		    "www.example. CNAME");
	assert_told(set, "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", RR_A,
		    "NOERROR aa; answer example. DNAME RRSIG/DNAME; answer "
		    "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. CNAME");
	assert_told(set, "example.", RR_MX,
		    "NOERROR aa; " SOA PROOF("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"));
	zone_set_free(set);
	free(text);
}

/* Without its whole chain a zone proves nothing, and without the SOA's signature it is
 * not signed; both are answered all the same. */
static void half_signed_zones_are_answered(void)
{
	struct zone_set *set = zone_set_new();

	set_add(set, "example.",
		HEAD
		"@ NSEC3PARAM 1 0 12 aabbccdd\nwww A 192.0.2.1\n" SIGNED("www", "A",
									 "2"));
	set_add(set, "plain.",
		"@ SOA a. b. 1 1 1 1 9\n@ NS ns.test.\nwww A 192.0.2.1\n" SIGNED("www",
										 "A",
										 "2"));
	assert_told(set, "www.example.", RR_A,
		    "NOERROR aa; answer www.example. A RRSIG/A");
	assert_told(set, "nx.example.", RR_A, "NXDOMAIN aa; " SOA);
	assert_told(set, "www.plain.", RR_A, "NOERROR aa; answer www.plain. A");
	assert_told(set, "www.plain.", RR_RRSIG,
		    "NOERROR aa; answer www.plain. RRSIG/A");
	zone_set_free(set);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "4035 3.1.1: signatures stand by their sets",
		  rfc_4035_3_1_1_signatures_stand_by_their_sets },
		{ "who does not ask gets none", who_does_not_ask_gets_none },
		{ "4035 3.1.3: denials by NSEC", rfc_4035_3_1_3_denials_by_nsec },
		{ "4035 3.1.3.3: wildcards by NSEC",
		  rfc_4035_3_1_3_3_wildcards_by_nsec },
		{ "4035 3.1.4: referrals by NSEC", rfc_4035_3_1_4_referrals_by_nsec },
		{ "cut at any length it reads", cut_at_any_length_it_reads },
		{ "5155 B: answers by NSEC3", rfc_5155_appendix_b },
		{ "an NSEC3 of another salt is no proof",
		  an_nsec3_of_another_salt_is_no_proof },
		{ "5155 4.1.2: a chain with flags is not used",
		  rfc_5155_4_1_2_a_chain_with_flags_is_not_used },
		{ "5155 7.2.8: hashes are no names",
		  rfc_5155_7_2_8_hashes_are_no_names },
		{ "far proofs are spelt", far_proofs_are_spelt },
		{ "heavy chains stay in reach of pointers",
		  heavy_chains_stay_in_reach_of_pointers },
		{ "a walk meets all of a signed zone",
		  a_walk_meets_all_of_a_signed_zone },
		{ "what is amiss with signatures is told",
		  what_is_amiss_with_signatures_is_told },
		{ "what is missing in a chain of hashes is told",
		  what_is_missing_in_a_chain_of_hashes_is_told },
		{ "6672: a DNAME at the apex stands with NSEC3",
		  a_dname_at_the_apex_stands_with_nsec3 },
		{ "half signed zones are answered", half_signed_zones_are_answered },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/signed", tests);
}

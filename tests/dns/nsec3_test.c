#include "dns/nsec3.h"

#include <string.h>

#include "base/err.h"
#include "dns/name.h"
#include "tests/harness.h"

static const struct nsec3_params params = { .iterations = 12,
					    .salt_len = 4,
					    .salt = { 0xaa, 0xbb, 0xcc, 0xdd } };

static void assert_hash(const struct nsec3_params *p, const char *text,
			const char *hash)
{
	struct name name;
	uint8_t label[1 + NSEC3_LABEL_LEN] = { NSEC3_LABEL_LEN };
	uint8_t expected[NSEC3_HASH_LEN];
	uint8_t got[NSEC3_HASH_LEN];

	CU_ASSERT_EQUAL(name_parse(text, strlen(text), NULL, &name), OK);
	memcpy(label + 1, hash, NSEC3_LABEL_LEN);
	CU_ASSERT_EQUAL(nsec3_label_read(guarded(label, sizeof(label)), expected), OK);
	nsec3_hash(p, guarded(name.wire, name.len), name.len, got);
	CU_ASSERT_EQUAL(memcmp(got, expected, sizeof(got)), 0);
}

static void rfc_5155_appendix_a_hashes(void)
{
	assert_hash(&params, "example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom");
	assert_hash(&params, "a.example.", "35MTHGPGCU1QG68FAB165KLNSNK3DPVL");
	assert_hash(&params, "*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en");
	assert_hash(&params, "x.y.w.example.", "2vptu5timamqttgl4luu9kg21e0aor3s");
}

static void names_and_salts_of_any_length_are_hashed(void)
{
	struct nsec3_params longest = { .salt_len = NSEC3_SALT_MAX_LEN };
	struct nsec3_params none = { 0 };
	uint8_t name[NAME_MAX_LEN];
	uint8_t one[NSEC3_HASH_LEN];
	uint8_t other[NSEC3_HASH_LEN];

	memset(name, 'a', sizeof(name));
	for (size_t len = 1; len <= sizeof(name); len++) {
		nsec3_hash(&longest, guarded(name, len), len, one);
		nsec3_hash(&none, guarded(name, len), len, other);
		CU_ASSERT_NOT_EQUAL(memcmp(one, other, sizeof(one)), 0);
	}
}

static void parameters_are_read_up_to_the_salt(void)
{
	static const uint8_t rdata[] = { 1, 1, 0, 12, 2, 0xab, 0xcd, 0x99 };
	static const uint8_t other[] = { 2, 0, 0, 0, 0 };
	struct nsec3_params p;

	CU_ASSERT_EQUAL(nsec3_params_read(guarded(rdata, 8), 8, &p), OK);
	CU_ASSERT(p.iterations == 12 && p.flags == 1 && p.salt_len == 2);
	CU_ASSERT_EQUAL(memcmp(p.salt, rdata + 5, 2), 0);
	for (size_t len = 0; len < 7; len++)
		CU_ASSERT_EQUAL(nsec3_params_read(guarded(rdata, len), len, &p),
				ERR_SHORT);
	CU_ASSERT_EQUAL(nsec3_params_read(guarded(other, 5), 5, &p), ERR_NOT_FOUND);
}

static void a_label_that_is_no_hash_is_told(void)
{
	uint8_t out[NSEC3_HASH_LEN];
	uint8_t label[1 + NSEC3_LABEL_LEN];

	memset(label, 'w', sizeof(label));
	label[0] = NSEC3_LABEL_LEN;
	CU_ASSERT_EQUAL(nsec3_label_read(guarded(label, sizeof(label)), out),
			ERR_MALFORMED);
	label[0] = 3;
	CU_ASSERT_EQUAL(nsec3_label_read(guarded(label, 4), out), ERR_MALFORMED);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "5155 A: hashes", rfc_5155_appendix_a_hashes },
		{ "names and salts of any length are hashed",
		  names_and_salts_of_any_length_are_hashed },
		{ "parameters are read up to the salt",
		  parameters_are_read_up_to_the_salt },
		{ "a label that is no hash is told", a_label_that_is_no_hash_is_told },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/nsec3", tests);
}

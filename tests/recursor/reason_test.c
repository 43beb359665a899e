#include "recursor/reason.h"

#include <stddef.h>

#include "tests/harness.h"

static void libunbounds_words_become_extended_errors(void)
{
	static const struct {
		const char *text;
		enum ede ede;
	} rows[] = {
		{ "validation failure <a. A IN>: signature expired from 192.0.2.1 for "
		  "key a. while building chain of trust",
		  EDE_SIGNATURE_EXPIRED },
		{ "signature before inception date", EDE_SIGNATURE_NOT_YET_VALID },
		{ "DS hash mismatches key from 192.0.2.1", EDE_DNSKEY_MISSING },
		{ "no keys have a DS with algorithm ED25519", EDE_DNSKEY_MISSING },
		{ "No DNSKEY record from 192.0.2.1", EDE_DNSKEY_MISSING },
		{ "no signatures from 192.0.2.1", EDE_RRSIGS_MISSING },
		{ "no signatures over NSECs from 192.0.2.1", EDE_NSEC_MISSING },
		{ "no DNSSEC records from 192.0.2.1", EDE_NSEC_MISSING },
		{ "ECDSA signature verification failed", EDE_DNSSEC_BOGUS },
		{ NULL, EDE_DNSSEC_BOGUS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CU_ASSERT_EQUAL(reason_ede(rows[i].text), rows[i].ede);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "libunbound's words become extended errors",
		  libunbounds_words_become_extended_errors },
		CU_TEST_INFO_NULL,
	};

	return suite_run("recursor/reason", tests);
}

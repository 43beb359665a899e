#include "recursor/reason.h"

#include <stddef.h>
#include <string.h>

/* Words of libunbound 1.17 in its texts; the first row that is found counts. */
static const struct {
	const char *words;
	enum ede ede;
} rows[] = {
	{ "signature expired", EDE_SIGNATURE_EXPIRED },
	{ "signature before inception", EDE_SIGNATURE_NOT_YET_VALID },
	{ "DS hash mismatches", EDE_DNSKEY_MISSING },
	{ "no keys have a DS", EDE_DNSKEY_MISSING },
	{ "No DNSKEY record", EDE_DNSKEY_MISSING },
	{ "no DNSSEC records", EDE_NSEC_MISSING },
	{ "over NSEC", EDE_NSEC_MISSING },
	{ "proof failed", EDE_NSEC_MISSING },
	{ "no signatures", EDE_RRSIGS_MISSING },
};

enum ede reason_ede(const char *text)
{
	for (size_t i = 0; text && i < sizeof(rows) / sizeof(*rows); i++)
		if (strstr(text, rows[i].words))
			return rows[i].ede;
	return EDE_DNSSEC_BOGUS;
}

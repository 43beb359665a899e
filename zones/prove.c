#include "zones/prove.h"

#include <string.h>

#include "zones/denial.h"
#include "zones/table.h"

enum { ASTERISK_LEN = 2 };

static void add(struct answer *a, const struct denial_entry *e)
{
	if (e->ready == NULL || a->proof_count == ANSWER_PROOFS_MAX)
		return;
	for (unsigned i = 0; i < a->proof_count; i++)
		if (a->proofs[i].ready == e->ready)
			return;
	a->proofs[a->proof_count++] =
		(struct answer_proof){ e->ready, (uint8_t)(a->part_count - 1) };
}

/* The last `depth` labels of the name asked for. */
static const uint8_t *ancestor(const struct answer *a, unsigned depth)
{
	return a->lower + a->label_at[a->label_count - depth];
}

/* "*." and those labels, unless that is no name. Returns its length, or 0. */
static size_t wildcard_of(const struct answer *a, unsigned depth,
			  uint8_t out[NAME_MAX_LEN])
{
	const uint8_t *at = ancestor(a, depth);
	size_t len = (size_t)(a->lower + a->name_len - at);

	if (len + ASTERISK_LEN > NAME_MAX_LEN)
		return 0;
	memcpy(out, "\1*", ASTERISK_LEN);
	memcpy(out + ASTERISK_LEN, at, len);
	return len + ASTERISK_LEN;
}

static const struct denial_entry *find_hashed(const struct denial *d,
					      const uint8_t *name, size_t len,
					      bool *exact)
{
	uint8_t hash[NSEC3_HASH_LEN];

	nsec3_hash(denial_nsec3(d), name, len, hash);
	return denial_find_hash(d, hash, exact);
}

static const struct denial_entry *find_ancestor(const struct zone *z,
						const struct answer *a, unsigned depth,
						bool *exact)
{
	const uint8_t *at = ancestor(a, depth);

	*exact = true;
	if (depth == z->origin.label_count)
		return denial_apex(z->denial);
	return find_hashed(z->denial, at, (size_t)(a->lower + a->name_len - at), exact);
}

/* The wildcard of those labels, or what covers it. */
static void add_wildcard(struct answer *a, const struct zone *z, unsigned depth)
{
	uint8_t wildcard[NAME_MAX_LEN];
	bool exact;
	size_t len;

	if (depth == z->origin.label_count) {
		add(a, denial_apex_wildcard(z->denial));
		return;
	}
	len = wildcard_of(a, depth, wildcard);
	if (len && denial_nsec3(z->denial))
		add(a, find_hashed(z->denial, wildcard, len, &exact));
	else if (len)
		add(a, denial_find(z->denial, wildcard, &exact));
}

/* RFC 5155 7.2.1, from the encloser of `depth` labels up to one that is provable: names
 * that lead to insecure cuts alone need not be in the chain. Returns its labels. */
static unsigned prove_encloser(struct answer *a, const struct zone *z, unsigned depth)
{
	const struct denial_entry *e;
	bool exact;

	e = find_ancestor(z, a, depth, &exact);
	while (!exact) /* the apex is in the chain */
		e = find_ancestor(z, a, --depth, &exact);
	add(a, e);
	if (depth < a->label_count)
		add(a, find_ancestor(z, a, depth + 1, &exact));
	return depth;
}

void prove_no_type(struct answer *a, const struct zone *z)
{
	const struct denial_entry *e;
	bool exact;

	if (z->denial == NULL)
		return;
	if (denial_nsec3(z->denial) == NULL) {
		/* Over an empty non-terminal lies the record of the name before it. */
		add(a, denial_find(z->denial, a->lower, &exact));
		return;
	}
	e = find_ancestor(z, a, a->label_count, &exact);
	if (exact)
		add(a, e);
	else
		(void)prove_encloser(a, z, a->label_count);
}

void prove_no_name(struct answer *a, const struct zone *z, unsigned depth)
{
	bool exact;

	if (z->denial == NULL)
		return;
	if (denial_nsec3(z->denial))
		depth = prove_encloser(a, z, depth);
	else
		add(a, denial_find(z->denial, a->lower, &exact));
	add_wildcard(a, z, depth);
}

void prove_wildcard(struct answer *a, const struct zone *z, unsigned depth)
{
	bool exact;

	if (z->denial == NULL)
		return;
	if (denial_nsec3(z->denial))
		add(a, find_ancestor(z, a, depth + 1, &exact));
	else
		add(a, denial_find(z->denial, a->lower, &exact));
}

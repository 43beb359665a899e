/* What deputy-recursor says, as a worker of deputy-dns reads it. */
#include "resolver/recursion/recursed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rr.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static struct recursed *r;
	static struct zone_set *ours;
	static struct rebind *rebind;
	struct recursion_question q = { .type = RR_A };
	struct reader in = reader_of(octets, len);
	struct recursion_answer a;
	struct recursed_answer made;

	if (r == NULL) {
		r = recursed_new();
		ours = zone_set_new();
		rebind = rebind_new(NULL, 0);
	}
	assert(name_parse("www.example.", 12, NULL, &q.name) == OK);
	q.dnssec_ok = len & 1;
	while (reader_left(&in) && recursion_answer_read(&in, &a) == OK) {
		uint8_t *copy;
		const uint8_t *wire;

		if (recursed_read(r, &q, &a, ours, rebind, &made))
			continue;
		assert(made.target_at < made.ready->wire_len || made.target_at == 0);
		wire = ready_wire(made.ready);
		copy = malloc(made.ready->wire_len + 1u);
		assert(copy != NULL);
		memcpy(copy, wire, made.ready->wire_len);
		recursed_age(copy, made.ready->wire_len, 1, 0);
		free(copy);
	}
	return 0;
}

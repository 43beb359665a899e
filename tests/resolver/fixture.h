/* Answers of a whole configuration without a thread or a socket: packets in and out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/rr.h"
#include "resolver/answer/query.h"
#include "resolver/live/publish.h"

/* A world with its answers, and one client's way in. */
struct stage {
	struct world *world;
	struct live *live;
	struct board *board; /* of now; rows may be changed before stage_turn() */
	struct live_answers *answers;
	struct cookie_keys keys;
	struct worker worker;
	struct query query;
	uint8_t out[QUERY_MAX_LEN];
	size_t out_len; /* 0: no answer */
};

/* Ends the test program on an error in `conf`. */
struct stage *stage_new(const char *conf);
void stage_free(struct stage *s);

/* Another board with the same layouts, all pbxs as in `up` (one octet each, '1':
 * alive). Answers are made from it. */
void stage_alive(struct stage *s, const char *up);

/* A packet to ask with. */
struct ask {
	const char *name;
	uint16_t type;
	uint16_t class;   /* 0: IN */
	const char *from; /* source address; NULL: 127.0.0.1 */
	enum transport via;
	uint16_t flags; /* octets 2 and 3 */
	bool edns;
	uint8_t version;
	uint16_t payload; /* 0: 1232 */
	uint32_t edns_flags;
	const void *options;
	size_t options_len;
	const void *behind; /* octets behind everything */
	size_t behind_len;
};

/* Asks; the answer is in `out`. Returns its RCODE with the upper bits of OPT, or -1. */
int stage_ask(struct stage *s, const struct ask *a);
int stage_send(struct stage *s, const char *from, enum transport via,
	       const uint8_t *packet, size_t len);

/* What stands in the answer: number n of a section's records in presentation format,
 * "" behind the last; section 0 to 2. Static memory. */
const char *stage_record(const struct stage *s, unsigned section, unsigned n);
unsigned stage_count(const struct stage *s, unsigned section); /* OPT not counted */

/* Copies an option of the answer's OPT, at most 64 octets, behind which stand zeros.
 * Returns its length, or -1; and whether there is an OPT. */
int stage_option(const struct stage *s, uint16_t code, uint8_t out[64]);
bool stage_has_opt(const struct stage *s, uint16_t *payload);

/* The EDE of the answer: its code, or -1; its text. Static memory. */
int stage_ede(const struct stage *s, const char **text);

/*
 * Chains: which member of a chain clients of one site get for one live name, on a given
 * board. Pure functions: the same chain and board always give the same choice.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/live.h"
#include "conf/reference.h"
#include "health/board.h"

struct conf;

enum { CHAIN_MEMBERS_MAX = 16, CHAIN_NONE = UINT32_MAX };

struct trace;

struct chain_member {
	const char *name;
	uint32_t slot;
};

/* Borrows its strings from the configuration it was made from. */
struct chain {
	const char *live;
	const char *site_name; /* NULL: everybody else */
	uint32_t site;         /* CONF_NONE: everybody else */
	uint32_t needs;        /* bit per enum transport; 0: any */
	enum all_down all_down;
	uint32_t ttl_s;
	size_t member_count;
	struct chain_member members[CHAIN_MEMBERS_MAX]; /* the home pbx first */
};

/*
 * Makes the chain of one live name for clients of one site.
 *
 * live  index in conf
 * site  index in conf; CONF_NONE: clients in no site
 */
void chain_init(struct chain *chain, const struct conf *c, const struct slots *s,
		uint32_t live, uint32_t site);

enum choice_kind { CHOICE_PBX, CHOICE_REGISTRAR, CHOICE_FILE, CHOICE_SERVFAIL };

enum ttl_phase { TTL_STEADY, TTL_DOUBTED, TTL_SWITCHED, TTL_PHASES };

/* One member and what to list of it: bit masks over the endpoints and addresses
 * of its row. */
struct pick {
	uint32_t member;    /* index in the chain; CHAIN_NONE */
	uint32_t endpoints; /* with a living address; all of the view if none is */
	uint32_t addresses; /* with a living endpoint that is needed; likewise */
};

struct choice {
	enum choice_kind kind;
	struct pick winner; /* CHOICE_PBX only */
	struct pick next;   /* the next living member, if any */
	enum ttl_phase phase;
};

/*
 * Chooses: forced > frozen > verdict > kept state > policy
 * (doc/design.md, Evidence).
 *
 * trace  may be NULL; gets every member with its reason; borrows chain and board
 */
void chain_choose(const struct chain *chain, const struct board *b, struct choice *out,
		  struct trace *trace);

/* Returns the TTL in seconds of an answer in a phase; `ttl_s` is that of the live name.
 */
uint32_t chain_ttl(uint32_t ttl_s, enum ttl_phase phase);

/* The part of a choice on which one owned set depends; the rest is ignored. */
struct chain_part {
	bool next;          /* the next member too */
	uint8_t transports; /* bit per enum transport: living endpoints of these */
	uint8_t families;   /* bit 0: IPv4, bit 1: IPv6 addresses, as conf/listing.h
				lists them; the next member's never count */
};

/*
 * Computes how many numbers chain_state_index() can return for a part: the size of
 * a table of ready variants. Depends only on the layouts of the members' rows.
 *
 * limit  at most this many
 *
 * Returns 0 or ERR_LIMIT.
 */
int chain_state_count(const struct chain *chain, const struct board *b,
		      const struct chain_part *part, size_t limit, size_t *out);

/* Returns the number of a choice, considering only the part; the phase does not matter.
 */
size_t chain_state_index(const struct chain *chain, const struct board *b,
			 const struct chain_part *part, const struct choice *choice);

/*
 * Calls `fn` once for each reachable state of a part, with the choice reduced to the
 * part (other masks are 0) and its number.
 */
typedef void chain_state_fn(void *arg, size_t index, const struct choice *choice);
void chain_states(const struct chain *chain, const struct board *b,
		  const struct chain_part *part, chain_state_fn *fn, void *arg);

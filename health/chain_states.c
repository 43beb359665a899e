/* All possible choices of a chain, numbered in mixed radix: no table, no search. */
#include "base/err.h"
#include "health/chain.h"

enum { KINDS_FIRST = 3 }; /* numbers 0 to 2: registrar, file, servfail */

/* What a part considers of one member. */
struct usable_span {
	uint32_t endpoints, addresses;       /* bits of the view that the part keeps */
	bool more_endpoints, more_addresses; /* the view has others: none may be left */
	bool usable;
	uint64_t size;
};

static uint32_t endpoint_bits(const struct board_row *row, uint32_t bits,
			      uint8_t transports)
{
	for (size_t i = 0; i < row->endpoint_count; i++)
		if (!(transports >> row->endpoints[i].transport & 1))
			bits &= ~(1u << i);
	return bits;
}

static uint32_t address_bits(const struct board_row *row, uint32_t bits,
			     uint8_t families)
{
	for (size_t i = 0; i < row->address_count; i++)
		if (!(families >> (row->addresses[i].family == AF_INET6) & 1))
			bits &= ~(1u << i);
	return bits;
}

static void spans_init(const struct chain *chain, const struct board *b,
		       const struct chain_part *part,
		       struct usable_span spans[CHAIN_MEMBERS_MAX])
{
	for (size_t i = 0; i < chain->member_count; i++) {
		const struct board_row *row = board_row(b, chain->members[i].slot);
		const struct board_view *v = row ? row_view(row, chain->site) : NULL;
		struct usable_span *s = &spans[i];

		*s = (struct usable_span){ .size = 1 };
		if (!v)
			continue;
		s->usable = v->endpoints && v->addresses;
		s->endpoints = endpoint_bits(row, v->endpoints, part->transports);
		s->addresses = address_bits(row, v->addresses, part->families);
		s->more_endpoints = s->endpoints != v->endpoints;
		s->more_addresses = s->addresses != v->addresses;
		s->size <<= (unsigned)__builtin_popcount(s->endpoints) +
			    (unsigned)__builtin_popcount(s->addresses);
	}
}

/* The bits of `value` under `mask`, packed together; and spread out again. */
static uint32_t pack(uint32_t value, uint32_t mask)
{
	uint32_t out = 0;

	for (unsigned n = 0; mask; mask &= mask - 1)
		out |= (uint32_t)(value >> __builtin_ctz(mask) & 1) << n++;
	return out;
}

static uint32_t spread(uint32_t value, uint32_t mask)
{
	uint32_t out = 0;

	for (; mask; mask &= mask - 1, value >>= 1)
		out |= (value & 1) << __builtin_ctz(mask);
	return out;
}

static uint64_t pick_code(const struct usable_span *s, const struct pick *p)
{
	uint64_t addresses = pack(p->addresses, s->addresses);

	return addresses << __builtin_popcount(s->endpoints) |
	       pack(p->endpoints, s->endpoints);
}

static struct pick code_pick(const struct usable_span *s, uint32_t member,
			     uint64_t code)
{
	unsigned bits = (unsigned)__builtin_popcount(s->endpoints);
	uint64_t low = code & ((1ull << bits) - 1);

	return (struct pick){
		.member = member,
		.endpoints = spread((uint32_t)low, s->endpoints),
		.addresses = spread((uint32_t)(code >> bits), s->addresses),
	};
}

/* Whether a living member can look like this through the part. */
static bool pick_reachable(const struct usable_span *s, const struct pick *p)
{
	return (p->endpoints || s->more_endpoints) &&
	       (p->addresses || s->more_addresses);
}

/* States that begin with one winner. */
static uint64_t block_size(const struct usable_span *spans, size_t count, size_t winner,
			   bool next)
{
	uint64_t followers = 1;

	for (size_t i = 0; next && i < count; i++)
		if (i != winner)
			followers += spans[i].size;
	return spans[winner].size * followers;
}

int chain_state_count(const struct chain *chain, const struct board *b,
		      const struct chain_part *part, size_t limit, size_t *out)
{
	struct usable_span spans[CHAIN_MEMBERS_MAX];
	uint64_t count = KINDS_FIRST;

	spans_init(chain, b, part, spans);
	for (size_t i = 0; i < chain->member_count; i++)
		if (spans[i].size > UINT16_MAX) /* so that no product overflows */
			return ERR_LIMIT;
	for (size_t i = 0; i < chain->member_count; i++)
		count += block_size(spans, chain->member_count, i, part->next);
	if (count > limit)
		return ERR_LIMIT;
	*out = (size_t)count;
	return OK;
}

size_t chain_state_index(const struct chain *chain, const struct board *b,
			 const struct chain_part *part, const struct choice *choice)
{
	struct usable_span spans[CHAIN_MEMBERS_MAX];
	uint32_t winner = choice->winner.member;
	uint32_t next = part->next ? choice->next.member : CHAIN_NONE;
	uint64_t index = KINDS_FIRST;
	uint64_t code;

	if (choice->kind != CHOICE_PBX)
		return (size_t)choice->kind - 1;
	spans_init(chain, b, part, spans);
	for (uint32_t i = 0; i < winner; i++)
		index += block_size(spans, chain->member_count, i, part->next);
	code = pick_code(&spans[winner], &choice->winner);
	if (next == CHAIN_NONE)
		return (size_t)(index + code);
	index += spans[winner].size;
	for (uint32_t i = 0; i < next; i++)
		if (i != winner)
			index += spans[winner].size * spans[i].size;
	return (size_t)(index + code * spans[next].size +
			pick_code(&spans[next], &choice->next));
}

struct visit {
	const struct chain *chain;
	const struct board *board;
	const struct chain_part *part;
	struct usable_span spans[CHAIN_MEMBERS_MAX];
	chain_state_fn *fn;
	void *arg;
};

static void report(const struct visit *v, const struct choice *c)
{
	v->fn(v->arg, chain_state_index(v->chain, v->board, v->part, c), c);
}

/* One state of the winner with each follower in each of its states, and with none. */
static void visit_followers(const struct visit *v, struct choice *c)
{
	c->next = (struct pick){ .member = CHAIN_NONE };
	report(v, c);
	for (uint32_t n = 0; v->part->next && n < v->chain->member_count; n++) {
		if (n == c->winner.member || !v->spans[n].usable)
			continue;
		for (uint64_t code = 0; code < v->spans[n].size; code++) {
			c->next = code_pick(&v->spans[n], n, code);
			if (pick_reachable(&v->spans[n], &c->next))
				report(v, c);
		}
	}
}

static void visit_kind(const struct visit *v, bool any_usable)
{
	struct pick none = { .member = CHAIN_NONE };
	struct choice c = { .winner = none, .next = none };

	switch (v->chain->all_down) {
	case ALL_DOWN_REGISTRAR:
		c.kind = CHOICE_REGISTRAR;
		break;
	case ALL_DOWN_FILE:
		c.kind = CHOICE_FILE;
		break;
	case ALL_DOWN_SERVFAIL:
		c.kind = CHOICE_SERVFAIL;
		break;
	case ALL_DOWN_LAST_KNOWN:
	case ALL_DOWN_FIRST:
		if (any_usable)
			return;
		c.kind = CHOICE_SERVFAIL;
		break;
	}
	report(v, &c);
}

void chain_states(const struct chain *chain, const struct board *b,
		  const struct chain_part *part, chain_state_fn *fn, void *arg)
{
	struct visit v = {
		.chain = chain, .board = b, .part = part, .fn = fn, .arg = arg
	};
	bool any_usable = false;

	spans_init(chain, b, part, v.spans);
	for (uint32_t w = 0; w < chain->member_count; w++) {
		any_usable |= v.spans[w].usable;
		for (uint64_t code = 0; v.spans[w].usable && code < v.spans[w].size;
		     code++) {
			struct choice c = { .kind = CHOICE_PBX,
					    .winner = code_pick(&v.spans[w], w, code) };

			if (pick_reachable(&v.spans[w], &c.winner))
				visit_followers(&v, &c);
		}
	}
	visit_kind(&v, any_usable);
}

/* All possible choices of a chain, numbered in mixed radix: no table, no search. */
#include "base/err.h"
#include "conf/listing.h"
#include "health/chain.h"

enum { KINDS_FIRST = 3 }; /* numbers 0 to 2: registrar, file, servfail */

/* What a part considers of one member. */
struct usable_span {
	uint32_t endpoints, v4, v6;          /* bits of the view that the part keeps */
	bool more_endpoints, more_addresses; /* the view has others: none may be left */
	bool usable;
	uint64_t size;      /* states of the member as the winner */
	uint64_t next_size; /* as the next one, whose addresses do not count */
};

static uint32_t endpoint_bits(const struct board_row *row, uint32_t bits,
			      uint8_t transports)
{
	for (size_t i = 0; i < row->endpoint_count; i++)
		if (!(transports >> row->endpoints[i].transport & 1))
			bits &= ~(1u << i);
	return bits;
}

static uint32_t address_bits(const struct board_row *row, uint32_t bits, int family)
{
	for (size_t i = 0; i < row->address_count; i++)
		if (row->addresses[i].family != family)
			bits &= ~(1u << i);
	return bits;
}

static uint64_t lists_of(uint32_t addresses)
{
	return listing_count((unsigned)__builtin_popcount(addresses));
}

static void spans_init(const struct chain *chain, const struct board *b,
		       const struct chain_part *part,
		       struct usable_span spans[CHAIN_MEMBERS_MAX])
{
	for (size_t i = 0; i < chain->member_count; i++) {
		const struct board_row *row = board_row(b, chain->members[i].slot);
		const struct board_view *v = row ? row_view(row, chain->site) : NULL;
		struct usable_span *s = &spans[i];

		*s = (struct usable_span){ .size = 1, .next_size = 1 };
		if (!v)
			continue;
		s->usable = v->endpoints && v->addresses;
		s->endpoints = endpoint_bits(row, v->endpoints, part->transports);
		if (part->families & 1)
			s->v4 = address_bits(row, v->addresses, AF_INET);
		if (part->families & 2)
			s->v6 = address_bits(row, v->addresses, AF_INET6);
		s->more_endpoints = s->endpoints != v->endpoints;
		s->more_addresses = (s->v4 | s->v6) != v->addresses;
		s->next_size <<= (unsigned)__builtin_popcount(s->endpoints);
		s->size = s->next_size * lists_of(s->v4) * lists_of(s->v6);
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

static uint32_t list_code(uint32_t addresses, uint32_t mask)
{
	return listing_number(pack(addresses, mask),
			      (unsigned)__builtin_popcount(mask));
}

static uint32_t code_list(uint64_t code, uint32_t mask)
{
	return spread(listing_bits((uint32_t)code, (unsigned)__builtin_popcount(mask)),
		      mask);
}

/* The endpoints count least, then IPv4, then IPv6. */
static uint64_t winner_code(const struct usable_span *s, const struct pick *p)
{
	uint64_t lists = list_code(p->addresses, s->v4) +
			 lists_of(s->v4) * list_code(p->addresses, s->v6);

	return lists * s->next_size + pack(p->endpoints, s->endpoints);
}

static struct pick next_pick(const struct usable_span *s, uint32_t member,
			     uint64_t code)
{
	return (struct pick){
		.member = member,
		.endpoints = spread((uint32_t)code, s->endpoints),
	};
}

static struct pick winner_pick(const struct usable_span *s, uint32_t member,
			       uint64_t code)
{
	struct pick p = next_pick(s, member, code % s->next_size);
	uint64_t lists = code / s->next_size;

	p.addresses = code_list(lists % lists_of(s->v4), s->v4) |
		      code_list(lists / lists_of(s->v4), s->v6);
	return p;
}

/* Whether a living next member, or winner, can look like this through the part. */
static bool next_reachable(const struct usable_span *s, const struct pick *p)
{
	return p->endpoints || s->more_endpoints;
}

static bool winner_reachable(const struct usable_span *s, const struct pick *p)
{
	return next_reachable(s, p) && (p->addresses || s->more_addresses);
}

/* States that begin with one winner. */
static uint64_t block_size(const struct usable_span *spans, size_t count, size_t winner,
			   bool next)
{
	uint64_t followers = 1;

	for (size_t i = 0; next && i < count; i++)
		if (i != winner)
			followers += spans[i].next_size;
	return spans[winner].size * followers;
}

int chain_state_count(const struct chain *chain, const struct board *b,
		      const struct chain_part *part, size_t limit, size_t *out)
{
	struct usable_span spans[CHAIN_MEMBERS_MAX];
	uint64_t count = KINDS_FIRST;

	spans_init(chain, b, part, spans);
	for (size_t i = 0; i < chain->member_count; i++)
		if (spans[i].size > UINT32_MAX) /* so that no product overflows */
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
	code = winner_code(&spans[winner], &choice->winner);
	if (next == CHAIN_NONE)
		return (size_t)(index + code);
	index += spans[winner].size;
	for (uint32_t i = 0; i < next; i++)
		if (i != winner)
			index += spans[winner].size * spans[i].next_size;
	return (size_t)(index + code * spans[next].next_size +
			pack(choice->next.endpoints, spans[next].endpoints));
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
		for (uint64_t code = 0; code < v->spans[n].next_size; code++) {
			c->next = next_pick(&v->spans[n], n, code);
			if (next_reachable(&v->spans[n], &c->next))
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
					    .winner = winner_pick(&v.spans[w], w,
								  code) };

			if (winner_reachable(&v.spans[w], &c.winner))
				visit_followers(&v, &c);
		}
	}
	visit_kind(&v, any_usable);
}

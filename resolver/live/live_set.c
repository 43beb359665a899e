#include "resolver/live/live_set.h"

#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "dns/rr.h"
#include "resolver/live/live_names.h"

enum {
	RRSETS_MAX = 8,
	RDATAS_MAX = 2 * ROW_ENDPOINTS_MAX + 4 * ROW_ADDRESSES_MAX,
	PRIORITY_WINNER = 10,
	PRIORITY_NEXT = 20,
	WEIGHT = 10,
	FAMILY_IPV4 = 1,
	FAMILY_IPV6 = 2
};

/* An answer being put together; records of one set are added in a row. */
struct sketch {
	struct ready_rrset rrsets[RRSETS_MAX];
	size_t rrset_count;
	struct ready_rdata rdatas[RDATAS_MAX];
	size_t rdata_count;
	size_t ends[RDATAS_MAX]; /* of each record in `octets`, which may move */
	struct buffer octets;
	struct name targets[2]; /* of SRV records: the winner's and the next one's */
};

/* How a transport is asked for: RFC 3263 4.1, in the order phones should prefer. */
static const struct {
	enum transport transport;
	enum live_set set;
	const char *service;
} services[] = {
	{ TRANSPORT_TLS, LIVE_SRVS_TCP, "SIPS+D2T" },
	{ TRANSPORT_TCP, LIVE_SRV_TCP, "SIP+D2T" },
	{ TRANSPORT_UDP, LIVE_SRV_UDP, "SIP+D2U" },
};

static void begin_set(struct sketch *s, const uint8_t *owner, uint16_t type,
		      uint32_t ttl_s, enum ready_section section)
{
	s->rrsets[s->rrset_count++] = (struct ready_rrset){
		.owner = owner,
		.type = type,
		.ttl = ttl_s,
		.section = section,
		.rdatas = &s->rdatas[s->rdata_count],
	};
}

/* Drops a set that got no record. */
static void end_set(struct sketch *s)
{
	if (s->rrsets[s->rrset_count - 1].count == 0)
		s->rrset_count--;
}

static void end_record(struct sketch *s)
{
	s->ends[s->rdata_count++] = s->octets.len;
	s->rrsets[s->rrset_count - 1].count++;
}

static void put_addresses(struct sketch *s, const struct board_row *row, uint32_t mask,
			  uint8_t family)
{
	for (size_t i = 0; i < row->address_count; i++) {
		const struct addr *a = &row->addresses[i];

		if (!(mask >> i & 1) || a->family != family)
			continue;
		buffer_put(&s->octets, a->octets, addr_len(a));
		end_record(s);
	}
}

static void put_address_sets(struct sketch *s, const uint8_t *owner,
			     const struct board_row *row, uint32_t mask, uint32_t ttl_s)
{
	begin_set(s, owner, RR_A, ttl_s, READY_ADDITIONAL);
	put_addresses(s, row, mask, AF_INET);
	end_set(s);
	begin_set(s, owner, RR_AAAA, ttl_s, READY_ADDITIONAL);
	put_addresses(s, row, mask, AF_INET6);
	end_set(s);
}

/* Makes the blob, if there are records, and gives the sketch's memory back. */
static const struct ready *finish(struct sketch *s, struct ready_builder *builder,
				  const struct name *qname)
{
	const struct ready_plan plan = {
		.qname = qname->wire,
		.authoritative = true,
		.rcode = RCODE_NOERROR,
		.rrsets = s->rrsets,
		.count = s->rrset_count,
	};
	size_t start = 0;
	const struct ready *ready = NULL;

	for (size_t i = 0; i < s->rdata_count; i++) {
		s->rdatas[i] = (struct ready_rdata){
			.octets = s->octets.octets + start,
			.len = (uint16_t)(s->ends[i] - start),
		};
		start = s->ends[i];
	}
	if (s->rrset_count)
		ready = ready_build(builder, &plan);
	buffer_fini(&s->octets);
	return ready;
}

static const struct board_row *pick_row(const struct live_place *at,
					const struct pick *pick)
{
	if (pick->member == CHAIN_NONE)
		return NULL;
	return board_row(at->board, at->chain->members[pick->member].slot);
}

static bool offers(const struct board_row *row, uint32_t endpoints,
		   enum transport transport, uint16_t port)
{
	for (size_t i = 0; i < row->endpoint_count; i++)
		if (endpoints >> i & 1 && row->endpoints[i].transport == transport &&
		    (port == 0 || row->endpoints[i].port == port))
			return true;
	return false;
}

static bool ports_within(const struct board_row *a, uint32_t a_endpoints,
			 const struct board_row *b, uint32_t b_endpoints,
			 enum transport transport)
{
	for (size_t i = 0; i < a->endpoint_count; i++)
		if (a_endpoints >> i & 1 && a->endpoints[i].transport == transport &&
		    !offers(b, b_endpoints, transport, a->endpoints[i].port))
			return false;
	return true;
}

/*
 * Whether every member serves a transport at the same ports. Then the winner's SRV
 * records can have the live name itself as target, the name in its certificate: a
 * client that keeps the record over a switch finds the right port at the new address.
 * Otherwise it would not.
 */
static bool same_ports(const struct live_place *at, enum transport transport)
{
	const struct chain *chain = at->chain;
	const struct board_row *first;
	uint32_t first_ends;

	if (chain->member_count == 0)
		return false;
	first = board_row(at->board, chain->members[0].slot);
	if (first == NULL)
		return false;
	first_ends = row_view(first, chain->site)->endpoints;
	for (size_t i = 1; i < chain->member_count; i++) {
		const struct board_row *row = board_row(at->board,
							chain->members[i].slot);
		uint32_t ends;

		if (row == NULL)
			return false;
		ends = row_view(row, chain->site)->endpoints;
		if (!ports_within(first, first_ends, row, ends, transport) ||
		    !ports_within(row, ends, first, first_ends, transport))
			return false;
	}
	return true;
}

static enum transport set_transport(enum live_set set)
{
	size_t i = 0;

	while (services[i].set != set)
		i++;
	return services[i].transport;
}

static void put_srv(struct sketch *s, const struct board_row *row,
		    const struct pick *pick, enum transport transport,
		    uint16_t priority, const struct name *target)
{
	for (size_t i = 0; row && i < row->endpoint_count; i++) {
		if (!(pick->endpoints >> i & 1) ||
		    row->endpoints[i].transport != transport)
			continue;
		buffer_put_u16(&s->octets, priority);
		buffer_put_u16(&s->octets, WEIGHT);
		buffer_put_u16(&s->octets, row->endpoints[i].port);
		buffer_put(&s->octets, target->wire, target->len);
		end_record(s);
	}
}

/* Addresses of a target; those of the live name itself are the winner's living ones,
 * as an answer of the same generation has them. */
static void put_target(struct sketch *s, const struct live_place *at,
		       const struct pick *pick, const struct name *target,
		       uint32_t ttl_s)
{
	const struct board_row *row = pick_row(at, pick);

	if (row == NULL)
		return;
	put_address_sets(s, target->wire, row,
			 name_equal(target->wire, at->name.wire)
				 ? pick->addresses
				 : row_view(row, at->chain->site)->addresses,
			 ttl_s);
}

static void sketch_srv(struct sketch *s, const struct live_place *at,
		       const struct name *owner, enum live_set set,
		       const struct choice *choice, uint32_t ttl_s)
{
	enum transport transport = set_transport(set);
	const struct pick *picks[2] = { &choice->winner, &choice->next };
	bool listed[2];

	begin_set(s, owner->wire, RR_SRV, ttl_s, READY_ANSWER);
	for (int i = 0; i < 2; i++) {
		const struct board_row *row = pick_row(at, picks[i]);
		size_t before = s->rdata_count;

		s->targets[i] = at->name;
		if (row && (i == 1 || !same_ports(at, transport)))
			live_names_member(&at->name,
					  at->chain->members[picks[i]->member].name,
					  &s->targets[i]);
		put_srv(s, row, picks[i], transport,
			i ? PRIORITY_NEXT : PRIORITY_WINNER, &s->targets[i]);
		listed[i] = s->rdata_count > before;
	}
	end_set(s);
	for (int i = 0; i < 2; i++)
		if (listed[i])
			put_target(s, at, picks[i], &s->targets[i], ttl_s);
}

static void put_string(struct sketch *s, const char *text)
{
	buffer_put_u8(&s->octets, (uint8_t)strlen(text));
	buffer_put_text(&s->octets, text);
}

/* First what the winner offers, then what only the next member offers. */
static void sketch_naptr(struct sketch *s, const struct live_place *at,
			 const struct choice *choice, uint32_t ttl_s)
{
	const struct board_row *winner = pick_row(at, &choice->winner);
	const struct board_row *next = pick_row(at, &choice->next);
	const uint16_t count = sizeof(services) / sizeof(*services);

	begin_set(s, at->name.wire, RR_NAPTR, ttl_s, READY_ANSWER);
	for (uint16_t i = 0; i < count; i++) {
		enum transport t = services[i].transport;
		bool first = winner && offers(winner, choice->winner.endpoints, t, 0);
		struct name replacement;

		if (!first && !(next && offers(next, choice->next.endpoints, t, 0)))
			continue;
		if (live_set_owner(&at->name, services[i].set, &replacement) != OK)
			continue;
		buffer_put_u16(&s->octets,
			       (uint16_t)(10 * (first ? i + 1 : i + 1 + count)));
		buffer_put_u16(&s->octets, 10);
		put_string(s, "s");
		put_string(s, services[i].service);
		put_string(s, "");
		buffer_put(&s->octets, replacement.wire, replacement.len);
		end_record(s);
	}
	end_set(s);
}

struct chain_part live_set_part(const struct live_place *at, enum live_set set)
{
	const uint8_t every = (1 << TRANSPORTS) - 1;

	switch (set) {
	case LIVE_A:
		return (struct chain_part){ .families = FAMILY_IPV4 };
	case LIVE_AAAA:
		return (struct chain_part){ .families = FAMILY_IPV6 };
	case LIVE_NAPTR:
		return (struct chain_part){ .next = true, .transports = every };
	default:
		break;
	}
	return (struct chain_part){
		.next = true,
		.transports = (uint8_t)(1 << set_transport(set)),
		.families = same_ports(at, set_transport(set))
				    ? FAMILY_IPV4 | FAMILY_IPV6
				    : 0,
	};
}

const struct ready *live_set_build(const struct live_place *at, enum live_set set,
				   const struct choice *choice, uint32_t ttl_s)
{
	struct sketch s = { 0 };
	struct name owner;
	const struct board_row *winner = pick_row(at, &choice->winner);

	if (live_set_owner(&at->name, set, &owner) != OK)
		return NULL;
	if (set == LIVE_NAPTR) {
		sketch_naptr(&s, at, choice, ttl_s);
	} else if (set != LIVE_A && set != LIVE_AAAA) {
		sketch_srv(&s, at, &owner, set, choice, ttl_s);
	} else if (winner) {
		begin_set(&s, owner.wire, live_set_type(set), ttl_s, READY_ANSWER);
		put_addresses(&s, winner, choice->winner.addresses,
			      set == LIVE_A ? AF_INET : AF_INET6);
		end_set(&s);
	}
	return finish(&s, at->builder, &owner);
}

const struct ready *live_set_build_member(const struct live_place *at,
					  const struct name *name,
					  const struct board_row *row,
					  const struct board_view *view,
					  enum live_set set)
{
	struct sketch s = { 0 };

	if (set == LIVE_A || set == LIVE_AAAA) {
		begin_set(&s, name->wire, live_set_type(set), at->chain->ttl_s,
			  READY_ANSWER);
		put_addresses(&s, row, view->addresses,
			      set == LIVE_A ? AF_INET : AF_INET6);
		end_set(&s);
	}
	return finish(&s, at->builder, name);
}

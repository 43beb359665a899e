/* Where this node listens, and which DNS servers it queries. */
#include <string.h>

#include "conf/semantic.h"

static void report_clash(const struct semantic *x, const struct addr *was,
			 const struct addr *now)
{
	const struct node *first = parse_node(x->d, was, &x->conf->node);
	const struct node *again = parse_node(x->d, now, &x->conf->node);
	char one[ADDR_TEXT_LEN];
	char other[ADDR_TEXT_LEN];

	addr_format_port(was, other);
	if (addr_equal_port(was, now))
		parse_fault(x->d, again, "%s is listed twice",
			    addr_format_port(now, one));
	else
		parse_fault(x->d, again,
			    "%s and %s (line %u) use the same port: list either "
			    "explicit addresses or the wildcard, not both",
			    addr_format_port(now, one), other, first ? first->line : 0);
}

static bool clash(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && a->port == b->port &&
	       (addr_equal_port(a, b) || addr_is_any(a) || addr_is_any(b));
}

/* Whether a query to `a` would come back to this node. With a wildcard, the addresses
 * of the host are not known here, except loopback. */
static bool is_ours(const struct conf *c, const struct addr *a)
{
	for (size_t i = 0; i < c->node.listen_count; i++) {
		const struct addr *l = &c->node.listens[i];

		if (addr_equal_port(a, l))
			return true;
		if (addr_is_any(l) && l->family == a->family && l->port == a->port &&
		    addr_is_loopback(a))
			return true;
	}
	return false;
}

/* What no socket can be bound or connected to, though it is an address. */
static void check_form(const struct semantic *x, const struct addr *a,
		       const void *owner)
{
	const struct node *n = parse_node(x->d, a, owner);

	if (addr_is_mapped(a)) {
		struct addr v4 = { .family = AF_INET, .port = a->port };
		char text[ADDR_TEXT_LEN];

		memcpy(v4.octets, a->octets + 12, 4);
		parse_fault(x->d, n, "%s is an IPv4 address written as IPv6", n->text);
		parse_suggest(x->d, addr_format_port(&v4, text));
	} else if (addr_is_link_local(a) && a->scope == 0) {
		parse_fault(x->d, n,
			    "%s is a link-local address, which is one of an interface: "
			    "write it with the interface, as in fe80::1%%eth0",
			    n->text);
	}
}

static void check_resolver(const struct semantic *x, size_t i)
{
	const struct conf *c = x->conf;
	const struct addr *r = &c->resolvers[i];
	const struct node *n = parse_node(x->d, r, c);
	char text[ADDR_TEXT_LEN];

	if (addr_is_any(r))
		parse_fault(x->d, n, "%s is not a unicast address",
			    addr_format_port(r, text));
	else if (is_ours(c, r))
		parse_fault(x->d, n,
			    "%s is this node: the host names of pbxs must be resolved "
			    "by other servers",
			    addr_format_port(r, text));
	for (size_t j = 0; j < i; j++)
		if (addr_equal_port(r, &c->resolvers[j]))
			parse_fault(x->d, n, "%s is listed twice",
				    addr_format_port(r, text));
}

static void check_forwarder(const struct semantic *x, size_t i)
{
	const struct conf *c = x->conf;
	const struct addr *f = &c->recursion.forwarders[i];
	const struct node *n = parse_node(x->d, f, &c->recursion);
	char text[ADDR_TEXT_LEN];

	if (addr_is_any(f))
		parse_fault(x->d, n, "%s is not a unicast address",
			    addr_format_port(f, text));
	else if (is_ours(c, f))
		parse_fault(x->d, n, "%s is this node: look-ups would loop forever",
			    addr_format_port(f, text));
	for (size_t j = 0; j < i; j++)
		if (addr_equal_port(f, &c->recursion.forwarders[j]))
			parse_fault(x->d, n, "%s is listed twice",
				    addr_format_port(f, text));
}

/* "any", or the same in other words. */
static bool is_everybody(const struct conf_networks *n)
{
	bool all = n->any;

	for (size_t i = 0; i < n->prefix_count; i++)
		all |= n->prefixes[i].len == 0;
	return all;
}

static void check_recursion(const struct semantic *x)
{
	const struct conf *c = x->conf;
	const struct conf_recursion *r = &c->recursion;

	for (size_t i = 0; i < r->forwarder_count; i++)
		check_forwarder(x, i);
	if (r->forwarder_count && r->root_hints)
		parse_fault(x->d, parse_node(x->d, &r->root_hints, r),
			    "'root-hints' has no effect with 'forwarders'");
	if (!r->validate && r->trust_anchors)
		parse_fault(x->d, parse_node(x->d, &r->trust_anchors, r),
			    "'trust-anchors' has no effect with validate: no");
	if (is_everybody(&c->access.recursion))
		parse_notice(x->d, parse_node(x->d, &c->access.recursion, c),
			     NOTICE_OPEN_RESOLVER,
			     "this is an open resolver, which attackers use against "
			     "others: list your networks instead");
	if (!conf_recurses(c) && (r->forwarder_count || r->root_hints ||
				  r->trust_anchors || r->inside_count))
		parse_notice(x->d, parse_node(x->d, r, c), NOTICE_UNUSED_RECURSION,
			     "this has no effect: 'access: recursion' is empty");
}

/* Each worker has a socket of its own at each address, and a message to a child names
 * them all. */
static void check_count(const struct semantic *x)
{
	enum { WORKERS_MAX = 8, SOCKETS_MAX = 8192 };
	const struct conf_node *n = &x->conf->node;
	size_t workers = (n->udp_workers ? n->udp_workers : WORKERS_MAX) +
			 n->stream_workers;

	if (n->listen_count * workers > SOCKETS_MAX)
		parse_fault(x->d, parse_node(x->d, &n->listens, n),
			    "%zu addresses with %zu workers each need %zu sockets, and "
			    "at most %d are possible: list fewer addresses or "
			    "0.0.0.0 and ::, or reduce 'workers'",
			    n->listen_count, workers, n->listen_count * workers,
			    SOCKETS_MAX);
}

void semantic_check_sockets(const struct semantic *x)
{
	const struct conf *c = x->conf;

	check_count(x);
	for (size_t i = 0; i < c->node.listen_count; i++)
		check_form(x, &c->node.listens[i], &c->node);
	for (size_t i = 0; i < c->resolver_count; i++)
		check_form(x, &c->resolvers[i], c);
	for (size_t i = 0; i < c->recursion.forwarder_count; i++)
		check_form(x, &c->recursion.forwarders[i], &c->recursion);
	for (size_t i = 1; i < c->node.listen_count; i++)
		for (size_t j = 0; j < i; j++)
			if (clash(&c->node.listens[j], &c->node.listens[i])) {
				report_clash(x, &c->node.listens[j],
					     &c->node.listens[i]);
				break;
			}
	for (size_t i = 0; i < c->resolver_count; i++)
		check_resolver(x, i);
	check_recursion(x);
	if (c->access.ecs.any)
		parse_notice(x->d, parse_node(x->d, &c->access.ecs, c), NOTICE_OPEN_ECS,
			     "any client can claim to be at any "
			     "site: list your forwarders instead");
	if (c->access.diagnostics.any)
		parse_notice(x->d, parse_node(x->d, &c->access.diagnostics, c),
			     NOTICE_OPEN_DIAGNOSTICS,
			     "anyone can see the names of your sites and pbxs");
}

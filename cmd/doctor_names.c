/* Findings about public DNS: what other name servers say about our names, and whether
 * they can be reached. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cmd/doctor_body.h"
#include "conf/conf.h"
#include "dns/name.h"
#include "dns/reader.h"
#include "dns/rr.h"
#include "net/lookup.h"
#include "net/loop.h"

enum {
	TRY_MS = 1500,
	TRIES = 2,
	NAMES_MAX = 20,
	SERVERS_MAX = 8,
	RECURSION_MS = 7000,
	RCODE_LEN = 24,
	FAULT_LEN = 48
};

/* The facts of one answer that are used here. */
struct dns_reply {
	int err;
	bool done;
	unsigned rcode;
	bool found;       /* a record of the type asked for */
	struct name apex; /* owner of the SOA, wherever it stands; len 0: none */
	bool ours;        /* one of its addresses is this node's */
	const struct conf *conf;
	uint16_t type;
	struct name target; /* of the last NS */
};

static void read_record(struct dns_reply *r, const struct name *owner, uint16_t type,
			struct reader *rdata, bool in_answer)
{
	struct addr a = { 0 };

	if (type == RR_SOA)
		r->apex = *owner;
	if (!in_answer || type != r->type)
		return;
	r->found = true;
	if (type == RR_NS)
		(void)name_read_plain(rdata, &r->target);
	a.family = type == RR_A ? AF_INET : AF_INET6;
	if ((type == RR_A || type == RR_AAAA) &&
	    reader_left(rdata) == (type == RR_A ? 4 : 16))
		memcpy(a.octets, rdata->at, reader_left(rdata));
	for (size_t i = 0; i < r->conf->node.listen_count; i++)
		r->ours |= addr_len(&a) && addr_equal(&r->conf->node.listens[i], &a);
}

static void read_reply(struct dns_reply *r, const uint8_t *octets, size_t len)
{
	struct reader in = reader_of(octets, len);
	uint16_t counts[4];
	struct name name;

	(void)reader_u16(&in);
	r->rcode = reader_u16(&in) & 15;
	for (size_t i = 0; i < 4; i++)
		counts[i] = reader_u16(&in);
	for (; counts[0] && !in.err; counts[0]--) {
		(void)name_read(&in, &name);
		(void)reader_u32(&in);
	}
	for (unsigned left = counts[1] + counts[2]; left && !in.err; left--) {
		bool in_answer = left > counts[2];
		struct reader rdata;
		uint16_t type, rdlen;

		(void)name_read(&in, &name);
		type = reader_u16(&in);
		(void)reader_u16(&in);
		(void)reader_u32(&in);
		rdlen = reader_u16(&in);
		rdata = reader_within(&in, rdlen);
		if (!in.err)
			read_record(r, &name, type, &rdata, in_answer);
	}
}

static void on_reply(void *arg, int err, const uint8_t *answer, size_t len)
{
	struct dns_reply *r = arg;

	r->err = err;
	r->done = true;
	if (err == OK)
		read_reply(r, answer, len);
}

/* A set of servers, queried one question at a time. */
struct desk {
	struct patient *p;
	struct loop *loop;
	struct lookup *lookup;
	char who[ADDR_TEXT_LEN + 32];
};

static struct dns_reply ask(struct desk *d, const char *name, uint16_t type)
{
	struct dns_reply r = { .conf = patient_conf(d->p), .type = type };

	(void)lookup_ask(d->lookup, name, type, on_reply, &r);
	while (!r.done)
		loop_turn(d->loop, true);
	return r;
}

static bool is_own(const struct conf *c, const struct addr *a)
{
	for (size_t i = 0; i < c->node.listen_count; i++)
		if (addr_equal_port(&c->node.listens[i], a))
			return true;
	return false;
}

/* Other servers than this node, which would answer from its own configuration. */
static size_t servers_of(const struct conf *c, struct addr out[SERVERS_MAX])
{
	const struct conf_recursion *r = &c->recursion;
	size_t count = 0;

	for (size_t i = 0; i < c->resolver_count && count < SERVERS_MAX; i++)
		if (!is_own(c, &c->resolvers[i]))
			out[count++] = c->resolvers[i];
	for (size_t i = 0; i < r->forwarder_count && count < SERVERS_MAX; i++)
		if (!is_own(c, &r->forwarders[i]))
			out[count++] = r->forwarders[i];
	return count;
}

/* The name above, as text; "." above a top-level one. */
static void parent_text(const char *name, char out[NAME_TEXT_LEN])
{
	struct name n;

	if (name_parse(name, strlen(name), &(struct name){ .len = 1 }, &n) == OK)
		(void)name_format(name_parent(n.wire), out);
	else
		(void)snprintf(out, NAME_TEXT_LEN, ".");
}

static void tell_signed_parent(struct desk *d, const char *name, const char *apex)
{
	struct finding *f = report(d->p, BAD, "DNSSEC",
				   "'%s' is below the signed zone "
				   "%s, which does not delegate it",
				   name, apex);

	why(f, "validating resolvers that ask this node for the name treat its answers "
	       "as bogus: SERVFAIL");
	remedy(f,
	       "in %s, delegate it without a DS record (%s NS <this node>); or exempt "
	       "it on each such resolver (unbound: domain-insecure: \"%s\"; BIND: "
	       "validate-except { \"%s\"; }); or let devices use this node as their "
	       "first DNS server",
	       apex, name, name, name);
}

/* A free live name is its own unsigned zone: checks the parent zone. */
static void examine_parent(struct desk *d, const struct conf_live *l)
{
	char above[NAME_TEXT_LEN], apex[NAME_TEXT_LEN];
	struct dns_reply soa, ds, ns, own_ds;

	parent_text(l->name.text, above);
	soa = ask(d, above, RR_SOA);
	if (soa.err || soa.apex.len == 0)
		return;
	(void)name_format(soa.apex.wire, apex);
	ds = ask(d, apex, RR_DS);
	ns = ask(d, l->name.text, RR_NS);
	own_ds = ask(d, l->name.text, RR_DS);
	if (own_ds.found) {
		struct finding *f =
			report(d->p, BAD, "DNSSEC",
			       "%s has a DS record for '%s', but the name is "
			       "not signed here",
			       apex, l->name.text);

		why(f, "every validating resolver answers SERVFAIL for it");
		remedy(f, "remove the DS record of %s from %s", l->name.text, apex);
	} else if (ds.found && !ns.found) {
		tell_signed_parent(d, l->name.text, apex);
	}
	if (l->ns_count && !ns.found && ns.err == OK) {
		struct finding *f = report(d->p, BAD, "delegation",
					   "'%s' has ns: in the configuration, but the "
					   "zone %s does not delegate it",
					   l->name.text, apex);

		why(f, "clients outside your networks cannot find this node");
		remedy(f, "add to %s: %s NS %s, and the address of that server", apex,
		       l->name.text, l->ns[0].text);
	}
}

/* Where the public delegation leads, if there is one. */
static void examine_delegation(struct desk *d, const struct conf_live *l)
{
	struct dns_reply ns = ask(d, l->name.text, RR_NS);
	char target[NAME_TEXT_LEN];
	struct finding *f;
	bool ours = false;

	if (ns.err || !ns.found || ns.target.len == 0)
		return;
	(void)name_format(ns.target.wire, target);
	ours |= ask(d, target, RR_A).ours;
	ours |= ask(d, target, RR_AAAA).ours;
	for (size_t i = 0; i < l->ns_count && !ours; i++) {
		ours |= ask(d, l->ns[i].text, RR_A).ours;
		ours |= ask(d, l->ns[i].text, RR_AAAA).ours;
	}
	if (ours)
		return;
	f = report(d->p, NOTE, "delegation",
		   "'%s' is delegated to %s, which is not an address of this node",
		   l->name.text, target);
	why(f, "clients of other resolvers are sent to that server, not to this node");
	remedy(f, "this is fine behind NAT or for the other node of a pair; otherwise "
		  "point the NS record here");
}

static void examine_free_names(struct desk *d)
{
	const struct conf *c = patient_conf(d->p);
	size_t asked = 0;

	for (size_t i = 0; i < c->live_count; i++) {
		if (c->lives[i].zone != CONF_NONE)
			continue;
		if (asked++ == NAMES_MAX) {
			(void)report(d->p, NOTE, "DNSSEC",
				     "only the first %d free live names were checked",
				     NAMES_MAX);
			return;
		}
		examine_parent(d, &c->lives[i]);
		examine_delegation(d, &c->lives[i]);
	}
}

static int open_desk(struct desk *d, const struct addr *servers, size_t count)
{
	if (count)
		(void)addr_format_port(&servers[0], d->who);
	else
		(void)snprintf(d->who, sizeof(d->who),
			       "the servers of /etc/resolv.conf");
	return lookup_open(d->loop, servers, count, TRY_MS, 1, &d->lookup);
}

static int open_one(struct desk *d, const struct addr *server, uint32_t timeout_ms,
		    uint32_t tries)
{
	(void)addr_format_port(server, d->who);
	return lookup_open_one(d->loop, server, timeout_ms, tries, &d->lookup);
}

/* As one types it. */
static const char *dig_at(const struct addr *a, char out[ADDR_TEXT_LEN + 32])
{
	char text[ADDR_TEXT_LEN];

	(void)addr_format(a, text);
	if (a->port == 53)
		(void)snprintf(out, ADDR_TEXT_LEN + 32, "dig @%s", text);
	else
		(void)snprintf(out, ADDR_TEXT_LEN + 32, "dig @%s -p %u", text, a->port);
	return out;
}

static const char *rcode_text(unsigned rcode, char out[RCODE_LEN])
{
	static const char *const names[] = {
		[RCODE_FORMERR] = "FORMERR",   [RCODE_SERVFAIL] = "SERVFAIL",
		[RCODE_NXDOMAIN] = "NXDOMAIN", [RCODE_NOTIMP] = "NOTIMP",
		[RCODE_REFUSED] = "REFUSED",
	};

	if (rcode < sizeof(names) / sizeof(*names) && names[rcode])
		return names[rcode];
	(void)snprintf(out, RCODE_LEN, "RCODE %u", rcode);
	return out;
}

/* What is wrong with a server, from its answer to ". NS"; NULL: nothing. */
static const char *fault_of(const struct dns_reply *r, char out[FAULT_LEN])
{
	char rcode[RCODE_LEN];

	if (r->err)
		return r->err == ERR_TIMEOUT   ? "does not answer"
		       : r->err == ERR_REFUSED ? "cannot be reached"
					       : "cannot be asked";
	if (r->rcode == RCODE_NOERROR || r->rcode == RCODE_NXDOMAIN)
		return NULL;
	if (r->rcode == RCODE_REFUSED)
		return "answers, but with REFUSED: it does not resolve names for this "
		       "host";
	(void)snprintf(out, FAULT_LEN, "answers, but with %s",
		       rcode_text(r->rcode, rcode));
	return out;
}

/* Checks each server by itself: a dead one causes timeouts even if the other is alive.
 */
static bool examine_server(struct patient *p, struct loop *l, const char *key,
			   const struct addr *server)
{
	struct desk d = { .p = p, .loop = l };
	char text[FAULT_LEN];
	const char *fault;
	struct finding *f;
	struct dns_reply r;

	if (open_one(&d, server, TRY_MS, TRIES))
		return false;
	r = ask(&d, ".", RR_NS);
	lookup_close(d.lookup);
	fault = fault_of(&r, text);
	if (!fault) {
		(void)report(p, GOOD, "servers", "%s %s answers", key, d.who);
		return true;
	}
	f = report(p, BAD, "servers", "%s %s %s", key, d.who, fault);
	why(f, "look-ups through it fail%s", r.err ? " or wait for its timeout" : "");
	remedy(f, "try %s . NS; use another server%s", dig_at(server, d.who),
	       r.rcode == RCODE_REFUSED ? ", or have its operator allow this host"
					: "");
	return false;
}

static bool is_among(const struct addr *a, const struct addr *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (addr_equal_port(a, &all[i]))
			return true;
	return false;
}

/* A server is asked once, whatever it is for. Returns whether any is good. */
static bool examine_servers(struct patient *p, struct loop *l, bool *forwards)
{
	const struct conf *c = patient_conf(p);
	const struct conf_recursion *r = &c->recursion;
	bool good = false;

	*forwards = r->forwarder_count == 0;
	for (size_t i = 0; i < c->resolver_count; i++) {
		bool both = is_among(&c->resolvers[i], r->forwarders,
				     r->forwarder_count);
		bool fine = examine_server(p, l,
					   both ? "resolvers: and forwarder"
						: "resolvers:",
					   &c->resolvers[i]);

		good |= fine;
		*forwards |= fine && both;
	}
	for (size_t i = 0; i < r->forwarder_count; i++)
		if (!is_among(&r->forwarders[i], c->resolvers, c->resolver_count))
			*forwards |= examine_server(p, l, "forwarder",
						    &r->forwarders[i]);
	return good || (*forwards && r->forwarder_count);
}

/* Queries the node itself, like a device does. */
static void examine_recursion(struct patient *p, struct loop *l)
{
	const struct conf *c = patient_conf(p);
	struct desk d = { .p = p, .loop = l };
	struct addr at = c->node.listens[0];
	char rcode[RCODE_LEN];
	struct finding *f;
	struct dns_reply r;

	if (addr_is_any(&at) && at.family == AF_INET)
		memcpy(at.octets, (const uint8_t[]){ 127, 0, 0, 1 }, 4);
	else if (addr_is_any(&at))
		at.octets[15] = 1;
	if (open_one(&d, &at, RECURSION_MS, 1))
		return;
	r = ask(&d, ".", RR_NS);
	lookup_close(d.lookup);
	if (r.err == OK && r.rcode == RCODE_NOERROR && r.found) {
		(void)report(p, GOOD, "recursion", "recursion works");
		return;
	}
	if (r.err == OK && r.rcode == RCODE_REFUSED) {
		f = report(
			p, NOTE, "recursion",
			"cannot check recursion: this host is not allowed to use it");
		remedy(f, "from a device's network: %s . NS", dig_at(&at, d.who));
		return;
	}
	f = report(p, BAD, "recursion", "recursion fails: %s",
		   r.err == ERR_TIMEOUT   ? "no answer within 7 s"
		   : r.err == ERR_REFUSED ? "this node cannot be reached"
		   : r.err                ? "this node cannot be asked"
		   : r.rcode              ? rcode_text(r.rcode, rcode)
					  : "the answer is empty");
	why(f, "devices that use this node as their DNS server cannot resolve time "
	       "servers or cloud services");
	remedy(f,
	       "check that the forwarders answer, that outgoing port 53 is open and "
	       "that the clock is right (DNSSEC); %s . NS shows the reason (EDE), and "
	       "so does the log of deputy-recursor",
	       dig_at(&at, d.who));
}

void doctor_names(struct patient *p)
{
	const struct conf *c = patient_conf(p);
	struct addr servers[SERVERS_MAX];
	struct loop *l = loop_new();
	struct desk d = { .p = p, .loop = l };
	size_t count = servers_of(c, servers);
	bool forwards;
	bool good = examine_servers(p, l, &forwards);

	/* Without a forwarder that answers it fails, which has been told. */
	if (conf_recurses(c) && patient_runs(p) && c->node.listen_count && forwards)
		examine_recursion(p, l);
	if ((count == 0 || good) && open_desk(&d, servers, count) == OK) {
		if (ask(&d, ".", RR_NS).err == OK)
			examine_free_names(&d);
		else
			(void)report(
				p, NOTE, "DNSSEC",
				"cannot check whether the parent zones of live names "
				"are signed: %s give no answer",
				d.who);
		lookup_close(d.lookup);
	}
	loop_free(l);
}

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/text.h"
#include "conf/value.h"

enum { DNS_PORT = 53 };

/* "10.1.0.1:53" and "[::1]:53" are written with '@'. */
static void suggest_at_sign(struct parse *d, const struct node *n)
{
	const char *colon = strrchr(n->text, ':');
	size_t len;
	const char *host = n->text;
	struct addr a;
	char *meant;

	if (colon == NULL || colon[1] == '\0' ||
	    colon[1 + strspn(colon + 1, "0123456789")])
		return;
	len = (size_t)(colon - n->text);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	meant = alloc_format("%.*s@%s", (int)len, host, colon + 1);
	if (addr_parse_port(meant, 0, &a) == OK)
		parse_suggest(d, meant);
	free(meant);
}

/* "53@192.0.2.1": the port stands behind the address. */
static void suggest_turned(struct parse *d, const struct node *n)
{
	const char *at = strchr(n->text, '@');
	struct addr a;
	char *meant;

	if (at == NULL || at == n->text)
		return;
	meant = alloc_format("%s@%.*s", at + 1, (int)(at - n->text), n->text);
	if (addr_parse_port(meant, 0, &a) == OK)
		parse_suggest(d, meant);
	free(meant);
}

/* Returns the part after a separator, for a diagnosis about a port or a length. */
static struct node behind(const struct node *n, char mark)
{
	const char *at = strchr(n->text, mark);

	return parse_part(n, at ? (size_t)(at - n->text) + 1 : 0);
}

static bool is_multicast(const struct addr *a)
{
	return a->family == AF_INET ? a->octets[0] >= 224 : a->octets[0] == 0xff;
}

bool read_address(struct parse *d, const struct setting *s, const struct node *n,
		  void *to)
{
	struct addr a;

	if (addr_parse(n->text, &a) != OK) {
		parse_fault(d, n, "'%s': %s is not an IPv4 or IPv6 address", s->name,
			    log_quote(n->text));
		return false;
	}
	if (addr_is_any(&a) || is_multicast(&a)) {
		parse_fault(d, n, "'%s': %s is not a unicast address", s->name,
			    n->text);
		return false;
	}
	*(struct addr *)to = a;
	return true;
}

void format_address(const struct conf *c, const struct setting *s, const void *at,
		    struct buffer *out)
{
	const struct addr *a = at;

	(void)c;
	(void)s;
	if (a->family) {
		char text[ADDR_TEXT_LEN];

		buffer_put_text(out, addr_format(a, text));
	}
}

static bool is_address(struct text t)
{
	char *text = alloc_format("%.*s", (int)text_len(&t), t.at);
	struct addr a;
	int err = addr_parse(text, &a);

	free(text);
	return err == OK;
}

bool read_socket(struct parse *d, const struct setting *s, const struct node *n,
		 void *to)
{
	struct addr a;
	int err = addr_parse_port(n->text, DNS_PORT, &a);
	struct node part = behind(n, '@');
	struct text host = text_from(n->text);

	if (err == ERR_RANGE) {
		parse_fault(d, &part, "'%s': the port must be from 1 to 65535",
			    s->name);
		return false;
	}
	if (err) {
		parse_fault(d, is_address(text_until(&host, "@")) ? &part : n,
			    "'%s': %s is not an address with a port such as "
			    "192.0.2.1@53",
			    s->name, log_quote(n->text));
		suggest_at_sign(d, n);
		suggest_turned(d, n);
		return false;
	}
	if (is_multicast(&a)) {
		parse_fault(d, n, "'%s': %s is a multicast address", s->name, n->text);
		return false;
	}
	*(struct addr *)to = a;
	parse_written(d, s->name, NULL, &a, n);
	return true;
}

void format_socket(const struct conf *c, const struct setting *s, const void *at,
		   struct buffer *out)
{
	char text[ADDR_TEXT_LEN];

	(void)c;
	(void)s;
	buffer_put_text(out, addr_format_port(at, text));
}

/* Returns the prefix that contains an address with host bits. */
static void suggest_prefix(struct parse *d, const struct addr *a, uint64_t len)
{
	struct prefix p = { .addr = *a, .len = (uint8_t)len };
	char meant[ADDR_TEXT_LEN];

	for (size_t i = 0; i < addr_len(a); i++) {
		size_t kept = len > 8 * i ? len - 8 * i : 0;

		if (kept < 8)
			p.addr.octets[i] &= (uint8_t)(0xff00 >> kept);
	}
	parse_suggest(d, prefix_format(&p, meant));
}

/* "16/10.1.0.0": the length stands behind the address. */
static void suggest_turned_prefix(struct parse *d, const struct node *n)
{
	const char *slash = strchr(n->text, '/');
	struct prefix p;
	char *meant;

	if (slash == NULL)
		return;
	meant = alloc_format("%s/%.*s", slash + 1, (int)(slash - n->text), n->text);
	if (prefix_parse(meant, &p) == OK)
		parse_suggest(d, meant);
	free(meant);
}

/* "10.1.0.0/255.255.0.0": the length of an IPv4 netmask, or -1. */
static int netmask_len(const char *text)
{
	struct in_addr in;
	uint32_t mask;
	int len = 0;

	if (inet_pton(AF_INET, text, &in) != 1)
		return -1;
	mask = ntohl(in.s_addr);
	while (len < 32 && mask & 0x80000000U >> len)
		len++;
	return len == 32 || (mask << len) == 0 ? len : -1;
}

bool prefix_read(struct parse *d, const char *key, const struct node *n,
		 struct prefix *out)
{
	struct text rest = text_of(n->text, n->len);
	struct text host = text_split(&rest, '/');
	char *address = alloc_format("%.*s", (int)text_len(&host), host.at);
	struct text digits = rest;
	uint64_t len = text_u64(&digits, 128);
	struct addr a;
	int err = prefix_parse(n->text, out);

	if (err == OK)
		goto done;
	if (addr_parse(address, &a) != OK) {
		parse_fault(d, n, "'%s': %s is not a prefix such as 10.1.0.0/16", key,
			    log_quote(n->text));
		suggest_turned_prefix(d, n);
	} else if (digits.err || text_len(&digits) || len > 8 * addr_len(&a)) {
		struct node part = behind(n, '/');

		parse_fault(d, &part, "'%s': the prefix length must be from 0 to %zu",
			    key, 8 * addr_len(&a));
		if (a.family == AF_INET && netmask_len(rest.at) >= 0)
			suggest_prefix(d, &a, (uint64_t)netmask_len(rest.at));
	} else {
		parse_fault(d, n, "'%s': %s has bits set beyond its length", key,
			    n->text);
		suggest_prefix(d, &a, len);
	}
done:
	free(address);
	return err == OK;
}

bool read_prefix(struct parse *d, const struct setting *s, const struct node *n,
		 void *to)
{
	return prefix_read(d, s->name, n, to);
}

void format_prefix(const struct conf *c, const struct setting *s, const void *at,
		   struct buffer *out)
{
	char text[ADDR_TEXT_LEN];

	(void)c;
	(void)s;
	buffer_put_text(out, prefix_format(at, text));
}

/* By enum transport. */
/* clang-format off */
static const struct {
	const char *name;
	uint16_t port;
} transports[TRANSPORTS] = {
	[TRANSPORT_UDP] = { "udp", 5060 },
	[TRANSPORT_TCP] = { "tcp", 5060 },
	[TRANSPORT_TLS] = { "tls", 5061 },
};
/* clang-format on */

const char *transport_name(enum transport t)
{
	return transports[t].name;
}

static const char *transport_name_at(const void *arg, size_t i)
{
	(void)arg;
	return transports[i].name;
}

int transport_find(const struct text *name)
{
	for (int t = 0; t < TRANSPORTS; t++)
		if (text_is_nocase(name, transports[t].name))
			return t;
	return -1;
}

void report_transport(struct parse *d, const struct node *n, const struct text *name)
{
	char *word = alloc_format("%.*s", (int)text_len(name), name->at);

	parse_fault(d, n, "%s is not a transport: udp, tcp or tls", log_quote(word));
	parse_suggest(d, suggest(word, TRANSPORTS, transport_name_at, NULL));
	free(word);
}

/* TLS on the usual port of the others, or the other way round: probably a mistake. */
static void warn_port(struct parse *d, const struct node *n, enum transport t,
		      uint64_t port)
{
	struct node part = behind(n, '@');

	if (port == transports[t == TRANSPORT_TLS ? TRANSPORT_UDP : TRANSPORT_TLS].port)
		parse_notice(d, &part, NOTICE_PORT_UNUSUAL,
			     "%" PRIu64 " is the port of %s; %s usually uses %u", port,
			     t == TRANSPORT_TLS ? "udp and tcp" : "tls",
			     transports[t].name, transports[t].port);
}

/* "443", "443@tls" and "192.0.2.1@443". Returns whether it was one of them. */
static bool report_port_first(struct parse *d, const struct setting *s,
			      const struct node *n, struct text t)
{
	struct text first = text_until(&t, "@:/");
	char *word = alloc_format("%.*s", (int)text_len(&first), first.at);
	bool is_port = word[strspn(word, "0123456789")] == '\0';
	bool told = true;
	struct addr a;
	int transport;

	if (text_len(&t))
		(void)text_next(&t);
	transport = transport_find(&t);
	if (is_port && transport >= 0) {
		char *meant = alloc_format("%s@%s", transports[transport].name, word);

		parse_fault(d, n, "'%s': %s has the port before the transport", s->name,
			    log_quote(n->text));
		parse_suggest(d, meant);
		free(meant);
	} else if (is_port) {
		parse_fault(d, n,
			    "'%s': missing transport before the port: write udp@%s, "
			    "tcp@%s or tls@%s",
			    s->name, word, word, word);
	} else if (addr_parse(word, &a) == OK) {
		parse_fault(d, n,
			    "'%s': %s has an address: those are in 'addresses', and an "
			    "endpoint is a transport with a port, such as tls@443",
			    s->name, log_quote(n->text));
	} else {
		told = false;
	}
	free(word);
	return told;
}

bool read_endpoint(struct parse *d, const struct setting *s, const struct node *n,
		   void *to)
{
	struct text t = text_of(n->text, n->len);
	struct text name = text_until(&t, "@:/");
	int transport = transport_find(&name);
	struct node part;
	uint64_t port;

	if (transport < 0) {
		if (!report_port_first(d, s, n, text_of(n->text, n->len)))
			report_transport(d, n, &name);
		return false;
	}
	port = transports[transport].port;
	if (text_skip(&t, '@'))
		port = text_u64(&t, UINT16_MAX);
	if (!t.err && !text_len(&t) && port) {
		warn_port(d, n, (enum transport)transport, port);
		*(struct conf_endpoint *)to = (struct conf_endpoint){
			.transport = (enum transport)transport,
			.port = (uint16_t)port,
		};
		return true;
	}
	part = behind(n, '@');
	parse_fault(d, &part,
		    "'%s': %s must be a transport with a port from 1 to 65535, such "
		    "as tls@443",
		    s->name, log_quote(n->text));
	if (text_peek(&t) == ':' || text_peek(&t) == '/') {
		char *meant = alloc_format("%s@%.*s", transports[transport].name,
					   (int)text_len(&t) - 1, t.at + 1);
		parse_suggest(d, meant);
		free(meant);
	}
	return false;
}

void format_endpoint(const struct conf *c, const struct setting *s, const void *at,
		     struct buffer *out)
{
	const struct conf_endpoint *e = at;

	(void)c;
	(void)s;
	buffer_printf(out, "%s@%u", transport_name(e->transport), e->port);
}

/* "192.0.2.10@443", "192.0.2.10:443": the ports of a pbx are in its endpoints. */
static bool report_with_port(struct parse *d, const struct setting *s,
			     const struct node *n)
{
	size_t len = strcspn(n->text, "@");
	char *host;
	struct addr a;
	bool told;

	if (n->text[len] == '\0') /* not a colon of IPv6 */
		len = strcspn(n->text, ":");
	host = alloc_format("%.*s", (int)len, n->text);
	told = len < n->len && n->text[len + 1] &&
	       n->text[len + 1 + strspn(n->text + len + 1, "0123456789")] == '\0' &&
	       addr_parse(host, &a) == OK;
	if (told) {
		struct node part = parse_part(n, len);

		parse_fault(d, &part,
			    "'%s': an address has no port here: write the port with a "
			    "transport into 'endpoints', such as tls@443",
			    s->name);
		parse_suggest(d, host);
	}
	free(host);
	return told;
}

bool read_pbx_address(struct parse *d, const struct setting *s, const struct node *n,
		      void *to)
{
	struct conf_pbx_address *a = to;
	struct domain name;
	const char *why;

	if (report_with_port(d, s, n))
		return false;
	if (looks_like_address(n->text))
		return read_address(d, s, n, &a->addr);
	why = domain_parse(n->text, "", &name);
	if (why)
		parse_fault(d, n, "'%s': %s is neither an address nor a host name: %s",
			    s->name, log_quote(n->text), why);
	else
		a->name = alloc_copy(&name, sizeof name);
	return why == NULL;
}

void format_pbx_address(const struct conf *c, const struct setting *s, const void *at,
			struct buffer *out)
{
	const struct conf_pbx_address *a = at;

	if (a->name)
		format_domain(c, s, a->name, out);
	else
		format_address(c, s, &a->addr, out);
}

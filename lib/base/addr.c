#include "base/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

/* "%eth0" or "%2" behind a link-local address. */
static int scope_parse(struct text t, uint32_t *out)
{
	char name[IF_NAMESIZE];
	struct text digits = t;
	uint64_t index = text_u64(&digits, UINT32_MAX);

	if (text_len(&t) == 0 || text_len(&t) >= sizeof(name))
		return ERR_MALFORMED;
	if (digits.err || text_len(&digits)) {
		memcpy(name, t.at, text_len(&t));
		name[text_len(&t)] = '\0';
		index = if_nametoindex(name);
	}
	if (index == 0)
		return ERR_MALFORMED;
	*out = (uint32_t)index;
	return OK;
}

static int host_parse(struct text t, struct addr *out)
{
	struct addr a = { 0 };
	struct text host = text_split(&t, '%');
	bool scoped = t.at > host.end;
	char copy[INET6_ADDRSTRLEN];

	if (text_len(&host) >= sizeof(copy))
		return ERR_MALFORMED;
	memcpy(copy, host.at, text_len(&host));
	copy[text_len(&host)] = '\0';
	if (strlen(copy) != text_len(&host))
		return ERR_MALFORMED;
	if (inet_pton(AF_INET, copy, a.octets) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, copy, a.octets) == 1)
		a.family = AF_INET6;
	else
		return ERR_MALFORMED;
	if (scoped) {
		int err = scope_parse(t, &a.scope);

		if (err || a.family != AF_INET6)
			return ERR_MALFORMED;
	}
	*out = a;
	return OK;
}

int addr_parse(const char *text, struct addr *out)
{
	return host_parse(text_from(text), out);
}

int addr_parse_port(const char *text, uint16_t port, struct addr *out)
{
	struct text rest = text_from(text);
	struct text host = text_split(&rest, '@');
	struct addr a;
	int err = host_parse(host, &a);

	if (err)
		return err;
	a.port = port;
	if (rest.at > host.end) {
		a.port = (uint16_t)text_u64(&rest, UINT16_MAX);
		if (rest.err || text_len(&rest))
			return rest.err ? rest.err : ERR_MALFORMED;
		if (a.port == 0)
			return ERR_RANGE;
	}
	*out = a;
	return OK;
}

char *addr_format(const struct addr *a, char out[ADDR_TEXT_LEN])
{
	size_t len;
	char name[IF_NAMESIZE];

	(void)snprintf(out, ADDR_TEXT_LEN, "-");
	if (addr_len(a) == 0 ||
	    inet_ntop(a->family, a->octets, out, ADDR_TEXT_LEN) == NULL)
		return out;
	if (a->scope == 0)
		return out;
	len = strlen(out);
	if (if_indextoname(a->scope, name))
		(void)snprintf(out + len, ADDR_TEXT_LEN - len, "%%%s", name);
	else
		(void)snprintf(out + len, ADDR_TEXT_LEN - len, "%%%u", a->scope);
	return out;
}

char *addr_format_port(const struct addr *a, char out[ADDR_TEXT_LEN])
{
	size_t len = strlen(addr_format(a, out));

	(void)snprintf(out + len, ADDR_TEXT_LEN - len, "@%u", a->port);
	return out;
}

void addr_from_sockaddr(const struct sockaddr *sa, struct addr *out)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct addr a = { 0 };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof(in));
		a.family = AF_INET;
		a.port = ntohs(in.sin_port);
		memcpy(a.octets, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in;

		memcpy(&in, sa, sizeof(in));
		a.port = ntohs(in.sin6_port);
		if (memcmp(&in.sin6_addr, mapped, sizeof(mapped)) == 0) {
			a.family = AF_INET;
			memcpy(a.octets, in.sin6_addr.s6_addr + 12, 4);
		} else {
			a.family = AF_INET6;
			a.scope = in.sin6_scope_id;
			memcpy(a.octets, &in.sin6_addr, 16);
		}
	}
	*out = a;
}

socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (a->family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET,
					  .sin_port = htons(a->port) };

		memcpy(&in.sin_addr, a->octets, 4);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	if (a->family == AF_INET6) {
		struct sockaddr_in6 in = { .sin6_family = AF_INET6,
					   .sin6_port = htons(a->port),
					   .sin6_scope_id = a->scope };

		memcpy(&in.sin6_addr, a->octets, 16);
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	return 0;
}

size_t addr_len(const struct addr *a)
{
	if (a->family == AF_INET)
		return 4;
	return a->family == AF_INET6 ? 16 : 0;
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->octets, b->octets, sizeof(a->octets));
	if (order || a->scope == b->scope)
		return order;
	return a->scope < b->scope ? -1 : 1;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

bool addr_equal_port(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_equal(a, b);
}

bool addr_is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return a->family && memcmp(a->octets, zero, sizeof(zero)) == 0;
}

static bool in_any_of(const struct addr *a, const struct prefix *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (prefix_contains(&rows[i], a))
			return true;
	return false;
}

static const struct prefix privates[] = {
	{ { .family = AF_INET, .octets = { 127 } }, 8 }, /* loopback, RFC 1122 */
	{ { .family = AF_INET6, .octets = { [15] = 1 } }, 128 },
	{ { .family = AF_INET, .octets = { 10 } }, 8 }, /* RFC 1918 */
	{ { .family = AF_INET, .octets = { 172, 16 } }, 12 },
	{ { .family = AF_INET, .octets = { 192, 168 } }, 16 },
	{ { .family = AF_INET, .octets = { 100, 64 } }, 10 },     /* RFC 6598 */
	{ { .family = AF_INET, .octets = { 169, 254 } }, 16 },    /* RFC 3927 */
	{ { .family = AF_INET6, .octets = { 0xfc } }, 7 },        /* RFC 4193 */
	{ { .family = AF_INET6, .octets = { 0xfe, 0x80 } }, 10 }, /* RFC 4291 */
};

bool addr_is_mapped(const struct addr *a)
{
	static const uint8_t head[12] = { [10] = 0xff, [11] = 0xff };

	return a->family == AF_INET6 && memcmp(a->octets, head, sizeof(head)) == 0;
}

bool addr_is_link_local(const struct addr *a)
{
	return a->family == AF_INET6 && a->octets[0] == 0xfe &&
	       (a->octets[1] & 0xc0) == 0x80;
}

bool addr_is_loopback(const struct addr *a)
{
	return in_any_of(a, privates, 2);
}

bool addr_is_private(const struct addr *a)
{
	return in_any_of(a, privates, sizeof(privates) / sizeof(*privates));
}

int prefix_parse(const char *text, struct prefix *out)
{
	struct text rest = text_from(text);
	struct text host = text_split(&rest, '/');
	struct prefix p = { 0 };
	struct addr a;
	int err = host_parse(host, &a);

	if (err || a.scope)
		return ERR_MALFORMED;
	p.addr = a;
	p.len = (uint8_t)(addr_len(&a) * 8);
	if (rest.at > host.end) {
		p.len = (uint8_t)text_u64(&rest, p.len);
		if (rest.err || text_len(&rest))
			return rest.err ? rest.err : ERR_MALFORMED;
	}
	for (size_t bit = p.len; bit < addr_len(&a) * 8; bit++)
		if (a.octets[bit / 8] & (0x80 >> bit % 8))
			return ERR_RANGE;
	*out = p;
	return OK;
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	size_t whole = p->len / 8;
	uint8_t mask = (uint8_t)(0xff00 >> p->len % 8);

	if (p->addr.family != a->family || a->family == 0)
		return false;
	if (memcmp(p->addr.octets, a->octets, whole) != 0)
		return false;
	return whole == 16 || ((p->addr.octets[whole] ^ a->octets[whole]) & mask) == 0;
}

char *prefix_format(const struct prefix *p, char out[ADDR_TEXT_LEN])
{
	size_t len = strlen(addr_format(&p->addr, out));

	(void)snprintf(out + len, ADDR_TEXT_LEN - len, "/%u", p->len);
	return out;
}

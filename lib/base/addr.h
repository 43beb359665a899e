/* IPv4 and IPv6 addresses, with or without a port, and prefixes. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv4 address is in the first four octets; the rest is zero. */
struct addr {
	uint8_t octets[16];
	uint32_t scope; /* interface index of a link-local IPv6 address, else 0 */
	uint16_t port;  /* host order; 0: none */
	uint8_t family; /* AF_INET, AF_INET6, or 0: unset */
};

struct prefix {
	struct addr addr; /* host bits are zero */
	uint8_t len;      /* bits */
};

enum { ADDR_TEXT_LEN = 80 }; /* "[v6%scope]@port" and a NUL fit */

/* Parses "192.0.2.1", "2001:db8::1", "fe80::1%eth0". Returns 0 or ERR_MALFORMED. */
int addr_parse(const char *text, struct addr *out);

/* Parses "192.0.2.1@53", "2001:db8::1@53"; without "@" the port is `port`. */
int addr_parse_port(const char *text, uint16_t port, struct addr *out);

/* Format without port, "192.0.2.1", and with port, "192.0.2.1@53", into `out` of
 * ADDR_TEXT_LEN octets. Return `out`. */
char *addr_format(const struct addr *a, char out[ADDR_TEXT_LEN]);
char *addr_format_port(const struct addr *a, char out[ADDR_TEXT_LEN]);

/* Converts; an IPv4-mapped IPv6 address becomes IPv4. */
void addr_from_sockaddr(const struct sockaddr *sa, struct addr *out);
socklen_t addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out);

size_t addr_len(const struct addr *a);                        /* 4, 16 or 0 */
int addr_compare(const struct addr *a, const struct addr *b); /* without port */
bool addr_equal(const struct addr *a, const struct addr *b);  /* without port */
bool addr_equal_port(const struct addr *a, const struct addr *b);
bool addr_is_any(const struct addr *a);
bool addr_is_mapped(const struct addr *a);     /* ::ffff:192.0.2.1, RFC 4291, 2.5.5.2 */
bool addr_is_link_local(const struct addr *a); /* of IPv6: fe80::/10 */
bool addr_is_loopback(const struct addr *a);
bool addr_is_private(const struct addr *a); /* RFC 1918, 6598 (100.64/10), 4193,
					       link-local, loopback */

/* Parses "10.0.0.0/8"; without "/" a single host. Returns ERR_RANGE if host bits are
 * set. */
int prefix_parse(const char *text, struct prefix *out);
bool prefix_contains(const struct prefix *p, const struct addr *a);
char *prefix_format(const struct prefix *p, char out[ADDR_TEXT_LEN]);

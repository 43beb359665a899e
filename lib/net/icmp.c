#include "net/icmp.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* clang-format off */
static const struct {
	bool is_ipv6;
	uint8_t type, code;
	const char *name;
} rows[] = {
	{ false, ICMP_DEST_UNREACH,   ICMP_NET_UNREACH,               "network unreachable" },
	{ false, ICMP_DEST_UNREACH,   ICMP_HOST_UNREACH,              "host unreachable" },
	{ false, ICMP_DEST_UNREACH,   ICMP_PROT_UNREACH,              "protocol unreachable" },
	{ false, ICMP_DEST_UNREACH,   ICMP_PORT_UNREACH,              "port unreachable" },
	{ false, ICMP_DEST_UNREACH,   ICMP_FRAG_NEEDED,               "fragmentation needed" },
	{ false, ICMP_DEST_UNREACH,   ICMP_NET_ANO,                   "network prohibited" },
	{ false, ICMP_DEST_UNREACH,   ICMP_HOST_ANO,                  "host prohibited" },
	{ false, ICMP_DEST_UNREACH,   ICMP_PKT_FILTERED,              "administratively prohibited" },
	{ false, ICMP_TIME_EXCEEDED,  ICMP_EXC_TTL,                   "time to live exceeded" },
	{ true,  ICMP6_DST_UNREACH,   ICMP6_DST_UNREACH_NOROUTE,      "no route" },
	{ true,  ICMP6_DST_UNREACH,   ICMP6_DST_UNREACH_ADMIN,        "administratively prohibited" },
	{ true,  ICMP6_DST_UNREACH,   ICMP6_DST_UNREACH_BEYONDSCOPE,  "beyond scope" },
	{ true,  ICMP6_DST_UNREACH,   ICMP6_DST_UNREACH_ADDR,         "address unreachable" },
	{ true,  ICMP6_DST_UNREACH,   ICMP6_DST_UNREACH_NOPORT,       "port unreachable" },
	{ true,  ICMP6_DST_UNREACH,   5,                              "source address refused" },
	{ true,  ICMP6_DST_UNREACH,   6,                              "route rejected" },
	{ true,  ICMP6_PACKET_TOO_BIG, 0,                             "packet too big" },
	{ true,  ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT,      "hop limit exceeded" },
};
/* clang-format on */

const char *icmp_name(int family, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].is_ipv6 == (family == AF_INET6) && rows[i].type == type &&
		    rows[i].code == code)
			return rows[i].name;
	return "error";
}

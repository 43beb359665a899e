#include "bench/made_sites.h"

void made_sites(struct buffer *out, unsigned sites, const char *endpoints)
{
	buffer_printf(
		out,
		"node: { name: n1, listen: [ 127.0.0.1@5300 ] }\npbxs:\n"
		"  - { name: hq, addresses: [ 198.51.100.5 ], endpoints: [ %s ] }\n",
		endpoints);
	for (unsigned i = 0; i < sites; i++)
		buffer_printf(out,
			      "  - { name: p%u, addresses: [ 10.%u.%u.10 ], endpoints: "
			      "[ %s ], failover: [ hq ] }\n",
			      i, i / 256, i % 256, endpoints);
	buffer_put_text(out, "sites:\n");
	for (unsigned i = 0; i < sites; i++)
		buffer_printf(out,
			      "  - { name: s%u, networks: [ 10.%u.%u.0/24 ], pbx: p%u "
			      "}\n",
			      i, i / 256, i % 256, i);
}

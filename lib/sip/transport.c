#include "sip/transport.h"

/* clang-format off */
const struct sip_transport sip_transports[TRANSPORTS] = {
	/*                  name   via    param             srv           naptr       port  reliable secure */
	[TRANSPORT_UDP] = { "udp", "UDP", "",               "_sip._udp",  "SIP+D2U",  5060, false,   false },
	[TRANSPORT_TCP] = { "tcp", "TCP", ";transport=tcp", "_sip._tcp",  "SIP+D2T",  5060, true,    false },
	[TRANSPORT_TLS] = { "tls", "TLS", ";transport=tls", "_sips._tcp", "SIPS+D2T", 5061, true,    true },
};
/* clang-format on */

bool sip_transport_find(struct text name, enum transport *out)
{
	for (int t = 0; t < TRANSPORTS; t++) {
		if (!text_is_nocase(&name, sip_transports[t].name))
			continue;
		*out = (enum transport)t;
		return true;
	}
	return false;
}

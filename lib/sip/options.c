#include "sip/options.h"

#include <inttypes.h>
#include <stdio.h>

#include "sip/grammar.h"
#include "sip/transport.h"

enum { HOST_LEN = ADDR_TEXT_LEN + 2, USER_LEN = 64 };

/* An address as SIP writes it: IPv6 in brackets, without its scope. */
static const char *host_text(const struct addr *a, char out[HOST_LEN])
{
	char text[ADDR_TEXT_LEN];
	struct addr plain = *a;

	plain.scope = 0;
	(void)snprintf(out, HOST_LEN, a->family == AF_INET6 ? "[%s]" : "%s",
		       addr_format(&plain, text));
	return out;
}

size_t sip_options_write(const struct sip_options *o, char *out, size_t cap)
{
	char from[HOST_LEN];
	char to[HOST_LEN];
	char from_uri[HOST_LEN + USER_LEN];
	const char *host = o->host ? o->host : host_text(&o->to, to);
	const char *user = o->user ? o->user : "deputy";
	const char *via = sip_transports[o->transport].via;
	const char *param = sip_transports[o->transport].param;
	int len;

	(void)host_text(&o->from, from);
	(void)snprintf(from_uri, sizeof(from_uri), "sip:%s@%s", user, from);
	len = snprintf(out, cap,
		       "OPTIONS sip:%s:%u%s SIP/2.0\r\n"
		       "Via: SIP/2.0/%s %s:%u;rport;branch=%s%016" PRIx64 "\r\n"
		       "Max-Forwards: %u\r\n"
		       "From: <%s>;tag=%016" PRIx64 "\r\n"
		       "To: <sip:%s:%u%s>\r\n"
		       "Call-ID: %016" PRIx64 "@%s\r\n"
		       "CSeq: %" PRIu32 " OPTIONS\r\n"
		       "Contact: <sip:%s@%s:%u%s>\r\n"
		       "Accept: application/sdp\r\n"
		       "User-Agent: %s\r\n"
		       "Content-Length: 0\r\n"
		       "\r\n",
		       host, o->to.port, param, via, from, o->from.port, SIP_COOKIE,
		       o->branch, o->max_forwards, o->from_uri ? o->from_uri : from_uri,
		       o->call, host, o->to.port, param, o->branch, from, o->cseq, user,
		       from, o->from.port, param,
		       o->user_agent ? o->user_agent : "deputy/" DEPUTY_VERSION);
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

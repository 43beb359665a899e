#include "resolver/answer/counts.h"

#include <assert.h>

static const char *const names[COUNTS] = {
	[COUNT_UDP] = "queries_udp",
	[COUNT_TCP] = "queries_tcp",
	[COUNT_TLS] = "queries_tls",
	[COUNT_DROPPED] = "dropped",
	[COUNT_NOERROR] = "noerror",
	[COUNT_FORMERR] = "formerr",
	[COUNT_SERVFAIL] = "servfail",
	[COUNT_NXDOMAIN] = "nxdomain",
	[COUNT_NOTIMP] = "notimp",
	[COUNT_REFUSED] = "refused",
	[COUNT_OTHER_RCODE] = "other_rcode",
	[COUNT_DENIED] = "denied",
	[COUNT_TRUNCATED] = "truncated",
	[COUNT_LIVE] = "live",
	[COUNT_RECURSED] = "recursed",
	[COUNT_CHAOS] = "chaos",
	[COUNT_EDNS] = "edns",
	[COUNT_COOKIE] = "cookies",
	[COUNT_UNSENT] = "unsent",
	[COUNT_UNTAKEN] = "tcp_untaken",
};

const char *count_name(enum count what)
{
	assert(what < COUNTS);
	return names[what];
}

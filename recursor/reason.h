/* What libunbound says of an answer that DNSSEC found false, as an extended error. */
#pragma once

#include "dns/edns.h"

/* text: libunbound's; NULL: it says nothing. Returns the closest code of RFC 8914 4. */
enum ede reason_ede(const char *text);

/* Maps libunbound's reason for a bogus answer to an extended error. */
#pragma once

#include "dns/edns.h"

/* text: that of libunbound, or NULL. Returns the closest code of RFC 8914 4. */
enum ede reason_ede(const char *text);

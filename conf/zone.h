/* `zones`: answered from standard master files. */
#pragma once

#include "base/operator/diag.h"
#include "conf/domain.h"

struct conf_zone {
	struct domain name;
	struct diag_place place;
	char *file; /* absolute */
};

/* `hosts`: names and their addresses, answered forward and reverse. */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "base/operator/diag.h"
#include "conf/domain.h"

struct conf_host {
	struct domain name;
	struct diag_place place;
	struct addr *addresses;
	size_t address_count;
};

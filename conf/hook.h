/* `on-switch`: programs run when answers moved. */
#pragma once

#include <stdint.h>

struct conf_hook {
	char **argv; /* NULL-ended */
	uint32_t timeout_ms;
	uint32_t tries;
};

/* References between the sections of a configuration: indices of rows. */
#pragma once

#include <stdint.h>

enum { CONF_NONE = UINT32_MAX }; /* an index that refers to no row */

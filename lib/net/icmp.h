/* The kinds of ICMP errors, as people call them. */
#pragma once

#include <stdint.h>

/* "port unreachable" for type 3 code 3; "error" for what has no row. */
const char *icmp_name(int family, uint8_t type, uint8_t code);

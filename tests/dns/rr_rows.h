/*
 * One line per form of each type: what is written, what we write back, and the octets.
 * Also the zone that peers are asked about (tests/system/peers).
 */
#pragma once

#include <stddef.h>

struct rr_example {
	const char *type;
	const char *text;
	const char *back; /* NULL: as `text` */
	const char *wire; /* hexadecimal; NULL: only the way there and back is tested */
};

extern const struct rr_example rr_examples[];
extern const size_t rr_example_count;

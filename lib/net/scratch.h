/* The receive buffer that all sockets of a loop share: one per thread. */
#pragma once

#include <stdint.h>

struct loop;

enum { SCRATCH_LEN = 65536 };

/* Overwritten by the next receive of any socket on the loop. */
uint8_t *loop_scratch(struct loop *l);

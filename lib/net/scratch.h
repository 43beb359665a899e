/* Where a loop's sockets receive before anything is kept: one room a thread. */
#pragma once

#include <stdint.h>

struct loop;

enum { SCRATCH_LEN = 65536 };

/* Overwritten by the next receive of any socket on the loop. */
uint8_t *loop_scratch(struct loop *l);

/* Turns a loop until something is so; what never comes fails the test after ten
 * seconds, and does not hang it until the runner's patience ends. */
#pragma once

#include <stdbool.h>

#include "net/loop.h"
#include "tests/harness.h"

enum { GUARD_MS = 10000 };

static inline void guard_over(void *arg)
{
	*(bool *)arg = true;
}

#define TURN_UNTIL(l, condition)                                      \
 do {                                                                 \
  struct timer guard_timer = { 0 };                                   \
  bool guard_ended = false;                                           \
  bool came = (condition) ? true : false;                             \
                                                                      \
  timer_start((l), &guard_timer, GUARD_MS, guard_over, &guard_ended); \
  while (!came && !guard_ended) {                                     \
   loop_turn((l), true);                                              \
   came = (condition) ? true : false;                                 \
  }                                                                   \
  timer_stop(&guard_timer);                                           \
  CU_ASSERT(came &&#condition);                                       \
 } while (0)

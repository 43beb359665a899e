/*
 * Which of the living addresses of a pbx an answer lists, and the numbers of all such
 * lists. Of up to LISTING_WHOLE addresses all that live are listed. Of more, all that
 * live are listed while at most three are dead, else the first three that live: so
 * sixteen addresses have 1,394 lists, not 65,536.
 */
#pragma once

#include <stdint.h>

enum { LISTING_MAX = 16, LISTING_WHOLE = 10, LISTING_FEW = 3 };

/* Returns how many lists there are of `count` addresses, LISTING_MAX at most. */
uint32_t listing_count(unsigned count);

/* Returns the number of the list for the addresses that live, a bit each. */
uint32_t listing_number(uint32_t living, unsigned count);

/* Returns the addresses of list `number`, below listing_count(). */
uint32_t listing_bits(uint32_t number, unsigned count);

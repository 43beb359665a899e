/*
 * The endpoints of a pbx at one address take turns while they live: the pace is the
 * address's, for the flood rules of a PBX count what comes from us over all transports.
 */
#pragma once

#include <stdint.h>

struct target;

/* The others at its address are probed next: they are silent too, or it is alone. */
void turns_doubt_began(struct target *t);

/*
 * The time between its turns: one probe each pace at the address, but none waits so
 * long that its silence could not be known within the window.
 */
uint32_t turns_every_ms(const struct target *t);

/* How many of them are in doubt, it included; 1: a declared pace takes no turns in
 * doubt. */
uint32_t turns_doubt_count(const struct target *t);

/*
 * The time between the probes of one who is down. One that is refused is probed in the
 * pace of the address; who is silent seldom, for all that it is sent may wait for it.
 */
uint32_t turns_down_ms(const struct target *t);

/* It answers again: it is probed in the pace of the address from now on, and so are the
 * others, which may answer too. */
void turns_rising(struct target *t);

/* The address of one was silent for a whole window: so are the others that were not
 * heard. */
void turns_fell_silent(struct target *t);

/* When the first of them began to be in doubt in the silence in which it is. */
uint64_t turns_doubted_at(const struct target *t);

/* When its address may be asked once more; not after now: at once. */
uint64_t turns_free_at(const struct target *t);

/* When it is its turn; 0: at once, for one of them is in doubt. */
uint64_t turns_at(const struct target *t);

/* When any of them proved life last; 0: never. */
uint64_t turns_alive_at(const struct target *t);

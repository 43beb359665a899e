/*
 * What one question may make libunbound send. Every packet of it passes here (the
 * program's own send(2), sendto(2), writev(2) and connect(2) stand before libc's) and
 * is charged to the question in whose course it is sent; what is beyond the budget does
 * not leave this host. libunbound 1.17 has no such bound: a chain of names that are
 * each deep in delegations makes it send seven hundred for one question.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct budget;

/* The caller's reference. */
struct budget *budget_new(uint32_t packets);
struct budget *budget_ref(struct budget *b);
void budget_unref(struct budget *b); /* NULL does nothing */

/* Charges what is sent from now on; NULL: to nobody. Returns what was charged before,
 * to be charged again: a reference for the caller to give back to budget_return(). */
struct budget *budget_charge(struct budget *b);
void budget_return(struct budget *was);

struct budget *budget_charged(void); /* borrowed; NULL: nobody */

/*
 * The one that an event which is added now belongs to; borrowed, NULL: nobody. One
 * answer may let many questions go on that waited for the same: beyond a few events in
 * one course, each is another's of the open ones, and so is what follows.
 */
struct budget *budget_of_event(void);

/* Its question is over: it pays for no other. */
void budget_close(struct budget *b);

/* Nothing is sent any more. */
void budget_end(struct budget *b);

/* Packets that were sent, and whether more were wanted. */
uint32_t budget_spent(const struct budget *b);
bool budget_was_short(const struct budget *b);

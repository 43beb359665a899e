/*
 * Limits what one query can make libunbound send. Every packet passes here (the
 * program's own send(2), sendto(2), writev(2) and connect(2) replace those of libc) and
 * is charged to the query during whose processing it is sent; packets beyond the budget
 * are not sent. libunbound 1.17 has no such limit: a chain of names, each deep in
 * delegations, makes it send seven hundred packets for one query.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct budget;

/* Returns a reference for the caller. */
struct budget *budget_new(uint32_t packets);
struct budget *budget_ref(struct budget *b);
void budget_unref(struct budget *b); /* NULL does nothing */

/* Sets the budget to charge from now on; NULL: none. Returns the previous one, a
 * reference that the caller passes to budget_return(). */
struct budget *budget_charge(struct budget *b);
void budget_return(struct budget *was);

struct budget *budget_charged(void); /* borrowed; NULL: nobody */

/*
 * Returns the budget of an event that is being added; borrowed, NULL: none. One answer
 * may let many queries continue that waited for it: beyond a few events at once, each
 * is charged to another open query, and so is what follows.
 */
struct budget *budget_of_event(void);

/* Its query has ended: it is not charged for others. */
void budget_close(struct budget *b);

/* Nothing more may be sent. */
void budget_end(struct budget *b);

/* Returns the number of packets sent, and whether more were needed. */
uint32_t budget_spent(const struct budget *b);
bool budget_was_short(const struct budget *b);

/*
 * Snapshots read without locks: thin names over liburcu's QSBR flavour. A reading
 * thread joins, calls rcu_turn() once a loop turn, and sleeps around its waits; what
 * it read stays good until its next rcu_turn() or rcu_sleep().
 */
#pragma once

#include <urcu-qsbr.h>

static inline void rcu_join(void)
{
	rcu_register_thread();
}

static inline void rcu_leave(void)
{
	rcu_unregister_thread();
}

static inline void rcu_turn(void)
{
	rcu_quiescent_state();
}

/* Around a wait: no publisher waits for a sleeping thread. */
static inline void rcu_sleep(void)
{
	rcu_thread_offline();
}

static inline void rcu_wake(void)
{
	rcu_thread_online();
}

/* Returns when no thread holds what was published before; never on an answering one. */
static inline void rcu_wait(void)
{
	synchronize_rcu();
}

/* The published snapshot; and its exchange for a fresh one, returning what was. */
#define RCU_READ(where)        rcu_dereference(where)
#define RCU_SWAP(where, fresh) rcu_xchg_pointer(&(where), (fresh))

/*
 * Snapshots read without locks: a thin layer over liburcu's QSBR flavour. A reading
 * thread joins, calls rcu_turn() once per loop turn, and sleeps around its waits; what
 * it has read is valid until its next rcu_turn() or rcu_sleep().
 */
#pragma once

#include <stdint.h>
#include <urcu-qsbr.h>

/*
 * ThreadSanitizer does not see liburcu's barriers, which are assembler: in its builds
 * we declare the order that they establish. What is read before a turn or a sleep
 * happens before the end of the rcu_wait() that waited for it.
 */
#ifdef __SANITIZE_THREAD__
# include <sanitizer/tsan_interface.h>
# define RCU_READ_ENDS() __tsan_release((void *)(uintptr_t)&urcu_qsbr_flavor)
# define RCU_ALL_ENDED() __tsan_acquire((void *)(uintptr_t)&urcu_qsbr_flavor)
#else
# define RCU_READ_ENDS() ((void)0)
# define RCU_ALL_ENDED() ((void)0)
#endif

static inline void rcu_join(void)
{
	rcu_register_thread();
}

static inline void rcu_leave(void)
{
	RCU_READ_ENDS();
	rcu_unregister_thread();
}

static inline void rcu_turn(void)
{
	RCU_READ_ENDS();
	rcu_quiescent_state();
}

/* Called around a wait: no publisher waits for a sleeping thread. */
static inline void rcu_sleep(void)
{
	RCU_READ_ENDS();
	rcu_thread_offline();
}

static inline void rcu_wake(void)
{
	rcu_thread_online();
}

/* Returns when no thread uses what was published before; never called by a thread that
 * answers. */
static inline void rcu_wait(void)
{
	synchronize_rcu();
	RCU_ALL_ENDED();
}

/* Read the published snapshot; exchange it for a new one and return the old one. */
#ifdef __SANITIZE_THREAD__
# define RCU_READ(where)        __atomic_load_n(&(where), __ATOMIC_ACQUIRE)
# define RCU_SWAP(where, fresh) __atomic_exchange_n(&(where), fresh, __ATOMIC_ACQ_REL)
#else
# define RCU_READ(where)        rcu_dereference(where)
# define RCU_SWAP(where, fresh) rcu_xchg_pointer(&(where), (fresh))
#endif

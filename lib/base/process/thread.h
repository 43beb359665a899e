/* A thread that the process cannot be without. */
#pragma once

#include <pthread.h>

typedef void *thread_fn(void *arg);

/*
 * Starts it, before the process serves anybody. Where the system has no thread left (a
 * limit on processes or memory) that is logged and tried again for two seconds; then
 * the process ends with status 1, and its keeper starts it again later.
 */
void thread_start(pthread_t *out, thread_fn *fn, void *arg);

/*
 * libunbound's events on a loop of ours, so that it lives in the process's one thread
 * and calls no libevent.
 */
#pragma once

struct loop;
struct ub_event_base;

struct ub_event_base *events_new(struct loop *l);

/* After everything that used it. */
void events_free(struct ub_event_base *b);

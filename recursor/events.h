/*
 * libunbound's events on our own loop, so that it runs in the single thread of the
 * process without libevent.
 */
#pragma once

struct loop;
struct ub_event_base;

struct ub_event_base *events_new(struct loop *l);

/* To be called after everything that used it. */
void events_free(struct ub_event_base *b);

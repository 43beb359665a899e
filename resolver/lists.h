/* Answers to commands that are as long as the configuration or the history. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/command.h"
#include "resolver/live/live.h"
#include "resolver/live/world.h"

struct resolver;

/* Each answers a request whose module is the struct resolver, and finishes it. */
void answer_names(struct request *req);
void answer_status(struct request *req); /* the names, and what matters about them */
void answer_name(struct request *req, uint32_t live); /* index in conf */
void answer_zones(struct request *req);
void answer_switches(struct request *req, size_t count);

/* Writes one zone of a world's conf (by index) into an open array. */
void zone_json(struct json *j, const struct world *w, uint32_t i);

/* "2026-11-22T14:03:07Z" */
void time_json(struct json *j, const char *key, int64_t at_s);

/* A copy of an engine's options, to make another engine like it. */
#pragma once

#include "recursor/engine.h"

struct engine_copy;

struct engine_copy *engine_copy_new(const struct engine_options *from);
void engine_copy_free(struct engine_copy *o); /* NULL does nothing */

/* Borrowed. */
const struct engine_options *engine_copy_options(const struct engine_copy *o);

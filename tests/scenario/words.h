/* The words of a scenario. */
#pragma once

#include <stddef.h>

#include "tests/scenario/stand.h"

struct scene {
	char *conf;          /* the text of the last `conf` */
	struct stand *stand; /* NULL before `start` needs it */
	unsigned failed;
};

/* Does what a line says; complains on standard output, as TAP comments. */
void words_do(struct scene *s, const char *text, const char *path, size_t number);

/* One line a client of a control socket sends: {"command":"pbx force","args":["a"]}. */
#pragma once

#include <stddef.h>

enum { LINE_MAX_LEN = 64 * 1024, LINE_ARGS_MAX = 64 };

struct request_line {
	void *json; /* of the parser; the texts below are in it */
	const char *command;
	const char **args; /* NULL-ended */
	size_t arg_count;
};

/*
 * Parses a request without its newline.
 *
 * why  receives a static text if it is malformed
 *
 * Returns 0, ERR_MALFORMED or ERR_LIMIT.
 */
int line_parse(const char *octets, size_t len, struct request_line *out,
	       const char **why);

void line_fini(struct request_line *l);

/* What a program says while it runs: the first of it is logged, the rest thrown away.
 */
#pragma once

#include <stdint.h>

struct loop;
struct output;

/*
 * write_fd  gets the end for the program, the caller's to close; -1 where there is none
 *
 * Returns NULL where no pipe can be had.
 */
struct output *output_open(struct loop *l, int *write_fd);

/* The program has ended: logs what it said. NULL does nothing. */
void output_close(struct output *o, const char *program, uint32_t sequence);

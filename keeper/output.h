/* The output of a program that is run: its beginning is logged, the rest discarded. */
#pragma once

#include <stdint.h>

struct loop;
struct output;

/*
 * write_fd  receives the end for the program, which the caller closes; -1: none
 *
 * Returns NULL if no pipe can be created.
 */
struct output *output_open(struct loop *l, int *write_fd);

/* The program has ended: logs its output. NULL does nothing. */
void output_close(struct output *o, const char *program, uint32_t sequence);

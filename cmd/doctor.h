/* `deputy doctor`: problems that an operator should find before a telephone does. */
#pragma once

#include "base/operator/command.h"

struct cli;

/*
 * Checks this host and its node, and prints one row per finding.
 *
 * Returns EXIT_DONE, or EXIT_NEGATIVE if something is wrong (warnings are allowed).
 */
enum exit_status doctor(struct cli *c);

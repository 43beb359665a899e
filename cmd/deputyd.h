/* deputyd: the keeper as a program, with the kinds of children it is to have. */
#pragma once

struct child_kind;

/* Returns an exit status. */
int deputyd(int argc, char **argv, const struct child_kind *kinds);

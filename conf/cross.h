/* Checks across sections: what each value says is right, but not all of them together.
 */
#pragma once

struct draft;

/* All of them; tells faults, warnings and notes. */
void cross_check(struct draft *d);

/* A big zone of plain addresses, for who has none of his own. */
#pragma once

#include <stddef.h>

/*
 * Writes a master file of `count` names, h0000000 and so on, under "example.".
 *
 * path  of the file, which made_zone_remove() takes away
 *
 * Returns 0 or ERR_SYSTEM with errno.
 */
int made_zone_write(size_t count, const char **path);
void made_zone_remove(void);

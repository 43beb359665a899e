/* `deputy zone check FILE [ORIGIN]`: checks a zone file without a daemon. */
#pragma once

#include "base/buffer.h"
#include "base/operator/command.h"

/*
 * path    of the file; it and `origin` may stand in either order
 * origin  in presentation format; NULL: the file's name without directory and a final
 *         ".zone"
 * out     receives the diagnoses and a summary as the last line
 *
 * Returns EXIT_DONE (also with warnings), EXIT_NEGATIVE for a file with errors, or
 * EXIT_USAGE for an invalid origin.
 */
enum exit_status zone_check(const char *path, const char *origin, struct buffer *out);

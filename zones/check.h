/* `deputy zone check FILE [ORIGIN]`: a zone file judged without a daemon. */
#pragma once

#include "base/buffer.h"
#include "base/operator/command.h"

/*
 * origin  in presentation format; NULL: the file's name without directory and a final
 *         ".zone"
 * out     gets the diagnoses and a last line that sums up
 *
 * Returns EXIT_DONE (warnings are allowed), EXIT_NEGATIVE for a file with errors, or
 * EXIT_USAGE for a bad origin.
 */
enum exit_status zone_check(const char *path, const char *origin, struct buffer *out);

/* deputy.conf(5), as far as it comes out of the rows of settings: mdoc(7). */
#pragma once

struct buffer;

/*
 * Writes a page by its template.
 *
 * template  mdoc(7); a line "@settings" stands for all settings, "@profiles" for the
 *           probe profiles, "@file NAME" for an example
 * folder    where the examples are
 *
 * Returns 0, or ERR_NOT_FOUND for an example that cannot be read.
 */
int manual_format(const char *template, const char *folder, struct buffer *out);

/* The part of deputy.conf(5) that is generated from the rows of settings, in mdoc(7).
 */
#pragma once

struct buffer;

/*
 * Writes a page from its template.
 *
 * template  mdoc(7); a line "@settings" stands for all settings, "@profiles" for the
 *           probe profiles, "@file NAME" for an example
 * folder    where the examples are
 *
 * Returns 0, or ERR_NOT_FOUND for an example that cannot be read.
 */
int manual_format(const char *template, const char *folder, struct buffer *out);

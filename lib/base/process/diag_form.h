/* Diagnoses on their way to who shows them: over a link between processes, and as JSON.
 */
#pragma once

struct buffer;
struct diags;
struct json;
struct text;

/* Appends at most `max` rows, without their source lines. */
void diags_encode(const struct diags *d, unsigned max, struct buffer *out);

/* Adds what diags_encode() wrote. Returns 0 or ERR_MALFORMED. */
int diags_decode(struct text *from, struct diags *d);

/* An array "diagnoses" into the open object of `j`; nothing where there are none. */
void diags_json(const struct diags *d, struct json *j);

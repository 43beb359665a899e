/* Serialized diagnoses: for a link between processes, and as JSON.
 */
#pragma once

struct buffer;
struct diags;
struct json;
struct text;

/* Appends at most `max` rows, without their source lines. */
void diags_encode(const struct diags *d, unsigned max, struct buffer *out);

/* Adds the rows that diags_encode() wrote. Returns 0 or ERR_MALFORMED. */
int diags_decode(struct text *from, struct diags *d);

/* Writes an array "diagnoses" into the open object of `j`; nothing if there are none.
 */
void diags_json(const struct diags *d, struct json *j);

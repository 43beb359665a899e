/* Zones from text, questions by name, and answers read back by the cursors. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/operator/diag.h"
#include "zones/answer.h"

enum { MESSAGE_MAX_LEN = 65535 };

/* A zone of lines "OWNER TYPE RDATA" or "OWNER TTL TYPE RDATA" (default 3600), names
 * relative to `origin`; "@" is the origin. NULL when it has errors. */
struct zone *zone_of(const char *origin, const char *text,
		     const struct zone_live *lives, size_t live_count,
		     struct diags *diags);

/* The same into a set. The test fails when the zone has errors. */
void set_add(struct zone_set *set, const char *origin, const char *text);

struct name name_of(const char *text);

/* A query in wire form: id 0x1234, RD set. Returns its length. */
size_t query_of(const char *name, uint16_t type, uint16_t class, uint8_t *out);

/*
 * Asks and reads the answer back: a text of one line for the header, "NOERROR aa tc",
 * and one for each record: "answer www.example. 3600 A 192.0.2.1", sorted within a
 * section where sets have several. Valid until the next call.
 */
const char *ask(const struct zone_set *set, const char *name, uint16_t type);
const char *ask_limit(const struct zone_set *set, const char *name, uint16_t type,
		      size_t limit_len);
const char *ask_live(const struct zone_set *set, const char *name, uint16_t type,
		     const struct answer_live *live);

/* With DO set. */
const char *ask_signed(const struct zone_set *set, const char *name, uint16_t type,
		       size_t limit_len);

/* Reads a whole answer as ask() tells it; NULL if it is malformed anywhere. */
const char *message_text(const uint8_t *msg, size_t len);

/* How many diagnoses of the zone example. have these words; all, for "". */
unsigned told_count(const char *text, const char *words);

/* A text without the line that begins so, and the one after it; free() it. */
char *without(const char *text, const char *start);

/*
 * A streaming writer of JSON (RFC 8259) that takes care of commas and quotes. Octets
 * that are not UTF-8 are written as U+FFFD.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct buffer;

struct json {
	struct buffer *out;
	uint64_t has_member; /* bit n: depth n has a member */
	uint64_t is_array;   /* bit n: depth n is an array */
	unsigned depth;      /* at most 63 */
};

struct json json_to(struct buffer *out);

/* key: the member's name inside an object, NULL inside an array or at the top. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j); /* closes the innermost object or array */
void json_text(struct json *j, const char *key, const char *value); /* NULL: null */
void json_text_len(struct json *j, const char *key, const char *value, uint64_t len);

/* A text that comes in parts; each holds whole characters. */
void json_text_begin(struct json *j, const char *key);
void json_text_part(struct json *j, const char *part, uint64_t len);
void json_text_end(struct json *j);
void json_format(struct json *j, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void json_int(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

/* A configuration while it is being read: its text, its names, and the position of each
 * value. */
#pragma once

#include "base/operator/diag.h"
#include "conf/conf.h"
#include "conf/hidden.h"
#include "conf/names.h"
#include "conf/notice.h"
#include "conf/parcel.h"
#include "conf/positions.h"
#include "conf/setting.h"
#include "conf/source.h"
#include "conf/tree.h"

/* The names of one list of mappings. */
struct declared {
	const struct section *rows;
	struct names names;
};

/* Where the contents of secret files come from. */
enum secrets {
	SECRETS_READ,   /* from the files */
	SECRETS_TRIED,  /* the same, but what this user may not read is left */
	SECRETS_HANDED, /* from a parcel */
	SECRETS_LEFT    /* not read: they are not needed */
};

struct parse {
	struct source source;
	struct diags *diags;
	struct conf *conf;
	const struct node *root;
	struct declared *declared; /* for looking up references */
	size_t declared_count;
	struct positions positions;
	struct positions faulty; /* mappings that contain an error */
	bool had_ns_note;        /* one is enough */
	enum secrets secrets;
	struct parcel parcel;
	size_t secrets_len; /* of all files */
	bool has_inline_secret;
	struct hidden hidden;
	size_t names_searched; /* for suggestions, to limit their cost */
};

/* Each adds one diagnosis at the position of a node; NULL: for the file as a whole. */
void parse_fault(struct parse *d, const struct node *n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a warning or a note, unless it is silenced. */
void parse_notice(struct parse *d, const struct node *n, enum notice notice,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Returns a node for a part of a value, from octet `at` of its text, for a diagnosis.
 */
struct node parse_part(const struct node *n, size_t at);

/* Remembers a value that is checked on the host: `path` or `addr`, the other is NULL.
 */
void parse_written(struct parse *d, const char *key, const char *path,
		   const struct addr *addr, const struct node *n);

/* Copies the lines of those values, after all that is to be hidden is known. */
void parse_written_lines(struct parse *d);

/* Adds a suggestion to the last diagnosis; NULL: none. */
void parse_suggest(struct parse *d, const char *suggestion);

/* Where a value stands, or where `owner` stands if the value is a default. */
const struct node *parse_node(const struct parse *d, const void *value,
			      const void *owner);

/* Whether the operator wrote this value. */
bool parse_is_given(const struct parse *d, const void *value);

/* Whether a mapping was read without errors, so that its values can be checked. */
bool parse_is_sound(const struct parse *d, const void *base);

/* Reads a mapping; NULL: all defaults. */
void parse_section(struct parse *d, const struct section *sec, const struct node *n,
		   void *base);

/* Reads the items of a list, or one item written without brackets, of a setting with
 * `count_at`. */
void parse_list(struct parse *d, const struct setting *s, const struct node *n,
		void *base);

/* Whether a node is a usable scalar; if not, adds a diagnosis. */
bool parse_is_text(struct parse *d, const struct setting *s, const struct node *n);

/* The same, and warns about what may be superfluous at its end. */
bool parse_is_scalar(struct parse *d, const struct setting *s, const struct node *n);

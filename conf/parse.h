/* A configuration while it is read: its text, its names, and where each value stands.
 */
#pragma once

#include "base/operator/diag.h"
#include "conf/conf.h"
#include "conf/hidden.h"
#include "conf/names.h"
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

/* Where the contents of the files come from that secrets stand in. */
enum secrets {
	SECRETS_READ,   /* from the files */
	SECRETS_HANDED, /* from a parcel */
	SECRETS_LEFT    /* they stay where they are: nobody asks for them */
};

struct parse {
	struct source source;
	struct diags *diags;
	struct conf *conf;
	const struct node *root;
	struct declared *declared; /* what references are looked up in */
	size_t declared_count;
	struct positions positions;
	struct positions faulty; /* mappings with a fault inside */
	bool had_ns_note;        /* one is enough */
	enum secrets secrets;
	struct parcel parcel;
	size_t secrets_len; /* of all files */
	bool has_inline_secret;
	struct hidden hidden;
	size_t names_searched; /* for suggestions, so that their cost has an end */
};

/* Each tells one thing about the place of a node; a NULL node is the file as a whole.
 */
void parse_fault(struct parse *d, const struct node *n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void parse_warn(struct parse *d, const struct node *n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void parse_note(struct parse *d, const struct node *n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A part of a value, at an octet of its text, for a fault to point to. */
struct node parse_part(const struct node *n, size_t at);

/* Remembers what a host has to judge: of a path or an address one is NULL. */
void parse_written(struct parse *d, const char *key, const char *path,
		   const struct addr *addr, const struct node *n);

/* What may have been meant by the fault told last; NULL: nothing. */
void parse_suggest(struct parse *d, const char *suggestion);

/* Where a value stands, or where `owner` stands if the value is a default. */
const struct node *parse_node(const struct parse *d, const void *value,
			      const void *owner);

/* Whether the operator wrote this value. */
bool parse_is_given(const struct parse *d, const void *value);

/* Whether a mapping was read without a fault: what is said of it can be judged. */
bool parse_is_sound(const struct parse *d, const void *base);

/* Reads a mapping; NULL: all presets. */
void parse_section(struct parse *d, const struct section *sec, const struct node *n,
		   void *base);

/* Reads the items of a list, or one item written without brackets, of a setting with
 * `count_at`. */
void parse_list(struct parse *d, const struct setting *s, const struct node *n,
		void *base);

/* Whether a node is a scalar one can use; tells the fault. */
bool parse_is_text(struct parse *d, const struct setting *s, const struct node *n);

/* The same, and warns of what may be left over at its end. */
bool parse_is_scalar(struct parse *d, const struct setting *s, const struct node *n);

/* Internals of the master-file parser: the state of a run, a file and an entry. */
#pragma once

#include <stdbool.h>

#include "dns/lexer.h"
#include "dns/master.h"
#include "dns/rr_field.h"

enum { TTL_MAX = 0x7fffffff /* RFC 2181 8 */ };

/* One call of master_parse(). */
struct master_run {
	const struct master_source *src;
	const struct master_files *files;
	struct diags *diags;
	master_record_fn *fn;
	void *arg;
	int result; /* what `fn` returned, once it was not 0 */
	uint32_t default_ttl;
	uint32_t last_ttl;
	bool has_default_ttl; /* by $TTL */
	bool has_last_ttl;
	uint16_t class; /* the one stated last */
	uint8_t *rdata; /* RDATA_MAX_LEN octets */
};

/* One open file; `parent` includes it. */
struct master_file {
	struct master_run *run;
	const struct master_file *parent;
	const char *path;
	struct lexer lex;
	struct token token; /* the last one read */
	struct name origin;
	struct name owner;
	bool has_owner;
	bool owner_is_bad; /* it was reported; its records are not passed on */
};

/* The fields before the RDATA. */
struct master_head {
	uint32_t ttl;
	bool has_ttl;
	bool has_class;
	uint16_t class;
	uint16_t type;
	struct token type_token;
};

/* Reads the next token of the entry; true unless the entry ends. */
bool master_next(struct master_file *f);

/* Reads the fields between owner and RDATA, the token read last being the first.
 * Returns 0 or ERR_MALFORMED, with the fault stored. */
int master_head_read(struct master_file *f, struct master_head *out);

/* The fault "'TOKEN' is not WHAT". */
int master_not(struct master_file *f, const char *what);

/* The octets of a line, without its end. */
size_t master_line_len(const struct lexer *lex, const char *line);

/* Warns of a text without quotes that a semicolon cuts off ("v=DMARC1; p=none"). */
void master_warn_glued(struct master_file *f, uint16_t type);

/* Puts the cause of the stored fault in the place of what it led to. */
void master_explain(struct master_file *f);

/* Reports a byte order mark (Unicode 23.8) and skips it. Returns whether what follows
 * can be read. */
bool master_skip_mark(struct master_file *f);

/* Turns the stored fault into a diagnosis. */
void master_report(struct master_file *f);

/*
 * Reads RDATA and passes the record on.
 *
 * lex     at the RDATA; the file's own, or one over generated text
 * place   of the record
 *
 * Returns 0, or ERR_MALFORMED with the fault stored in `lex`; `*last` is the token read
 * last.
 */
int master_record_read(struct master_file *f, struct lexer *lex,
		       const struct master_head *head, const struct token *place,
		       struct token *last);

/* $GENERATE, its word being the token read last. 0 or ERR_MALFORMED. */
int master_generate(struct master_file *f);

/* Parses one file and closes it. */
void master_file_parse(struct master_run *run, const struct master_file *parent,
		       const char *path, const struct name *origin,
		       struct master_text text);

/*
 * Parser of master files (RFC 1035 5, 2308 4): one pass, no memory per record. Supports
 * $ORIGIN, $TTL, $INCLUDE and BIND's $GENERATE. All errors of a file are found in one
 * run, each with file:line:col of the token.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"
#include "dns/name.h"

/* The octets of a whole file; `handle` belongs to the opener. */
struct master_text {
	const char *octets;
	size_t len;
	void *handle;
};

/* How files are read: from disk, or from memory in tests. */
struct master_files {
	/* Returns 0, ERR_NOT_FOUND, or ERR_SYSTEM with errno. */
	int (*open)(void *arg, const char *path, struct master_text *out);
	void (*close)(void *arg, struct master_text *text);
	void *arg;
};

/* Reads files with read(2), never mmap(2): truncating a mapped file kills the process.
 */
extern const struct master_files master_disk;

struct master_source {
	const char *path; /* as printed in diagnoses; $INCLUDE is relative to it */
	const struct master_files *files; /* NULL: master_disk */
	uint32_t ttl_s; /* for records before the first TTL, if `has_ttl` */
	bool has_ttl;
};

/* All pointers are valid until the callback returns. */
struct master_record {
	const struct name *owner; /* in its original case */
	const uint8_t *rdata;
	size_t rdlen;
	uint32_t ttl;
	uint16_t type;
	uint16_t class;
	struct diag_place
		place; /* of the owner, or of the type if the owner is omitted */
};

/* Returns 0; anything else ends the run and is what master_parse() returns. */
typedef int master_record_fn(void *arg, const struct master_record *record);

/*
 * Parses one master file and calls `fn` for each valid record, in
 * order.
 *
 * origin  completes relative names until the first $ORIGIN
 * diags   receives all errors, including unreadable files
 *
 * Returns 0, ERR_INVALID if there were errors, or what `fn` returned.
 */
int master_parse(const struct master_source *src, const struct name *origin,
		 struct diags *diags, master_record_fn *fn, void *arg);

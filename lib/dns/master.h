/*
 * Master files (RFC 1035 5, 2308 4): text to records, in one pass, without memory per
 * record. Knows $ORIGIN, $TTL, $INCLUDE and BIND's $GENERATE. All errors of a file are
 * found in one run, each with file:line:col of the token.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/operator/diag.h"
#include "dns/name.h"

/* A file's octets, whole; `handle` belongs to who opened it. */
struct master_text {
	const char *octets;
	size_t len;
	void *handle;
};

/* How files are read: from the disk, or in tests from memory. */
struct master_files {
	/* Returns 0, ERR_NOT_FOUND, or ERR_SYSTEM with errno. */
	int (*open)(void *arg, const char *path, struct master_text *out);
	void (*close)(void *arg, struct master_text *text);
	void *arg;
};

/* Reads with open(2); never maps, since a file cut short under a map kills the process.
 */
extern const struct master_files master_disk;

struct master_source {
	const char *path; /* also as diagnoses print it; $INCLUDE is relative to it */
	const struct master_files *files; /* NULL: master_disk */
	uint32_t ttl_s; /* for records before any TTL was given, if `has_ttl` */
	bool has_ttl;
};

/* Everything is borrowed until the callback returns. */
struct master_record {
	const struct name *owner; /* in the case it was written in */
	const uint8_t *rdata;
	size_t rdlen;
	uint32_t ttl;
	uint16_t type;
	uint16_t class;
	struct diag_place place; /* of the owner; of the type, where that is left out */
};

/* Returns 0; anything else ends the run and is what master_parse() returns. */
typedef int master_record_fn(void *arg, const struct master_record *record);

/*
 * Parses one master file and calls `fn` for each of its records that is right, in
 * order.
 *
 * origin  completes relative names until the first $ORIGIN
 * diags   gets what is wrong: also when the file or one it includes cannot be read
 *
 * Returns 0, ERR_INVALID when something was wrong, or what `fn` returned.
 */
int master_parse(const struct master_source *src, const struct name *origin,
		 struct diags *diags, master_record_fn *fn, void *arg);

/* Declarations shared by the files of the store. */
#pragma once

#include <lmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"

struct append_log;

/*
 * The owner keeps one write transaction open from the first put to the fold, so that
 * gets see puts without a second structure. A transaction that fails is made again
 * from the log, which holds all of it.
 */
struct store {
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *txn; /* the owner's open puts, or a reader's snapshot, or NULL */
	bool dirty;   /* the log is not empty */
	int stuck; /* why the log could not be written to LMDB; until the next fold */
	bool refused; /* a put was refused since the last fold */
	bool failed;  /* the last write or fold failed: the disk is full, say */
	bool damaged; /* a damaged file was set aside */
	int lock;     /* descriptor of the lock file; its lock makes the owner */
	char *folder;
	struct append_log *log; /* NULL: not the owner */
	struct buffer waiting;  /* records put while not the owner */
};

/* The error of one of LMDB's codes; ERR_SYSTEM sets errno. */
int store_err(int reason);

/* Opens a cursor over the owner's own puts, or over a fresh snapshot. Returns 0 or
 * store_err(). */
int store_cursor(struct store *s, MDB_cursor **out);

/* LMDB takes keys and values to write as if it might change them; it does not. */
static inline MDB_val val_of(const void *octets, size_t len)
{
	MDB_val v = { .mv_size = len };

	memcpy(&v.mv_data, &octets, sizeof(octets));
	return v;
}

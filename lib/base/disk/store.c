#include "base/disk/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/append_log.h"
#include "base/disk/file.h"
#include "base/disk/store_body.h"
#include "base/err.h"

/*
 * For 65,536 pbxs with the most endpoints and addresses (2 GiB), the histories and as
 * much again for pages in turnover.
 */
#if SIZE_MAX > UINT32_MAX
# define MAP_LEN ((size_t)8 << 30)
#else
# define MAP_LEN ((size_t)1 << 30)
#endif

struct store_limits store_limits = { MAP_LEN, (size_t)256 << 20, (size_t)4 << 20 };

enum { LOCKS_LEN = 8192 /* of 126 readers, LMDB's default */, DEATHS_MAX = 3 };

/* A record: u8 what, u16 key length, key, value. */
enum { RECORD_PUT = 1, RECORD_DELETE = 2, RECORD_HEAD_LEN = 3 };

int store_err(int reason)
{
	errno = reason > 0 ? reason : EIO; /* LMDB's own codes are negative */
	if (reason == MDB_CORRUPTED || reason == MDB_INVALID ||
	    reason == MDB_PAGE_NOTFOUND || reason == MDB_VERSION_MISMATCH)
		return ERR_MALFORMED;
	if (reason == MDB_MAP_FULL || reason == MDB_TXN_FULL)
		return ERR_LIMIT;
	return ERR_SYSTEM;
}

static void txn_end(struct store *s)
{
	if (s->txn)
		mdb_txn_abort(s->txn);
	s->txn = NULL;
}

static int txn_begin(struct store *s)
{
	unsigned flags = s->log ? 0 : MDB_RDONLY;
	int reason;

	if (s->txn)
		return OK;
	reason = mdb_txn_begin(s->env, NULL, flags, &s->txn);
	if (reason == MDB_MAP_RESIZED) { /* by the other process */
		mdb_env_set_mapsize(s->env, 0);
		reason = mdb_txn_begin(s->env, NULL, flags, &s->txn);
	}
	return reason ? store_err(reason) : OK;
}

/* Applies one record of the log to the open transaction. */
static int record_apply(struct store *s, const uint8_t *record, size_t len)
{
	size_t key_len;
	MDB_val key;
	MDB_val value;
	int reason;

	if (len < RECORD_HEAD_LEN)
		return OK;
	key_len = (size_t)record[1] << 8 | record[2];
	if (key_len == 0 || key_len > len - RECORD_HEAD_LEN)
		return OK;
	key = val_of(record + RECORD_HEAD_LEN, key_len);
	value = val_of(record + RECORD_HEAD_LEN + key_len,
		       len - RECORD_HEAD_LEN - key_len);
	if (record[0] == RECORD_PUT)
		reason = mdb_put(s->txn, s->dbi, &key, &value, 0);
	else
		reason = mdb_del(s->txn, s->dbi, &key, NULL);
	return reason && reason != MDB_NOTFOUND ? store_err(reason) : OK;
}

struct replay {
	struct store *store;
	int err;
};

static void replay_one(void *arg, const uint8_t *octets, size_t len)
{
	struct replay *r = arg;

	if (r->err == OK)
		r->err = record_apply(r->store, octets, len);
}

/*
 * The open transaction with all the log in it, also after one that failed. Once that
 * could not be done it is not tried at each put: the log may be long.
 */
static int txn_remake(struct store *s)
{
	struct replay r = { s, OK };
	int err;

	if (s->txn)
		return OK;
	if (s->stuck)
		return s->stuck;
	err = txn_begin(s);
	if (err == OK && s->dirty)
		err = append_log_replay(s->log, replay_one, &r);
	if (err == OK)
		err = r.err;
	if (err)
		txn_end(s);
	s->stuck = err;
	return err;
}

static void note_record(void *arg, const uint8_t *octets, size_t len)
{
	bool *found = arg;

	(void)octets;
	*found |= len > 0;
}

/* Puts a record, from `waiting` or a new one, into the log and the open transaction. */
static void record_put(struct store *s, const uint8_t *record, size_t len)
{
	append_log_put(s->log, record, len);
	s->dirty = true;
	if (s->txn)
		s->stuck = record_apply(s, record, len);
	if (s->stuck)
		txn_end(s); /* the next fold makes it again from the log */
}

static void waiting_flush(struct store *s)
{
	size_t at = 0;

	while (at < s->waiting.len) {
		size_t len;

		memcpy(&len, s->waiting.octets + at, sizeof(len));
		record_put(s, s->waiting.octets + at + sizeof(len), len);
		at += sizeof(len) + len;
	}
	buffer_fini(&s->waiting);
}

/* Becomes the owner unless another process is. */
static int take_over(struct store *s)
{
	char *path;
	int err;

	if (s->log)
		return OK;
	if (flock(s->lock, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? ERR_AGAIN : ERR_SYSTEM;
	path = alloc_format("%s/log", s->folder);
	err = append_log_open(path, note_record, &s->dirty, NULL, &s->log);
	free(path);
	if (err)
		return err;
	txn_end(s); /* the snapshot was a reader's */
	waiting_flush(s);
	return OK;
}

/*
 * LMDB writes its lock file through a mapping: a page that a full disk cannot give
 * would end the process by SIGBUS.
 */
static int reserve_locks(const char *folder)
{
	char *path = alloc_format("%s/lock.mdb", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int reason = fd < 0 ? errno : posix_fallocate(fd, 0, LOCKS_LEN);

	free(path);
	if (fd >= 0)
		close(fd);
	return reason;
}

static int env_open(struct store *s)
{
	int reason = reserve_locks(s->folder);
	MDB_txn *txn;

	if (reason == 0)
		reason = mdb_env_create(&s->env);
	if (reason)
		return store_err(reason);
	reason = mdb_env_set_mapsize(s->env, store_limits.map_len);
	if (reason == 0)
		reason = mdb_env_open(s->env, s->folder, MDB_NOTLS, 0600);
	if (reason == 0)
		reason = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	if (reason)
		return store_err(reason);
	reason = mdb_dbi_open(txn, NULL, 0, &s->dbi);
	if (reason == 0)
		reason = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	return reason ? store_err(reason) : OK;
}

static void store_free(struct store *s)
{
	txn_end(s);
	append_log_close(s->log);
	if (s->env)
		mdb_env_close(s->env);
	if (s->lock >= 0)
		close(s->lock);
	buffer_fini(&s->waiting);
	free(s->folder);
	free(s);
}

/* How many times in a row an owner has died while opening the store. */
static unsigned deaths_read(const struct store *s)
{
	char count = 0;

	return pread(s->lock, &count, 1, 0) == 1 ? (unsigned char)count : 0;
}

/* On a full disk the count is not kept: then a damaged file is opened again. */
static void deaths_write(const struct store *s, unsigned count)
{
	char octet = (char)count;

	if (deaths_read(s) != count && pwrite(s->lock, &octet, 1, 0) != 1)
		return;
}

static int touch(MDB_txn *txn, MDB_dbi dbi)
{
	MDB_val key;
	MDB_val value;
	MDB_cursor *cursor;
	volatile uint8_t last;
	int reason = mdb_cursor_open(txn, dbi, &cursor);

	if (reason)
		return reason;
	while ((reason = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
		for (size_t at = 0; at < value.mv_size; at++)
			last = ((const uint8_t *)value.mv_data)[at];
	(void)last;
	mdb_cursor_close(cursor);
	return reason == MDB_NOTFOUND ? 0 : reason;
}

/* Reads all of it, also the list of free pages, which is LMDB's table 0. */
static int read_whole(struct store *s)
{
	MDB_txn *txn;
	int reason = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);

	if (reason)
		return store_err(reason);
	reason = touch(txn, 0);
	if (reason == 0)
		reason = touch(txn, s->dbi);
	mdb_txn_abort(txn);
	return reason ? store_err(reason) : OK;
}

static int sync_folder(const struct store *s)
{
	char *path = alloc_format("%s/data.mdb", s->folder);
	int err = file_sync_folder_of(path);

	free(path);
	return err;
}

static int set_aside(struct store *s)
{
	char *from = alloc_format("%s/data.mdb", s->folder);
	char *to = alloc_format("%s/" STORE_DAMAGED, s->folder);
	int err = rename(from, to) && errno != ENOENT ? ERR_SYSTEM : OK;

	free(from);
	free(to);
	if (s->env)
		mdb_env_close(s->env);
	s->env = NULL;
	s->damaged = true;
	return err;
}

/*
 * LMDB trusts the pages of its file: a damaged one may crash the process. So a file on
 * which owners have died repeatedly is set aside, like one that LMDB rejects.
 */
static int open_as_owner(struct store *s)
{
	unsigned deaths = deaths_read(s);
	int err = ERR_MALFORMED;

	if (deaths < DEATHS_MAX) {
		deaths_write(s, deaths + 1);
		err = env_open(s);
		if (err == OK)
			err = read_whole(s);
	}
	if (err == ERR_MALFORMED) {
		err = set_aside(s);
		if (err == OK)
			err = env_open(s);
	}
	deaths_write(s, 0);
	if (err == OK) /* LMDB syncs what is in its file, not that there is one */
		err = sync_folder(s);
	return err;
}

int store_open(const char *folder, struct store **out)
{
	struct store *s = alloc(sizeof(*s));
	char *path = alloc_format("%s/owner", folder);
	int err = OK;

	s->folder = alloc_text(folder);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (s->lock < 0)
		err = ERR_SYSTEM;
	else if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		err = open_as_owner(s);
	else
		err = errno == EWOULDBLOCK ? env_open(s) : ERR_SYSTEM;
	if (err == OK) {
		err = take_over(s);
		if (err == OK)
			err = store_fold(s);
		else if (err == ERR_AGAIN)
			err = OK;
	}
	if (err) {
		int reason = errno;

		store_free(s);
		errno = reason;
		return err;
	}
	*out = s;
	return OK;
}

bool store_was_damaged(const struct store *s)
{
	return s->damaged;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	(void)store_fold(s);
	store_free(s);
}

bool store_is_owned(const struct store *s)
{
	return s->log != NULL;
}

bool store_is_dirty(const struct store *s)
{
	return s->dirty || s->waiting.len;
}

/* Begins a transaction that reads: the owner's own, or a fresh snapshot. */
static int begin_read(struct store *s)
{
	if (s->log)
		return txn_remake(s);
	txn_end(s);
	return txn_begin(s);
}

int store_get(struct store *s, const char *key, const void **value, size_t *len)
{
	MDB_val k = val_of(key, strlen(key));
	MDB_val v;
	int reason;
	int err = begin_read(s);

	if (err)
		return err;
	reason = mdb_get(s->txn, s->dbi, &k, &v);
	if (reason == MDB_NOTFOUND)
		return ERR_NOT_FOUND;
	if (reason)
		return store_err(reason);
	*value = v.mv_data;
	*len = v.mv_size;
	return OK;
}

static size_t used_len(const struct store *s)
{
	return s->log ? append_log_len(s->log) : s->waiting.len;
}

static bool has_room(const struct store *s, size_t len)
{
	size_t used = used_len(s);

	return used < store_limits.log_len && len <= store_limits.log_len - used;
}

static int change(struct store *s, uint8_t what, const char *key, const void *value,
		  size_t len)
{
	size_t key_len = strlen(key);
	struct buffer b = { 0 };

	if (key_len == 0 || key_len > STORE_KEY_MAX || len > STORE_VALUE_MAX ||
	    !has_room(s, RECORD_HEAD_LEN + key_len + len)) {
		s->refused = true;
		return ERR_LIMIT;
	}
	buffer_put_u8(&b, what);
	buffer_put_u16(&b, (uint16_t)key_len);
	buffer_put(&b, key, key_len);
	buffer_put(&b, value, len);
	if (s->log) {
		(void)txn_remake(s); /* before the log holds it, or it comes twice */
		record_put(s, b.octets, b.len);
	} else {
		buffer_put(&s->waiting, &b.len, sizeof(b.len));
		buffer_put(&s->waiting, b.octets, b.len);
	}
	buffer_fini(&b);
	return OK;
}

int store_put(struct store *s, const char *key, const void *value, size_t len)
{
	return change(s, RECORD_PUT, key, value, len);
}

int store_put_spare(struct store *s, const char *key, const void *value, size_t len)
{
	if (s->failed && used_len(s) + len > store_limits.spare_len)
		return ERR_LIMIT;
	return store_put(s, key, value, len);
}

int store_delete(struct store *s, const char *key)
{
	return change(s, RECORD_DELETE, key, NULL, 0);
}

int store_cursor(struct store *s, MDB_cursor **out)
{
	int err = begin_read(s);
	int reason = err ? 0 : mdb_cursor_open(s->txn, s->dbi, out);

	return reason ? store_err(reason) : err;
}

int store_each(struct store *s, const char *prefix, store_each_fn *each, void *arg)
{
	size_t prefix_len = strlen(prefix);
	MDB_val key = val_of(prefix, prefix_len);
	MDB_val value;
	MDB_cursor *cursor;
	int reason;
	int err = store_cursor(s, &cursor);

	if (err)
		return err;
	reason = mdb_cursor_get(cursor, &key, &value,
				prefix_len ? MDB_SET_RANGE : MDB_FIRST);
	while (reason == 0 && key.mv_size >= prefix_len &&
	       memcmp(key.mv_data, prefix, prefix_len) == 0) {
		char name[STORE_KEY_MAX + 12] = { 0 };

		memcpy(name, key.mv_data, key.mv_size);
		each(arg, name, value.mv_data, value.mv_size);
		reason = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return reason && reason != MDB_NOTFOUND ? store_err(reason) : OK;
}

static int write_log(struct store *s)
{
	int err = take_over(s);

	if (err == OK)
		err = append_log_write(s->log);
	if (err && err != ERR_AGAIN)
		s->failed = true;
	return err;
}

int store_write(struct store *s)
{
	int err = write_log(s);

	return err == OK && s->refused ? ERR_LIMIT : err;
}

/* Commits the transaction, with all that the log has, to the file of LMDB. */
static int commit(struct store *s)
{
	int reason;
	int err;

	s->stuck = OK;
	err = txn_remake(s);
	if (err)
		return err;
	reason = mdb_txn_commit(s->txn);
	s->txn = NULL; /* freed, also by a commit that fails */
	if (reason)
		return store_err(reason);
	err = append_log_clear(s->log);
	if (err == OK)
		s->dirty = false;
	return err;
}

int store_fold(struct store *s)
{
	int err = write_log(s);

	if (err == OK && s->dirty) {
		err = commit(s);
		s->failed = err != OK;
	}
	if (err == OK && s->refused)
		err = ERR_LIMIT;
	if (err == OK || err == ERR_LIMIT)
		s->refused = false;
	return err;
}

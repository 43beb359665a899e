/*
 * Power cuts under the store: every call by which it, LMDB included, changes the disk
 * is recorded; then what a cut behind each of them may leave is built and opened again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/store.h"
#include "base/err.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

enum { OPS_MAX = 4000, FILES_MAX = 16, FDS_MAX = 256, ROUNDS = 12, PAGE = 512 };

enum op_kind { OP_CREATE, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_SYNC_FOLDER, OP_PROMISE };

struct op {
	enum op_kind kind;
	int file;
	bool through; /* written with O_DSYNC: it is on the disk at once */
	size_t at, len;
	uint8_t *octets;
	unsigned version; /* OP_PROMISE: at least this one is there from now on */
};

static struct op ops[OPS_MAX];
static size_t op_count;
static char files[FILES_MAX][64];
static int file_count;
static struct {
	int file; /* number and one; 0: not recorded */
	bool folder, through;
} fds[FDS_MAX];
static bool recording;

static struct op *add(enum op_kind kind, int file)
{
	struct op *o = &ops[op_count++];

	if (op_count == OPS_MAX)
		abort();
	*o = (struct op){ .kind = kind, .file = file };
	return o;
}

static void note_open(int fd, const char *path, int flags, bool was_there)
{
	size_t len = strlen(folder);
	int file = 0;

	if (!recording || fd < 0 || fd >= FDS_MAX || strncmp(path, folder, len) != 0)
		return;
	fds[fd].folder = path[len] == '\0';
	fds[fd].through = flags & O_DSYNC;
	fds[fd].file = 0;
	if (fds[fd].folder)
		return;
	while (file < file_count && strcmp(files[file], path + len + 1) != 0)
		file++;
	if (file == file_count)
		(void)snprintf(files[file_count++], sizeof(*files), "%s",
			       path + len + 1);
	fds[fd].file = file + 1;
	if (!was_there)
		add(OP_CREATE, file);
	if (flags & O_TRUNC)
		add(OP_TRUNCATE, file);
}

static void note_write(int fd, size_t at, const void *octets, size_t len)
{
	struct op *o;

	if (!recording || fd < 0 || fd >= FDS_MAX || !fds[fd].file || !len)
		return;
	o = add(OP_WRITE, fds[fd].file - 1);
	o->at = at;
	o->len = len;
	o->octets = alloc_copy(octets, len);
	o->through = fds[fd].through;
}

static int note_sync(int fd)
{
	if (!recording || fd < 0 || fd >= FDS_MAX)
		return 0; /* what is only looked at needs no disk */
	if (fds[fd].folder)
		add(OP_SYNC_FOLDER, 0);
	else if (fds[fd].file)
		add(OP_SYNC, fds[fd].file - 1);
	return 0;
}

static int do_open(const char *path, int flags, mode_t mode)
{
	bool was_there = access(path, F_OK) == 0;
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);

	note_open(fd, path, flags, was_there);
	return fd;
}

static ssize_t do_write(int fd, const void *octets, size_t len, off_t at)
{
	ssize_t got = at < 0 ? syscall(SYS_write, fd, octets, len)
			     : syscall(SYS_pwrite64, fd, octets, len, at);

	if (got > 0 && at < 0 && fd < FDS_MAX && fds[fd].file)
		at = lseek(fd, 0, SEEK_CUR) - got;
	if (got > 0)
		note_write(fd, (size_t)at, octets, (size_t)got);
	return got;
}

static int do_truncate(int fd, off_t len)
{
	int err = (int)syscall(SYS_ftruncate, fd, len);

	if (!err && recording && fd < FDS_MAX && fds[fd].file)
		add(OP_TRUNCATE, fds[fd].file - 1)->len = (size_t)len;
	return err;
}

/* In place of libc's, for this program and for liblmdb, under all their names. */
#define IN_PLACE_OF(symbol) __asm__(symbol) __attribute__((visibility("default"), used))
int my_open(const char *path, int flags, ...) IN_PLACE_OF("open");
int my_open64(const char *path, int flags, ...) IN_PLACE_OF("open64");
ssize_t my_write(int fd, const void *octets, size_t len) IN_PLACE_OF("write");
ssize_t my_writev(int fd, const struct iovec *v, int count) IN_PLACE_OF("writev");
ssize_t my_pwrite(int fd, const void *o, size_t n, off_t at) IN_PLACE_OF("pwrite");
ssize_t my_pwrite64(int fd, const void *o, size_t n, off_t at) IN_PLACE_OF("pwrite64");
int my_fsync(int fd) IN_PLACE_OF("fsync");
int my_fdatasync(int fd) IN_PLACE_OF("fdatasync");
int my_ftruncate(int fd, off_t len) IN_PLACE_OF("ftruncate");
int my_ftruncate64(int fd, off_t len) IN_PLACE_OF("ftruncate64");

static mode_t mode_of(int flags, va_list args)
{
	return (flags & O_CREAT) ? va_arg(args, mode_t) : 0;
}

int my_open(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = do_open(path, flags, mode_of(flags, args));
	va_end(args);
	return fd;
}

int my_open64(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = do_open(path, flags, mode_of(flags, args));
	va_end(args);
	return fd;
}

ssize_t my_write(int fd, const void *octets, size_t len)
{
	return do_write(fd, octets, len, -1);
}

ssize_t my_writev(int fd, const struct iovec *v, int count)
{
	ssize_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += do_write(fd, v[i].iov_base, v[i].iov_len, -1);
	return sum;
}

ssize_t my_pwrite(int fd, const void *octets, size_t len, off_t at)
{
	return do_write(fd, octets, len, at);
}

ssize_t my_pwrite64(int fd, const void *octets, size_t len, off_t at)
{
	return do_write(fd, octets, len, at);
}

int my_fsync(int fd)
{
	return note_sync(fd);
}

int my_fdatasync(int fd)
{
	return note_sync(fd);
}

int my_ftruncate(int fd, off_t len)
{
	return do_truncate(fd, len);
}

int my_ftruncate64(int fd, off_t len)
{
	return do_truncate(fd, len);
}

/* A forced state of one version: long enough to be torn. */
static void value_of(unsigned version, char out[600])
{
	memset(out, 'a' + (int)(version % 26), 599);
	out[599] = '\0';
	(void)snprintf(out, 16, "%u", version);
	out[strlen(out)] = '.';
}

static void work(void)
{
	struct store *s;
	char value[600], key[32];

	if (store_open(folder, &s))
		abort();
	for (unsigned v = 1; v <= ROUNDS; v++) {
		value_of(v, value);
		store_put(s, "forced", value, sizeof(value));
		(void)snprintf(key, sizeof(key), "switch/%020u", v);
		store_put(s, key, value, sizeof(value));
		if (v > 4) {
			(void)snprintf(key, sizeof(key), "switch/%020u", v - 4);
			store_delete(s, key);
		}
		CU_ASSERT_EQUAL(store_write(s), OK);
		if (v % 2 == 0)
			continue;
		CU_ASSERT_EQUAL(store_fold(s), OK); /* before it is acknowledged */
		add(OP_PROMISE, 0)->version = v;
	}
	store_close(s);
}

/*
 * What of the writes that no sync has followed a cut leaves: the last alone, all but
 * the first, each of them torn, or (LEFT_FIRST and above) so many of the first.
 */
enum { LEFT_LAST, LEFT_BUT_FIRST, LEFT_TORN, LEFT_FIRST };

struct image {
	uint8_t *octets;
	size_t len;
	bool there;
};

static void apply(struct image *m, const struct op *o, size_t len)
{
	size_t end = o->kind == OP_WRITE ? o->at + len : o->len;

	if (o->kind == OP_TRUNCATE && end <= m->len) {
		m->len = end;
		return;
	}
	if (end > m->len) {
		m->octets = alloc_resize(m->octets, end, 1);
		memset(m->octets + m->len, 0, end - m->len);
		m->len = end;
	}
	if (o->kind == OP_WRITE && len)
		memcpy(m->octets + o->at, o->octets, len);
}

/* Write number `n` of `count` that no sync has followed. */
static size_t kept_len(const struct op *o, int left, size_t n, size_t count)
{
	if (left == LEFT_LAST)
		return n + 1 == count ? o->len : 0;
	if (left == LEFT_BUT_FIRST)
		return n ? o->len : 0;
	if (left == LEFT_TORN)
		return o->len > PAGE ? o->len / PAGE / 2 * PAGE : o->len / 2;
	return n < (size_t)(left - LEFT_FIRST) ? o->len : 0;
}

static bool is_loose(const struct op *o, int file)
{
	return o->file == file && !o->through &&
	       (o->kind == OP_WRITE || o->kind == OP_TRUNCATE);
}

static void build(struct image *m, int file, size_t cut, int left)
{
	size_t synced = 0, folder_synced = 0, count = 0, n = 0;

	*m = (struct image){ 0 };
	for (size_t i = 0; i < cut; i++) {
		if (ops[i].kind == OP_SYNC_FOLDER)
			folder_synced = i;
		if (ops[i].kind == OP_SYNC && ops[i].file == file)
			synced = i;
	}
	for (size_t i = synced; i < cut; i++)
		count += is_loose(&ops[i], file);
	for (size_t i = 0; i < cut; i++) {
		const struct op *o = &ops[i];
		bool loose = i >= synced && is_loose(o, file);
		size_t nth = n;

		n += loose;
		if (o->file != file)
			continue;
		if (o->kind == OP_CREATE)
			m->there = i < folder_synced || left != LEFT_FIRST;
		if (o->kind == OP_WRITE)
			apply(m, o, loose ? kept_len(o, left, nth, count) : o->len);
		if (o->kind == OP_TRUNCATE &&
		    (!loose || (left >= LEFT_FIRST ? nth < (size_t)(left - LEFT_FIRST)
						   : left == LEFT_BUT_FIRST && nth)))
			apply(m, o, 0);
	}
}

static void lay_out(size_t cut, int left)
{
	for (int f = 0; f < file_count; f++) {
		struct image m;

		build(&m, f, cut, left);
		if (m.there) {
			int fd = do_open(folder_path(files[f]), O_RDWR | O_CREAT, 0600);

			if (fd < 0 ||
			    (m.len && write(fd, m.octets, m.len) != (ssize_t)m.len))
				abort();
			close(fd);
		}
		free(m.octets);
	}
}

/* Whether all that was promised is there, whole, and nothing that was never put. */
static bool holds_promise(size_t cut)
{
	unsigned promised = 0, version = 0;
	const void *value;
	struct store *s;
	bool good;
	size_t len;

	for (size_t i = 0; i < cut; i++)
		if (ops[i].kind == OP_PROMISE)
			promised = ops[i].version;
	if (store_open(folder, &s))
		return false;
	good = !promised || !store_was_damaged(s); /* a first write may be torn */
	if (store_get(s, "forced", &value, &len) == OK) {
		char wanted[600];

		good &= len == sizeof(wanted);
		version = (unsigned)strtoul(value, NULL, 10);
		value_of(version, wanted);
		good &= memcmp(value, wanted, sizeof(wanted)) == 0;
	}
	good &= version >= promised && version <= ROUNDS;
	store_close(s);
	return good;
}

/* The most writes to one file that no sync has followed. */
static int most_loose(size_t cut)
{
	int counts[FILES_MAX] = { 0 };
	int most = 0;

	for (size_t i = 0; i < cut; i++) {
		const struct op *o = &ops[i];

		if (o->kind == OP_SYNC)
			counts[o->file] = 0;
		else if (is_loose(o, o->file))
			counts[o->file]++;
	}
	for (int f = 0; f < file_count; f++)
		most = counts[f] > most ? counts[f] : most;
	return most;
}

static void power_cut_at_any_call_keeps_what_was_promised(void)
{
	unsigned failed = 0;
	size_t promises = 0;

	folder_make();
	recording = true;
	work();
	recording = false;
	folder_remove();
	for (size_t i = 0; i < op_count; i++)
		promises += ops[i].kind == OP_PROMISE;
	CU_ASSERT_EQUAL(promises, ROUNDS / 2);
	CU_ASSERT(op_count > 50);
	for (size_t cut = 0; cut <= op_count; cut++)
		for (int left = 0; left <= LEFT_FIRST + most_loose(cut); left++) {
			folder_make();
			lay_out(cut, left);
			if (!holds_promise(cut) && failed++ < 5)
				(void)printf("# cut behind call %zu of %zu, left %d\n",
					     cut, op_count, left);
			folder_remove();
		}
	CU_ASSERT_EQUAL(failed, 0);
	for (size_t i = 0; i < op_count; i++)
		free(ops[i].octets);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a power cut at any call keeps what was promised",
		  power_cut_at_any_call_keeps_what_was_promised },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/power", tests);
}

#include "base/disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/base/folder.h"
#include "tests/harness.h"

/*
 * A disk as a power cut may leave it. Names change in order but reach it only with
 * their folder's fsync; a file's octets reach it up to any point behind its last fsync.
 */
enum { INODES = 8, STATES = 16, NONE = -1, FDS = 64 };

static struct {
	char octets[INODES][64];
	size_t len[INODES];
	size_t synced_len[INODES];
	int inode_count;
	struct {
		int target, fresh;
	} names[STATES]; /* the first is on the disk, the last is what programs see */
	int name_count;
	int inode_of_fd[FDS];
	int fail_at; /* the call that fails, from 1; 0: none */
	int call_count;
	unsigned long checked_count;
} disk;

static const char old[] = "pbx: main\n";
static const char fresh[] = "pbx: failover, and longer\n";

static bool is_text(int inode, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(disk.octets[inode], text, len) == 0;
}

/* Whatever of a file reached the disk, it is the old or the new one whole. */
static void check_inode(int inode)
{
	bool good = true;

	for (size_t len = disk.synced_len[inode]; len <= disk.len[inode]; len++) {
		disk.checked_count++;
		good &= is_text(inode, len, old) || is_text(inode, len, fresh);
	}
	CU_ASSERT_TRUE(good);
}

/* The same of every disk that a power cut at this moment may leave. */
static void check_disks(void)
{
	for (int i = 0; i < disk.name_count; i++) {
		CU_ASSERT_NOT_EQUAL_FATAL(disk.names[i].target, NONE);
		check_inode(disk.names[i].target);
	}
}

static bool fails(void)
{
	check_disks();
	errno = ENOSPC;
	return ++disk.call_count == disk.fail_at;
}

static void names_change(int target, int fresh_inode)
{
	disk.names[disk.name_count].target = target;
	disk.names[disk.name_count++].fresh = fresh_inode;
}

static bool is_fresh(const char *path)
{
	return strstr(path, ".new") != NULL;
}

static int disk_open(const char *path, int flags, mode_t mode)
{
	int fd;

	if (fails())
		return -1;
	fd = file_system_calls.open(path, flags, mode);
	if (fd < 0 || fd >= FDS)
		abort();
	disk.inode_of_fd[fd] = NONE;
	if (flags & O_CREAT) {
		disk.inode_of_fd[fd] = disk.inode_count;
		names_change(disk.names[disk.name_count - 1].target,
			     disk.inode_count++);
	}
	return fd;
}

static ssize_t disk_write(int fd, const void *octets, size_t len)
{
	int inode = disk.inode_of_fd[fd];
	size_t part = len < 5 ? len : 5; /* short writes are legal */

	if (fails())
		return -1;
	memcpy(disk.octets[inode] + disk.len[inode], octets, part);
	disk.len[inode] += part;
	check_disks();
	return file_system_calls.write(fd, octets, part);
}

static int disk_fsync(int fd)
{
	int inode = disk.inode_of_fd[fd];

	if (fails())
		return -1;
	if (inode == NONE) {
		disk.names[0] = disk.names[disk.name_count - 1];
		disk.name_count = 1;
	} else {
		disk.synced_len[inode] = disk.len[inode];
	}
	return 0;
}

static int disk_rename(const char *from, const char *to)
{
	if (fails())
		return -1;
	CU_ASSERT_TRUE(is_fresh(from) && !is_fresh(to));
	names_change(disk.names[disk.name_count - 1].fresh, NONE);
	check_disks();
	return file_system_calls.rename(from, to);
}

static int disk_unlink(const char *path)
{
	int result;

	if (fails())
		return -1;
	CU_ASSERT_TRUE(is_fresh(path));
	result = file_system_calls.unlink(path);
	if (result == 0)
		names_change(disk.names[disk.name_count - 1].target, NONE);
	return result;
}

static const struct file_calls disk_calls = {
	.open = disk_open,
	.write = disk_write,
	.fsync = disk_fsync,
	.rename = disk_rename,
	.unlink = disk_unlink,
};

static void disk_init(int fail_at)
{
	memset(&disk, 0, sizeof(disk));
	disk.fail_at = fail_at;
	disk.inode_count = 1;
	disk.len[0] = disk.synced_len[0] = strlen(old);
	memcpy(disk.octets[0], old, strlen(old));
	disk.names[0].target = 0;
	disk.names[0].fresh = NONE;
	disk.name_count = 1;
}

static void expect_file(const char *path, const char *text)
{
	uint8_t *octets = NULL;
	size_t len = 0;

	CU_ASSERT_EQUAL(file_read(path, 1000, &octets, &len), OK);
	CU_ASSERT_EQUAL(len, strlen(text));
	CU_ASSERT_STRING_EQUAL((char *)octets, text);
	free(octets);
}

static void power_cut_at_any_call_leaves_old_or_new_whole(void)
{
	const char *path;

	folder_make();
	path = folder_path("deputy.conf");
	CU_ASSERT_EQUAL(file_replace(path, old, strlen(old), 0600), OK);
	disk_init(0);
	file_calls = &disk_calls;
	CU_ASSERT_EQUAL(file_replace(path, fresh, strlen(fresh), 0600), OK);
	file_calls = &file_system_calls;
	CU_ASSERT_EQUAL(disk.name_count, 1);
	CU_ASSERT_TRUE(is_text(disk.names[0].target, disk.synced_len[1], fresh));
	CU_ASSERT_TRUE(disk.checked_count > 20);
	expect_file(path, fresh);
	folder_remove();
}

static void failing_call_leaves_old_or_new_whole(void)
{
	const char *path;
	int err = ERR_SYSTEM;

	folder_make();
	path = folder_path("deputy.conf");
	for (int fail_at = 1; err; fail_at++) {
		CU_ASSERT_EQUAL(file_replace(path, old, strlen(old), 0600), OK);
		disk_init(fail_at);
		file_calls = &disk_calls;
		err = file_replace(path, fresh, strlen(fresh), 0600);
		file_calls = &file_system_calls;
		CU_ASSERT_TRUE(err == OK || err == ERR_SYSTEM);
		expect_file(path, disk.names[disk.name_count - 1].target ? fresh : old);
	}
	expect_file(path, fresh);
	folder_remove();
}

static void stale_temporary_file_is_no_obstacle(void)
{
	const char *path;
	struct stat st;

	folder_make();
	path = folder_path("x");
	CU_ASSERT_EQUAL(symlink("/etc/passwd", folder_path("x.new")), 0);
	CU_ASSERT_EQUAL(file_replace(path, "a", 1, 0640), OK);
	expect_file(path, "a");
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0640);
	folder_remove();
}

static void reading_knows_limit_and_absence(void)
{
	const char *path;
	uint8_t *octets = NULL;
	size_t len = 0;

	folder_make();
	path = folder_path("x");
	CU_ASSERT_EQUAL(file_read(path, 10, &octets, &len), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(file_replace(path, "0123456789", 10, 0600), OK);
	CU_ASSERT_EQUAL(file_read(path, 10, &octets, &len), OK);
	CU_ASSERT_EQUAL(len, 10);
	free(octets);
	CU_ASSERT_EQUAL(file_read(path, 9, &octets, &len), ERR_LIMIT);
	CU_ASSERT_EQUAL(file_read("/proc/self/maps", 10, &octets, &len), ERR_LIMIT);
	folder_remove();
}

/* An open that waited would be ended by the harness. */
static void what_is_no_file_is_refused_at_once(void)
{
	uint8_t *octets;
	size_t len;

	folder_make();
	CU_ASSERT_EQUAL_FATAL(mkfifo(folder_path("fifo"), 0644), 0);
	CU_ASSERT_EQUAL(file_read(folder_path("fifo"), 100, &octets, &len),
			ERR_NOT_FILE);
	CU_ASSERT_EQUAL(file_read(folder, 100, &octets, &len), ERR_NOT_FILE);
	CU_ASSERT_EQUAL(file_read("/dev/zero", 100, &octets, &len), ERR_NOT_FILE);
	CU_ASSERT_EQUAL(file_check(folder_path("fifo")), ERR_NOT_FILE);
	CU_ASSERT_EQUAL(file_check("/proc/self/status"), OK);
	CU_ASSERT_EQUAL(file_check(folder_path("nothing")), ERR_NOT_FOUND);
	folder_remove();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a power cut at any call leaves old or new whole",
		  power_cut_at_any_call_leaves_old_or_new_whole },
		{ "a failing call leaves old or new whole",
		  failing_call_leaves_old_or_new_whole },
		{ "a stale temporary file is no obstacle",
		  stale_temporary_file_is_no_obstacle },
		{ "reading knows limit and absence", reading_knows_limit_and_absence },
		{ "what is no file is refused at once",
		  what_is_no_file_is_refused_at_once },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/file", tests);
}

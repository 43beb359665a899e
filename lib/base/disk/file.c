#include "base/disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"

static int system_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

const struct file_calls file_system_calls = {
	.open = system_open,
	.write = write,
	.fsync = fsync,
	.truncate = ftruncate,
	.rename = rename,
	.unlink = unlink,
};

const struct file_calls *file_calls = &file_system_calls;

static int err_of(int reason)
{
	if (reason == ENOENT || reason == ENOTDIR)
		return ERR_NOT_FOUND;
	return reason == EACCES || reason == EPERM ? ERR_DENIED : ERR_SYSTEM;
}

/* The size is only a hint: files that grow, and those of /proc, have none. */
static int read_all(int fd, size_t limit_len, uint8_t **octets, size_t *len)
{
	struct stat st;
	size_t cap = 4096;
	size_t used = 0;
	uint8_t *all;

	if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= limit_len)
		cap = (size_t)st.st_size + 2;
	all = alloc(cap);
	for (;;) {
		ssize_t got = read(fd, all + used, cap - 1 - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || used + (size_t)got > limit_len) {
			free(all);
			return got < 0 ? ERR_SYSTEM : ERR_LIMIT;
		}
		used += (size_t)got;
		if (got == 0)
			break;
		if (used + 1 == cap)
			all = alloc_resize(all, cap *= 2, 1);
	}
	all[used] = '\0';
	*octets = all;
	*len = used;
	return OK;
}

int file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return errno == ENXIO ? ERR_NOT_FILE : err_of(errno); /* a socket */
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return ERR_NOT_FILE;
	}
	return fd;
}

int file_check(const char *path)
{
	int fd = file_open(path);

	if (fd < 0)
		return fd;
	close(fd);
	return OK;
}

int file_read(const char *path, size_t limit_len, uint8_t **octets, size_t *len)
{
	int fd = file_open(path);
	int reason;
	int err;

	if (fd < 0)
		return fd;
	err = read_all(fd, limit_len, octets, len);
	reason = errno;
	close(fd);
	errno = reason;
	return err;
}

int file_write(int fd, const void *octets, size_t len)
{
	const uint8_t *at = octets;

	while (len) {
		ssize_t put = file_calls->write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return ERR_SYSTEM;
		at += put;
		len -= (size_t)put;
	}
	return OK;
}

int file_sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = alloc_text(slash ? path : ".");
	int err = OK;
	int fd;

	if (slash) /* "/x" stands in "/" */
		folder[slash == path ? 1 : slash - path] = '\0';
	fd = file_calls->open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	free(folder);
	if (fd < 0)
		return ERR_SYSTEM;
	if (file_calls->fsync(fd))
		err = ERR_SYSTEM;
	close(fd);
	return err;
}

static int write_new(const char *path, const void *octets, size_t len, mode_t mode)
{
	int fd;
	int err;

	if (file_calls->unlink(path) && errno != ENOENT)
		return ERR_SYSTEM;
	fd = file_calls->open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return ERR_SYSTEM;
	err = file_write(fd, octets, len);
	if (err == OK && file_calls->fsync(fd))
		err = ERR_SYSTEM;
	if (close(fd) && err == OK)
		err = ERR_SYSTEM;
	return err;
}

int file_replace(const char *path, const void *octets, size_t len, mode_t mode)
{
	char *fresh = alloc_format("%s.new", path);
	int err = write_new(fresh, octets, len, mode);

	if (err == OK && file_calls->rename(fresh, path))
		err = ERR_SYSTEM;
	if (err == OK)
		err = file_sync_folder_of(path);
	else
		(void)file_calls->unlink(fresh);
	free(fresh);
	return err;
}

/*
 * Files read whole and replaced whole. All calls that change a disk go through
 * `file_calls`, so that a test can record them and replay what a power cut leaves.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct file_calls {
	int (*open)(const char *path, int flags, mode_t mode);
	ssize_t (*write)(int fd, const void *octets, size_t len);
	int (*fsync)(int fd);
	int (*truncate)(int fd, off_t len);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
};

/* What the functions of this header and of append_log.h call. */
extern const struct file_calls *file_calls;
extern const struct file_calls file_system_calls;

/*
 * Reads a file whole.
 *
 * octets  the caller's to free(); a NUL stands behind the last one
 *
 * Returns 0, ERR_NOT_FOUND, ERR_DENIED, ERR_LIMIT (longer than limit_len) or
 * ERR_SYSTEM.
 */
int file_read(const char *path, size_t limit_len, uint8_t **octets, size_t *len);

/*
 * Replaces a file: after a power cut at any moment it is the old one or the new one,
 * whole; once this has returned 0, the new one. Writes PATH.new beside it.
 *
 * Returns 0 or ERR_SYSTEM; then the old one still stands.
 */
int file_replace(const char *path, const void *octets, size_t len, mode_t mode);

/* Makes what was created, renamed or removed in a folder survive a power cut. */
int file_sync_folder_of(const char *path);

/* Writes all octets, over short writes and signals. Returns 0 or ERR_SYSTEM. */
int file_write(int fd, const void *octets, size_t len);

/*
 * Reading and replacing whole files. All system calls that change a disk go through
 * `file_calls`, so that a test can record them and replay the state after a power cut.
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

/* The system calls used by this header and by append_log.h. */
extern const struct file_calls *file_calls;
extern const struct file_calls file_system_calls;

/*
 * Opens a regular file for reading; does not wait for whoever might write to a FIFO.
 *
 * Returns a descriptor, ERR_NOT_FOUND, ERR_DENIED, ERR_NOT_FILE or ERR_SYSTEM.
 */
int file_open(const char *path);

/*
 * Whether file_open() would open it: for libraries that open what they are told.
 *
 * Returns 0 or what file_open() returns.
 */
int file_check(const char *path);

/*
 * Reads a whole regular file.
 *
 * octets  the caller frees them with free(); a NUL follows the last one
 *
 * Returns 0, ERR_NOT_FOUND, ERR_DENIED, ERR_NOT_FILE, ERR_LIMIT (longer than
 * limit_len) or ERR_SYSTEM.
 */
int file_read(const char *path, size_t limit_len, uint8_t **octets, size_t *len);

/*
 * Replaces a file atomically: after a power cut at any moment it is either the old or
 * the new file; once this has returned 0, the new one. Writes PATH.new first.
 *
 * Returns 0 or ERR_SYSTEM; then the old file is unchanged.
 */
int file_replace(const char *path, const void *octets, size_t len, mode_t mode);

/* Syncs a folder: what was created, renamed or removed in it survives a power cut. */
int file_sync_folder_of(const char *path);

/* Writes all octets, over short writes and signals. Returns 0 or ERR_SYSTEM. */
int file_write(int fd, const void *octets, size_t len);

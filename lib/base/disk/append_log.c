#include "base/disk/append_log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"

enum { HEAD_LEN = 8 }; /* u32 length, u32 checksum over length and octets */

struct append_log {
	int fd;
	off_t good_len;        /* octets of whole records in the file */
	bool torn;             /* followed by an incomplete record */
	struct buffer pending; /* records not yet in the file */
};

/* CRC-32C (RFC 3720, appendix B.4), four bits a step. */
static uint32_t crc_add(uint32_t crc, const uint8_t *octets, size_t len)
{
	/* clang-format off */
	static const uint32_t steps[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	/* clang-format on */

	for (size_t i = 0; i < len; i++) {
		crc ^= octets[i];
		crc = crc >> 4 ^ steps[crc & 15];
		crc = crc >> 4 ^ steps[crc & 15];
	}
	return crc;
}

static uint32_t checksum(const uint8_t length[4], const uint8_t *octets, size_t len)
{
	return ~crc_add(crc_add(~UINT32_C(0), length, 4), octets, len);
}

static uint32_t u32_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Octets of the whole records that `octets` begins with; each goes to `each`. */
static size_t records_read(const uint8_t *octets, size_t len, append_record_fn *each,
			   void *arg)
{
	size_t at = 0;

	while (len - at > HEAD_LEN) {
		const uint8_t *head = octets + at;
		size_t record_len = u32_at(head);

		if (record_len == 0 || record_len > APPEND_RECORD_MAX ||
		    record_len > len - at - HEAD_LEN ||
		    checksum(head, head + HEAD_LEN, record_len) != u32_at(head + 4))
			break;
		each(arg, head + HEAD_LEN, record_len);
		at += HEAD_LEN + record_len;
	}
	return at;
}

/* Returns the whole file, which the caller frees, or NULL with errno set. */
static uint8_t *octets_of(int fd, size_t *len)
{
	struct stat st;
	uint8_t *octets;
	size_t used = 0;

	if (fstat(fd, &st))
		return NULL;
	octets = alloc((size_t)st.st_size);
	while (used < (size_t)st.st_size) {
		ssize_t got = pread(fd, octets + used, (size_t)st.st_size - used,
				    (off_t)used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			free(octets);
			return NULL;
		}
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*len = used;
	return octets;
}

int append_log_open(const char *path, append_record_fn *each, void *arg,
		    size_t *dropped_len, struct append_log **out)
{
	int fd = file_calls->open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	struct append_log *l;
	uint8_t *octets;
	size_t good;
	size_t len;

	if (fd < 0)
		return ERR_SYSTEM;
	octets = octets_of(fd, &len);
	if (octets == NULL) {
		close(fd);
		return ERR_SYSTEM;
	}
	good = records_read(octets, len, each, arg);
	free(octets);
	if (good < len && file_calls->truncate(fd, (off_t)good)) {
		close(fd);
		return ERR_SYSTEM;
	}
	if (dropped_len)
		*dropped_len = len - good;
	l = alloc(sizeof(*l));
	l->fd = fd;
	l->good_len = (off_t)good;
	*out = l;
	return OK;
}

void append_log_close(struct append_log *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	buffer_fini(&l->pending);
	free(l);
}

void append_log_put(struct append_log *l, const void *octets, size_t len)
{
	uint8_t length[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16),
			      (uint8_t)(len >> 8), (uint8_t)len };

	assert(len > 0 && len <= APPEND_RECORD_MAX);
	buffer_put(&l->pending, length, sizeof(length));
	buffer_put_u32(&l->pending, checksum(length, octets, len));
	buffer_put(&l->pending, octets, len);
}

size_t append_log_len(const struct append_log *l)
{
	return (size_t)l->good_len + l->pending.len;
}

/* Half a record would hide all that is written after it later. */
static int mend(struct append_log *l)
{
	if (l->torn && file_calls->truncate(l->fd, l->good_len))
		return ERR_SYSTEM;
	l->torn = false;
	return OK;
}

int append_log_write(struct append_log *l)
{
	if (l->pending.len == 0)
		return OK;
	if (mend(l))
		return ERR_SYSTEM;
	if (file_write(l->fd, l->pending.octets, l->pending.len)) {
		int reason = errno;

		l->torn = true;
		(void)mend(l); /* or before the next write */
		errno = reason;
		return ERR_SYSTEM;
	}
	l->good_len += (off_t)l->pending.len;
	buffer_drop(&l->pending, l->pending.len);
	return OK;
}

int append_log_replay(struct append_log *l, append_record_fn *each, void *arg)
{
	size_t len;
	uint8_t *octets = octets_of(l->fd, &len);

	if (octets == NULL)
		return ERR_SYSTEM;
	(void)records_read(octets, len, each, arg);
	free(octets);
	(void)records_read(l->pending.octets, l->pending.len, each, arg);
	return OK;
}

int append_log_clear(struct append_log *l)
{
	if (file_calls->truncate(l->fd, 0) || file_calls->fsync(l->fd))
		return ERR_SYSTEM;
	l->good_len = 0;
	l->torn = false;
	buffer_drop(&l->pending, l->pending.len);
	return OK;
}

#include "recursor/spoof.h"

#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/operator/log.h"
#include "dns/name.h"
#include "dns/reader.h"
#include "recursor/private.h"

enum {
	HEADER_LEN = 12,
	QUESTION_MAX_LEN = HEADER_LEN + NAME_MAX_LEN + 4,
	ROWS = 16384,  /* by descriptor; a row that another takes is not watched */
	MISSES_MAX = 3 /* a server that does not keep the case makes one */
};

/* The question a socket was used for last: libunbound opens one for each. */
struct asked {
	int fd;
	uint16_t len; /* of header and question; 0: none */
	uint16_t misses;
	uint8_t octets[QUESTION_MAX_LEN];
};

static struct asked rows[ROWS]; /* the process has one thread */
static uint64_t forced_count;

/* clang-format off */
static struct event forged = {
	.name = "answers-forged", .level = LOG_LEVEL_WARNING, .per_minute = 6,
	.help = "answers arrived that do not match the query, possibly a spoofing attempt; the query is retried over TCP",
};
/* clang-format on */

/* As libc declares it; see recursor/budget.c. */
struct sockaddr;
#define CALL __attribute__((visibility("default")))
CALL ssize_t recvfrom(int fd, void *octets, size_t len, int flags,
		      struct sockaddr *from, unsigned *from_len);

static struct asked *row_of(int fd)
{
	return &rows[(unsigned)fd % ROWS];
}

void spoof_asked(int fd, const void *octets, size_t len)
{
	struct asked *a = row_of(fd);
	struct reader r = reader_of(octets, len);
	struct name name;

	*a = (struct asked){ .fd = fd };
	(void)reader_take(&r, HEADER_LEN);
	if (r.err || name_read_plain(&r, &name))
		return;
	(void)reader_u32(&r); /* type and class */
	if (r.err)
		return;
	a->len = (uint16_t)(r.at - r.start);
	memcpy(a->octets, octets, a->len);
}

/* Whether it answers this very question: same id, same letters. */
static bool is_answer(const struct asked *a, const uint8_t *octets, size_t len)
{
	size_t question_len = a->len - (size_t)HEADER_LEN;

	return len >= a->len && memcmp(octets, a->octets, 2) == 0 &&
	       memcmp(octets + HEADER_LEN, a->octets + HEADER_LEN, question_len) == 0;
}

/* The answer that was cut off. Returns its length. */
static size_t cut_off(struct asked *a, uint8_t *out)
{
	enum { FLAGS_AT = 2, QR_TC = 0x82, RD = 0x01, QDCOUNT_AT = 5 };
	char text[NAME_TEXT_LEN];

	memcpy(out, a->octets, a->len);
	memset(out + FLAGS_AT, 0, HEADER_LEN - FLAGS_AT);
	out[FLAGS_AT] = (uint8_t)(QR_TC | (a->octets[FLAGS_AT] & RD));
	out[QDCOUNT_AT] = 1;
	forced_count++;
	log_event(&forged, "name=%s",
		  log_quote(name_format(a->octets + HEADER_LEN, text)));
	return a->len;
}

ssize_t recvfrom(int fd, void *octets, size_t len, int flags, struct sockaddr *from,
		 unsigned *from_len)
{
	ssize_t got = syscall(SYS_recvfrom, fd, octets, len, flags, from, from_len);
	struct asked *a = row_of(fd);
	size_t out_len;

	if (got < 0 || a->fd != fd || a->len == 0 || a->len > len)
		return got;
	if (a->misses < MISSES_MAX) {
		if (is_answer(a, octets, (size_t)got))
			private_note(octets, (size_t)got);
		else
			a->misses++;
		return got;
	}
	out_len = cut_off(a, octets);
	a->len = 0;
	return (ssize_t)out_len;
}

uint64_t spoof_count(void)
{
	return forced_count;
}

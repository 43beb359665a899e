#include "recursor/private.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/addr.h"
#include "dns/reader.h"
#include "dns/rr.h"

enum {
	HEADER_LEN = 12,
	ANCOUNT_AT = 6,
	V4_LEN = 4,
	V6_LEN = 16,
	ROWS = 512, /* by hash; one takes another's */
	KEPT_S = 3600
};

/* Then the same inside NAT64 and 6to4. */
static const char *const ranges[] = {
	"0.0.0.0/8",           "10.0.0.0/8",
	"100.64.0.0/10",       "127.0.0.0/8",
	"169.254.0.0/16",      "172.16.0.0/12",
	"192.168.0.0/16",      "::/96",
	"::ffff:0:0/96",       "fc00::/7",
	"fe80::/10",           "fec0::/10",
	"64:ff9b::/104",       "64:ff9b::a00:0/104",
	"64:ff9b::6440:0/106", "64:ff9b::7f00:0/104",
	"64:ff9b::a9fe:0/112", "64:ff9b::ac10:0/108",
	"64:ff9b::c0a8:0/112", "2002::/24",
	"2002:a00::/24",       "2002:6440::/26",
	"2002:7f00::/24",      "2002:a9fe::/32",
	"2002:ac10::/28",      "2002:c0a8::/32",
};

enum { RANGES = sizeof(ranges) / sizeof(*ranges) };

struct private_row {
	struct name name; /* in lower case */
	uint16_t type;    /* 0: free */
	int64_t until_s;
};

/* The process has one thread. */
static struct private_row rows[ROWS];
static struct prefix parsed[RANGES];
static bool is_parsed;

/* One record of an answer. */
struct private_record {
	struct name owner;
	uint16_t type;
	const uint8_t *rdata;
	uint16_t len;
	struct reader rest; /* at the RDATA */
};

const char *private_range_at(size_t i)
{
	return i < RANGES ? ranges[i] : NULL;
}

static bool is_private(uint16_t type, const uint8_t *rdata, size_t len)
{
	struct addr a = { .family = type == RR_A ? AF_INET : AF_INET6 };

	if (!(type == RR_A && len == V4_LEN) && !(type == RR_AAAA && len == V6_LEN))
		return false;
	memcpy(a.octets, rdata, len);
	for (size_t i = 0; i < RANGES && !is_parsed; i++)
		(void)prefix_parse(ranges[i], &parsed[i]);
	is_parsed = true;
	for (size_t i = 0; i < RANGES; i++)
		if (prefix_contains(&parsed[i], &a))
			return true;
	return false;
}

static int64_t now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static struct private_row *row_of(const struct name *name, uint16_t type)
{
	uint32_t hash = 2166136261U ^ type;

	for (size_t i = 0; i < name->len; i++)
		hash = (hash ^ name->wire[i]) * 16777619U;
	return &rows[hash % ROWS];
}

static bool is_of(const struct private_row *row, const struct name *name, uint16_t type)
{
	return row->type == type && name_equal(row->name.wire, name->wire);
}

/* Behind the question of a message. Returns how many records the answer has; 0 for what
 * cannot be read. */
static uint16_t begin(struct reader *r)
{
	uint16_t questions;
	uint16_t count;
	struct name name;

	(void)reader_u32(r);
	questions = reader_u16(r);
	count = reader_u16(r);
	(void)reader_u32(r);
	if (questions != 1 || name_read(r, &name))
		return 0;
	(void)reader_u32(r);
	return r->err ? 0 : count;
}

static bool next(struct reader *r, struct private_record *out)
{
	if (name_read(r, &out->owner))
		return false;
	name_lower(&out->owner);
	out->type = reader_u16(r);
	(void)reader_u16(r);
	(void)reader_u32(r);
	out->len = reader_u16(r);
	out->rest = *r;
	out->rdata = reader_take(r, out->len);
	return out->rdata != NULL;
}

void private_note(const uint8_t *octets, size_t len)
{
	struct reader r = reader_of(octets, len);
	uint16_t count = begin(&r);
	struct private_record p;

	for (uint16_t i = 0; i < count && next(&r, &p); i++) {
		struct private_row *row = row_of(&p.owner, p.type);

		if (is_private(p.type, p.rdata, p.len))
			*row = (struct private_row){ p.owner, p.type,
						     now_s() + KEPT_S };
		else if (is_of(row, &p.owner, p.type))
			row->type = 0;
	}
}

bool private_hides(const struct name *name, uint16_t type, const uint8_t *packet,
		   size_t len)
{
	struct reader r = reader_of(packet, len);
	uint16_t count = packet ? begin(&r) : 0;
	const struct private_row *row;
	struct name end = *name;
	struct private_record p;

	for (uint16_t i = 0; i < count && next(&r, &p); i++) {
		if (p.type == type)
			return false;
		if (p.type == RR_CNAME && name_read(&p.rest, &end))
			return false;
	}
	name_lower(&end);
	row = row_of(&end, type);
	return (type == RR_A || type == RR_AAAA) && is_of(row, &end, type) &&
	       now_s() < row->until_s;
}

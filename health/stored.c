#include "health/stored.h"

#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/fnv.h"

enum { HEAD_LEN = 4 + 2, SUM_LEN = 8 };

size_t stored_begin(struct buffer *b, uint32_t magic, uint16_t version)
{
	size_t from = b->len;

	buffer_put_u32(b, magic);
	buffer_put_u16(b, version);
	return from;
}

void stored_end(struct buffer *b, size_t from)
{
	stored_put_u64(b, fnv_fold(FNV_BEGIN, b->octets + from, b->len - from));
}

void stored_put_u64(struct buffer *b, uint64_t value)
{
	buffer_put_u32(b, (uint32_t)(value >> 32));
	buffer_put_u32(b, (uint32_t)value);
}

void stored_put_text(struct buffer *b, const char *text)
{
	size_t len = strnlen(text, UINT16_MAX);

	buffer_put_u16(b, (uint16_t)len);
	buffer_put(b, text, len);
}

void stored_put_addr(struct buffer *b, const struct addr *a)
{
	buffer_put_u8(b, a->family == AF_INET6 ? 6 : a->family == AF_INET ? 4 : 0);
	buffer_put(b, a->octets, addr_len(a));
	buffer_put_u32(b, a->scope);
	buffer_put_u16(b, a->port);
}

static const uint8_t *take(struct stored_reader *r, size_t len)
{
	const uint8_t *p = r->at;

	if (r->err || (size_t)(r->end - r->at) < len) {
		r->err = ERR_MALFORMED;
		return NULL;
	}
	r->at += len;
	return p;
}

struct stored_reader stored_open(const void *octets, size_t len, uint32_t magic,
				 uint16_t version)
{
	struct stored_reader r = { octets, NULL, ERR_MALFORMED };
	struct stored_reader tail;
	uint32_t is_magic;
	uint16_t is_version;

	r.end = r.at;
	if (octets == NULL || len < HEAD_LEN + SUM_LEN)
		return r;
	r.end += len - SUM_LEN;
	r.err = OK;
	tail = (struct stored_reader){ r.end, r.end + SUM_LEN, OK };
	is_magic = stored_u32(&r);
	is_version = stored_u16(&r);
	if (is_magic != magic || is_version != version ||
	    stored_u64(&tail) != fnv_fold(FNV_BEGIN, octets, len - SUM_LEN))
		r.err = ERR_MALFORMED;
	return r;
}

uint8_t stored_u8(struct stored_reader *r, uint8_t max)
{
	const uint8_t *p = take(r, 1);

	if (p && *p > max)
		r->err = ERR_MALFORMED;
	return p && *p <= max ? *p : 0;
}

uint16_t stored_u16(struct stored_reader *r)
{
	const uint8_t *p = take(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t stored_u32(struct stored_reader *r)
{
	uint32_t high = stored_u16(r);

	return high << 16 | stored_u16(r);
}

uint64_t stored_u64(struct stored_reader *r)
{
	uint64_t high = stored_u32(r);

	return high << 32 | stored_u32(r);
}

size_t stored_count(struct stored_reader *r, size_t max)
{
	size_t count = stored_u16(r);

	if (count > max || count > (size_t)(r->end - r->at)) {
		r->err = ERR_MALFORMED;
		return 0;
	}
	return r->err ? 0 : count;
}

void stored_text(struct stored_reader *r, char *out, size_t cap)
{
	size_t len = stored_u16(r);
	const uint8_t *p = take(r, len);

	memset(out, 0, cap);
	if (p && (len >= cap || memchr(p, 0, len)))
		r->err = ERR_MALFORMED;
	else if (p && len)
		memcpy(out, p, len);
}

char *stored_text_new(struct stored_reader *r)
{
	size_t len = stored_u16(r);
	const uint8_t *p = take(r, len);
	char *text;

	if (p && memchr(p, 0, len)) {
		r->err = ERR_MALFORMED;
		p = NULL;
	}
	text = alloc(p ? len + 1 : 1);
	if (p && len)
		memcpy(text, p, len);
	return text;
}

void stored_addr(struct stored_reader *r, struct addr *out)
{
	uint8_t kind = stored_u8(r, 6);
	const uint8_t *p;

	*out = (struct addr){ .family = kind == 4   ? AF_INET
					: kind == 6 ? AF_INET6
						    : 0 };
	if (kind && !out->family)
		r->err = ERR_MALFORMED;
	p = take(r, addr_len(out));
	if (p && addr_len(out))
		memcpy(out->octets, p, addr_len(out));
	out->scope = stored_u32(r);
	out->port = stored_u16(r);
}

#include "dns/edns.h"

#include <string.h>

#include "dns/rr.h"
#include "dns/writer.h"

enum {
	OPTIONS_MAX = 64, /* walked for one query */
	DNSSEC_OK = 0x8000,
	OPTION_HEAD_LEN = 4,
	COOKIE_CLIENT_LEN = 8,
	COOKIE_FULL_MIN_LEN = 16,
	ECS_HEAD_LEN = 4,
	PADDING_BLOCK = 468, /* RFC 8467 4.1 */
};

/* RFC 7873 5.2.2: 8 octets, or 16 to 40. Only the first of several counts (5.2). */
static int read_cookie(struct reader *r, struct edns *e)
{
	size_t len = reader_left(r);

	if (len != COOKIE_CLIENT_LEN &&
	    (len < COOKIE_FULL_MIN_LEN || len > EDNS_COOKIE_MAX_LEN))
		return ERR_MALFORMED;
	if (!e->cookie_len) {
		e->cookie = r->at;
		e->cookie_len = (uint8_t)len;
	}
	return OK;
}

/* RFC 7871 6: as many octets as the prefix needs, no host bits, scope 0. */
static int read_ecs_address(struct reader *r, struct edns_ecs *ecs, unsigned bits)
{
	struct addr *addr = &ecs->subnet.addr;
	size_t len = (bits + 7) / 8;
	const uint8_t *octets = reader_take(r, len);

	if (!octets || reader_left(r))
		return ERR_MALFORMED;
	if (bits % 8 && octets[len - 1] & 0xff >> bits % 8)
		return ERR_MALFORMED;
	memcpy(addr->octets, octets, len);
	addr->family = ecs->family == 1 ? AF_INET : AF_INET6;
	ecs->subnet.len = (uint8_t)bits;
	return OK;
}

static int read_ecs(struct reader *r, struct edns *e)
{
	struct edns_ecs ecs = { 0 };
	unsigned bits;
	int err = OK;

	ecs.family = reader_u16(r);
	bits = reader_u8(r);
	ecs.scope = reader_u8(r);
	if (r->err || ecs.scope)
		return ERR_MALFORMED;
	if ((ecs.family == 1 && bits <= 32) || (ecs.family == 2 && bits <= 128))
		err = read_ecs_address(r, &ecs, bits);
	else if (ecs.family || bits || reader_left(r))
		err = ERR_MALFORMED;
	if (err || e->has_ecs)
		return err;
	e->has_ecs = true;
	e->ecs = ecs;
	return OK;
}

static int read_option(unsigned code, struct reader *r, struct edns *e)
{
	switch (code) {
	case EDNS_NSID:
		e->nsid = true;
		return OK;
	case EDNS_ECS:
		return read_ecs(r, e);
	case EDNS_COOKIE:
		return read_cookie(r, e);
	case EDNS_KEEPALIVE:
		/* RFC 7828 3.2.1: a client names no time; over UDP, which is not
		 * known here, it must be passed over whatever it says. */
		e->keepalive = e->keepalive || !reader_left(r);
		return OK;
	case EDNS_PADDING:
		e->padding = true;
		return OK;
	default:
		return OK;
	}
}

static int read_options(struct reader *r, struct edns *e)
{
	unsigned count = 0;

	while (reader_left(r)) {
		unsigned code = reader_u16(r);
		struct reader option = reader_within(r, reader_u16(r));
		int err = r->err ? ERR_MALFORMED : read_option(code, &option, e);

		if (err)
			return err;
		if (++count > OPTIONS_MAX)
			return ERR_LIMIT;
	}
	return OK;
}

int edns_read(struct reader *r, struct edns *out)
{
	uint16_t payload = reader_u16(r);
	uint32_t flags = reader_u32(r);
	size_t len = reader_u16(r);
	struct reader options;

	if (r->err)
		return r->err;
	out->present = true;
	out->payload = payload < EDNS_PAYLOAD_MIN ? EDNS_PAYLOAD_MIN : payload;
	out->version = (uint8_t)(flags >> 16);
	out->dnssec_ok = flags & DNSSEC_OK;
	options = reader_within(r, len);
	if (r->err)
		return r->err;
	return out->version ? OK : read_options(&options, out);
}

static void write_option(struct writer *w, enum edns_option code, const void *octets,
			 size_t len)
{
	writer_u16(w, (uint16_t)code);
	writer_u16(w, (uint16_t)len);
	writer_octets(w, octets, len);
}

static void write_ecs(struct writer *w, const struct edns_ecs *ecs)
{
	size_t len = (ecs->subnet.len + 7U) / 8;

	writer_u16(w, EDNS_ECS);
	writer_u16(w, (uint16_t)(ECS_HEAD_LEN + len));
	writer_u16(w, ecs->family);
	writer_u8(w, ecs->subnet.len);
	writer_u8(w, ecs->scope);
	writer_octets(w, ecs->subnet.addr.octets, len);
}

/* Ends an option the room may not allow: takes it back whole if it did not fit. */
static void keep_if_whole(struct writer *w, uint8_t *was)
{
	if (w->err) {
		w->at = was;
		w->err = OK;
	}
}

static void write_ede(struct writer *w, const struct edns_answer *e)
{
	uint8_t *was = w->at;
	size_t text_len = (size_t)e->ede_len + e->ede_tail_len;
	size_t need = OPTION_HEAD_LEN + sizeof(uint16_t) + text_len;
	bool fits = need <= writer_left(w);

	writer_u16(w, EDNS_EDE);
	writer_u16(w, (uint16_t)(sizeof(uint16_t) + (fits ? text_len : 0)));
	writer_u16(w, e->ede_code);
	writer_octets(w, e->ede_text, fits ? e->ede_len : 0);
	writer_octets(w, e->ede_tail, fits ? e->ede_tail_len : 0);
	keep_if_whole(w, was);
}

static void write_padding(struct writer *w, size_t message_len)
{
	size_t len = message_len + writer_len(w) + OPTION_HEAD_LEN;
	size_t fill = (PADDING_BLOCK - len % PADDING_BLOCK) % PADDING_BLOCK;

	if (writer_left(w) < OPTION_HEAD_LEN)
		return;
	if (fill > writer_left(w) - OPTION_HEAD_LEN)
		fill = writer_left(w) - OPTION_HEAD_LEN;
	writer_u16(w, EDNS_PADDING);
	writer_u16(w, (uint16_t)fill);
	writer_zero(w, fill);
}

/* Most needed first; an option that does not fit leaves room to the shorter ones. */
static void write_options(struct writer *w, const struct edns_answer *e)
{
	uint8_t *was = w->at;

	if (e->cookie_len)
		write_option(w, EDNS_COOKIE, e->cookie, e->cookie_len);
	keep_if_whole(w, was);
	was = w->at;
	if (e->ecs)
		write_ecs(w, e->ecs);
	keep_if_whole(w, was);
	was = w->at;
	if (e->keepalive) {
		writer_u16(w, EDNS_KEEPALIVE);
		writer_u16(w, sizeof(uint16_t));
		writer_u16(w, e->keepalive_100ms);
	}
	keep_if_whole(w, was);
	was = w->at;
	if (e->nsid_len)
		write_option(w, EDNS_NSID, e->nsid, e->nsid_len);
	keep_if_whole(w, was);
	if (e->has_ede)
		write_ede(w, e);
}

size_t edns_write(const struct edns_answer *e, uint8_t *out, size_t room,
		  size_t message_len)
{
	struct writer w = writer_of(out, room);
	uint8_t *rdlen;

	writer_u8(&w, 0); /* the root */
	writer_u16(&w, RR_OPT);
	writer_u16(&w, e->payload);
	writer_u8(&w, (uint8_t)(e->rcode >> 4));
	writer_u8(&w, 0); /* version */
	writer_u16(&w, e->dnssec_ok ? DNSSEC_OK : 0);
	rdlen = writer_take(&w, sizeof(uint16_t));
	if (!rdlen)
		return 0;
	write_options(&w, e);
	if (e->padding)
		write_padding(&w, message_len);
	rdlen[0] = (uint8_t)((writer_len(&w) - EDNS_OPT_FIXED_LEN) >> 8);
	rdlen[1] = (uint8_t)(writer_len(&w) - EDNS_OPT_FIXED_LEN);
	return writer_len(&w);
}

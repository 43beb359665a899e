#include "health/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "health/stored.h"

enum { TARGETS_MAX = ROW_ENDPOINTS_MAX * ROW_ADDRESSES_MAX };
enum { MAGIC = 0x64704b31, VERSION = 1 }; /* "dpK1" */

/* Bits of a target's octet of flags. */
enum { ALIVE = 1, DECIDED = 2, HELD = 4, DRAINING = 8, FAULT = 16 };

struct kept *kept_new(size_t pbx_count, size_t name_count)
{
	struct kept *k = alloc(sizeof(*k));

	k->pbxs = alloc_array(pbx_count, sizeof(*k->pbxs));
	k->pbx_count = pbx_count;
	k->names = alloc_array(name_count, sizeof(*k->names));
	k->name_count = name_count;
	return k;
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->pbx_count; i++) {
		free(k->pbxs[i].name);
		free(k->pbxs[i].targets);
	}
	for (size_t i = 0; i < k->name_count; i++)
		free(k->names[i].name);
	free(k->pbxs);
	free(k->names);
	free(k);
}

const struct kept_pbx *kept_find(const struct kept *k, const char *name)
{
	for (size_t i = 0; k && i < k->pbx_count; i++)
		if (strcmp(k->pbxs[i].name, name) == 0)
			return &k->pbxs[i];
	return NULL;
}

static void put_target(struct buffer *b, const struct kept_target *t)
{
	buffer_put_u8(b, (uint8_t)t->transport);
	stored_put_addr(b, &t->to);
	buffer_put_u8(b, (uint8_t)((t->alive ? ALIVE : 0) | (t->decided ? DECIDED : 0) |
				   (t->held ? HELD : 0) | (t->draining ? DRAINING : 0) |
				   (t->certificate_fault ? FAULT : 0)));
	buffer_put_u32(b, t->hold_left_ms);
	stored_put_u64(b, t->fell);
	stored_put_u64(b, t->rose);
	stored_put_u64(b, (uint64_t)t->since_ms);
	stored_put_text(b, t->cause);
}

static void put_pbx(struct buffer *b, const struct kept_pbx *p)
{
	stored_put_text(b, p->name);
	buffer_put_u8(b, (uint8_t)p->force);
	stored_put_text(b, p->force_author);
	stored_put_text(b, p->force_reason);
	stored_put_u64(b, (uint64_t)p->force_since_ms);
	stored_put_u64(b, (uint64_t)p->force_until_ms);
	buffer_put_u8(b, p->held_by_hand);
	stored_put_u64(b, (uint64_t)p->since_ms);
	buffer_put_u16(b, (uint16_t)p->target_count);
	for (size_t i = 0; i < p->target_count; i++)
		put_target(b, &p->targets[i]);
}

static void put_name(struct buffer *b, const struct kept_name *n)
{
	stored_put_text(b, n->name);
	buffer_put_u8(b, (uint8_t)n->address_count);
	for (size_t i = 0; i < n->address_count; i++)
		stored_put_addr(b, &n->addresses[i]);
}

void kept_encode(const struct kept *k, struct buffer *out)
{
	size_t from = stored_begin(out, MAGIC, VERSION);

	stored_put_u64(out, k->generation);
	stored_put_u64(out, k->order);
	stored_put_u64(out, k->switch_seq);
	buffer_put_u16(out, (uint16_t)k->pbx_count);
	for (size_t i = 0; i < k->pbx_count; i++)
		put_pbx(out, &k->pbxs[i]);
	buffer_put_u16(out, (uint16_t)k->name_count);
	for (size_t i = 0; i < k->name_count; i++)
		put_name(out, &k->names[i]);
	stored_end(out, from);
}

static void get_target(struct stored_reader *r, struct kept_target *t)
{
	uint8_t flags;

	t->transport = (enum transport)stored_u8(r, TRANSPORTS - 1);
	stored_addr(r, &t->to);
	flags = stored_u8(r, UINT8_MAX);
	t->alive = flags & ALIVE;
	t->decided = flags & DECIDED;
	t->held = flags & HELD;
	t->draining = flags & DRAINING;
	t->certificate_fault = flags & FAULT;
	t->hold_left_ms = stored_u32(r);
	t->fell = stored_u64(r);
	t->rose = stored_u64(r);
	t->since_ms = (int64_t)stored_u64(r);
	stored_text(r, t->cause, sizeof(t->cause));
}

static void get_pbx(struct stored_reader *r, struct kept_pbx *p)
{
	p->name = stored_text_new(r);
	p->force = (enum force)stored_u8(r, FORCES - 1);
	stored_text(r, p->force_author, sizeof(p->force_author));
	stored_text(r, p->force_reason, sizeof(p->force_reason));
	p->force_since_ms = (int64_t)stored_u64(r);
	p->force_until_ms = (int64_t)stored_u64(r);
	p->held_by_hand = stored_u8(r, 1);
	p->since_ms = (int64_t)stored_u64(r);
	p->target_count = stored_count(r, TARGETS_MAX);
	p->targets = alloc_array(p->target_count, sizeof(*p->targets));
	for (size_t i = 0; i < p->target_count && !r->err; i++)
		get_target(r, &p->targets[i]);
}

static void get_name(struct stored_reader *r, struct kept_name *n)
{
	n->name = stored_text_new(r);
	n->address_count = stored_u8(r, ROW_ADDRESSES_MAX);
	for (size_t i = 0; i < n->address_count; i++)
		stored_addr(r, &n->addresses[i]);
}

int kept_decode(const void *octets, size_t len, struct kept **out)
{
	struct stored_reader r = stored_open(octets, len, MAGIC, VERSION);
	struct kept *k = alloc(sizeof(*k));

	k->generation = stored_u64(&r);
	k->order = stored_u64(&r);
	k->switch_seq = stored_u64(&r);
	k->pbx_count = stored_count(&r, UINT16_MAX);
	k->pbxs = alloc_array(k->pbx_count, sizeof(*k->pbxs));
	for (size_t i = 0; i < k->pbx_count; i++)
		get_pbx(&r, &k->pbxs[i]);
	k->name_count = stored_count(&r, UINT16_MAX);
	k->names = alloc_array(k->name_count, sizeof(*k->names));
	for (size_t i = 0; i < k->name_count; i++)
		get_name(&r, &k->names[i]);
	if (r.err || r.at != r.end) {
		kept_free(k);
		return ERR_MALFORMED;
	}
	*out = k;
	return OK;
}

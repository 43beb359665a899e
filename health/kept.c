#include "health/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "health/kept_form.h"
#include "health/stored.h"

enum { TARGETS_MAX = ROW_ENDPOINTS_MAX * ROW_ADDRESSES_MAX, CAP_MIN = 16 };

struct kept *kept_new(void)
{
	return alloc(sizeof(struct kept));
}

void kept_pbx_fini(struct kept_pbx *p)
{
	free(p->name);
	free(p->targets);
}

static void free_things(struct kept *k)
{
	for (size_t i = 0; i < k->pbx_count; i++)
		kept_pbx_fini(&k->pbxs[i]);
	for (size_t i = 0; i < k->name_count; i++)
		free(k->names[i].name);
	k->pbx_count = k->name_count = 0;
}

void kept_free(struct kept *k)
{
	if (!k)
		return;
	free_things(k);
	for (size_t i = 0; i < k->stray_count; i++)
		free(k->strays[i]);
	free(k->strays);
	free(k->pbxs);
	free(k->names);
	free(k);
}

static int by_name(const void *a, const void *b)
{
	const struct kept_pbx *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void kept_sort(struct kept *k)
{
	if (k->pbx_count)
		qsort(k->pbxs, k->pbx_count, sizeof(*k->pbxs), by_name);
}

static int to_name(const void *name, const void *row)
{
	const struct kept_pbx *p = row;

	return strcmp(name, p->name);
}

struct kept_pbx *kept_find(const struct kept *k, const char *name)
{
	if (!k || !k->pbx_count)
		return NULL;
	return bsearch(name, k->pbxs, k->pbx_count, sizeof(*k->pbxs), to_name);
}

/* One more at the end of an array, all zero. */
static void *grow(void *rows, size_t count, size_t *cap, size_t size)
{
	if (count == *cap) {
		*cap = count ? 2 * count : CAP_MIN;
		rows = alloc_resize(rows, *cap, size);
	}
	memset((uint8_t *)rows + count * size, 0, size);
	return rows;
}

static struct kept_pbx *add_pbx(struct kept *k)
{
	k->pbxs = grow(k->pbxs, k->pbx_count, &k->pbx_cap, sizeof(*k->pbxs));
	return &k->pbxs[k->pbx_count++];
}

static struct kept_name *add_name(struct kept *k)
{
	k->names = grow(k->names, k->name_count, &k->name_cap, sizeof(*k->names));
	return &k->names[k->name_count++];
}

static void add_stray(struct kept *k, char *key)
{
	k->strays = alloc_resize(k->strays, k->stray_count + 1, sizeof(*k->strays));
	k->strays[k->stray_count++] = key;
}

static void get_target(struct stored_reader *r, struct kept_target *t)
{
	uint8_t flags;

	t->transport = (enum transport)stored_u8(r, TRANSPORTS - 1);
	stored_addr(r, &t->to);
	flags = stored_u8(r, UINT8_MAX);
	t->alive = flags & KEPT_ALIVE;
	t->decided = flags & KEPT_DECIDED;
	t->held = flags & KEPT_HELD;
	t->draining = flags & KEPT_DRAINING;
	t->certificate_fault = flags & KEPT_FAULT;
	t->hold_left_ms = stored_u32(r);
	t->fell = stored_u64(r);
	t->rose = stored_u64(r);
	t->since_ms = (int64_t)stored_u64(r);
	stored_text(r, t->cause, sizeof(t->cause));
}

/* is_row: not a part of KEPT_WHOLE. */
static void get_pbx(struct stored_reader *r, struct kept_pbx *p, bool is_row)
{
	p->name = stored_text_new(r);
	p->force = (enum force)stored_u8(r, FORCES - 1);
	stored_text(r, p->force_author, sizeof(p->force_author));
	stored_text(r, p->force_reason, sizeof(p->force_reason));
	p->force_since_ms = (int64_t)stored_u64(r);
	p->force_until_ms = (int64_t)stored_u64(r);
	p->held_by_hand = stored_u8(r, 1);
	p->since_ms = (int64_t)stored_u64(r);
	p->kept_ms = is_row ? (int64_t)stored_u64(r) : 0;
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

static void get_head(struct stored_reader *r, struct kept *k)
{
	k->generation = stored_u64(r);
	k->order = stored_u64(r);
	k->switch_seq = stored_u64(r);
}

static bool is_whole(const struct stored_reader *r)
{
	return !r->err && r->at == r->end;
}

static int read_pbx(struct kept *k, const char *name, const void *octets, size_t len)
{
	struct stored_reader r = stored_open(octets, len, KEPT_PBX_MAGIC,
					     KEPT_ROW_VERSION);
	struct kept_pbx *p = add_pbx(k);

	get_pbx(&r, p, true);
	if (is_whole(&r) && strcmp(p->name, name) == 0)
		return OK;
	kept_pbx_fini(p);
	k->pbx_count--;
	return ERR_MALFORMED;
}

static int read_name(struct kept *k, const char *name, const void *octets, size_t len)
{
	struct stored_reader r = stored_open(octets, len, KEPT_NAME_MAGIC,
					     KEPT_ROW_VERSION);
	struct kept_name *n = add_name(k);

	get_name(&r, n);
	if (is_whole(&r) && strcmp(n->name, name) == 0)
		return OK;
	free(n->name);
	k->name_count--;
	return ERR_MALFORMED;
}

static int read_head(struct kept *k, const void *octets, size_t len)
{
	struct stored_reader r = stored_open(octets, len, KEPT_HEAD_MAGIC,
					     KEPT_ROW_VERSION);
	struct kept head = { 0 };

	get_head(&r, &head);
	if (!is_whole(&r))
		return ERR_MALFORMED;
	k->generation = head.generation;
	k->order = head.order;
	k->switch_seq = head.switch_seq;
	return OK;
}

/* What rows there are is older, and of no use. */
static void forget_rows(struct kept *k)
{
	for (size_t i = 0; i < k->pbx_count; i++)
		add_stray(k, alloc_format(KEPT_PBX "%s", k->pbxs[i].name));
	for (size_t i = 0; i < k->name_count; i++)
		add_stray(k, alloc_format(KEPT_NAME "%s", k->names[i].name));
	free_things(k);
}

static int read_whole(struct kept *k, const void *octets, size_t len)
{
	struct stored_reader r = stored_open(octets, len, KEPT_WHOLE_MAGIC,
					     KEPT_WHOLE_VERSION);
	struct kept *fresh = kept_new();
	size_t count;
	int err;

	get_head(&r, fresh);
	count = stored_count(&r, UINT16_MAX);
	for (size_t i = 0; i < count && !r.err; i++)
		get_pbx(&r, add_pbx(fresh), false);
	count = stored_count(&r, UINT16_MAX);
	for (size_t i = 0; i < count && !r.err; i++)
		get_name(&r, add_name(fresh));
	err = is_whole(&r) ? OK : ERR_MALFORMED;
	if (err == OK) {
		forget_rows(k);
		fresh->strays = k->strays;
		fresh->stray_count = k->stray_count;
		k->strays = NULL;
		k->stray_count = 0;
		free(k->pbxs);
		free(k->names);
		*k = *fresh;
		*fresh = (struct kept){ 0 };
		k->whole = true;
	}
	kept_free(fresh);
	return err;
}

static const char *behind(const char *key, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(key, prefix, len) == 0 ? key + len : NULL;
}

int kept_read(struct kept *k, const char *key, const void *octets, size_t len)
{
	const char *pbx = behind(key, KEPT_PBX);
	const char *name = behind(key, KEPT_NAME);
	int err = ERR_MALFORMED;

	if (pbx)
		err = read_pbx(k, pbx, octets, len);
	else if (name)
		err = read_name(k, name, octets, len);
	else if (strcmp(key, KEPT_HEAD) == 0)
		err = read_head(k, octets, len);
	else if (strcmp(key, KEPT_WHOLE) == 0)
		err = read_whole(k, octets, len);
	if (err)
		add_stray(k, alloc_text(key));
	return err;
}

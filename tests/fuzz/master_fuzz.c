/* A master file, which may include itself and one other. */
#include "dns/master.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "dns/rr.h"

enum { RECORDS_MAX = 200 };

struct input {
	const char *octets;
	size_t len;
	unsigned opened;
	unsigned records;
};

static int open_input(void *arg, const char *path, struct master_text *out)
{
	struct input *in = arg;

	/* Files that include others twice make work grow as a power. */
	if (++in->opened > 20)
		return ERR_NOT_FOUND;
	(void)path;
	*out = (struct master_text){ in->octets, in->len, NULL };
	return OK;
}

static void close_input(void *arg, struct master_text *text)
{
	(void)arg;
	(void)text;
}

static int check_record(void *arg, const struct master_record *r)
{
	struct input *in = arg;
	struct rr_name_at names[3];

	assert(name_wire_len(r->owner->wire) == r->owner->len);
	assert(r->ttl <= INT32_MAX && r->rdlen <= UINT16_MAX);
	assert(!rr_type_is_meta(r->type));
	assert(r->place.line && r->place.col);
	rr_rdata_names(r->type, r->rdata, r->rdlen, names, 3);
	return ++in->records > RECORDS_MAX ? ERR_LIMIT : OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct input in = { (const char *)octets, len, 0, 0 };
	struct master_files files = { open_input, close_input, &in };
	struct master_source src = { .path = "fuzz", .files = &files };
	struct name origin = { 9, 1, "\7example" };
	struct diags diags = { .limit = 10 };
	int err = master_parse(&src, &origin, &diags, check_record, &in);

	assert(err == OK || err == ERR_LIMIT || (err == ERR_INVALID && diags.count));
	diags_fini(&diags);
	return 0;
}

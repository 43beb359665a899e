#include "health/switches.h"

#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/json.h"
#include "health/stored.h"

enum { MAGIC = 0x64705331, VERSION = 2, NO_STANDING = 1 }; /* "dpS1" */

/* clang-format off */
static const char *const kind_names[SWITCH_KINDS] = {
	[SWITCH_DOWN]     = "down",
	[SWITCH_UP]       = "up",
	[SWITCH_BACK]     = "back",
	[SWITCH_DRAINING] = "draining",
	[SWITCH_FORCED]   = "forced",
	[SWITCH_RELEASED] = "released",
	[SWITCH_FROZEN]   = "frozen",
	[SWITCH_THAWED]   = "thawed",
	[SWITCH_AWAY]     = "away",
	[SWITCH_ENDPOINT] = "endpoint",
};
/* clang-format on */

const char *switch_kind_name(enum switch_kind k)
{
	return kind_names[k];
}

void switch_encode(const struct switch_record *r, struct buffer *out)
{
	size_t from = stored_begin(out, MAGIC, VERSION);

	stored_put_u64(out, r->seq);
	stored_put_u64(out, r->generation);
	buffer_put_u8(out, (uint8_t)r->kind);
	buffer_put_u8(out, (uint8_t)r->from);
	buffer_put_u8(out, (uint8_t)r->to);
	stored_put_text(out, r->pbx);
	stored_put_text(out, r->cause);
	stored_put_text(out, r->author);
	stored_put_u64(out, (uint64_t)r->wall_ms);
	buffer_put_u32(out, r->detection_ms);
	buffer_put_u8(out, (uint8_t)r->stood);
	buffer_put_u8(out, (uint8_t)r->stands);
	stored_end(out, from);
}

int switch_decode(const void *octets, size_t len, struct switch_record *out)
{
	struct stored_reader r = stored_open(octets, len, MAGIC, VERSION);
	struct switch_record got = { 0 };
	bool old = r.err && stored_open(octets, len, MAGIC, NO_STANDING).err == OK;

	if (old)
		r = stored_open(octets, len, MAGIC, NO_STANDING);
	got.seq = stored_u64(&r);
	got.generation = stored_u64(&r);
	got.kind = (enum switch_kind)stored_u8(&r, SWITCH_KINDS - 1);
	got.from = (enum pbx_state)stored_u8(&r, PBX_STATES - 1);
	got.to = (enum pbx_state)stored_u8(&r, PBX_STATES - 1);
	stored_text(&r, got.pbx, sizeof(got.pbx));
	stored_text(&r, got.cause, sizeof(got.cause));
	stored_text(&r, got.author, sizeof(got.author));
	got.wall_ms = (int64_t)stored_u64(&r);
	got.detection_ms = stored_u32(&r);
	got.stood = old ? (enum row_standing)got.from
			: (enum row_standing)stored_u8(&r, STANDINGS - 1);
	got.stands = old ? (enum row_standing)got.to
			 : (enum row_standing)stored_u8(&r, STANDINGS - 1);
	if (r.err || r.at != r.end)
		return ERR_MALFORMED;
	*out = got;
	return OK;
}

void switch_json(const struct switch_record *r, struct json *j)
{
	time_t at = (time_t)(r->wall_ms / 1000);
	char clock[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(clock, sizeof(clock), "%Y-%m-%dT%H:%M:%S", &tm);
	json_int(j, "seq", (int64_t)r->seq);
	json_format(j, "at", "%s.%03dZ", clock, (int)(r->wall_ms % 1000));
	json_text(j, "pbx", r->pbx);
	json_text(j, "what", kind_names[r->kind]);
	json_text(j, "from", standing_name(r->stood));
	json_text(j, "to", standing_name(r->stands));
	json_text(j, "cause", r->cause);
	json_text(j, "author", r->author);
	json_int(j, "detection_ms", r->detection_ms);
	json_int(j, "generation", (int64_t)r->generation);
}

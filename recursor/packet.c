#include "recursor/packet.h"

#include <string.h>

#include "base/err.h"
#include "dns/edns.h"
#include "dns/question.h"
#include "dns/reader.h"
#include "dns/rr.h"

enum { RCODE_MASK = 15 };

/* Reads a record far enough to be behind it. Returns whether it is an OPT.
 *
 * ttl_at  gets the place of its TTL in the message
 */
static bool skip_record(struct reader *r, const uint8_t *message, size_t *ttl_at)
{
	struct name owner;
	uint16_t type;

	if (name_read(r, &owner) && r->err == OK)
		r->err = ERR_MALFORMED;
	type = reader_u16(r);
	(void)reader_u16(r);
	*ttl_at = (size_t)(r->at - message);
	(void)reader_u32(r);
	(void)reader_take(r, reader_u16(r));
	return type == RR_OPT;
}

static bool replace_stale_ttl(uint8_t *ttl)
{
	static const uint8_t mark[] = { 0, STALE_MARK_S >> 16,
					(STALE_MARK_S >> 8) & 255, STALE_MARK_S & 255 };
	static const uint8_t given[] = { 0, 0, 0, STALE_TTL_S };

	if (memcmp(ttl, mark, sizeof(mark)) != 0)
		return false;
	memcpy(ttl, given, sizeof(given));
	return true;
}

int packet_read(uint8_t *packet, size_t len, struct recursion_answer *out)
{
	struct reader r = reader_of(packet, len);
	struct name name;
	uint16_t question_count;
	const uint8_t *end;

	(void)reader_take(&r, 3);
	out->rcode = reader_u8(&r);
	question_count = reader_u16(&r);
	for (unsigned i = 0; i < 3; i++)
		out->counts[i] = reader_u16(&r);
	if (r.err || question_count != 1 || name_read(&r, &name))
		return ERR_MALFORMED;
	(void)reader_take(&r, 4);
	out->records = r.at;
	end = r.at;
	for (unsigned i = 0; i < 3; i++)
		for (uint16_t n = 0; n < out->counts[i]; n++) {
			size_t ttl_at;
			bool opt = skip_record(&r, packet, &ttl_at);

			if (r.err)
				return r.err;
			if (opt) {
				out->counts[i] = n;
				break;
			}
			out->has_ede |= replace_stale_ttl(packet + ttl_at);
			end = r.at;
		}
	out->rcode &= RCODE_MASK;
	if (out->has_ede)
		out->ede = out->rcode == RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN
							: EDE_STALE_ANSWER;
	out->records_len = (size_t)(end - out->records);
	return out->records_len > RECURSION_RECORDS_MAX_LEN ? ERR_LIMIT : OK;
}

/* One answer of a resolver. */
#include <string.h>

#include "base/err.h"
#include "dns/name.h"
#include "dns/reader.h"
#include "dns/rr.h"
#include "health/board.h"
#include "health/host_names.h"

enum { TTL_MAX_S = 3600 };

int host_names_read(const uint8_t *answer, size_t len, uint16_t type, struct addr *out,
		    uint32_t *ttl_s)
{
	struct reader r = reader_of(answer, len);
	uint16_t flags, questions, answers;
	struct name name;
	int count = 0;

	*ttl_s = TTL_MAX_S;
	(void)reader_u16(&r);
	flags = reader_u16(&r);
	questions = reader_u16(&r);
	answers = reader_u16(&r);
	(void)reader_u32(&r);
	for (; questions && !r.err; questions--) {
		(void)name_read(&r, &name);
		(void)reader_u32(&r);
	}
	for (; answers && !r.err; answers--) {
		uint16_t is_type, class, rdlen;
		struct reader rdata;
		uint32_t ttl;

		(void)name_read(&r, &name);
		is_type = reader_u16(&r);
		class = reader_u16(&r);
		ttl = reader_u32(&r);
		rdlen = reader_u16(&r);
		rdata = reader_within(&r, rdlen);
		if (rdata.err || class != 1)
			continue;
		*ttl_s = ttl < *ttl_s ? ttl : *ttl_s;
		if (is_type != type || rdlen != (type == RR_A ? 4 : 16) ||
		    count == ROW_ADDRESSES_MAX)
			continue;
		out[count] = (struct addr){ .family = type == RR_A ? AF_INET
								   : AF_INET6 };
		memcpy(out[count++].octets, rdata.at, rdlen);
	}
	if (r.err)
		return ERR_MALFORMED;
	return flags & 15 ? ERR_REFUSED : count;
}

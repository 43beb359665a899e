#include "tests/health/kept_whole.h"

#include "base/buffer.h"
#include "health/board.h"
#include "health/stored.h"

void kept_whole_put(struct buffer *b, const char *pbx)
{
	const struct addr to = { .family = AF_INET,
				 .octets = { 192, 0, 2, 1 },
				 .port = 5060 };
	size_t from = stored_begin(b, 0x64704b31, 1);

	stored_put_u64(b, KEPT_WHOLE_GENERATION);
	stored_put_u64(b, 77);
	stored_put_u64(b, 4);
	buffer_put_u16(b, 1);
	stored_put_text(b, pbx);
	buffer_put_u8(b, FORCE_DOWN);
	stored_put_text(b, "anna");
	stored_put_text(b, "");
	stored_put_u64(b, 0);
	stored_put_u64(b, 0);
	buffer_put_u8(b, 0);
	stored_put_u64(b, 1795356187000);
	buffer_put_u16(b, 1);
	buffer_put_u8(b, TRANSPORT_UDP);
	stored_put_addr(b, &to);
	buffer_put_u8(b, 2); /* dead, decided */
	buffer_put_u32(b, 0);
	stored_put_u64(b, 77);
	stored_put_u64(b, 0);
	stored_put_u64(b, 1795356187000);
	stored_put_text(b, "options/udp refused");
	buffer_put_u16(b, 0);
	stored_end(b, from);
}

#include "base/addr.h"
#include "dns/rr.h"
#include "health/board.h"
#include "health/host_names.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

/* Whatever a resolver sends: never more addresses than there is room, of one kind. */
static void play(const uint8_t *octets, size_t len, uint16_t type, uint8_t family)
{
	struct addr out[ROW_ADDRESSES_MAX];
	uint32_t ttl_s;
	int count = host_names_read(octets, len, type, out, &ttl_s);

	if (count > ROW_ADDRESSES_MAX)
		__builtin_trap();
	for (int i = 0; i < count; i++)
		if (out[i].family != family)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	play(octets, len, RR_A, AF_INET);
	play(octets, len, RR_AAAA, AF_INET6);
	return 0;
}

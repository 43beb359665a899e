#include "resolver/recursion/quota.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "zones/hash.h"

enum { CLIENTS = 4096, V6_NETWORK_LEN = 7, KEPT_PART = 8 };

struct client_quota {
	size_t whole;
	size_t taken;
	uint16_t of[CLIENTS];
};

struct client_quota *client_quota_new(size_t whole)
{
	struct client_quota *s = alloc(sizeof(*s));

	assert(whole <= UINT16_MAX);
	hash_init();
	s->whole = whole;
	return s;
}

void client_quota_free(struct client_quota *s)
{
	free(s);
}

uint32_t client_quota_client(const struct addr *a)
{
	size_t len = a->family == AF_INET6 ? V6_NETWORK_LEN : addr_len(a);
	uint64_t word = 0;

	memcpy(&word, a->octets, len);
	word = hash_fold(hash_key[0] ^ word, hash_key[1] ^ a->family);
	return (uint32_t)(word % CLIENTS);
}

/* Reserves some for clients that have none, however many others use their full quota.
 */
static bool may_take(const struct client_quota *s, size_t has)
{
	size_t left = s->whole - s->taken;
	size_t kept = s->whole / KEPT_PART;

	return has == 0 ? left > 0 : left > kept && has * 2 < left - kept;
}

bool client_quota_take(struct client_quota *s, uint32_t client)
{
	if (!may_take(s, s->of[client]))
		return false;
	s->of[client]++;
	s->taken++;
	return true;
}

void client_quota_return(struct client_quota *s, uint32_t client)
{
	assert(s->of[client]);
	s->of[client]--;
	s->taken--;
}

size_t client_quota_taken(const struct client_quota *s)
{
	return s->taken;
}

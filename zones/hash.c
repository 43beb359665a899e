#include "zones/hash.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

uint64_t hash_key[2];

static void draw(void)
{
	if (getrandom(hash_key, sizeof(hash_key), 0) != (ssize_t)sizeof(hash_key))
		abort();
	hash_key[1] |= 1; /* a factor of zero would forget the name */
}

void hash_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, draw);
}

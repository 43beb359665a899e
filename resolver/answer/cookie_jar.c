#include "resolver/answer/cookie_jar.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/alloc.h"
#include "base/disk/store.h"
#include "base/err.h"
#include "dns/reader.h"
#include "dns/writer.h"
#include "net/loop.h"

enum {
	FORMAT = 1,
	HEAD_LEN = 1 + 1 + 8, /* format, count, moment */
	ROLL_CHECK_MS = 3600 * 1000,
	SETS = 4, /* of keys: the current one is overwritten after three rolls */
};

static const char store_key[] = "cookies";

struct cookie_jar {
	struct store *store;
	struct loop *main;
	struct timer check;
	cookie_jar_put_fn *put;
	void *arg;
	int64_t made_at; /* wall clock, s: of the first key */
	unsigned now;    /* read by any thread */
	struct cookie_keys sets[SETS];
};

static void keep(struct cookie_jar *j)
{
	const struct cookie_keys *keys = &j->sets[j->now];
	uint8_t octets[HEAD_LEN + sizeof(keys->keys)];
	struct writer w = writer_of(octets, sizeof(octets));

	if (j->store == NULL)
		return;
	writer_u8(&w, FORMAT);
	writer_u8(&w, keys->count);
	writer_u32(&w, (uint32_t)(j->made_at >> 32));
	writer_u32(&w, (uint32_t)j->made_at);
	writer_octets(&w, keys->keys, (size_t)keys->count * COOKIE_KEY_LEN);
	(void)store_put(j->store, store_key, octets, writer_len(&w));
	j->put(j->arg);
}

/* If the store contains something else, new keys are generated. */
static int restore(struct cookie_jar *j)
{
	struct cookie_keys *keys = &j->sets[j->now];
	const uint8_t *octets;
	const void *kept;
	struct reader r;
	uint64_t made_at;
	unsigned format;
	unsigned count;
	size_t len;

	if (j->store == NULL || store_get(j->store, store_key, &kept, &len))
		return ERR_NOT_FOUND;
	r = reader_of(kept, len);
	format = reader_u8(&r);
	count = reader_u8(&r);
	made_at = (uint64_t)reader_u32(&r) << 32;
	made_at |= reader_u32(&r);
	if (r.err || format != FORMAT || count == 0 || count > COOKIE_KEYS)
		return ERR_MALFORMED;
	octets = reader_take(&r, (size_t)count * COOKIE_KEY_LEN);
	if (octets == NULL)
		return ERR_MALFORMED;
	memcpy(keys->keys, octets, (size_t)count * COOKIE_KEY_LEN);
	keys->count = (uint8_t)count;
	j->made_at = (int64_t)made_at;
	return OK;
}

static void roll(struct cookie_jar *j)
{
	unsigned next = (j->now + 1) % SETS;
	uint8_t fresh[COOKIE_KEY_LEN];

	if (getrandom(fresh, sizeof(fresh), 0) != sizeof(fresh))
		abort(); /* a request for at most 256 octets is never cut short */
	j->sets[next] = j->sets[j->now];
	cookie_roll(&j->sets[next], fresh);
	j->made_at = time(NULL);
	__atomic_store_n(&j->now, next, __ATOMIC_RELEASE);
	keep(j);
}

/* Otherwise a clock that was set back would keep a key for as long as it was ahead. */
static bool is_due(const struct cookie_jar *j)
{
	int64_t age_s = time(NULL) - j->made_at;

	return age_s < 0 || age_s >= COOKIE_JAR_ROLL_S;
}

static void check(void *arg)
{
	struct cookie_jar *j = arg;

	if (is_due(j))
		roll(j);
	timer_start(j->main, &j->check, ROLL_CHECK_MS, check, j);
}

struct cookie_jar *cookie_jar_new(struct loop *main, struct store *store,
				  cookie_jar_put_fn *put, void *arg)
{
	struct cookie_jar *j = alloc(sizeof(*j));

	j->main = main;
	j->store = store;
	j->put = put;
	j->arg = arg;
	if (restore(j))
		j->made_at = INT64_MIN / 2;
	check(j);
	return j;
}

void cookie_jar_free(struct cookie_jar *j)
{
	timer_stop(&j->check);
	free(j);
}

const struct cookie_keys *cookie_jar_now(const struct cookie_jar *j)
{
	return &j->sets[__atomic_load_n(&j->now, __ATOMIC_ACQUIRE)];
}

/* Frames of a recursor that was taken over, as a worker with questions under way takes
 * them: an octet of settings, then frames behind their lengths. */
#include "resolver/outside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/link.h"
#include "dns/recursion.h"
#include "dns/rr.h"

enum { CACHE_LEN = 256 * 1024, QUESTIONS = 4, RAW = 8 };

static unsigned resumed;

static void on_resume(void *arg, struct waiter *w)
{
	(void)arg;
	resumed++;
	free(w);
}

static enum outside_result find(struct outside *o, unsigned number,
				struct outside_answer *out)
{
	static const char *const names[QUESTIONS] = { "www.example.", "a.b.example.",
						      "ours.example.", "x." };
	static const uint16_t types[QUESTIONS] = { RR_A, RR_ANY, RR_DS, RR_HTTPS };
	struct addr client = { .family = AF_INET, .octets = { 10, 0, 0, 1 } };
	struct packet_key k = { .type = types[number], .dnssec_ok = number & 1 };
	struct name name;
	int err = name_parse(names[number], strlen(names[number]), NULL, &name);

	assert(err == OK);
	k.name = name.wire;
	k.name_len = name.len;
	outside_begin(o, &client, 30);
	if (outside_find(o, &k, packet_hash(&k), out) == OUTSIDE_LATER) {
		const struct outside_query q = { (const uint8_t *)"q", 1, &client };

		err = outside_wait(o, out->later, &q, 1, NULL);
		assert(err == OK);
		return OUTSIDE_LATER;
	}
	return OUTSIDE_FOUND;
}

static void say(int fd, bool raw, const uint8_t *octets, size_t len)
{
	const struct link_message m = { .type = RECURSION_ANSWERS,
					.payload = octets,
					.len = len };

	if (!raw)
		(void)link_send(fd, &m);
	else if (len)
		(void)!send(fd, octets, len, 0);
}

static const struct zone_set *ours(void)
{
	static struct zone_set *set;
	struct name name;
	int err;

	if (set)
		return set;
	set = zone_set_new();
	err = name_parse("ours.example.", 13, NULL, &name);
	assert(err == OK);
	err = zone_set_add_broken(set, &name);
	assert(err == OK);
	return set;
}

static void turn(struct outside *o, uint64_t now_ms)
{
	static struct walls *walls;

	if (walls == NULL)
		walls = walls_new(NULL, 0);
	outside_turn(o, now_ms, ours(), walls, 1);
}

/* Everybody has been answered once; and what is kept can be given. */
static void check(struct outside *o)
{
	struct outside_answer a;

	assert(resumed == QUESTIONS && outside_waiter_count(o) == 0);
	for (unsigned i = 0; i < QUESTIONS; i++)
		if (find(o, i, &a) == OUTSIDE_FOUND && a.ready)
			assert(a.target_at <= a.ready->wire_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct reader r = reader_of(octets, len);
	struct outside *o = outside_new(CACHE_LEN, on_resume, NULL);
	bool raw = reader_u8(&r) & RAW;
	struct outside_answer a;
	int ends[2];
	int err = link_pair(ends);

	assert(err == OK);
	outside_link(o, ends[0]);
	turn(o, 1000000);
	resumed = 0;
	for (unsigned i = 0; i < QUESTIONS; i++)
		(void)find(o, i, &a);
	outside_flush(o);
	while (reader_left(&r) && r.err == OK && outside_fd(o) >= 0) {
		size_t frame_len = reader_u16(&r);

		if (frame_len > reader_left(&r))
			frame_len = reader_left(&r);
		say(ends[1], raw, reader_take(&r, frame_len), frame_len);
		outside_receive(o);
	}
	turn(o, 1004900);
	outside_expire(o);
	check(o);
	close(ends[1]);
	outside_free(o);
	return 0;
}

/* Frames of a recursor that was taken over, as a worker with questions under way takes
 * them: an octet of settings, then frames behind their lengths. */
#include "resolver/recursion/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/process/link.h"
#include "dns/recursion.h"
#include "dns/rr.h"

enum { CACHE_LEN = 256 * 1024, QUESTIONS = 4, RAW = 8 };

static unsigned resumed;

static void on_resume(void *arg, struct parked *p)
{
	(void)arg;
	resumed++;
	free(p);
}

static enum recursion_client_result find(struct recursion_client *o, unsigned number,
					 struct recursion_client_answer *out)
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
	recursion_client_begin(o, &client, 30);
	if (recursion_client_find(o, &k, packet_hash(&k), out) ==
	    RECURSION_CLIENT_LATER) {
		const struct parked_query q = { (const uint8_t *)"q", 1, &client, 1 };
		const struct way_back back = { .fd = -1 };

		err = recursion_client_wait(o, out->later, &q, &back);
		assert(err == OK);
		return RECURSION_CLIENT_LATER;
	}
	return RECURSION_CLIENT_FOUND;
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

static void turn(struct recursion_client *o, uint64_t now_ms)
{
	static struct rebind *rebind;

	if (rebind == NULL)
		rebind = rebind_new(NULL, 0);
	recursion_client_turn(o, now_ms, ours(), rebind, 1);
}

/* Everybody has been answered once; and what is kept can be given. */
static void check(struct recursion_client *o)
{
	struct recursion_client_answer a;

	assert(resumed == QUESTIONS && recursion_client_waiter_count(o) == 0);
	for (unsigned i = 0; i < QUESTIONS; i++)
		if (find(o, i, &a) == RECURSION_CLIENT_FOUND && a.ready)
			assert(a.target_at <= a.ready->wire_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct reader r = reader_of(octets, len);
	struct recursion_client *o = recursion_client_new(CACHE_LEN, on_resume, NULL);
	bool raw = reader_u8(&r) & RAW;
	struct recursion_client_answer a;
	int ends[2];
	int err = link_pair(ends);

	assert(err == OK);
	recursion_client_link(o, ends[0]);
	turn(o, 1000000);
	resumed = 0;
	for (unsigned i = 0; i < QUESTIONS; i++)
		(void)find(o, i, &a);
	recursion_client_flush(o);
	while (reader_left(&r) && r.err == OK && recursion_client_fd(o) >= 0) {
		size_t frame_len = reader_u16(&r);

		if (frame_len > reader_left(&r))
			frame_len = reader_left(&r);
		say(ends[1], raw, reader_take(&r, frame_len), frame_len);
		recursion_client_receive(o);
	}
	turn(o, 1004900);
	recursion_client_expire(o);
	check(o);
	close(ends[1]);
	recursion_client_free(o);
	return 0;
}

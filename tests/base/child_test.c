#include "base/process/child.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/process/diag_form.h"
#include "base/process/link.h"
#include "tests/harness.h"

enum { OLDER = 9 }; /* the number of a message of a keeper that says no folders */

static int keeper;
static struct child *child;
static uint8_t space[LINK_PAYLOAD_MAX];

static void open_pair(void)
{
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(link_pair(ends), OK);
	keeper = ends[0];
	child = child_new(ends[1]);
}

static void close_pair(void)
{
	close(keeper);
	child_close(child);
}

static void say(uint32_t type, uint32_t sequence, const struct buffer *b, int fd)
{
	struct link_message m = { .type = type,
				  .sequence = sequence,
				  .payload = b->octets,
				  .len = b->len,
				  .fds = { fd },
				  .fd_count = fd >= 0 };

	CU_ASSERT_EQUAL(link_send(keeper, &m), OK);
}

static void say_socket(uint32_t id)
{
	struct buffer b = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	buffer_put_u32(&b, id);
	buffer_put_u16(&b, CHILD_UDP);
	buffer_put_u16(&b, 5);
	buffer_put_u16(&b, 1);
	say(CHILD_SOCKET, 0, &b, fd);
	buffer_fini(&b);
	close(fd);
}

static void say_conf(uint32_t type, uint32_t sequence, const char *conf)
{
	struct buffer b = { 0 };
	int fd = memfd_create("conf", MFD_CLOEXEC);

	CU_ASSERT_EQUAL(file_write(fd, conf, strlen(conf)), OK);
	buffer_put_u16(&b, 8);
	buffer_put_u16(&b, 2);
	buffer_put_u16(&b, 1);
	buffer_put_u32(&b, 6);
	buffer_put_text(&b, "d.conf");
	if (sequence != OLDER) {
		buffer_put_u32(&b, 5);
		buffer_put_text(&b, "state");
		buffer_put_u32(&b, 3);
		buffer_put_text(&b, "run");
	}
	say(type, sequence, &b, fd);
	buffer_fini(&b);
	close(fd);
}

static void start_brings_configuration_and_sockets(void)
{
	struct child_message m;

	open_pair();
	CU_ASSERT_EQUAL(child_receive(child, &m), ERR_AGAIN);
	say_socket(1);
	say_socket(2);
	CU_ASSERT_EQUAL(child_receive(child, &m), ERR_AGAIN);
	say_conf(CHILD_START, 0, "node: {}");
	CU_ASSERT_EQUAL(child_receive(child, &m), OK);
	CU_ASSERT_EQUAL(m.type, CHILD_START);
	CU_ASSERT_STRING_EQUAL(m.conf_path, "d.conf");
	CU_ASSERT_EQUAL(m.conf_len, 8);
	CU_ASSERT_EQUAL(memcmp(m.conf, "node: {}", 8), 0);
	CU_ASSERT_EQUAL(m.udp_workers, 8);
	CU_ASSERT_EQUAL(m.stream_workers, 2);
	CU_ASSERT_TRUE(m.upgrade);
	CU_ASSERT_EQUAL_FATAL(m.socket_count, 2);
	CU_ASSERT_EQUAL(m.sockets[1].id, 2);
	CU_ASSERT_EQUAL(m.sockets[1].worker, 5);
	CU_ASSERT_TRUE(m.sockets[1].wildcard);
	CU_ASSERT_EQUAL(m.sockets[1].addr.family, AF_INET);
	for (size_t i = 0; i < m.socket_count; i++)
		close(m.sockets[i].fd);
	CU_ASSERT_STRING_EQUAL(m.state_dir, "state");
	CU_ASSERT_STRING_EQUAL(m.run_dir, "run");
	say_socket(3);
	say_conf(CHILD_PREPARE, OLDER, "");
	CU_ASSERT_EQUAL(child_receive(child, &m), OK);
	CU_ASSERT_EQUAL(m.type, CHILD_PREPARE);
	CU_ASSERT_PTR_NULL(m.state_dir);
	CU_ASSERT_PTR_NULL(m.run_dir);
	CU_ASSERT_EQUAL_FATAL(m.socket_count, 1);
	CU_ASSERT_EQUAL(m.sockets[0].id, 3);
	close(m.sockets[0].fd);
	close_pair();
}

static void answers_carry_the_number_of_what_they_answer(void)
{
	struct child_message m;
	struct link_message got;
	struct text t;
	struct text why;

	open_pair();
	CU_ASSERT_EQUAL(child_ready(child), OK);
	CU_ASSERT_EQUAL(link_receive(keeper, space, &got), OK);
	CU_ASSERT_EQUAL(got.type, CHILD_READY);
	t = text_of(got.payload, got.len);
	CU_ASSERT_EQUAL(link_u16(&t), CHILD_SPEAKS);
	say_conf(CHILD_PREPARE, 4711, "x");
	CU_ASSERT_EQUAL(child_receive(child, &m), OK);
	CU_ASSERT_EQUAL(child_prepared(child, "zone broken", NULL), OK);
	CU_ASSERT_EQUAL(link_receive(keeper, space, &got), OK);
	CU_ASSERT_EQUAL(got.type, CHILD_PREPARED);
	CU_ASSERT_EQUAL(got.sequence, 4711);
	t = text_of(got.payload, got.len);
	CU_ASSERT_EQUAL(link_u16(&t), 0);
	why = link_text(&t);
	CU_ASSERT_TRUE(text_is(&why, "zone broken"));
	CU_ASSERT_EQUAL(child_prepared(child, NULL, NULL), OK);
	CU_ASSERT_EQUAL(link_receive(keeper, space, &got), OK);
	t = text_of(got.payload, got.len);
	CU_ASSERT_EQUAL(link_u16(&t), 1);
	close_pair();
}

static void a_yes_may_come_with_faults(void)
{
	const struct diag_place place = { "example.com.zone", 3, 7 };
	struct diags faults = { 0 };
	struct diags heard = { 0 };
	struct buffer said = { 0 };
	struct buffer again = { 0 };
	struct link_message got;
	struct text t;
	struct text why;

	open_pair();
	diags_add(&faults, DIAG_ERROR, place, "%s", "no SOA");
	diags_suggest(&faults, "SOA");
	diags_add(&faults, DIAG_WARNING, (struct diag_place){ 0 }, "%s", "old");
	CU_ASSERT_EQUAL(child_prepared(child, NULL, &faults), OK);
	CU_ASSERT_EQUAL(link_receive(keeper, space, &got), OK);
	t = text_of(got.payload, got.len);
	CU_ASSERT_EQUAL(link_u16(&t), 1);
	why = link_text(&t);
	CU_ASSERT_EQUAL(text_len(&why), 0);
	CU_ASSERT_EQUAL(diags_decode(&t, &heard), OK);
	diags_format(&faults, &said);
	diags_format(&heard, &again);
	CU_ASSERT_EQUAL(said.len, again.len);
	CU_ASSERT_EQUAL(memcmp(said.octets, again.octets, said.len), 0);
	t = text_of(got.payload, got.len - 1);
	(void)link_u16(&t);
	(void)link_text(&t);
	CU_ASSERT_EQUAL(diags_decode(&t, &heard), ERR_MALFORMED);
	buffer_fini(&said);
	buffer_fini(&again);
	diags_fini(&faults);
	diags_fini(&heard);
	close_pair();
}

static void commit_names_the_sockets_that_go(void)
{
	struct child_message m;
	struct buffer b = { 0 };

	open_pair();
	buffer_put_u32(&b, 7);
	buffer_put_u32(&b, 9);
	say(CHILD_COMMIT, 0, &b, -1);
	buffer_fini(&b);
	CU_ASSERT_EQUAL(child_receive(child, &m), OK);
	CU_ASSERT_EQUAL(m.type, CHILD_COMMIT);
	CU_ASSERT_EQUAL_FATAL(m.gone_count, 2);
	CU_ASSERT_EQUAL(m.gone[0], 7);
	CU_ASSERT_EQUAL(m.gone[1], 9);
	close_pair();
}

static void hook_and_its_fate_travel(void)
{
	char *argv[] = { (char[]){ "/bin/tell" }, (char[]){ "now" }, NULL };
	struct buffer b = { 0 };
	struct child_message m;
	struct link_message got;
	struct text t;
	struct text part;
	uint64_t digest;

	open_pair();
	CU_ASSERT_EQUAL(child_hook(child, 5, 3, child_hook_digest(argv), "{}"), OK);
	CU_ASSERT_EQUAL(link_receive(keeper, space, &got), OK);
	CU_ASSERT_EQUAL(got.type, CHILD_HOOK);
	CU_ASSERT_EQUAL(got.sequence, 5);
	t = text_of(got.payload, got.len);
	CU_ASSERT_EQUAL(link_u32(&t), 3);
	digest = (uint64_t)link_u32(&t) << 32;
	digest |= link_u32(&t);
	CU_ASSERT_EQUAL(digest, child_hook_digest(argv));
	part = link_text(&t);
	CU_ASSERT_TRUE(text_is(&part, "{}"));
	CU_ASSERT_EQUAL(text_len(&t), 0); /* no word of what is run */
	buffer_put_u32(&b, (uint32_t)-1);
	buffer_put_u32(&b, 3);
	buffer_put_u32(&b, 4);
	buffer_put_text(&b, "late");
	say(CHILD_HOOK_DONE, 5, &b, -1);
	buffer_fini(&b);
	CU_ASSERT_EQUAL(child_receive(child, &m), OK);
	CU_ASSERT_EQUAL(m.sequence, 5);
	CU_ASSERT_EQUAL(m.status, -1);
	CU_ASSERT_EQUAL(m.tries, 3);
	CU_ASSERT_STRING_EQUAL(m.why, "late");
	close_pair();
}

static void say_link(const char *name)
{
	struct buffer b = { 0 };
	int fd = memfd_create("peer", MFD_CLOEXEC);

	buffer_put_u16(&b, CHILD_TCP);
	buffer_put_u16(&b, 3);
	if (name) {
		buffer_put_u32(&b, (uint32_t)strlen(name));
		buffer_put_text(&b, name);
	}
	say(CHILD_LINK, 0, &b, fd);
	buffer_fini(&b);
	close(fd);
}

static void a_link_has_the_name_of_the_child_at_its_other_end(void)
{
	static const char *const names[] = { "recursor", "", NULL };
	struct child_message m;

	open_pair();
	for (size_t i = 0; i < 3; i++) {
		say_link(names[i]); /* NULL: by a keeper of the release before */
		CU_ASSERT_EQUAL(child_receive(child, &m), OK);
		CU_ASSERT_EQUAL(m.type, CHILD_LINK);
		CU_ASSERT_EQUAL(m.link_kind, CHILD_TCP);
		CU_ASSERT_EQUAL(m.link_worker, 3);
		CU_ASSERT_STRING_EQUAL(m.link_name, names[i] ? names[i] : "");
		CU_ASSERT_EQUAL(close(m.end), 0);
	}
	close_pair();
}

static void digest_of_a_hook_tells_where_a_word_ends(void)
{
	char *one[] = { (char[]){ "/bin/tell" }, (char[]){ "now" }, NULL };
	char *other[] = { (char[]){ "/bin/tell" }, (char[]){ "no" }, (char[]){ "w" },
			  NULL };
	char *again[] = { (char[]){ "/bin/tell" }, (char[]){ "now" }, NULL };

	CU_ASSERT_EQUAL(child_hook_digest(one), child_hook_digest(again));
	CU_ASSERT_NOT_EQUAL(child_hook_digest(one), child_hook_digest(other));
}

static void hook_that_is_too_long_is_refused(void)
{
	char *json = calloc(1, 32769 + 1);

	open_pair();
	memset(json, 'x', 32769);
	CU_ASSERT_EQUAL(child_hook(child, 1, 0, 0, json), ERR_LIMIT);
	free(json);
	close_pair();
}

static void end_of_the_keeper_is_told(void)
{
	struct child_message m;
	struct buffer none = { 0 };

	open_pair();
	say(4711, 0, &none, -1); /* of a keeper newer than this child */
	say(CHILD_DRAIN, 0, &none, -1);
	close(keeper);
	CU_ASSERT_EQUAL(child_receive(child, &m), OK);
	CU_ASSERT_EQUAL(m.type, CHILD_DRAIN);
	CU_ASSERT_EQUAL(child_receive(child, &m), ERR_CLOSED);
	CU_ASSERT_EQUAL(child_ready(child), ERR_CLOSED);
	child_close(child);
	child_close(NULL);
}

static unsigned stop_count;

static void count_stop(void *arg)
{
	(void)arg;
	stop_count++;
}

static void do_nothing(void *arg)
{
	(void)arg;
}

static void hear_nothing(void *arg, const struct child_message *m)
{
	(void)arg;
	(void)m;
}

static const char *name_thread(void *arg)
{
	return arg;
}

static const struct child_calls calls = {
	.prepare = hear_nothing,
	.commit = hear_nothing,
	.abort = do_nothing,
	.drain = do_nothing,
	.stop = count_stop,
	.linked = hear_nothing,
	.stuck = name_thread,
};

/* Whether the answer to a ping names this thread. */
static bool answers_ping(const char *expected)
{
	struct link_message got;
	struct text t;
	struct text what;

	if (link_receive(keeper, space, &got) || got.type != CHILD_ALIVE)
		return false;
	t = text_of(got.payload, got.len);
	what = link_text(&t);
	return text_is(&what, expected);
}

static void a_heartbeat_request_is_answered_with_the_thread_that_hangs(void)
{
	static char thread[] = "udp worker 3";
	struct buffer none = { 0 };

	open_pair();
	stop_count = 0;
	say(CHILD_PING, 0, &none, -1);
	child_obey(child, &calls, NULL);
	CU_ASSERT_TRUE(answers_ping(""));
	say(CHILD_PING, 0, &none, -1);
	say(CHILD_HOOK_DONE, 0, &none,
	    -1); /* broken, and of a hook it never asked for */
	child_obey(child, &calls, thread);
	CU_ASSERT_TRUE(answers_ping("udp worker 3"));
	CU_ASSERT_EQUAL(stop_count, 1);
	close_pair();
}

static void a_child_stops_when_the_keeper_has_ended(void)
{
	open_pair();
	stop_count = 0;
	child_obey(child, &calls, NULL);
	CU_ASSERT_EQUAL(stop_count, 0);
	close(keeper);
	child_obey(child, &calls, NULL);
	CU_ASSERT_EQUAL(stop_count, 1);
	child_close(child);
}

static void program_started_by_hand_is_told_so(void)
{
	struct child *c;
	struct child_message m;

	CU_ASSERT_EQUAL(child_open(&c, &m), ERR_NOT_FOUND);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the start brings configuration and sockets",
		  start_brings_configuration_and_sockets },
		{ "answers carry the number of what they answer",
		  answers_carry_the_number_of_what_they_answer },
		{ "a yes may come with faults", a_yes_may_come_with_faults },
		{ "a commit names the sockets that go",
		  commit_names_the_sockets_that_go },
		{ "a hook and its fate travel", hook_and_its_fate_travel },
		{ "a link has the name of the child at its other end",
		  a_link_has_the_name_of_the_child_at_its_other_end },
		{ "the digest of a hook tells where a word ends",
		  digest_of_a_hook_tells_where_a_word_ends },
		{ "a hook that is too long is refused",
		  hook_that_is_too_long_is_refused },
		{ "the end of the keeper is told", end_of_the_keeper_is_told },
		{ "a heartbeat request is answered with the thread that hangs",
		  a_heartbeat_request_is_answered_with_the_thread_that_hangs },
		{ "a child stops when the keeper has ended",
		  a_child_stops_when_the_keeper_has_ended },
		{ "a program started by hand is told so",
		  program_started_by_hand_is_told_so },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/child", tests);
}

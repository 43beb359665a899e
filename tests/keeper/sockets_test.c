#include "keeper/sockets.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/err.h"
#include "conf/conf.h"
#include "keeper/port_owner.h"
#include "tests/harness.h"

static struct conf conf;
static struct addr listens[4];

static bool is_free(uint16_t port, int type)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type, 0);
	bool is = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

	close(fd);
	return is;
}

/* A configuration that listens on these, all at a port that nobody holds, and that no
 * outgoing connection is given. */
static void listen_on(const char *a, const char *b)
{
	const char *const texts[] = { a, b };
	static uint16_t port;

	if (port == 0)
		port = (uint16_t)(10000 + (unsigned)getpid() * 7919U % 20000);
	while (conf.node.listens == NULL &&
	       !(is_free(port, SOCK_DGRAM) && is_free(port, SOCK_STREAM)))
		port++;
	conf.node.listens = listens;
	conf.node.listen_count = 0;
	conf.node.udp_workers = 3;
	conf.node.stream_workers = 2;
	for (int i = 0; i < 2; i++)
		if (texts[i])
			CU_ASSERT_EQUAL(
				addr_parse_port(texts[i], port,
						&listens[conf.node.listen_count++]),
				OK);
}

static int prepare(struct sockets *s, char **why)
{
	struct diags diags = { 0 };
	struct buffer out = { 0 };
	int err;

	sockets_workers(s, &conf);
	err = sockets_prepare(s, &conf, &diags);
	diags_format(&diags, &out);
	diags_fini(&diags);
	*why = buffer_take_text(&out);
	return err;
}

static void expect_prepared(struct sockets *s)
{
	char *why;

	CU_ASSERT_EQUAL(prepare(s, &why), OK);
	CU_ASSERT_STRING_EQUAL(why, "");
	free(why);
}

static void each_worker_has_a_socket_of_its_own(void)
{
	struct sockets s = { 0 };
	unsigned seen[CHILD_SOCKET_KINDS] = { 0 };

	listen_on("127.0.0.1", NULL);
	expect_prepared(&s);
	CU_ASSERT_EQUAL(s.count, 5);
	for (size_t i = 0; i < s.count; i++) {
		seen[s.rows[i].kind] |= 1U << s.rows[i].worker;
		CU_ASSERT_EQUAL(s.rows[i].id, i + 1);
		CU_ASSERT_TRUE(s.rows[i].fresh);
		CU_ASSERT_FALSE(s.rows[i].wildcard);
	}
	CU_ASSERT_EQUAL(seen[CHILD_UDP], 7);
	CU_ASSERT_EQUAL(seen[CHILD_TCP], 3);
	sockets_commit(&s);
	CU_ASSERT_FALSE(s.rows[0].fresh);
	sockets_fini(&s);
}

static void workers_stay_as_the_first_sockets_had_them(void)
{
	struct sockets s = { 0 };
	struct socket_row left = { .fd = -1, .id = 4, .kind = CHILD_UDP, .worker = 6 };

	listen_on("127.0.0.1", NULL);
	sockets_adopt(&s, &left);
	sockets_workers(&s, &conf);
	CU_ASSERT_EQUAL(s.workers[CHILD_UDP], 7); /* of who left them, not of conf */
	CU_ASSERT_EQUAL(s.workers[CHILD_TCP], 2); /* it had none of these */
	sockets_fini(&s);
}

static void taken_sockets_stay_open(void)
{
	struct sockets s = { 0 };
	struct child_socket *taken;
	size_t count;

	listen_on("127.0.0.1", NULL);
	expect_prepared(&s);
	taken = sockets_take(&s, &count);
	CU_ASSERT_EQUAL_FATAL(count, 5);
	CU_ASSERT_EQUAL(s.count, 0);
	CU_ASSERT_EQUAL(taken[2].kind, CHILD_UDP);
	CU_ASSERT_EQUAL(taken[2].worker, 2);
	CU_ASSERT_EQUAL(taken[3].kind, CHILD_TCP);
	CU_ASSERT_TRUE(addr_equal_port(&taken[4].addr, &listens[0]));
	for (size_t i = 0; i < count; i++)
		CU_ASSERT_EQUAL(close(taken[i].fd), 0);
	free(taken);
}

static bool has_option(int fd, int level, int option)
{
	socklen_t len = sizeof(int);
	int on = 0;

	return getsockopt(fd, level, option, &on, &len) == 0 && on;
}

static void wildcards_tell_the_address_that_was_asked(void)
{
	struct sockets s = { 0 };

	listen_on("0.0.0.0", "::");
	expect_prepared(&s);
	CU_ASSERT_EQUAL(s.count, 10);
	for (size_t i = 0; i < s.count; i++) {
		const struct socket_row *row = &s.rows[i];
		bool v6 = row->addr.family == AF_INET6;
		bool told = has_option(row->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
				       v6 ? IPV6_RECVPKTINFO : IP_PKTINFO);

		CU_ASSERT_TRUE(row->wildcard);
		CU_ASSERT_EQUAL(told, row->kind == CHILD_UDP);
		CU_ASSERT_EQUAL(has_option(row->fd, IPPROTO_IPV6, IPV6_V6ONLY), v6);
	}
	sockets_fini(&s);
}

static void reload_keeps_what_stays_and_closes_what_goes(void)
{
	struct sockets s = { 0 };
	int kept;

	listen_on("127.0.0.1", "127.0.0.2");
	expect_prepared(&s);
	sockets_commit(&s);
	kept = s.rows[0].fd;
	listen_on("127.0.0.1", "127.0.0.3");
	expect_prepared(&s);
	CU_ASSERT_EQUAL(s.count, 15);
	sockets_abort(&s);
	CU_ASSERT_EQUAL(s.count, 10);
	expect_prepared(&s);
	sockets_commit(&s);
	CU_ASSERT_EQUAL(s.count, 10);
	CU_ASSERT_EQUAL(s.rows[0].fd, kept);
	CU_ASSERT_EQUAL(s.rows[9].addr.octets[3], 3);
	CU_ASSERT_EQUAL(s.rows[9].id, 20); /* a number is never used again */
	sockets_fini(&s);
}

static void own_sockets_are_not_in_the_way(void)
{
	struct sockets s = { 0 };

	listen_on("0.0.0.0", NULL);
	expect_prepared(&s);
	sockets_commit(&s);
	listen_on("127.0.0.1", "127.0.0.2");
	expect_prepared(&s);
	sockets_commit(&s);
	CU_ASSERT_EQUAL(s.count, 10);
	sockets_fini(&s);
}

static void held_address_fails_whole_and_names_the_holder(void)
{
	struct sockets theirs = { 0 };
	struct sockets s = { 0 };
	char expected[64];
	char *why;

	listen_on("127.0.0.2", NULL);
	expect_prepared(&theirs); /* with SO_REUSEPORT, by the same user */
	listen_on("127.0.0.1", "127.0.0.2");
	CU_ASSERT_EQUAL(prepare(&s, &why), ERR_INVALID);
	CU_ASSERT_EQUAL(s.count, 0);
	(void)snprintf(expected, sizeof(expected), "(pid %d)", (int)getpid());
	CU_ASSERT_PTR_NOT_NULL(strstr(why, expected));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "over UDP"));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "over TCP"));
	free(why);
	sockets_fini(&theirs);
	expect_prepared(&s);
	sockets_fini(&s);
}

static void address_of_no_interface_is_bound_with_a_warning(void)
{
	static const char *const absent[] = { "203.0.113.9", "2001:db8:203::9" };

	for (int i = 0; i < 2; i++) {
		struct sockets s = { 0 };
		char *why;

		listen_on(absent[i], "127.0.0.1");
		CU_ASSERT_EQUAL(prepare(&s, &why), OK);
		CU_ASSERT_EQUAL(s.count, 10);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, "warning: listen: no interface"));
		CU_ASSERT_PTR_NOT_NULL(strstr(why, absent[i]));
		/* said once */
		CU_ASSERT_PTR_EQUAL(strchr(why, '\n') + 1, why + strlen(why));
		free(why);
		sockets_fini(&s);
	}
}

static void absent_address_that_another_program_holds_is_an_error(void)
{
	struct sockets theirs = { 0 };
	struct sockets s = { 0 };
	char *why;

	listen_on("203.0.113.9", NULL);
	CU_ASSERT_EQUAL(prepare(&theirs, &why), OK);
	free(why);
	CU_ASSERT_EQUAL(prepare(&s, &why), ERR_INVALID);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "address in use by"));
	free(why);
	sockets_fini(&theirs);
}

static void port_owner_of_a_listening_socket_is_found_by_any_address_in_its_way(void)
{
	struct sockets s = { 0 };
	struct port_owner owner;
	struct stat st;
	ino_t inodes[5];

	listen_on("::", NULL);
	expect_prepared(&s);
	port_owner_find(SOCK_STREAM, &listens[0], NULL, 0, &owner);
	CU_ASSERT_TRUE(owner.found);
	listen_on("127.0.0.1", NULL); /* a socket on :: may hold IPv4 too */
	port_owner_find(SOCK_DGRAM, &listens[0], NULL, 0, &owner);
	CU_ASSERT_TRUE(owner.found);
	CU_ASSERT_PTR_NOT_NULL(strstr(owner.text, "pid"));
	for (size_t i = 0; i < s.count; i++) {
		CU_ASSERT_EQUAL(fstat(s.rows[i].fd, &st), 0);
		inodes[i] = st.st_ino;
	}
	port_owner_find(SOCK_DGRAM, &listens[0], inodes, s.count, &owner);
	CU_ASSERT_FALSE(owner.found);
	listens[0].port++;
	port_owner_find(SOCK_DGRAM, &listens[0], inodes, s.count, &owner);
	CU_ASSERT_FALSE(owner.found);
	sockets_fini(&s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "each worker has a socket of its own",
		  each_worker_has_a_socket_of_its_own },
		{ "workers stay as the first sockets had them",
		  workers_stay_as_the_first_sockets_had_them },
		{ "taken sockets stay open", taken_sockets_stay_open },
		{ "wildcards tell the address that was asked",
		  wildcards_tell_the_address_that_was_asked },
		{ "a reload keeps what stays and closes what goes",
		  reload_keeps_what_stays_and_closes_what_goes },
		{ "own sockets are not in the way", own_sockets_are_not_in_the_way },
		{ "a held address fails whole and names the holder",
		  held_address_fails_whole_and_names_the_holder },
		{ "an address of no interface is bound with a warning",
		  address_of_no_interface_is_bound_with_a_warning },
		{ "an absent address that another program holds is an error",
		  absent_address_that_another_program_holds_is_an_error },
		{ "the holder is found by any address in its way",
		  port_owner_of_a_listening_socket_is_found_by_any_address_in_its_way },
		CU_TEST_INFO_NULL,
	};

	return suite_run("keeper/sockets", tests);
}

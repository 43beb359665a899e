#include "keeper/handover.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/disk/file.h"
#include "base/err.h"
#include "tests/harness.h"

enum { STARTED_LEN = 3 * 4 + 6 + 6 + 4 }; /* what follows the processes */

static char start_user[] = "deputy", start_state[] = "/state", start_run[] = "/run";

static struct handover full(void)
{
	struct handover h = { .conf = memfd_create("conf", MFD_CLOEXEC) };
	struct socket_row row = {
		.id = 7, .kind = CHILD_TCP, .worker = 3, .wildcard = true
	};

	h.sockets.workers[CHILD_UDP] = 8;
	h.sockets.workers[CHILD_TCP] = 4;
	row.fd = memfd_create("socket", MFD_CLOEXEC);
	CU_ASSERT_EQUAL(addr_parse_port("fe80::1%1@53", 0, &row.addr), OK);
	sockets_adopt(&h.sockets, &row);
	h.sockets.last_id = 99;
	h.started = (struct started){ start_user, start_state, start_run };
	strcpy(h.processes[0].name, "deputy-dns");
	h.processes[0].pid = 4711;
	h.processes[0].speaks = 3;
	h.processes[0].link = memfd_create("link", MFD_CLOEXEC);
	h.process_count = 1;
	return h;
}

static bool closes_on_exec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

static void what_was_left_is_found(void)
{
	struct handover h = full();
	struct handover got;
	int fd = handover_write(&h);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_FALSE(closes_on_exec(fd));
	CU_ASSERT_FALSE(closes_on_exec(h.conf));
	CU_ASSERT_FALSE(closes_on_exec(h.sockets.rows[0].fd));
	CU_ASSERT_FALSE(closes_on_exec(h.processes[0].link));
	CU_ASSERT_EQUAL(handover_read(fd, &got), OK);
	CU_ASSERT_EQUAL(got.conf, h.conf);
	CU_ASSERT_EQUAL(got.sockets.last_id, 99);
	CU_ASSERT_EQUAL(got.sockets.workers[CHILD_UDP], 8);
	CU_ASSERT_EQUAL_FATAL(got.sockets.count, 1);
	CU_ASSERT_EQUAL(got.sockets.rows[0].fd, h.sockets.rows[0].fd);
	CU_ASSERT_EQUAL(got.sockets.rows[0].id, 7);
	CU_ASSERT_EQUAL(got.sockets.rows[0].kind, CHILD_TCP);
	CU_ASSERT_EQUAL(got.sockets.rows[0].worker, 3);
	CU_ASSERT_TRUE(got.sockets.rows[0].wildcard);
	CU_ASSERT_TRUE(
		addr_equal_port(&got.sockets.rows[0].addr, &h.sockets.rows[0].addr));
	CU_ASSERT_EQUAL_FATAL(got.process_count, 1);
	CU_ASSERT_STRING_EQUAL(got.processes[0].name, "deputy-dns");
	CU_ASSERT_EQUAL(got.processes[0].pid, 4711);
	CU_ASSERT_EQUAL(got.processes[0].speaks, 3);
	CU_ASSERT_EQUAL(got.processes[0].link, h.processes[0].link);
	started_fini(&got.started);
	CU_ASSERT_TRUE(closes_on_exec(h.conf));
	CU_ASSERT_TRUE(closes_on_exec(h.sockets.rows[0].fd));
	CU_ASSERT_TRUE(closes_on_exec(h.processes[0].link));
	sockets_fini(&h.sockets);
	free(got.sockets.rows);
	close(h.conf);
	close(h.processes[0].link);
}

static void what_no_reload_changes_is_found(void)
{
	struct handover h = full();
	struct handover got;

	CU_ASSERT_EQUAL_FATAL(handover_read(handover_write(&h), &got), OK);
	CU_ASSERT_STRING_EQUAL(got.started.user, "deputy");
	CU_ASSERT_STRING_EQUAL(got.started.state_dir, "/state");
	CU_ASSERT_STRING_EQUAL(got.started.run_dir, "/run");
	started_fini(&got.started);
	sockets_fini(&h.sockets);
	free(got.sockets.rows);
	close(h.conf);
	close(h.processes[0].link);
}

static void withdrawing_closes_all_on_exec_again(void)
{
	struct handover h = full();
	int fd = handover_write(&h);

	handover_withdraw(&h, fd);
	CU_ASSERT_TRUE(closes_on_exec(h.conf));
	CU_ASSERT_TRUE(closes_on_exec(h.sockets.rows[0].fd));
	CU_ASSERT_EQUAL(fcntl(fd, F_GETFD), -1);
	sockets_fini(&h.sockets);
	close(h.conf);
	close(h.processes[0].link);
}

static void state_cut_at_any_octet_is_malformed(void)
{
	struct handover h = full();
	struct handover got;
	uint8_t octets[512];
	int fd = handover_write(&h);
	ssize_t len = pread(fd, octets, sizeof(octets), 0);

	close(fd);
	for (ssize_t cut = 0; cut < len; cut++) {
		if (cut == len - STARTED_LEN)
			continue; /* as the release before ended */
		fd = memfd_create("cut", 0);
		CU_ASSERT_EQUAL(file_write(fd, octets, (size_t)cut), OK);
		CU_ASSERT_EQUAL(handover_read(fd, &got), ERR_MALFORMED);
	}
	sockets_fini(&h.sockets);
	close(h.conf);
	close(h.processes[0].link);
}

/* The state a keeper of the release before wrote: rows end where its knowledge did. */
static void state_of_the_release_before_is_understood(void)
{
	struct handover h = full();
	struct handover got;
	uint8_t octets[512];
	int fd = handover_write(&h);
	ssize_t len = pread(fd, octets, sizeof(octets), 0);
	size_t row_len = 4 + 4 + HANDOVER_NAME_LEN + 2;
	size_t row_at = (size_t)len - STARTED_LEN - row_len;

	close(fd);
	CU_ASSERT_EQUAL_FATAL(octets[row_at - 1], row_len); /* its length: a u32 */
	octets[row_at - 1] -= 2;
	fd = memfd_create("before", 0);
	CU_ASSERT_EQUAL(file_write(fd, octets, (size_t)len - STARTED_LEN - 2), OK);
	CU_ASSERT_EQUAL_FATAL(handover_read(fd, &got), OK);
	CU_ASSERT_EQUAL_FATAL(got.process_count, 1);
	CU_ASSERT_STRING_EQUAL(got.processes[0].name, "deputy-dns");
	CU_ASSERT_EQUAL(got.processes[0].speaks, 0);
	CU_ASSERT_PTR_NULL(got.started.state_dir);
	sockets_fini(&h.sockets);
	free(got.sockets.rows);
	close(h.conf);
	close(h.processes[0].link);
}

static void socket_of_an_unknown_use_is_closed(void)
{
	struct handover h = full();
	struct handover got;
	int fd;

	h.sockets.rows[0].kind = CHILD_SOCKET_KINDS;
	fd = handover_write(&h);
	CU_ASSERT_EQUAL_FATAL(handover_read(fd, &got), OK);
	CU_ASSERT_EQUAL(got.sockets.count, 0);
	started_fini(&got.started);
	CU_ASSERT_EQUAL(fcntl(h.sockets.rows[0].fd, F_GETFD), -1);
	free(h.sockets.rows);
	close(h.conf);
	close(h.processes[0].link);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "what was left is found", what_was_left_is_found },
		{ "what no reload changes is found", what_no_reload_changes_is_found },
		{ "withdrawing closes all on exec again",
		  withdrawing_closes_all_on_exec_again },
		{ "a state cut at any octet is malformed",
		  state_cut_at_any_octet_is_malformed },
		{ "the state of the release before is understood",
		  state_of_the_release_before_is_understood },
		{ "a socket of an unknown use is closed",
		  socket_of_an_unknown_use_is_closed },
		CU_TEST_INFO_NULL,
	};

	return suite_run("keeper/handover", tests);
}

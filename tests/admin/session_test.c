#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/server.h"
#include "tests/admin/served.h"

enum { ROWS = 200000, ROWS_A_PIECE = 100, ROWS_LEN_MIN = 4 * ROWS };

/* An answer in pieces, and what was seen of it. */
static struct long_list {
	struct request *request;
	unsigned at, pieces, done;
	bool waits; /* for resume, at each 1,000 rows */
} list;

static enum piece put_rows(struct request *req, void *arg)
{
	struct long_list *l = arg;

	l->pieces++;
	if (l->at == 0)
		json_array(&req->json, "rows");
	for (unsigned i = 0; i < ROWS_A_PIECE; i++)
		json_int(&req->json, NULL, l->at++);
	if (l->at < ROWS)
		return l->waits && l->at % 1000 == 0 ? PIECE_LATER : PIECE_MORE;
	json_end(&req->json);
	req->status = EXIT_PARTIAL;
	return PIECE_LAST;
}

static void list_done(void *arg)
{
	struct long_list *l = arg;

	l->done++;
}

static void list_rows(struct request *req)
{
	list = (struct long_list){ .request = req, .waits = req->arg_count > 0 };
	json_text(&req->json, "first", "a");
	request_pull(req, put_rows, list_done, &list);
}

static unsigned much_count;

static void much(struct request *req)
{
	much_count++;
	for (int i = 0; i < 20000; i++)
		json_text(&req->json, "row",
			  "0123456789012345678901234567890123456789");
}

static void echo(struct request *req)
{
	json_text(&req->json, "module", req->module);
}

/* clang-format off */
static const struct command rows[] = {
	{ "list", "[WORD]", MAY_READ, list_rows, "answers in pieces", NULL, NULL },
	{ "much", "",       MAY_READ, much,      "answers a lot", NULL, NULL },
	{ "echo", "",       MAY_READ, echo,      "answers a word", NULL, NULL },
	{ .name = NULL },
};
/* clang-format on */

static void start(const struct admin_limits *limits)
{
	serve(limits, rows);
}

/* Octets that a pulled answer has, and whether its rows are all there in their order.
 */
static size_t read_rows(int fd, bool *whole)
{
	static char text[2 << 20];
	size_t len = 0;
	unsigned n = 0;
	char *at;

	while (len < sizeof(text) - 1 && (len == 0 || text[len - 1] != '\n')) {
		ssize_t got = recv(fd, text + len, sizeof(text) - 1 - len,
				   MSG_DONTWAIT);

		len += got > 0 ? (size_t)got : 0;
		loop_turn(loop, false);
		if (list.done == 0 && list.waits)
			request_resume(list.request);
	}
	text[len] = '\0';
	*whole = strncmp(text, "{\"first\":\"a\",\"rows\":[0,", 23) == 0;
	for (at = strchr(text, '['); *whole && n < ROWS; n++)
		*whole = at && strtoul(at + 1, &at, 10) == n;
	*whole = *whole && strcmp(at, "],\"status\":7}\n") == 0;
	return len;
}

static void answer_in_pieces_is_made_as_it_is_taken(void)
{
	bool whole = false;
	unsigned made;
	int fd;

	start(NULL);
	fd = connected();
	say(fd, "{\"command\":\"list\"}\n{\"command\":\"echo\"}\n");
	for (int i = 0; i < 10000; i++)
		loop_turn(loop, false);
	made = list.pieces;
	CU_ASSERT_TRUE(made > 0 && made < ROWS / ROWS_A_PIECE / 2);
	for (int i = 0; i < 1000; i++)
		loop_turn(loop, false);
	CU_ASSERT_EQUAL(list.pieces, made);
	CU_ASSERT_TRUE(read_rows(fd, &whole) > ROWS_LEN_MIN);
	CU_ASSERT_TRUE(whole);
	CU_ASSERT_EQUAL(list.done, 1);
	CU_ASSERT_STRING_EQUAL(heard(fd), "{\"module\":\"health\",\"status\":0}\n");
	say(fd, "{\"command\":\"list\",\"args\":[\"x\"]}\n");
	CU_ASSERT_TRUE(read_rows(fd, &whole) > ROWS_LEN_MIN);
	CU_ASSERT_TRUE(whole);
	CU_ASSERT_EQUAL(list.done, 1);
	close(fd);
	stop();
}

static void work_ends_with_its_asker(void)
{
	int fd;

	start(NULL);
	fd = connected();
	say(fd, "{\"command\":\"list\"}\n");
	turn();
	CU_ASSERT_EQUAL(list.done, 0);
	close(fd);
	turn();
	CU_ASSERT_EQUAL(list.done, 1);
	fd = connected();
	say(fd, "{\"command\":\"list\"}\n");
	turn();
	CU_ASSERT_EQUAL(list.done, 0);
	stop();
	CU_ASSERT_EQUAL(list.done, 1);
	close(fd);
}

static void reader_that_takes_nothing_holds_nothing_for_ever(void)
{
	struct admin_limits limits = admin_preset_limits;
	int fd;

	limits.answer_ms = 1;
	start(&limits);
	fd = connected();
	say(fd, "{\"command\":\"list\"}\n");
	do
		loop_turn(loop, true);
	while (list.done == 0);
	CU_ASSERT_TRUE(list.at < ROWS);
	close(fd);
	stop();
}

static void reader_that_trickles_holds_nothing_for_ever(void)
{
	struct admin_limits limits = admin_preset_limits;
	char one;
	int fd;

	limits.whole_ms = 1;
	start(&limits);
	fd = connected();
	say(fd, "{\"command\":\"list\"}\n");
	do {
		(void)!recv(fd, &one, 1, MSG_DONTWAIT);
		loop_turn(loop, false);
	} while (list.done == 0);
	CU_ASSERT_TRUE(list.at < ROWS);
	close(fd);
	stop();
}

static void next_request_waits_until_the_answer_is_taken(void)
{
	static const char request[] = "{\"command\":\"much\"}\n";
	int fd;

	start(NULL);
	much_count = 0;
	fd = connected();
	for (int i = 0; i < 100; i++)
		say(fd, request);
	for (int i = 0; i < 1000; i++)
		loop_turn(loop, false);
	CU_ASSERT_EQUAL(much_count, 1);
	close(fd);
	turn();
	CU_ASSERT_EQUAL(much_count, 1);
	stop();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "an answer in pieces is made as it is taken",
		  answer_in_pieces_is_made_as_it_is_taken },
		{ "work ends with its asker", work_ends_with_its_asker },
		{ "a reader that takes nothing holds nothing for ever",
		  reader_that_takes_nothing_holds_nothing_for_ever },
		{ "a reader that trickles holds nothing for ever",
		  reader_that_trickles_holds_nothing_for_ever },
		{ "the next request waits until the answer is taken",
		  next_request_waits_until_the_answer_is_taken },
		CU_TEST_INFO_NULL,
	};

	return suite_run("admin/session", tests);
}

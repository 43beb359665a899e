#include "admin/server.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "admin/client.h"
#include "base/err.h"
#include "net/loop.h"
#include "tests/admin/served.h"

static struct request *waiting; /* the request `later` has deferred */
static unsigned gone_count;

static void echo(struct request *req)
{
	json_array(&req->json, "args");
	for (size_t i = 0; i < req->arg_count; i++)
		json_text(&req->json, NULL, req->args[i]);
	json_end(&req->json);
	json_text(&req->json, "module", req->module);
}

static void refuse(struct request *req)
{
	request_fail(req, EXIT_CONFLICT, "forced by %s", "anna");
}

static void note_gone(void *arg)
{
	struct request **slot = arg;

	gone_count++;
	request_finish(*slot);
	*slot = NULL;
}

static void later(struct request *req)
{
	waiting = request_defer(req);
	request_gone(waiting, note_gone, &waiting);
}

static void finish_at_once(struct request *req)
{
	struct request *r = request_defer(req);

	json_int(&r->json, "n", 1);
	request_push(r);
	json_int(&r->json, "n", 2);
	request_finish(r);
}

static void much(struct request *req)
{
	for (int i = 0; i < 20000; i++)
		json_text(&req->json, "row",
			  "0123456789012345678901234567890123456789");
}

/* clang-format off */
static const struct command rows[] = {
	{ "echo",     "[WORD...]", MAY_READ,   echo,           "says what it was told", NULL, NULL },
	{ "pbx list", "",          MAY_CHANGE, refuse,         "never does", NULL, NULL },
	{ "later",    "",          MAY_READ,   later,          "answers when it can", NULL, NULL },
	{ "now",      "",          MAY_READ,   finish_at_once, "answers in two lines", NULL, NULL },
	{ "much",     "",          MAY_READ,   much,           "answers a lot", NULL, NULL },
	{ "local",    "",          MAY_READ,   NULL,           "not here", NULL, NULL },
	{ .name = NULL },
};
/* clang-format on */

static void start(const struct admin_limits *limits)
{
	serve(limits, rows);
}

static void request_line_gets_one_answer_line(void)
{
	int fd;

	start(NULL);
	fd = connected();
	say(fd, "{\"command\":\"echo\",\"args\":[\"a b\",\"\xc3\xb6\"]}\n");
	CU_ASSERT_STRING_EQUAL(
		heard(fd),
		"{\"args\":[\"a b\",\"\xc3\xb6\"],\"module\":\"health\",\"status\":0}\n");
	say(fd, "{\"command\":\"pbx list\"}\n{\"command\":\"ech");
	CU_ASSERT_STRING_EQUAL(heard(fd),
			       "{\"error\":\"forced by anna\",\"status\":5}\n");
	say(fd, "o\"}\n");
	CU_ASSERT_STRING_EQUAL(heard(fd),
			       "{\"args\":[],\"module\":\"health\",\"status\":0}\n");
	close(fd);
	stop();
}

static void unknown_command_is_answered_with_what_was_meant(void)
{
	int fd;

	start(NULL);
	fd = connected();
	say(fd, "{\"command\":\"pbx lsit\"}\n");
	CU_ASSERT_STRING_EQUAL(heard(fd),
			       "{\"error\":\"unknown command 'pbx lsit'; did "
			       "you mean 'pbx list'?\",\"status\":2}\n");
	say(fd, "{\"command\":\"local\"}\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(fd), "unknown command"));
	say(fd, "{\"command\":\"later\",\"args\":[\"x\"]}\n");
	CU_ASSERT_STRING_EQUAL(heard(fd),
			       "{\"error\":\"unexpected argument 'x'; usage: "
			       "later\",\"status\":2}\n");
	close(fd);
	stop();
}

static void line_that_is_no_request_is_the_last(void)
{
	static const char *const lines[] = {
		"\n",
		"{}\n",
		"[]\n",
		"{\"command\":7}\n",
		"{\"command\":\"echo\",\"args\":\"a\"}\n",
		"{\"command\":\"echo\",\"args\":[1]}\n",
		"{\"command\":\"echo\",\"more\":1}\n",
		"{\"command\":\"echo\",\"command\":\"echo\"}\n",
		"{\"command\":\"echo\",\"args\":[\"\\u0000\"]}\n",
		"{\"command\":\"echo\"} x\n",
		"{\"command\":\"\xff\"}\n",
	};

	start(NULL);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		int fd = connected();

		say(fd, lines[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(heard(fd), "\"status\":2}\n"));
		CU_ASSERT_STRING_EQUAL(heard(fd), "(closed)");
		close(fd);
	}
	stop();
}

static void endless_line_is_refused(void)
{
	static char part[4096];
	const char *text = "";
	int fd;

	start(NULL);
	memset(part, 'x', sizeof(part));
	fd = connected();
	for (int i = 0; i < 40 && *text == '\0'; i++) {
		(void)!send(fd, part, sizeof(part), MSG_NOSIGNAL | MSG_DONTWAIT);
		text = heard(fd);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "too long"));
	close(fd);
	stop();
}

static void deferred_request_is_answered_later(void)
{
	int fd;

	start(NULL);
	fd = connected();
	say(fd, "{\"command\":\"later\"}\n{\"command\":\"echo\"}\n");
	CU_ASSERT_STRING_EQUAL(heard(fd), "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(waiting);
	json_text(&waiting->json, "line", "one");
	request_push(waiting);
	CU_ASSERT_STRING_EQUAL(heard(fd), "{\"line\":\"one\"}\n");
	json_text(&waiting->json, "line", "two");
	waiting->status = EXIT_NEGATIVE;
	request_finish(waiting);
	CU_ASSERT_STRING_EQUAL(heard(fd),
			       "{\"line\":\"two\",\"status\":1}\n"
			       "{\"args\":[],\"module\":\"health\",\"status\":0}\n");
	say(fd, "{\"command\":\"now\"}\n");
	CU_ASSERT_STRING_EQUAL(heard(fd), "{\"n\":1}\n{\"n\":2,\"status\":0}\n");
	close(fd);
	stop();
}

static void handler_is_told_that_its_reader_is_gone(void)
{
	int fd;

	start(NULL);
	gone_count = 0;
	fd = connected();
	say(fd, "{\"command\":\"later\"}\n");
	(void)heard(fd);
	CU_ASSERT_PTR_NOT_NULL(waiting);
	close(fd);
	turn();
	CU_ASSERT_EQUAL(gone_count, 1);
	CU_ASSERT_PTR_NULL(waiting);
	fd = connected();
	say(fd, "{\"command\":\"later\"}\n");
	(void)heard(fd);
	stop(); /* the server ends before the answer */
	CU_ASSERT_EQUAL(gone_count, 2);
	close(fd);
}

static void half_closed_client_still_gets_its_answer(void)
{
	int fd;

	start(NULL);
	fd = connected();
	say(fd, "{\"command\":\"later\"}\n");
	shutdown(fd, SHUT_WR);
	CU_ASSERT_STRING_EQUAL(heard(fd), "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(waiting);
	request_finish(waiting);
	CU_ASSERT_STRING_EQUAL(heard(fd), "{\"status\":0}\n");
	CU_ASSERT_STRING_EQUAL(heard(fd), "(closed)");
	close(fd);
	stop();
}

static void slow_reader_gets_everything_or_is_dropped(void)
{
	struct admin_limits limits = admin_preset_limits;
	size_t len = 0;
	int fd;

	start(NULL);
	fd = connected();
	say(fd, "{\"command\":\"much\"}\n");
	for (const char *t = heard(fd); *t && *t != '('; t = heard(fd))
		len += strlen(t);
	CU_ASSERT_TRUE(len > 900000);
	close(fd);
	stop();
	limits.answer_len = 1000;
	start(&limits);
	fd = connected();
	say(fd, "{\"command\":\"much\"}\n");
	while (*heard(fd) == '{' || *heard(fd) == '"')
		;
	close(fd);
	stop();
}

static void one_client_too_many_is_turned_away(void)
{
	struct admin_limits limits = admin_preset_limits;
	int fds[3];

	limits.clients = 2;
	limits.kept = 0;
	start(&limits);
	for (int i = 0; i < 3; i++)
		fds[i] = connected();
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(fds[2]), "too many clients"));
	CU_ASSERT_STRING_EQUAL(heard(fds[2]), "(closed)");
	say(fds[0], "{\"command\":\"echo\"}\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(fds[0]), "\"status\":0"));
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	stop();
}

static void silent_client_is_closed_in_the_end(void)
{
	struct admin_limits limits = admin_preset_limits;
	struct pollfd p = { .events = POLLIN };

	limits.request_ms = 1;
	start(&limits);
	p.fd = connected();
	while (poll(&p, 1, 0) == 0)
		loop_turn(loop, true);
	CU_ASSERT_STRING_EQUAL(heard(p.fd), "(closed)");
	close(p.fd);
	stop();
}

static void server_out_of_descriptors_serves_later(void)
{
	struct pollfd p = { .events = POLLIN };
	struct rlimit was;
	struct rlimit few;

	start(NULL);
	p.fd = connected();
	say(p.fd, "{\"command\":\"echo\"}\n");
	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = (rlim_t)p.fd + 1;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
	turn();
	CU_ASSERT_EQUAL(poll(&p, 1, 0), 0);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &was), 0);
	while (poll(&p, 1, 0) == 0)
		loop_turn(loop, true);
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(p.fd), "\"status\":0"));
	close(p.fd);
	stop();
}

/* Takes all that one user may; returns how many connections answer. */
static int connections_as_nobody(const char *request)
{
	char answer[1000];
	int answered = 0;

	if (setgid(65534) || setuid(65534))
		return 99;
	for (int i = 0; i < 8; i++) {
		int fd = connected();

		say(fd, request);
		if (recv(fd, answer, sizeof(answer) - 1, 0) > 0 &&
		    strncmp(answer, "{\"args\"", 7) == 0)
			answered++;
	}
	return answered;
}

static int status_as_nobody(const char *request)
{
	char answer[1000];
	ssize_t len;
	int fd;

	if (setgid(65534) || setuid(65534))
		return 99;
	fd = connected();
	say(fd, request);
	len = recv(fd, answer, sizeof(answer) - 1, 0);
	answer[len < 0 ? 0 : len] = '\0';
	return strstr(answer, "\"status\":0")   ? 0
	       : strstr(answer, "\"status\":4") ? 4
						: 50;
}

static int fate_as_nobody(const char *request, int (*work)(const char *request))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(work(request));
	while (waitpid(pid, &status, WNOHANG) == 0)
		turn();
	return WEXITSTATUS(status);
}

static void strangers_may_read_but_not_change(void)
{
	if (geteuid() != 0) {
		skip("only root can become somebody else");
		return;
	}
	start(NULL);
	CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
	CU_ASSERT_EQUAL(fate_as_nobody("{\"command\":\"echo\"}\n", status_as_nobody),
			0);
	CU_ASSERT_EQUAL(fate_as_nobody("{\"command\":\"pbx list\"}\n",
				       status_as_nobody),
			EXIT_DENIED);
	CU_ASSERT_EQUAL(chown(folder_path("dns.sock"), 0, 65534), 0);
	CU_ASSERT_EQUAL(fate_as_nobody("{\"command\":\"pbx list\"}\n",
				       status_as_nobody),
			50); /* is run */
	stop();
}

static void strangers_leave_places_for_the_owner(void)
{
	struct admin_limits limits = admin_preset_limits;
	static const char request[] = "{\"command\":\"echo\"}\n";
	int fds[3];

	if (geteuid() != 0) {
		skip("only root can become somebody else");
		return;
	}
	limits.clients = 8;
	limits.per_user = 3;
	limits.kept = 6;
	start(&limits); /* two of eight are for others */
	CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
	CU_ASSERT_EQUAL(fate_as_nobody(request, connections_as_nobody), 2);
	CU_ASSERT_EQUAL(chown(folder_path("dns.sock"), 0, 65534), 0);
	CU_ASSERT_EQUAL(fate_as_nobody(request, connections_as_nobody), 3);
	stop();
	limits.kept = 1;
	start(&limits);
	CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
	CU_ASSERT_EQUAL(fate_as_nobody(request, connections_as_nobody), 3);
	for (int i = 0; i < 3; i++) {
		fds[i] = connected();
		say(fds[i], request);
		CU_ASSERT_PTR_NOT_NULL(strstr(heard(fds[i]), "\"status\":0"));
	}
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	stop();
}

static void successor_takes_the_path_and_keeps_it(void)
{
	struct admin_server *first;
	int old;
	int fd;

	start(NULL);
	first = server;
	old = connected();
	turn();
	CU_ASSERT_EQUAL(admin_server_open(loop, folder_path("dns.sock"), NULL, &server),
			OK);
	admin_server_drain(first);
	fd = connected();
	say(fd, "{\"command\":\"commands\"}\n");
	CU_ASSERT_STRING_EQUAL(heard(fd),
			       "{\"commands\":[{\"name\":\"commands\",\"args\":\"\","
			       "\"changes\":false,\"help\":\"the commands that this "
			       "process accepts\"}],\"status\":0}\n");
	say(old, "{\"command\":\"echo\"}\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(heard(old), "\"status\":0"));
	admin_server_close(first);
	close(old);
	close(fd);
	stop();
	CU_ASSERT_NOT_EQUAL(access(folder_path("dns.sock"), F_OK), 0);
}

static void client_says_when_nobody_serves(void)
{
	struct admin_client *c = NULL;
	const char *line = NULL;
	const char *path;
	size_t len = 0;

	start(NULL);
	CU_ASSERT_EQUAL(admin_client_open(folder_path("no.sock"), &c), ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(admin_client_open(folder_path("dns.sock"), &c), OK);
	CU_ASSERT_EQUAL(admin_client_ask(c, "echo", (const char *[]){ "x" }, 1), OK);
	turn();
	CU_ASSERT_EQUAL(admin_client_read(c, 1000, &line, &len), OK);
	CU_ASSERT_STRING_EQUAL(line,
			       "{\"args\":[\"x\"],\"module\":\"health\",\"status\":0}");
	CU_ASSERT_EQUAL(admin_client_read(c, 1, &line, &len), ERR_TIMEOUT);
	CU_ASSERT_EQUAL(admin_client_ask(c, "now", NULL, 0), OK);
	turn();
	CU_ASSERT_EQUAL(admin_client_read(c, 1000, &line, &len), OK);
	CU_ASSERT_STRING_EQUAL(line, "{\"n\":1}");
	CU_ASSERT_EQUAL(admin_client_read(c, 1000, &line, &len), OK);
	CU_ASSERT_STRING_EQUAL(line, "{\"n\":2,\"status\":0}");
	path = folder_path("dns.sock");
	CU_ASSERT_EQUAL(link(path, folder_path("left.sock")), 0);
	admin_server_drain(server);
	admin_client_close(c);
	CU_ASSERT_EQUAL(admin_client_open(folder_path("left.sock"), &c), ERR_REFUSED);
	admin_client_close(NULL);
	stop();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a request line gets one answer line",
		  request_line_gets_one_answer_line },
		{ "an unknown command is answered with what was meant",
		  unknown_command_is_answered_with_what_was_meant },
		{ "a line that is no request is the last",
		  line_that_is_no_request_is_the_last },
		{ "an endless line is refused", endless_line_is_refused },
		{ "a deferred request is answered later",
		  deferred_request_is_answered_later },
		{ "a handler is told that its reader is gone",
		  handler_is_told_that_its_reader_is_gone },
		{ "a half-closed client still gets its answer",
		  half_closed_client_still_gets_its_answer },
		{ "a slow reader gets everything or is dropped",
		  slow_reader_gets_everything_or_is_dropped },
		{ "one client too many is turned away",
		  one_client_too_many_is_turned_away },
		{ "a silent client is closed in the end",
		  silent_client_is_closed_in_the_end },
		{ "a server out of descriptors serves later",
		  server_out_of_descriptors_serves_later },
		{ "strangers may read but not change",
		  strangers_may_read_but_not_change },
		{ "strangers leave places for the owner",
		  strangers_leave_places_for_the_owner },
		{ "a successor takes the path and keeps it",
		  successor_takes_the_path_and_keeps_it },
		{ "the client says when nobody serves",
		  client_says_when_nobody_serves },
		CU_TEST_INFO_NULL,
	};

	return suite_run("admin/server", tests);
}

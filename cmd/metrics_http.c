/* `deputy metrics --http`: one request on standard input, its answer on standard
 * output. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cli.h"

enum { HEAD_MAX_LEN = 8192, HEAD_MS = 5000 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads until the empty line that ends a head. Returns whether there was one in time.
 */
static bool read_head(char head[HEAD_MAX_LEN + 1])
{
	int64_t until = now_ms() + HEAD_MS;
	size_t len = 0;

	head[0] = '\0';
	while (len < HEAD_MAX_LEN) {
		struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
		int64_t left = until - now_ms();
		ssize_t got;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		got = read(STDIN_FILENO, head + len, HEAD_MAX_LEN - len);
		if (got <= 0)
			return false;
		len += (size_t)got;
		head[len] = '\0';
		if (strstr(head, "\r\n\r\n") || strstr(head, "\n\n"))
			return true;
	}
	return false;
}

static enum exit_status report(const char *status, const char *body)
{
	printf("HTTP/1.0 %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
	       "Connection: close\r\n\r\n%s\n",
	       status, body);
	return EXIT_DONE;
}

static enum exit_status answer(struct cli *c, const char *head)
{
	bool with_body = strncmp(head, "GET ", 4) == 0;
	enum exit_status status;
	char *known;

	if (!with_body && strncmp(head, "HEAD ", 5) != 0)
		return report("405 Method Not Allowed", "only GET is supported");
	if (strncmp(strchr(head, ' ') + 1, "/metrics ", 9) != 0)
		return report("404 Not Found", "not found; try /metrics");
	status = cli_fetch(c, "keeper.sock", "commands", NULL, 0, &known);
	free(known);
	if (status != EXIT_DONE)
		return report("503 Service Unavailable", "deputyd does not answer");
	fputs("HTTP/1.0 200 OK\r\n"
	      "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	      "Connection: close\r\n\r\n",
	      stdout);
	if (with_body)
		(void)cli_metrics_of_all(c);
	return EXIT_DONE;
}

enum exit_status cli_metrics(struct cli *c)
{
	char head[HEAD_MAX_LEN + 1];

	if (request_option(&c->words, "http") == NULL)
		return cli_metrics_of_all(c);
	c->json = false;
	if (!read_head(head))
		return report("400 Bad Request",
			      "no complete request received in time");
	return answer(c, head);
}

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin/credentials.h"
#include "admin/line.h"
#include "admin/server_body.h"
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/usage.h"
#include "net/loop.h"

enum {
	READ_LEN = 4096,
	MARK_LEN = 16 * 1024 /* unsent octets beyond which no piece is made */
};

enum { EVENT_CHANGE, EVENT_DENIED };

/* clang-format off */
struct event admin_events[] = {
	[EVENT_CHANGE] = { .name = "command", .level = LOG_LEVEL_NOTICE, .per_minute = 600,
		.help = "a command that changes state was run over a control socket" },
	[EVENT_DENIED] = { .name = "command-denied", .level = LOG_LEVEL_WARNING, .per_minute = 60,
		.help = "a user without permission tried to make a change; to allow it, add the user to the socket's group" },
	{ .name = NULL },
};
/* clang-format on */

/* A request from its line to its answer; it may outlive its session. */
struct session_request {
	struct request req;
	struct session *session; /* NULL: nobody waits any more */
	struct request_line line;
	struct buffer answer;
	bool running;  /* inside its handler */
	bool deferred; /* its handler finishes it */
	bool finished; /* inside its handler */
	request_gone_fn *gone;
	void *gone_arg;
	request_piece_fn *piece; /* NULL: it is not answered in pieces */
	request_gone_fn *done;
	void *piece_arg;
	bool later;        /* no piece is there now */
	uint64_t until_ms; /* otherwise: the whole answer must be taken */
	char author[PEER_NAME_LEN];
};

struct session {
	struct admin_server *server;
	struct session *next, *before;
	int fd;
	struct watch *watch;
	struct timer timeout;
	struct credentials credentials;
	struct buffer in;
	struct buffer out;
	struct session_request *pending; /* one request at a time */
	bool stepping;
	bool ended;  /* the client sends no more */
	bool ending; /* closed once `out` is sent */
};

static void session_step(struct session *s);

static void pending_free(struct session_request *p)
{
	buffer_fini(&p->answer);
	line_fini(&p->line);
	free(p);
}

/* Nobody waits for it any more. */
static void pending_abandon(struct session_request *p)
{
	p->session = NULL;
	if (p->gone)
		p->gone(p->gone_arg);
	else if (p->piece) {
		p->done(p->piece_arg);
		pending_free(p);
	}
}

void session_close(struct session *s)
{
	struct session_request *p = s->pending;

	if (s->before)
		s->before->next = s->next;
	else
		s->server->sessions = s->next;
	if (s->next)
		s->next->before = s->before;
	s->server->session_count--;
	timer_stop(&s->timeout);
	watch_stop(s->watch);
	close(s->fd);
	buffer_fini(&s->in);
	buffer_fini(&s->out);
	free(s);
	if (p)
		pending_abandon(p);
}

static void on_timeout(void *arg)
{
	session_close(arg);
}

/* Whether there is a piece to be made of the answer under way. */
static bool has_piece(const struct session *s)
{
	return s->pending && s->pending->piece && !s->pending->later &&
	       s->out.len < MARK_LEN;
}

/* Whether there is a whole line, or one that is too long. */
static bool has_next(const struct session *s)
{
	return s->in.len &&
	       (s->in.len > LINE_MAX_LEN || memchr(s->in.octets, '\n', s->in.len));
}

/* Whether the next request may be looked at: the answer before it is out. */
static bool has_line(const struct session *s)
{
	return s->pending == NULL && !s->ending && s->out.len == 0 && has_next(s);
}

/* What is waited for now, and how long at most. */
static void watch_on(struct session *s)
{
	const struct admin_limits *limits = &s->server->limits;
	int wanted = 0;

	if (!s->ended && s->in.len <= LINE_MAX_LEN)
		wanted |= LOOP_READ;
	if (s->out.len || has_piece(s) || has_line(s))
		wanted |= LOOP_WRITE; /* one thing a turn */
	watch_want(s->watch, wanted);
	if (s->out.len)
		timer_start(s->server->loop, &s->timeout, limits->answer_ms, on_timeout,
			    s);
	else if (s->pending)
		timer_stop(&s->timeout); /* the handler's own limits hold */
	else
		timer_start(s->server->loop, &s->timeout, limits->request_ms,
			    on_timeout, s);
}

/* Sends what can be sent. Returns false when the session is no more. */
static bool session_flush(struct session *s)
{
	while (s->out.len) {
		ssize_t sent = send(s->fd, s->out.octets, s->out.len,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			buffer_drop(&s->out, (size_t)sent);
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			session_close(s);
			return false;
		}
	}
	if (s->out.len > s->server->limits.answer_len ||
	    (s->ending && s->out.len == 0)) {
		session_close(s);
		return false;
	}
	return true;
}

/* Moves what the answer holds so far behind what waits to be sent. */
static void piece_move(struct session_request *p)
{
	if (p->session)
		buffer_put(&p->session->out, p->answer.octets, p->answer.len);
	buffer_drop(&p->answer, p->answer.len);
}

/* Ends the line, too. */
static void answer_move(struct session_request *p)
{
	json_end(&p->req.json);
	buffer_put_u8(&p->answer, '\n');
	piece_move(p);
}

static void answer_begin(struct session_request *p)
{
	p->req.json = json_to(&p->answer);
	json_object(&p->req.json, NULL);
}

static void note(const struct session_request *p)
{
	const struct command *row = p->req.command;

	if (row == NULL || row->right != MAY_CHANGE)
		return;
	log_event(&admin_events[p->req.status == EXIT_DENIED ? EVENT_DENIED
							     : EVENT_CHANGE],
		  "command=%s first=%s author=%s status=%d", log_quote(row->name),
		  log_quote(p->req.arg_count ? p->req.args[0] : ""),
		  log_quote(p->author), (int)p->req.status);
}

/* Answers, forgets the request, and goes on with the session's next line. */
static void pending_end(struct session_request *p)
{
	struct session *s = p->session;

	json_int(&p->req.json, "status", p->req.status);
	note(p);
	answer_move(p);
	pending_free(p);
	if (s == NULL)
		return;
	s->pending = NULL;
	session_step(s);
}

static void call_defer(struct request *req)
{
	struct session_request *p = req->call_arg;

	p->deferred = true;
}

static void call_finish(struct request *req)
{
	struct session_request *p = req->call_arg;

	p->gone = NULL;
	p->finished = true;
	if (!p->running)
		pending_end(p);
}

/* Never closes the session: the handler, in the midst of its work, would be told. */
static void call_push(struct request *req)
{
	struct session_request *p = req->call_arg;
	struct session *s = p->session;

	answer_move(p);
	answer_begin(p);
	if (s == NULL || s->stepping)
		return;
	watch_on(s);
	if (s->out.len > s->server->limits.answer_len)
		timer_start(s->server->loop, &s->timeout, 0, on_timeout, s);
}

static void call_gone(struct request *req, request_gone_fn *fn, void *arg)
{
	struct session_request *p = req->call_arg;

	p->gone = fn;
	p->gone_arg = arg;
}

/* The first piece comes with the turn that follows, also after the last of a handler.
 */
static void call_pull(struct request *req, request_piece_fn *piece,
		      request_gone_fn *done, void *arg)
{
	struct session_request *p = req->call_arg;

	p->deferred = true;
	p->piece = piece;
	p->done = done;
	p->piece_arg = arg;
	if (p->session == NULL) {
		pending_abandon(p);
		return;
	}
	p->until_ms = loop_now(p->session->server->loop) +
		      p->session->server->limits.whole_ms;
	if (!p->session->stepping)
		watch_on(p->session);
}

static void call_resume(struct request *req)
{
	struct session_request *p = req->call_arg;
	struct session *s = p->session;

	if (s == NULL || !p->later)
		return;
	p->later = false;
	p->until_ms = loop_now(s->server->loop) + s->server->limits.whole_ms;
	if (!s->stepping)
		watch_on(s);
}

static const struct request_calls calls = {
	.defer = call_defer,
	.finish = call_finish,
	.push = call_push,
	.gone = call_gone,
	.pull = call_pull,
	.resume = call_resume,
};

/* Whether the request may be run as it stands; otherwise it fails with the reason. */
static bool may_run(struct session_request *p, const struct command *row)
{
	struct session *s = p->session;
	struct buffer why = { 0 };

	if (row == NULL || row->run == NULL) {
		const char *meant = admin_command_suggest(s->server, p->line.command);

		request_fail(&p->req, EXIT_USAGE, "unknown command '%s'%s%s%s",
			     p->line.command, meant ? "; did you mean '" : "",
			     meant ? meant : "", meant ? "'?" : "");
		return false;
	}
	p->req.command = row;
	if (row->right == MAY_CHANGE && !s->credentials.may_change) {
		request_fail(&p->req, EXIT_DENIED,
			     "permission denied: '%s' may not make changes; root, the "
			     "daemon's user and the group of %s may",
			     s->credentials.name, s->server->path);
		return false;
	}
	if (usage_check(row, p->req.args, p->req.arg_count, &why)) {
		char *text = buffer_take_text(&why);

		request_fail(&p->req, EXIT_USAGE, "%s", text);
		free(text);
		return false;
	}
	buffer_fini(&why);
	return true;
}

static void pending_start(struct session *s, struct request_line line)
{
	struct session_request *p = alloc(sizeof(*p));
	const struct command *row;

	p->session = s;
	p->line = line;
	memcpy(p->author, s->credentials.name, sizeof(p->author));
	p->req = (struct request){
		.args = line.args,
		.arg_count = line.arg_count,
		.author = p->author,
		.uid = s->credentials.uid,
		.calls = &calls,
		.call_arg = p,
	};
	answer_begin(p);
	s->pending = p;
	row = admin_command_find(s->server, line.command, &p->req.module);
	p->running = true;
	if (may_run(p, row))
		row->run(&p->req);
	p->running = false;
	assert(p->session == s); /* a handler does not close its own server */
	if (p->deferred && !p->finished)
		return;
	s->pending = NULL;
	pending_end(p);
}

/* A line that is no request is answered, and is the client's last. */
static void refuse(struct session *s, const char *why)
{
	struct json j = json_to(&s->out);

	json_object(&j, NULL);
	json_text(&j, "error", why);
	json_int(&j, "status", EXIT_USAGE);
	json_end(&j);
	buffer_put_u8(&s->out, '\n');
	s->ending = true;
}

/* Takes the next whole line. */
static void next_line(struct session *s)
{
	const uint8_t *end = s->in.len ? memchr(s->in.octets, '\n', s->in.len) : NULL;
	struct request_line line;
	const char *why;
	size_t len;
	int err;

	if (end == NULL) {
		refuse(s, "the request is too long");
		return;
	}
	len = (size_t)(end - s->in.octets);
	err = line_parse((const char *)s->in.octets, len, &line, &why);
	buffer_drop(&s->in, len + 1);
	if (err)
		refuse(s, why);
	else
		pending_start(s, line);
}

static void next_piece(struct session *s)
{
	struct session_request *p = s->pending;
	enum piece got = p->piece(&p->req, p->piece_arg);

	if (got == PIECE_LAST) {
		p->done(p->piece_arg);
		s->pending = NULL;
		pending_end(p);
		return;
	}
	piece_move(p);
	p->later = got == PIECE_LATER;
}

/* Whether the answer is being taken for so long that what it holds is to be freed. */
static bool is_overdue(const struct session *s)
{
	const struct session_request *p = s->pending;

	return p && p->piece && !p->later && loop_now(s->server->loop) >= p->until_ms;
}

/* Does one thing: makes a piece of the answer under way, or runs the next request. */
static void session_step(struct session *s)
{
	if (s->stepping)
		return;
	if (is_overdue(s)) {
		session_close(s);
		return;
	}
	s->stepping = true;
	if (has_piece(s))
		next_piece(s);
	else if (has_line(s))
		next_line(s);
	s->stepping = false;
	if (s->ended && s->pending == NULL && !has_next(s))
		s->ending = true;
	if (session_flush(s))
		watch_on(s);
}

static bool is_hung_up(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR));
}

static void session_ready(void *arg, int ready)
{
	struct session *s = arg;
	ssize_t got;

	if (!(ready & LOOP_READ) || s->ended) {
		if (session_flush(s))
			session_step(s);
		return;
	}
	got = recv(s->fd, buffer_reserve(&s->in, READ_LEN), READ_LEN, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0 || (got == 0 && is_hung_up(s->fd))) {
		session_close(s);
		return;
	}
	s->in.len += (size_t)got;
	s->ended = got == 0; /* "echo ... | nc -U" still waits for its answer */
	session_step(s);
}

static bool is_owner(const struct session *s)
{
	return s->credentials.uid == 0 || s->credentials.uid == geteuid();
}

/* Whether it takes a place from somebody else. */
static bool is_too_many(const struct session *s)
{
	const struct admin_limits *limits = &s->server->limits;
	size_t of_user = 0;
	size_t of_others = 0;

	for (const struct session *o = s->server->sessions; o; o = o->next) {
		of_user += o->credentials.uid == s->credentials.uid;
		of_others += !o->credentials.may_change;
	}
	if (s->server->session_count > limits->clients)
		return true;
	if (!s->credentials.may_change && of_others > limits->clients - limits->kept)
		return true;
	return !is_owner(s) && of_user > limits->per_user;
}

void session_start(struct admin_server *server, int fd)
{
	struct session *s = alloc(sizeof(*s));
	struct stat st = server->made;

	s->server = server;
	s->fd = fd;
	s->next = server->sessions;
	if (s->next)
		s->next->before = s;
	server->sessions = s;
	server->session_count++;
	(void)stat(server->path,
		   &st); /* the operator may have given it another group */
	s->watch = watch_start(server->loop, fd, LOOP_READ, session_ready, s);
	if (credentials_of(fd, st.st_gid, &s->credentials)) {
		session_close(s);
		return;
	}
	if (is_too_many(s))
		refuse(s, "too many clients");
	session_step(s);
}

#include "health/recheck.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/loop.h"
#include "net/stream.h"

struct recheck {
	struct loop *loop;
	struct recheck_target target;
	char *server_name;
	struct tls *(*context)(void *arg);
	void (*shown)(void *arg, struct stream *s);
	void *arg;
	struct stream *stream; /* NULL: no handshake is under way */
	struct timer timer;
	bool in_call, freed; /* inside `shown`: freed after it */
};

static void look(void *arg);

static void plan(struct recheck *r, uint64_t after_ms)
{
	if (r->target.interval_ms) /* else never */
		timer_start(r->loop, &r->timer, after_ms, look, r);
}

static void drop(struct recheck *r)
{
	stream_close(r->stream);
	r->stream = NULL;
}

static void release(struct recheck *r)
{
	timer_stop(&r->timer);
	drop(r);
	free(r->server_name);
	free(r);
}

static void on_opened(void *arg)
{
	struct recheck *r = arg;

	r->in_call = true;
	r->shown(r->arg, r->stream);
	r->in_call = false;
	drop(r);
	if (r->freed)
		release(r);
}

static size_t on_received(void *arg, const uint8_t *octets, size_t len)
{
	(void)arg;
	(void)octets;
	return len;
}

static void on_closed(void *arg, int reason)
{
	(void)reason;
	drop(arg);
}

static const struct stream_calls calls = {
	.opened = on_opened,
	.received = on_received,
	.closed = on_closed,
};

static void look(void *arg)
{
	struct recheck *r = arg;
	struct stream_target to = {
		.to = r->target.to,
		.tls = r->context(r->arg),
		.server_name = r->server_name,
		.open_ms = r->target.open_ms,
	};

	plan(r, r->target.interval_ms);
	drop(r); /* of the last time */
	if (to.tls && stream_connect(r->loop, &to, &calls, r, &r->stream))
		r->stream = NULL; /* our own fault: next time */
}

struct recheck *recheck_new(struct loop *l, const struct recheck_target *to,
			    struct tls *(*context)(void *arg),
			    void (*shown)(void *arg, struct stream *s), void *arg)
{
	struct recheck *r = alloc(sizeof(*r));

	r->loop = l;
	r->target = *to;
	r->server_name = to->server_name ? alloc_text(to->server_name) : NULL;
	r->context = context;
	r->shown = shown;
	r->arg = arg;
	plan(r, to->interval_ms);
	return r;
}

void recheck_hasten(struct recheck *r, uint64_t after_ms)
{
	plan(r, after_ms);
}

void recheck_free(struct recheck *r)
{
	if (!r)
		return;
	timer_stop(&r->timer);
	if (r->in_call)
		r->freed = true;
	else
		release(r);
}

/* The struct stream, shared by stream.c (its states) and stream_io.c (its octets). */
#pragma once

#include "base/buffer.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls_session.h"

enum stream_state {
	STREAM_CONNECTING,
	STREAM_WAITING, /* for its turn to do the TLS handshake */
	STREAM_SHAKING,
	STREAM_OPEN,
	STREAM_ENDED,
	STREAM_STATES
};

struct stream {
	struct loop *loop;
	struct watch *watch;
	int fd;
	enum stream_state state; /* written only by the step in stream.c */
	const struct stream_calls *calls;
	void *arg;
	struct addr peer;
	struct tls *tls;
	struct tls_session *session;
	struct tls_turn turn;
	char *server_name;
	struct buffer in;  /* not taken yet */
	struct buffer out; /* to be sent, from `out_at` on */
	size_t out_at;
	size_t read_max, write_max;
	struct timer deadline; /* of opening, then of idling */
	struct timer kick;     /* does in the next turn what must not be done now */
	uint32_t idle_ms;
	uint64_t used_at;
	int reason;    /* of the end */
	int number;    /* errno of the end, or of a connect that failed at once */
	int write_err; /* a write failed: reported when all was read */
	char *error;
	unsigned depth; /* of calls under way */
	bool paused;
	bool finishing; /* FIN is sent after the queue */
	bool finished;
	bool peer_ended;
	bool ends_when_drained;
	bool freed; /* inside a call: freed after it */
};

/* Ends the stream with its last call. */
void stream_end(struct stream *s, int reason, int number);
void stream_set_watch(struct stream *s);

/* Does in the next turn what must not be done inside the owner's call. */
void stream_kick(struct stream *s);

void stream_flush(struct stream *s);

/* Reads for one turn. Returns whether there may be more to read. */
bool stream_read_all(struct stream *s);
void stream_write_all(struct stream *s);

/* Passes on what was kept while reading was paused, and reports a failed write. */
void stream_catch_up(struct stream *s);

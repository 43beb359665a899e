/*
 * What a DNS connection still has to send: for each question a source of messages. The
 * next message is made only when the client has taken the previous ones, so an answer
 * of any length costs a connection the same memory. Sources are read in turn, so a long
 * answer does not delay short ones (RFC 7766 6.2.1.1, 7).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct loop;
struct outbox;
struct stream;

enum {
	OUTBOX_MARK_LEN = 32 * 1024,   /* with more unsent octets no message is made */
	OUTBOX_BATCH_LEN = 32 * 1024,  /* octets sent by one call */
	OUTBOX_TURN_LEN = 64 * 1024,   /* octets until other connections get a turn */
	OUTBOX_UNSENT_MAX = 160 * 1024 /* per connection: both, a message, a reserve */
};

struct message_source;

struct message_source_kind {
	/*
	 * Writes the next message.
	 *
	 * room  octets at `out`: the maximum length of a message
	 * last  set to true if no message follows
	 *
	 * Returns its length; 0: there is none.
	 */
	size_t (*next)(struct message_source *s, uint8_t *out, size_t room, bool *last);

	/* Called after the last message, or when the connection ends before that. */
	void (*free)(struct message_source *s);
};

/* The first member of the struct of each kind. */
struct message_source {
	STAILQ_ENTRY(message_source) entry;
	const struct message_source_kind *kind;
	size_t held_len; /* octets it keeps */
};

/* What all connections of a worker share. */
struct outboxes;

struct outbox_calls {
	/* There is more to send than fits into one turn: call outbox_pump(). */
	void (*more)(void *connection);

	/* Too much waits in this process, and most of it here: close it; ends the
	 * outbox. */
	void (*crowded)(void *connection);
};

/*
 * Has those closed that hold most, in each turn of the loop in which all workers
 * together hold too much.
 *
 * unsent_max  octets that all connections of the process may leave unsent, questions
 *             that wait for their turn or are not whole yet among them
 */
struct outboxes *outboxes_new(struct loop *l, const struct outbox_calls *calls,
			      size_t unsent_max);

/* After its outboxes, and when its loop runs no more; NULL does nothing. */
void outboxes_free(struct outboxes *all);

/* Returns the number of waiting sources of all connections of this worker. */
size_t outboxes_source_count(const struct outboxes *all);

/* Returns the octets that wait in this process, of answers and questions. May be called
 * by any thread. */
uint64_t outboxes_unsent_len(void);

struct outbox {
	LIST_ENTRY(outbox) entry;
	TAILQ_ENTRY(outbox) in_turn;
	STAILQ_HEAD(source_queue, message_source) sources;
	struct outboxes *all;
	struct stream *stream;
	void *connection; /* of the calls */
	size_t source_count, held_len, untaken_len;
	size_t unsent_len; /* as it was counted last */
	bool has_turn;     /* it goes on in the next turn of the loop */
};

/* stream: borrowed; its limits are set */
void outbox_init(struct outbox *o, struct outboxes *all, struct stream *s,
		 void *connection);
void outbox_fini(struct outbox *o);

/* Adds a source, which the outbox then owns. */
void outbox_add(struct outbox *o, struct message_source *s);

/* So much came and is kept by the stream: half a question, or some that are not looked
 * at before others are answered. */
void outbox_untaken(struct outbox *o, size_t len);

/* Whether no more questions should be read before some are answered. */
bool outbox_is_full(const struct outbox *o);

/* Whether all messages have been made, though perhaps not sent. */
bool outbox_is_empty(const struct outbox *o);

/*
 * Makes the only message of a source at once, if nothing is before it and the peer
 * takes what is made; outbox_pump() is due before anything else is done.
 *
 * Returns false if the source must be added instead.
 */
bool outbox_make(struct outbox *o, struct message_source *s);

/* Makes and sends what the peer takes now; called when sources were added, and when the
 * stream has drained. Calls nobody back. */
void outbox_pump(struct outbox *o);

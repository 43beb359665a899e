#include "resolver/recursion/parked.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "resolver/recursion/client.h"
#include "resolver/recursion/quota.h"

struct parking {
	struct client_quota *shares;
};

struct parking *parking_new(void)
{
	struct parking *p = alloc(sizeof(*p));

	p->shares = client_quota_new(PARKED_MAX);
	return p;
}

void parking_free(struct parking *p)
{
	if (p == NULL)
		return;
	assert(parking_count(p) == 0);
	client_quota_free(p->shares);
	free(p);
}

size_t parking_count(const struct parking *p)
{
	return client_quota_taken(p->shares);
}

static bool is_over_limits(const struct parked_query *query,
			   const struct way_back *back)
{
	return query->len > PARKED_LEN_MAX || query->rounds > WAITER_ROUNDS_MAX ||
	       (back->stream && back->stream->count == PARKED_OF_STREAM_MAX);
}

int parked_add(struct parking *p, struct parked_queue *queue,
	       const struct parked_query *query, const struct way_back *back)
{
	uint32_t client = client_quota_client(query->client);
	struct parked *one;

	if (is_over_limits(query, back) || !client_quota_take(p->shares, client))
		return ERR_LIMIT;
	one = alloc(sizeof(*one) + query->len);
	one->queue = queue;
	one->parking = p;
	one->back = *back;
	one->rounds = query->rounds;
	one->client = client;
	one->len = query->len;
	memcpy(one->packet, query->packet, query->len);
	TAILQ_INSERT_TAIL(queue, one, in_queue);
	if (back->stream) {
		LIST_INSERT_HEAD(&back->stream->list, one, in_stream);
		back->stream->count++;
	}
	return OK;
}

static void leave_queue(struct parked *p)
{
	TAILQ_REMOVE(p->queue, p, in_queue);
	client_quota_return(p->parking->shares, p->client);
}

struct parked *parked_take(struct parked_queue *queue)
{
	struct parked *p = TAILQ_FIRST(queue);

	if (p == NULL)
		return NULL;
	leave_queue(p);
	if (p->back.stream) {
		LIST_REMOVE(p, in_stream);
		p->back.stream->count--;
	}
	return p;
}

void parked_of_stream_init(struct parked_of_stream *s, void *connection)
{
	*s = (struct parked_of_stream){ .connection = connection };
	LIST_INIT(&s->list);
}

void parked_of_stream_fini(struct parked_of_stream *s)
{
	struct parked *p;

	while ((p = LIST_FIRST(&s->list))) {
		LIST_REMOVE(p, in_stream);
		leave_queue(p);
		free(p);
	}
	s->count = 0;
}

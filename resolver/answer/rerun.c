#include "resolver/answer/rerun.h"

#include "base/err.h"
#include "resolver/answer/query.h"
#include "resolver/recursion/client.h"

void parked_read(const struct parked *p, struct query *q)
{
	q->packet = p->packet;
	q->len = p->len;
	q->rounds = p->rounds;
}

size_t parked_later(struct query *q, const struct way_back *back, uint8_t *out,
		    size_t room)
{
	const struct parked_query query = { q->packet, q->len, &q->client.addr,
					    q->rounds + 1 };
	size_t len;

	if (recursion_client_wait(q->worker->recursion, q->later, &query, back) == OK)
		return 0;
	q->hurried = true;
	len = query_answer(q, out, room);
	q->hurried = false;
	return len;
}

size_t parked_answer(struct query *q, const struct way_back *back, uint8_t *out,
		     size_t room)
{
	size_t len = query_answer(q, out, room);

	return q->later ? parked_later(q, back, out, room) : len;
}

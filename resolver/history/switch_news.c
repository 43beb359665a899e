#include "resolver/history/switch_news.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void switch_news_free(struct switch_news *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->move_count; i++)
		free(n->texts[i]);
	free(n->texts);
	free(n->records);
	free(n->moves);
	free(n);
}

/* Copies the five texts of a move; returns the memory they share. */
static char *copy_move(const struct live_move *m, struct live_move *out)
{
	const char *texts[] = { m->live, m->site, m->from, m->to, m->reason };
	const char **copies[] = { &out->live, &out->site, &out->from, &out->to,
				  &out->reason };
	size_t len = 0;
	char *all, *at;

	for (size_t i = 0; i < 5; i++)
		len += strlen(texts[i]) + 1;
	all = at = alloc(len);
	for (size_t i = 0; i < 5; i++) {
		*copies[i] = at;
		at = stpcpy(at, texts[i]) + 1;
	}
	return all;
}

void switch_news_add_moves(struct switch_news *n, const struct live_move *moves,
			   size_t count, size_t total)
{
	n->moves = alloc_resize(n->moves, n->move_count + count, sizeof(*moves));
	n->texts = alloc_resize(n->texts, n->move_count + count, sizeof(*n->texts));
	for (size_t i = 0; i < count; i++) {
		n->texts[n->move_count] = copy_move(&moves[i],
						    &n->moves[n->move_count]);
		n->move_count++;
	}
	n->move_total += total;
}

void switch_news_add_records(struct switch_news *n, const struct switch_record *records,
			     size_t count)
{
	n->records = alloc_resize(n->records, n->record_count + count,
				  sizeof(*records));
	for (size_t i = 0; i < count; i++)
		n->records[n->record_count++] = records[i];
}

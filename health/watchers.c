/* `deputy watch`: how things stand, then each switch as a line of its own. */
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/operator/command.h"
#include "health/health_body.h"

enum {
	RECORDS_KEPT = 4096, /* for those who take them slowly; a power of two */
	ROWS_A_PIECE = 64
};

struct watcher {
	LIST_ENTRY(watcher) entry;
	struct health *health;
	struct request *request;
	struct board *board; /* until its rows are told; may be NULL */
	bool listed;         /* they are */
	size_t row;          /* of the board, that comes next */
	uint64_t record;     /* number of the record that comes next */
};

/* The switches of late, while anybody watches. */
struct watchers {
	LIST_HEAD(watcher_list, watcher) list;
	uint64_t record_count; /* since the first began to watch */
	struct switch_record records[RECORDS_KEPT];
};

/* Returns whether the line is complete. */
static bool put_rows(struct watcher *w, struct json *j)
{
	const struct board *b = w->board;
	size_t count = b ? b->row_count : 0;

	if (w->row == 0)
		json_array(j, "pbxs");
	for (int n = 0; n < ROWS_A_PIECE && w->row < count; w->row++, n++)
		if (b->rows[w->row])
			board_row_json(b->rows[w->row], j);
	if (w->row < count)
		return false;
	json_end(j);
	board_unref(w->board);
	w->board = NULL;
	w->listed = true;
	return true;
}

/* Who was too slow is told how many switches it has missed. */
static void put_record(struct watcher *w, const struct watchers *all, struct json *j)
{
	uint64_t behind = all->record_count - w->record;

	if (behind > RECORDS_KEPT) {
		json_int(j, "missed", (int64_t)(behind - RECORDS_KEPT));
		w->record = all->record_count - RECORDS_KEPT;
		return;
	}
	switch_json(&all->records[w->record++ & (RECORDS_KEPT - 1)], j);
}

static enum piece put_news(struct request *req, void *arg)
{
	struct watcher *w = arg;
	const struct watchers *all = w->health->watchers;

	if (!w->listed) {
		if (put_rows(w, &req->json))
			request_push(req);
		return PIECE_MORE;
	}
	for (int n = 0; n < ROWS_A_PIECE && w->record < all->record_count; n++) {
		put_record(w, all, &req->json);
		request_push(req);
	}
	return w->record < all->record_count ? PIECE_MORE : PIECE_LATER;
}

static void watcher_gone(void *arg)
{
	struct watcher *w = arg;
	struct health *h = w->health;

	LIST_REMOVE(w, entry);
	board_unref(w->board);
	free(w);
	if (LIST_EMPTY(&h->watchers->list)) {
		free(h->watchers);
		h->watchers = NULL;
	}
}

void watch_switches(struct request *req)
{
	struct health *h = req->module;
	struct watcher *w = alloc(sizeof(*w));

	if (h->watchers == NULL)
		h->watchers = alloc(sizeof(*h->watchers));
	w->health = h;
	w->request = req;
	w->board = health_board(h);
	w->record = h->watchers->record_count;
	LIST_INSERT_HEAD(&h->watchers->list, w, entry);
	request_pull(req, put_news, watcher_gone, w);
}

void watchers_notify(struct health *h, const struct switch_record *records,
		     size_t count)
{
	struct watchers *all = h->watchers;
	struct watcher *w;

	if (all == NULL || count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		all->records[all->record_count++ & (RECORDS_KEPT - 1)] = records[i];
	w = LIST_FIRST(&all->list);
	while (w) {
		request_resume(w->request);
		w = LIST_NEXT(w, entry);
	}
}

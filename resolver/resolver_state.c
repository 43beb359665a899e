/* What survives a restart: the store, when it is written, and what is read from it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/operator/log.h"
#include "conf/conf.h"
#include "health/kept.h"
#include "health/kept_rows.h"
#include "resolver/resolver_body.h"

enum { FOLD_RETRY_MS = 1000 };

/* clang-format off */
enum { EVENT_STATE, EVENT_DAMAGE, EVENT_KEPT };
static struct event events[] = {
	[EVENT_STATE]   = { "state-unwritable", LOG_LEVEL_ERROR, 6, "cannot save the state that must survive a restart; queries are still answered", 0, 0, 0 },
	[EVENT_DAMAGE]  = { "state-damaged", LOG_LEVEL_ERROR, 0, "the state database was damaged and has been set aside: forced states and the switch history are lost; check the disk", 0, 0, 0 },
	[EVENT_KEPT]    = { "state-unreadable", LOG_LEVEL_ERROR, 0, "some of the kept state cannot be read: what it was about starts as new", 0, 0, 0 },
};
/* clang-format on */

static void fold_store(void *arg);

/* Logs a failed write, once per fault. Returns 0 or ERR_SYSTEM. */
static int judge_write(struct resolver *r, int err)
{
	if (err == ERR_AGAIN) /* the process before us still owns it */
		return OK;
	if (err && !r->unkept)
		log_event(&events[EVENT_STATE],
			  "folder=%s error=%s lost_by_restart=\"states forced "
			  "or changed from now on\"",
			  log_quote(r->state_dir),
			  log_quote(err == ERR_SYSTEM ? strerror(errno)
						      : err_text(err)));
	r->unkept = err != OK;
	return err ? ERR_SYSTEM : OK;
}

static int fold(struct resolver *r)
{
	int err = store_fold(r->store);

	if (err)
		timer_start(r->main, &r->fold, FOLD_RETRY_MS, fold_store, r);
	return judge_write(r, err);
}

static void fold_store(void *arg)
{
	(void)fold(arg);
}

void resolver_fold_soon(void *arg)
{
	struct resolver *r = arg;

	if (!timer_is_started(&r->fold))
		timer_start(r->main, &r->fold, STORE_FOLD_MS, fold_store, r);
}

static int put_row(struct store *s, const struct kept_row *row)
{
	return row->octets ? store_put(s, row->key, row->octets, row->len)
			   : store_delete(s, row->key);
}

/* What a restart begins with. */
int resolver_keep(void *arg, const struct kept_rows *rows, bool sync)
{
	struct resolver *r = arg;
	int err;

	if (r->store == NULL)
		return ERR_SYSTEM;
	for (size_t i = 0; i < rows->count; i++) {
		struct kept_row row = kept_rows_at(rows, i);

		/* More than the log takes between two folds; else they tell it. */
		if (put_row(r->store, &row) && store_fold(r->store) == ERR_LIMIT)
			(void)put_row(r->store, &row);
	}
	if (sync)
		return fold(r);
	err = judge_write(r, store_write(r->store));
	resolver_fold_soon(r);
	return err;
}

void resolver_open_state(struct resolver *r)
{
	const char *folder = r->state_dir;
	int err;

	if (mkdir(folder, 0750) && errno != EEXIST)
		log_event(&events[EVENT_STATE], "folder=%s error=%s", log_quote(folder),
			  log_quote(strerror(errno)));
	err = store_open(folder, &r->store);
	if (err == OK && store_was_damaged(r->store))
		log_event(&events[EVENT_DAMAGE],
			  "folder=%s set_aside=" STORE_DAMAGED
			  " lost=\"forced states, switch history\"",
			  log_quote(folder));
	if (err) {
		log_event(&events[EVENT_STATE], "folder=%s error=%s", log_quote(folder),
			  log_quote(err == ERR_SYSTEM ? strerror(errno)
						      : err_text(err)));
		r->store = NULL;
	}
}

static void restore_row(void *arg, const char *key, const void *octets, size_t len)
{
	struct resolver *r = arg;

	r->unread |= health_restore(r->health, key, octets, len) != OK;
}

void resolver_restore(struct resolver *r)
{
	const void *whole;
	size_t len;

	if (r->store == NULL)
		return;
	r->unread = store_each(r->store, KEPT_PREFIX, restore_row, r) != OK;
	if (store_get(r->store, KEPT_WHOLE, &whole, &len) == OK)
		restore_row(r, KEPT_WHOLE, whole, len);
	if (r->unread)
		log_event(&events[EVENT_KEPT], "folder=%s", log_quote(r->state_dir));
}

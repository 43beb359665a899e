#include "health/host_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "dns/rr.h"
#include "health/events.h"
#include "health/kept.h"
#include "health/kept_rows.h"
#include "health/plan.h"
#include "net/lookup.h"
#include "net/loop.h"

enum {
	PROBE_MS = 1000,
	TRIES = 2,
	AGAIN_MIN_S = 5,
	AGAIN_MAX_S = 3600,
	KINDS = 2, /* A and AAAA */
};

static const uint16_t kinds[KINDS] = { RR_A, RR_AAAA };

struct host_name;

struct address_kind {
	struct host_name *row;
	struct lookup_query *query;
	bool waiting, good;
	struct addr addresses[ROW_ADDRESSES_MAX];
	size_t count;
	uint32_t ttl_s;
};

struct host_name {
	struct host_names *names;
	char *name;
	struct address_kind kinds[KINDS];
	struct addr addresses[ROW_ADDRESSES_MAX]; /* what holds */
	size_t count;
	struct timer again;
	bool wanted;
	bool unkept; /* host_names_keep() has not had these addresses */
};

struct host_names {
	struct loop *loop;
	struct lookup *lookup;
	struct addr *servers;
	size_t server_count;
	host_names_changed_fn *changed;
	void *arg;
	struct host_name **rows; /* by name; each is ours */
	size_t count;
	bool unkept;              /* one of the rows is */
	struct kept_rows dropped; /* those that left */
};

static void ask(void *arg);

static int by_address(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static bool same_addresses(const struct addr *a, const struct addr *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!addr_equal(&a[i], &b[i]))
			return false;
	return true;
}

/* Both types were answered, or one was: what holds from now on. */
static void settle(struct host_name *row)
{
	struct addr fresh[ROW_ADDRESSES_MAX] = { 0 };
	uint32_t again_s = AGAIN_MAX_S;
	size_t count = 0;
	bool good = false;

	for (size_t k = 0; k < KINDS; k++) {
		const struct address_kind *kind = &row->kinds[k];

		good |= kind->good;
		again_s = kind->ttl_s < again_s ? kind->ttl_s : again_s;
		/* A type that could not be asked keeps what it had. */
		for (size_t i = 0; kind->good && i < kind->count; i++)
			if (count < ROW_ADDRESSES_MAX)
				fresh[count++] = kind->addresses[i];
		for (size_t i = 0; !kind->good && i < row->count; i++)
			if (count < ROW_ADDRESSES_MAX &&
			    (row->addresses[i].family == AF_INET6) ==
				    (kinds[k] == RR_AAAA))
				fresh[count++] = row->addresses[i];
	}
	if (again_s < AGAIN_MIN_S || !count) /* none: it may be amid a change */
		again_s = AGAIN_MIN_S;
	timer_start(row->names->loop, &row->again, again_s * 1000ull, ask, row);
	if (!good || !count) { /* a name that no longer exists does not make a living
				  pbx unusable */
		log_event(&health_events[EVENT_LOOKUP], "name=%s",
			  log_quote(row->name));
		return;
	}
	qsort(fresh, count, sizeof(*fresh),
	      by_address); /* resolvers turn them around */
	if (count == row->count && same_addresses(fresh, row->addresses, count))
		return;
	memcpy(row->addresses, fresh, sizeof(fresh));
	row->count = count;
	row->unkept = row->names->unkept = true;
	row->names->changed(row->names->arg, row->name);
}

static void heard(void *arg, int err, const uint8_t *answer, size_t len)
{
	struct address_kind *k = arg;
	struct host_name *row = k->row;
	uint16_t type = kinds[k - row->kinds];
	int count = err ? err
			: host_names_read(answer, len, type, k->addresses, &k->ttl_s);

	k->query = NULL;
	k->waiting = false;
	k->good = count >= 0;
	k->count = count > 0 ? (size_t)count : 0;
	if (count < 0)
		k->ttl_s = AGAIN_MIN_S;
	for (size_t i = 0; i < KINDS; i++)
		if (row->kinds[i].waiting)
			return;
	settle(row);
}

static void ask(void *arg)
{
	struct host_name *row = arg;

	for (size_t k = 0; k < KINDS; k++) {
		row->kinds[k].row = row;
		row->kinds[k].waiting = true;
	}
	for (size_t k = 0; k < KINDS; k++) {
		struct lookup_query *q;

		if (!row->names->lookup) {
			heard(&row->kinds[k], ERR_SYSTEM, NULL, 0);
			continue;
		}
		q = lookup_ask(row->names->lookup, row->name, kinds[k], heard,
			       &row->kinds[k]);
		if (row->kinds[k].waiting)
			row->kinds[k].query = q;
	}
}

struct host_names *host_names_new(struct loop *l, host_names_changed_fn *changed,
				  void *arg)
{
	struct host_names *n = alloc(sizeof(*n));

	n->loop = l;
	n->changed = changed;
	n->arg = arg;
	return n;
}

static void row_free(struct host_name *row)
{
	for (size_t k = 0; k < KINDS; k++)
		lookup_cancel(row->kinds[k].query);
	timer_stop(&row->again);
	free(row->name);
	free(row);
}

void host_names_free(struct host_names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		row_free(n->rows[i]);
	free(n->rows);
	if (n->lookup)
		lookup_close(n->lookup);
	free(n->servers);
	kept_rows_fini(&n->dropped);
	free(n);
}

static int to_name(const void *name, const void *at)
{
	struct host_name *const *row = at;

	return strcmp(name, (*row)->name);
}

static int by_name(const void *a, const void *b)
{
	struct host_name *const *row = a;

	return to_name((*row)->name, b);
}

static struct host_name *find(const struct host_names *n, const char *name)
{
	struct host_name **at = n->count ? bsearch(name, n->rows, n->count,
						   sizeof(struct host_name *), to_name)
					 : NULL;

	return at ? *at : NULL;
}

static struct host_name *row_new(struct host_names *n, const char *name)
{
	struct host_name *row = alloc(sizeof(*row));

	row->names = n;
	row->name = alloc_text(name);
	return row;
}

static bool same_servers(const struct host_names *n, const struct plan *p)
{
	if (n->server_count != p->resolver_count)
		return false;
	for (size_t i = 0; i < n->server_count; i++)
		if (!addr_equal_port(&n->servers[i], &p->resolvers[i]))
			return false;
	return true;
}

static void use_servers(struct host_names *n, const struct plan *p)
{
	if (n->lookup && same_servers(n, p))
		return;
	for (size_t i = 0; i < n->count; i++)
		for (size_t k = 0; k < KINDS; k++) {
			lookup_cancel(n->rows[i]->kinds[k].query);
			n->rows[i]->kinds[k].query = NULL;
		}
	if (n->lookup)
		lookup_close(n->lookup);
	n->lookup = NULL;
	free(n->servers);
	n->server_count = p->resolver_count;
	n->servers = alloc_array(n->server_count, sizeof(*n->servers));
	if (n->server_count)
		memcpy(n->servers, p->resolvers, n->server_count * sizeof(*n->servers));
	if (lookup_open(n->loop, n->servers, n->server_count, PROBE_MS, TRIES,
			&n->lookup))
		n->lookup = NULL;
}

/* The rows of a plan's names, those that are there as they are. */
static void take_wanted(struct host_names *n, const struct plan *p)
{
	struct host_name **rows = alloc_array(p->host_count,
					      sizeof(struct host_name *));
	size_t count = 0;

	for (size_t i = 0; i < p->host_count; i++) {
		const char *name = p->hosts[i].name;
		struct host_name *row;

		if (i && strcmp(p->hosts[i - 1].name, name) == 0)
			continue;
		row = find(n, name);
		rows[count] = row ? row : row_new(n, name);
		rows[count++]->wanted = true;
	}
	for (size_t i = 0; i < n->count; i++)
		if (!n->rows[i]->wanted) {
			kept_rows_drop_name(&n->dropped, n->rows[i]->name);
			row_free(n->rows[i]);
		}
	free(n->rows);
	n->rows = rows;
	n->count = count;
}

void host_names_want(struct host_names *n, const struct plan *p)
{
	for (size_t i = 0; i < n->count; i++)
		n->rows[i]->wanted = false;
	take_wanted(n, p);
	if (!n->count)
		return; /* open a resolver only if it is needed */
	use_servers(n, p);
	for (size_t i = 0; i < n->count; i++) {
		struct host_name *row = n->rows[i];

		if (!row->kinds[0].query && !row->kinds[1].query)
			timer_start(n->loop, &row->again, 0, ask, row);
	}
}

size_t host_names_addresses(const struct host_names *n, const char *name,
			    struct addr *out, size_t max)
{
	const struct host_name *row = find(n, name);
	size_t count = row ? row->count : 0;

	if (count > max)
		count = max;
	if (count)
		memcpy(out, row->addresses, count * sizeof(*out));
	return count;
}

/* All are kept again: where another process kept them meanwhile, ours are to stand. */
void host_names_restore(struct host_names *n, const struct kept *k)
{
	n->rows = alloc_resize(n->rows, n->count + k->name_count,
			       sizeof(struct host_name *));
	for (size_t i = 0; i < k->name_count; i++) {
		struct host_name *row = row_new(n, k->names[i].name);

		row->count = k->names[i].address_count;
		memcpy(row->addresses, k->names[i].addresses, sizeof(row->addresses));
		row->unkept = n->unkept = true;
		n->rows[n->count++] = row;
	}
	if (n->count)
		qsort(n->rows, n->count, sizeof(struct host_name *), by_name);
}

static void keep_row(struct host_name *row, struct kept_rows *out)
{
	struct kept_name to = { .name = row->name, .address_count = row->count };

	memcpy(to.addresses, row->addresses, sizeof(to.addresses));
	kept_rows_put_name(out, &to);
	row->unkept = false;
}

void host_names_keep(struct host_names *n, struct kept_rows *out)
{
	kept_rows_move(out, &n->dropped);
	for (size_t i = 0; n->unkept && i < n->count; i++)
		if (n->rows[i]->unkept)
			keep_row(n->rows[i], out);
	n->unkept = false;
}

/* The struct resolver, for resolver/resolver*.c alone. */
#pragma once

#include <pthread.h>

#include "base/disk/store.h"
#include "base/operator/command.h"
#include "base/process/heartbeat.h"
#include "health/health.h"
#include "net/loop.h"
#include "resolver/answer/cookie_jar.h"
#include "resolver/answer/tcp.h"
#include "resolver/answer/udp.h"
#include "resolver/history/answer_history.h"
#include "resolver/history/switch_history.h"
#include "resolver/live/builder.h"
#include "resolver/live/publish.h"
#include "resolver/recursion/client.h"
#include "resolver/resolver.h"

/* A configuration as text, from which worlds are built. */
struct conf_text {
	char *path;
	void *octets;
	size_t len;
};

void conf_text_set(struct conf_text *t, const char *path, const void *octets,
		   size_t len);
void conf_text_clear(struct conf_text *t);

struct resolver {
	struct loop *main, *prober;
	pthread_t prober_thread;
	struct heartbeat prober_heartbeat;
	char stuck[24]; /* the name of a thread that hangs */
	struct health *health;
	struct builder *builder;
	struct publisher *publisher;
	char *state_dir;     /* of the start */
	struct store *store; /* NULL: nothing can be kept */
	bool unkept;         /* the last write to it failed */
	bool unread;         /* some of it could not be read when it was opened */
	struct switch_history *switch_history;
	bool answered; /* answers may have been given: moves are reported */
	struct answer_history *answer_history;
	struct cookie_jar *jar;
	struct timer fold;
	int64_t started_at; /* wall clock, s */

	struct world *world;   /* the current one */
	struct conf_text text; /* its configuration */

	/* Being built, or built and not yet committed. */
	bool preparing;
	bool aborted;    /* while it was built */
	bool zones_only; /* for `zone reload`: the keeper's abort is not about it */
	struct live_answers *prepared;
	struct conf_text prepared_text;
	resolver_prepared_fn *prepared_fn;
	void *prepared_arg;

	struct child_socket *sockets;
	size_t socket_count;
	struct udp_worker **udp_workers;
	struct tcp_worker **tcp_workers;
	uint16_t udp_count, tcp_count;

	struct switch_news *news; /* the prober's: what the present board brings */
};

struct kept_rows;

/* Opens the store; without one the node goes on and logs it. */
void resolver_open_state(struct resolver *r);

/* Reads what the health module kept, before its first configuration. */
void resolver_restore(struct resolver *r);

/* As health_calls.keep: the rows that a restart begins with. Returns 0 or ERR_SYSTEM.
 */
int resolver_keep(void *arg, const struct kept_rows *rows, bool sync);

/* What was put goes to the disk soon. */
void resolver_fold_soon(void *arg);

/* The sum over all workers; open connections likewise. */
uint64_t resolver_count(const struct resolver *r, enum count what);
uint64_t resolver_recursion_count(const struct resolver *r,
				  enum recursion_client_count what);
uint64_t resolver_open_count(const struct resolver *r);

/* The command that shows what this process counted. */
void resolver_show_metrics(struct request *req);

/* One event for it, and one for each broken zone. */
void resolver_log_world(const struct world *w);

/* Returns the limits of each stream worker under the current configuration. */
struct listener_limits resolver_tcp_limits(const struct resolver *r);

/* Reads one zone of the current configuration again (by its index), or all (CONF_NONE),
 * and serves it before `done` is called. Returns 0 or ERR_CONFLICT. */
int resolver_reload_zones(struct resolver *r, uint32_t zone, resolver_prepared_fn *done,
			  void *arg);

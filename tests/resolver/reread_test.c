/* A whole resolver, its threads and all: what a zone edit changes, and what it leaves.
 */
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "dns/rr.h"
#include "health/health_body.h"
#include "resolver/resolver_body.h"
#include "tests/harness.h"

enum { TURNS_MAX = 1000000 };

static char folder[] = "/tmp/deputy-reread.XXXXXX";

static void put(const char *file, const char *text)
{
	char *path = alloc_format("%s/%s", folder, file);

	CU_ASSERT_EQUAL_FATAL(file_replace(path, text, strlen(text), 0644), OK);
	free(path);
}

static void put_zone(const char *file, unsigned serial)
{
	char *text = alloc_format("$TTL 60\n@ SOA ns h %u 60 60 60 60\n@ NS ns\n"
				  "ns A 192.0.2.%u\n",
				  serial, serial);

	put(file, text);
	free(text);
}

static char *conf_text(const char *more)
{
	return alloc_format(
		"node: { name: n1, listen: [ 127.0.0.1@5300 ], state: %s/state }\n"
		"pbxs: [ { name: a, addresses: [ 127.0.0.9 ], endpoints: [ udp@59 ] } ]\n"
		"zones:\n"
		"  - { name: example.com, file: com.zone }\n"
		"  - { name: example.org, file: org.zone }\n"
		"live:\n"
		"  - { name: pbx.example.com, home: a }\n"
		"  - { name: pbx.example.org, home: a }\n%s",
		folder, more);
}

struct reread_node {
	struct loop *loop;
	struct resolver *resolver;
	char *path;
	unsigned told;
};

static void open_node(struct reread_node *n)
{
	char *conf = conf_text("");
	struct resolver_plan plan = {
		.conf = conf,
		.conf_len = strlen(conf),
		.udp_workers = 1,
		.stream_workers = 1,
	};

	*n = (struct reread_node){ .loop = loop_new() };
	n->path = alloc_format("%s/deputy.conf", folder);
	put_zone("com.zone", 1);
	put_zone("org.zone", 1);
	plan.main = n->loop;
	plan.conf_path = n->path;
	CU_ASSERT_EQUAL_FATAL(resolver_new(&plan, &n->resolver), OK);
	free(conf);
}

static void close_node(struct reread_node *n)
{
	resolver_stop(n->resolver, 0);
	loop_free(n->loop);
	free(n->path);
}

static void told(void *arg, const char *why, const struct diags *faults)
{
	struct reread_node *n = arg;

	CU_ASSERT_PTR_NULL(why);
	CU_ASSERT_EQUAL(faults->error_count, 0);
	n->told++;
}

static const struct live_answers *now(const struct reread_node *n)
{
	return publisher_now(n->resolver->publisher);
}

static void turn_until_told(struct reread_node *n)
{
	unsigned before = n->told;

	for (int i = 0; i < TURNS_MAX && n->told == before; i++) {
		loop_turn(n->loop, false);
		(void)sched_yield();
	}
	CU_ASSERT_EQUAL_FATAL(n->told, before + 1);
}

static void reload(struct reread_node *n, const char *more)
{
	char *conf = conf_text(more);

	CU_ASSERT_EQUAL_FATAL(resolver_prepare(n->resolver, n->path, conf, strlen(conf),
					       told, n),
			      OK);
	turn_until_told(n);
	resolver_commit(n->resolver, NULL, 0);
	for (int i = 0; i < TURNS_MAX && now(n)->world != n->resolver->world; i++) {
		loop_turn(n->loop, false);
		(void)sched_yield();
	}
	CU_ASSERT_PTR_EQUAL_FATAL(now(n)->world, n->resolver->world);
	free(conf);
}

/* What is compared over an edit; references where it could be freed meanwhile. */
struct seen {
	struct live *live;
	struct world *world;
	const struct plan *plan; /* of the prober */
	const struct zone *com, *org;
};

static const struct zone *zone_at(const struct world *w, size_t number)
{
	const struct name *origin;

	return zone_set_at(w->zones, number, &origin);
}

/* What the prober probes by, asked on its own thread behind all that it was told. */
struct plan_wanted {
	struct resolver *resolver;
	const struct plan *plan;
	uint32_t there; /* touched atomically */
};

static void see_plan(void *arg)
{
	struct plan_wanted *w = arg;

	w->plan = w->resolver->health->prober->plan;
	__atomic_store_n(&w->there, 1, __ATOMIC_RELEASE);
}

static const struct plan *plan_of(const struct reread_node *n)
{
	struct plan_wanted w = { .resolver = n->resolver };

	loop_post(n->resolver->prober, see_plan, &w);
	while (!__atomic_load_n(&w.there, __ATOMIC_ACQUIRE))
		(void)sched_yield();
	return w.plan;
}

static struct seen look(const struct reread_node *n)
{
	const struct live_answers *a = now(n);

	return (struct seen){
		.live = live_ref(a->live),
		.world = world_ref(a->world),
		.plan = plan_of(n),
		.com = zone_at(a->world, 0),
		.org = zone_at(a->world, 1),
	};
}

static void forget(struct seen *s)
{
	live_unref(s->live);
	world_unref(s->world);
}

static uint32_t number_of(const struct world *w, const char *text)
{
	struct name name;

	CU_ASSERT_EQUAL_FATAL(name_parse(text, strlen(text), NULL, &name), OK);
	return live_names_find(w->names, name.wire);
}

/* The serial of the SOA that says that a live name has no IPv6 address. */
static unsigned denied_by(const struct reread_node *n, const char *name)
{
	const struct live_answers *a = now(n);
	const struct ready *r = live_answers_find(a, number_of(a->world, name), 0,
						  LIVE_AAAA);
	const uint8_t *end = ready_wire(r) + r->wire_len;

	CU_ASSERT_EQUAL(ready_count(r, READY_ANSWER), 0);
	CU_ASSERT_EQUAL(ready_count(r, READY_AUTHORITY), 1);
	return end[-17];
}

static void a_zone_edit_loads_that_zone_and_nothing_else(void)
{
	struct reread_node n;
	struct seen was, is;

	open_node(&n);
	was = look(&n);
	CU_ASSERT_EQUAL(denied_by(&n, "pbx.example.com."), 1);
	put_zone("com.zone", 2);
	put_zone("org.zone", 2);
	CU_ASSERT_EQUAL(resolver_reload_zones(n.resolver, 0, told, &n), OK);
	CU_ASSERT_EQUAL(resolver_reload_zones(n.resolver, 0, told, &n), ERR_CONFLICT);
	turn_until_told(&n);
	is = look(&n); /* who was told finds it answered */
	CU_ASSERT_PTR_NOT_EQUAL(is.world, was.world);
	CU_ASSERT_PTR_EQUAL(is.world, n.resolver->world);
	CU_ASSERT_EQUAL(zone_serial(is.com), 2);
	CU_ASSERT_PTR_EQUAL(is.org, was.org);
	CU_ASSERT_PTR_EQUAL(is.world->settings, was.world->settings);
	CU_ASSERT_PTR_EQUAL(is.live, was.live);
	CU_ASSERT_PTR_EQUAL(is.plan, was.plan);
	CU_ASSERT_EQUAL(is.world->foreign, was.world->foreign);
	CU_ASSERT_EQUAL(denied_by(&n, "pbx.example.com."), 2);
	CU_ASSERT_EQUAL(denied_by(&n, "pbx.example.org."), 1);
	CU_ASSERT_EQUAL(denied_by(&n, "a.pbx.example.com."), 2);
	CU_ASSERT_PTR_EQUAL(is.world->live_zones[1], was.world->live_zones[1]);
	CU_ASSERT_EQUAL(resolver_reload_zones(n.resolver, CONF_NONE, told, &n), OK);
	turn_until_told(&n);
	CU_ASSERT_EQUAL(denied_by(&n, "pbx.example.org."), 2);
	forget(&was);
	forget(&is);
	close_node(&n);
}

static void another_configuration_makes_settings_and_variants_again(void)
{
	struct reread_node n;
	struct seen was, is;

	open_node(&n);
	was = look(&n);
	reload(&n, "hosts: { h.lan: [ 10.0.0.1 ] }\n");
	is = look(&n);
	CU_ASSERT_PTR_EQUAL(is.com, was.com); /* its file is the same */
	CU_ASSERT_PTR_NOT_EQUAL(is.world->settings, was.world->settings);
	CU_ASSERT_PTR_NOT_EQUAL(is.live, was.live);
	CU_ASSERT_NOT_EQUAL(is.world->foreign, was.world->foreign);
	put_zone("com.zone", 3);
	CU_ASSERT_EQUAL(resolver_reload_zones(n.resolver, 0, told, &n), OK);
	turn_until_told(&n);
	CU_ASSERT_EQUAL(denied_by(&n, "pbx.example.com."), 3);
	forget(&was);
	forget(&is);
	close_node(&n);
}

static void caches_stay_warm_while_the_same_names_are_ours(void)
{
	static const char *const others[] = {
		"hosts: { h.lan: [ 10.0.0.1 ] }\n",
		"recursion: { inside: [ corp.example ] }\n",
		"recursion: { forwarders: [ 127.0.0.1@5353 ] }\n",
		"recursion: { validate: no }\n",
	};
	struct reread_node n;
	uint64_t foreign;

	open_node(&n);
	foreign = now(&n)->world->foreign;
	reload(&n, "# nothing else\n");
	CU_ASSERT_EQUAL(now(&n)->world->foreign, foreign);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		reload(&n, others[i]);
		CU_ASSERT_NOT_EQUAL(now(&n)->world->foreign, foreign);
	}
	reload(&n, "");
	CU_ASSERT_EQUAL(now(&n)->world->foreign, foreign);
	close_node(&n);
}

static void remove_all(const char *below)
{
	char *path = alloc_format("%s%s", folder, below);
	DIR *d = opendir(path);

	for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
	free(path);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a zone edit loads that zone and nothing else",
		  a_zone_edit_loads_that_zone_and_nothing_else },
		{ "another configuration makes settings and variants again",
		  another_configuration_makes_settings_and_variants_again },
		{ "caches stay warm while the same names are ours",
		  caches_stay_warm_while_the_same_names_are_ours },
		CU_TEST_INFO_NULL,
	};
	int status;

	if (mkdtemp(folder) == NULL)
		return 2;
	status = suite_run("resolver/reread", tests);
	remove_all("/state");
	remove_all("");
	return status;
}

#include "health/health_body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/command.h"
#include "conf/conf.h"
#include "health/kept.h"
#include "health/kept_rows.h"
#include "health/netlink.h"
#include "health/slots.h"
#include "net/loop.h"
#include "tests/harness.h"
#include "tests/health/kept_whole.h"
#include "tests/health/responder.h"

enum { PATIENCE_MS = 20000, KEPT_MAX = 64 };

/* One loop plays prober and main. */
struct test_node {
	struct loop *loop;
	struct health *health;
	struct board *board;
	struct switch_record last;
	uint64_t switch_count;
	struct kept_rows kept[KEPT_MAX]; /* each batch; the test's */
	size_t kept_count;
	bool synced, done;
	int keep_err; /* what the disk says */
	int done_err;
	struct conf conf;
	struct conf_pbx pbx;
	struct conf_pbx_view view;
	struct conf_pbx_address address;
	struct conf_endpoint endpoint;
	struct conf_site site;
	struct prefix network;
	struct slots *slots;
};

static void on_publish(void *arg, struct board *fresh,
		       const struct switch_record *records, size_t count)
{
	struct test_node *n = arg;

	board_unref(n->board);
	n->board = fresh;
	n->switch_count += count;
	if (count)
		n->last = records[count - 1];
}

static int on_keep(void *arg, const struct kept_rows *rows, bool sync)
{
	struct test_node *n = arg;
	struct kept_rows *copy = &n->kept[n->kept_count];

	CU_ASSERT_FATAL(n->kept_count < KEPT_MAX);
	for (size_t i = 0; i < rows->count; i++)
		CU_ASSERT_PTR_NOT_NULL(kept_rows_at(rows, i).key);
	copy->octets.len = 0;
	buffer_put(&copy->octets, rows->octets.octets, rows->octets.len);
	copy->spans = alloc_copy(rows->spans, rows->count * sizeof(*rows->spans));
	copy->count = copy->cap = rows->count;
	n->kept_count++;
	n->synced = sync;
	return n->keep_err;
}

static void forget_kept(struct test_node *n)
{
	while (n->kept_count)
		kept_rows_fini(&n->kept[--n->kept_count]);
}

/* What becomes of a restart with all the batches of another node, some octets short. */
static int restore(struct test_node *n, const struct test_node *from, size_t cut)
{
	int err = OK;

	for (size_t i = 0; i < from->kept_count; i++)
		for (size_t k = 0; k < from->kept[i].count; k++) {
			struct kept_row row = kept_rows_at(&from->kept[i], k);

			if (health_restore(n->health, row.key, row.octets,
					   row.len - cut))
				err = ERR_MALFORMED;
		}
	return err;
}

static void node_start(struct test_node *n, uint16_t port, enum transport transport)
{
	struct health_calls calls;

	*n = (struct test_node){ .loop = loop_new() };
	n->address.addr = (struct addr){ .family = AF_INET,
					 .octets = { 127, 0, 0, 1 } };
	n->endpoint = (struct conf_endpoint){ transport, port };
	n->view = (struct conf_pbx_view){ .site = CONF_NONE,
					  .addresses = &n->address,
					  .address_count = 1 };
	n->pbx = (struct conf_pbx){ .name = alloc_text("berlin"),
				    .views = &n->view,
				    .view_count = 1,
				    .endpoints = &n->endpoint,
				    .endpoint_count = 1 };
	n->pbx.profile = PROFILE_LAN;
	n->pbx.probe = conf_profiles[PROFILE_LAN];
	CU_ASSERT_EQUAL(prefix_parse("10.1.0.0/16", &n->network), OK);
	n->site = (struct conf_site){ .name = n->pbx.name,
				      .networks = &n->network,
				      .network_count = 1 };
	n->conf = (struct conf){
		.pbxs = &n->pbx, .pbx_count = 1, .sites = &n->site, .site_count = 1
	};
	n->slots = slots_new(&n->conf, NULL);
	calls = (struct health_calls){ on_publish, on_keep, n };
	n->health = health_new(n->loop, n->loop, &calls);
}

static void node_end(struct test_node *n)
{
	for (int i = 0; i < 3; i++) /* what was posted last, and what that posts */
		loop_turn(n->loop, false);
	forget_kept(n);
	health_free(n->health);
	board_unref(n->board);
	slots_free(n->slots);
	free(n->pbx.name);
	loop_free(n->loop);
}

static bool wait_for(struct test_node *n, enum pbx_state state)
{
	uint64_t until = loop_now(n->loop) + PATIENCE_MS;

	while (loop_now(n->loop) < until) {
		if (n->board && board_row(n->board, 0)->state == state)
			return true;
		loop_turn(n->loop, true);
	}
	return false;
}

static void lives_and_dies(enum transport transport, const char *cause)
{
	struct loop *l;
	struct test_node n;
	struct responder *r;

	node_start(&n, 0, transport);
	l = n.loop;
	r = responder_new(l, 200);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	n.endpoint.port = responder_port(r);
	health_load(n.health, &n.conf, n.slots);
	CU_ASSERT(wait_for(&n, PBX_UP));
	CU_ASSERT(board_row(n.board, 0)->targets[0].decided);
	CU_ASSERT(responder_count(r) > 0);
	responder_free(r);
	CU_ASSERT(wait_for(&n, PBX_DOWN));
	CU_ASSERT_PTR_NOT_NULL(strstr(board_row(n.board, 0)->cause, cause));
	CU_ASSERT_EQUAL(n.last.kind, SWITCH_DOWN);
	loop_turn(l, false);
	CU_ASSERT(n.kept_count > 0);
	node_end(&n);
}

static void a_pbx_over_udp_lives_and_dies(void)
{
	lives_and_dies(TRANSPORT_UDP, "refused");
}

static void a_pbx_over_tcp_lives_and_dies(void)
{
	lives_and_dies(TRANSPORT_TCP, "connection lost");
}

static void statuses_decide_over_the_wire(void)
{
	struct responder *r;
	struct test_node n;

	node_start(&n, 0, TRANSPORT_UDP);
	r = responder_new(n.loop, 405);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	n.endpoint.port = responder_port(r);
	health_load(n.health, &n.conf, n.slots);
	CU_ASSERT(wait_for(&n, PBX_UP));
	responder_status(r, 503);
	CU_ASSERT(wait_for(&n, PBX_DRAINING));
	responder_status(r, 500);
	CU_ASSERT(wait_for(&n, PBX_DOWN));
	responder_free(r);
	node_end(&n);
}

static void on_done(void *arg, int err)
{
	struct test_node *n = arg;

	n->done = true;
	n->done_err = err;
}

static void an_order_is_done_when_it_is_kept(void)
{
	struct health_order o = { .order = ORDER_FORCE,
				  .force = FORCE_DOWN,
				  .author = "anna" };
	struct test_node n, later;

	node_start(&n, 9, TRANSPORT_UDP);
	health_load(n.health, &n.conf, n.slots);
	health_order(n.health, &o, on_done, &n);
	while (!n.done)
		loop_turn(n.loop, true);
	CU_ASSERT_EQUAL(n.done_err, OK);
	CU_ASSERT(n.synced);
	CU_ASSERT_EQUAL(board_row(n.board, 0)->force, FORCE_DOWN);
	o.slot = 5;
	n.done = false;
	health_order(n.health, &o, on_done, &n);
	while (!n.done)
		loop_turn(n.loop, true);
	CU_ASSERT_EQUAL(n.done_err, ERR_NOT_FOUND);

	node_start(&later, 9, TRANSPORT_UDP);
	CU_ASSERT_EQUAL(restore(&later, &n, 1), ERR_MALFORMED);
	CU_ASSERT_EQUAL(restore(&later, &n, 0), OK);
	health_load(later.health, &later.conf, later.slots);
	while (!later.board)
		loop_turn(later.loop, true);
	CU_ASSERT_EQUAL(board_row(later.board, 0)->force, FORCE_DOWN);
	CU_ASSERT_STRING_EQUAL(board_row(later.board, 0)->force_author, "anna");
	node_end(&later);
	node_end(&n);
}

static void what_the_release_before_kept_is_used_and_replaced(void)
{
	struct buffer whole = { 0 };
	struct kept_row last;
	struct test_node n;

	kept_whole_put(&whole, "berlin");
	node_start(&n, 9, TRANSPORT_UDP);
	CU_ASSERT_EQUAL(health_restore(n.health, KEPT_WHOLE, whole.octets, whole.len),
			OK);
	health_load(n.health, &n.conf, n.slots);
	while (!n.kept_count)
		loop_turn(n.loop, true);
	CU_ASSERT_EQUAL(board_row(n.board, 0)->force, FORCE_DOWN);
	CU_ASSERT_EQUAL(n.board->generation, KEPT_WHOLE_GENERATION + 1);
	CU_ASSERT_EQUAL_FATAL(n.kept[0].count, 3);
	CU_ASSERT_STRING_EQUAL(kept_rows_at(&n.kept[0], 1).key, "kept/pbx/berlin");
	last = kept_rows_at(&n.kept[0], 2); /* not before the rows are there */
	CU_ASSERT_STRING_EQUAL(last.key, KEPT_WHOLE);
	CU_ASSERT_PTR_NULL(last.octets);
	node_end(&n);
	buffer_fini(&whole);
}

enum { FILES = 128, ADDRESSES = 8, ENDPOINTS = ROW_ENDPOINTS_MAX };

/* A pbx of as many endpoints as descriptors. */
static void node_enlarge(struct test_node *n, struct conf_pbx_address *addresses,
			 struct conf_endpoint *endpoints)
{
	for (unsigned i = 0; i < ADDRESSES; i++)
		addresses[i].addr = (struct addr){
			.family = AF_INET, .octets = { 127, 0, 0, (uint8_t)(1 + i) }
		};
	for (unsigned i = 0; i < ENDPOINTS; i++)
		endpoints[i] = (struct conf_endpoint){ TRANSPORT_UDP,
						       (uint16_t)(1 + i) };
	n->view.addresses = addresses;
	n->view.address_count = ADDRESSES;
	n->pbx.endpoints = endpoints;
	n->pbx.endpoint_count = ENDPOINTS;
}

static void probes_leave_descriptors_for_the_rest(void)
{
	struct conf_pbx_address addresses[ADDRESSES] = { 0 };
	struct conf_endpoint endpoints[ENDPOINTS];
	struct rlimit was;
	struct rlimit few = { FILES, FILES };
	struct test_node n;
	int fd;

	CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &was), 0);
	few.rlim_max = was.rlim_max;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &few), 0);
	node_start(&n, 9, TRANSPORT_UDP);
	node_enlarge(&n, addresses, endpoints);
	health_load(n.health, &n.conf, n.slots);
	for (int i = 0; i < 2 * ADDRESSES * ENDPOINTS; i++)
		loop_turn(n.loop, true);
	fd = dup(1);
	CU_ASSERT(fd > FILES / 2); /* probes are under way */
	CU_ASSERT(fd < FILES - 8);
	close(fd);
	node_end(&n);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &was), 0);
}

/* A request as admin would run it; finished is told by `open`. */
struct order_asked {
	struct request request;
	struct buffer out;
	bool deferred, open;
	request_gone_fn *gone;
	void *gone_arg;
};

static struct order_asked *asked_of(struct request *req)
{
	return req->call_arg;
}

static void call_defer(struct request *req)
{
	asked_of(req)->deferred = true;
}

static void call_finish(struct request *req)
{
	asked_of(req)->open = false;
}

static void call_push(struct request *req)
{
	(void)req;
}

static void call_gone(struct request *req, request_gone_fn *fn, void *arg)
{
	asked_of(req)->gone = fn;
	asked_of(req)->gone_arg = arg;
}

/* Takes all of it at once. */
static void call_pull(struct request *req, request_piece_fn *piece,
		      request_gone_fn *done, void *arg)
{
	while (piece(req, arg) == PIECE_MORE)
		;
	done(arg);
	call_finish(req);
}

static void call_resume(struct request *req)
{
	(void)req;
}

static const struct request_calls way_out = { call_defer, call_finish, call_push,
					      call_gone,  call_pull,   call_resume };

static const struct command *find_command(const char *name)
{
	for (const struct command *c = health_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

/* Runs a command to its end; the answer is the caller's. */
static char *run(struct test_node *n, const char *name, const char *const *args,
		 size_t count, enum exit_status *status)
{
	struct order_asked a = { .open = true };
	uint64_t until = loop_now(n->loop) + PATIENCE_MS;

	a.request = (struct request){ .args = args,
				      .arg_count = count,
				      .command = find_command(name),
				      .author = "anna",
				      .module = n->health,
				      .calls = &way_out,
				      .call_arg = &a };
	a.request.json = json_to(&a.out);
	json_object(&a.request.json, NULL);
	a.request.command->run(&a.request);
	while (a.deferred && a.open && loop_now(n->loop) < until)
		loop_turn(n->loop, true);
	CU_ASSERT(!a.deferred || !a.open);
	json_end(&a.request.json);
	*status = a.request.status;
	return buffer_take_text(&a.out);
}

static void expect(struct test_node *n, const char *name, const char *const *args,
		   const char *want)
{
	enum exit_status status;
	size_t count = 0;
	char *got;

	while (args[count])
		count++;
	got = run(n, name, args, count, &status);
	if (!strstr(got, want))
		printf("# %s: %s\n", name, got);
	CU_ASSERT_PTR_NOT_NULL(strstr(got, want));
	free(got);
}

static void commands_show_and_change(void)
{
	static const char *const none[] = { NULL };
	static const char *const berlin[] = { "berlin", NULL };
	static const char *const rome[] = { "rome", NULL };
	static const char *const force[] = { "berlin",   "drain",
					     "--for",    "10m",
					     "--reason", "K\xc3\xb6ln \xe2\x82\xac 5",
					     NULL };
	static const char *const sideways[] = { "berlin", "sideways", NULL };
	static const char *const never[] = { "berlin", "up", "--for", "0", NULL };
	static const char *const trace[] = { "berlin", "--trace", "--for", "1s", NULL };
	struct responder *r;
	struct test_node n;

	node_start(&n, 0, TRANSPORT_UDP);
	r = responder_new(n.loop, 200);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	n.endpoint.port = responder_port(r);
	health_load(n.health, &n.conf, n.slots);
	CU_ASSERT(wait_for(&n, PBX_UP));
	loop_turn(n.loop, false);
	expect(&n, "pbx list", none, "\"pbx\":\"berlin\",\"state\":\"up\"");
	expect(&n, "pbx show", berlin, "\"cause\":\"options/udp 200\"");
	expect(&n, "pbx show", rome, "no PBX is named");
	expect(&n, "pbx force", sideways, "up, down or drain");
	expect(&n, "pbx force", never,
	       "is not a duration such as 90s, 10m, 2h or 1d, up to 31d");
	expect(&n, "pbx force", force,
	       "\"forced_reason\":\"K\xc3\xb6ln \xe2\x82\xac 5\"");
	expect(&n, "pbx release", berlin, "\"forced\":\"none\"");
	expect(&n, "pbx failover", berlin, "\"held_by_hand\":true");
	expect(&n, "pbx failback", berlin, "\"held_by_hand\":false");
	expect(&n, "probe", trace, "\"what\":\"alive\"");
	expect(&n, "probe", trace, "\"what\":\"sent\",\"message\":\"OPTIONS sip:");
	expect(&n, "probe", trace, "\"what\":\"received\",\"message\":\"SIP/2.0 200 ");
	expect(&n, "site list", none, "\"networks\":\"10.1.0.0/16\"");
	responder_free(r);
	node_end(&n);
}

/* Asks for a probe and hangs up. */
static void ask_and_leave(struct test_node *n, const char *const *args, size_t count)
{
	struct order_asked a = { .open = true };

	a.request = (struct request){ .args = args,
				      .arg_count = count,
				      .command = find_command("probe"),
				      .module = n->health,
				      .calls = &way_out,
				      .call_arg = &a };
	a.request.json = json_to(&a.out);
	json_object(&a.request.json, NULL);
	a.request.command->run(&a.request);
	loop_turn(n->loop, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a.gone);
	if (a.gone)
		a.gone(a.gone_arg);
	CU_ASSERT_FALSE(a.open);
	loop_turn(n->loop, false);
	loop_turn(n->loop, false);
	buffer_fini(&a.out);
}

static void probe_ends_with_its_asker_and_is_not_sent_beyond_the_pace(void)
{
	static const char *const minute[] = { "berlin", "--trace", "--for", "60s" };
	enum { ASKERS = 500 };
	struct responder *r;
	struct test_node n;
	uint64_t since;
	uint64_t count;

	node_start(&n, 0, TRANSPORT_UDP);
	r = responder_new(n.loop, 200);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	n.endpoint.port = responder_port(r);
	health_load(n.health, &n.conf, n.slots);
	CU_ASSERT(wait_for(&n, PBX_UP));
	since = loop_now(n.loop);
	count = responder_count(r);
	for (int i = 0; i < ASKERS; i++)
		ask_and_leave(&n, minute, 4);
	CU_ASSERT_PTR_NULL(n.health->tracings);
	/* one sooner, and what came due in the meantime */
	CU_ASSERT(responder_count(r) - count <=
		  2 + (loop_now(n.loop) - since) / n.pbx.probe.pace_ms);
	responder_free(r);
	node_end(&n);
}

static void what_a_restart_forgets_is_said(void)
{
	static const char *const force[] = { "berlin", "down", NULL };
	enum exit_status status;
	struct responder *r;
	struct test_node n;
	char *got;

	node_start(&n, 0, TRANSPORT_UDP);
	r = responder_new(n.loop, 200);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r);
	n.endpoint.port = responder_port(r);
	health_load(n.health, &n.conf, n.slots);
	CU_ASSERT(wait_for(&n, PBX_UP));
	n.keep_err = ERR_SYSTEM; /* the disk is full, say */
	got = run(&n, "pbx force", force, 2, &status);
	CU_ASSERT_EQUAL(status, EXIT_PARTIAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(got, "\"forced\":\"down\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(got, "lost at a restart"));
	free(got);
	responder_free(r);
	node_end(&n);
}

static void the_kernel_knows_our_own_host(void)
{
	struct addr loopback = { .family = AF_INET, .octets = { 127, 0, 0, 1 } };
	struct netlink *n;
	struct route r;

	if (netlink_open(&n)) {
		skip("no netlink socket here");
		return;
	}
	CU_ASSERT_EQUAL(netlink_route(n, &loopback, &r), OK);
	CU_ASSERT(r.own_host);
	CU_ASSERT_FALSE(r.on_link);
	CU_ASSERT_EQUAL(netlink_confirmed_ms(n, 1, &loopback), UINT32_MAX);
	netlink_close(n);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a pbx over UDP lives and dies", a_pbx_over_udp_lives_and_dies },
		{ "a pbx over TCP lives and dies", a_pbx_over_tcp_lives_and_dies },
		{ "statuses decide over the wire", statuses_decide_over_the_wire },
		{ "an order is done when it is kept",
		  an_order_is_done_when_it_is_kept },
		{ "what the release before kept is used and replaced",
		  what_the_release_before_kept_is_used_and_replaced },
		{ "probe ends with its asker and is not sent beyond the pace",
		  probe_ends_with_its_asker_and_is_not_sent_beyond_the_pace },
		{ "probes leave descriptors for the rest",
		  probes_leave_descriptors_for_the_rest },
		{ "what a restart forgets is said", what_a_restart_forgets_is_said },
		{ "commands show and change", commands_show_and_change },
		{ "the kernel knows our own host", the_kernel_knows_our_own_host },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/health", tests);
}

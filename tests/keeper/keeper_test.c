#include "keeper/keeper.h"

#include <libgen.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "conf/conf.h"
#include "keeper/handover.h"
#include "keeper/keeper_body.h"
#include "tests/harness.h"

static bool has_pbx(const struct conf *c)
{
	return c->pbx_count > 0;
}

/* With a third kind of children: it has the TCP sockets, and a link with dns. */
/* clang-format off */
static const struct child_kind kinds[] = {
	{ .name = "dns", .program = "deputy-dns", .essential = true,
	  .sockets = CHILD_USE(CHILD_UDP), .drain_ms = 15000 },
	{ .name = "third", .program = "deputy-third", .wanted = has_pbx,
	  .sockets = CHILD_USE(CHILD_TCP), .drain_ms = 15000, .ties = { { .to = "dns" } } },
	{ .name = NULL },
};
/* clang-format on */

enum { DNS, THIRD };

#define PBX "pbxs: [ { name: a, addresses: [ 192.0.2.1 ], endpoints: [ udp ] } ]"

static char folder[] = "/tmp/deputy-keeper.XXXXXX";
static char conf_path[64];
static char child_path[PATH_MAX];
static char *const programs[] = { child_path, child_path };
static uint16_t port;
/* Never freed: a keeper lives as long as its process. Volatile, so that a leak check
 * finds it. */
static struct keeper *volatile keeper;
static struct keeper *volatile left; /* as an exec would have left it */

static void configure(const char *other_listen, const char *more)
{
	FILE *f = fopen(conf_path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	if (f == NULL)
		return;
	fprintf(f,
		"node: { name: n, listen: [ 127.0.0.1@%u%s ], state: state, run: run, "
		"workers: 1, user: root }\n%s\n",
		port, other_listen, more);
	fclose(f);
}

static int socket_of(int type, uint16_t at, bool ours)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons(at),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if ((ours ? bind : connect)(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	close(fd);
	return -1;
}

static bool is_free(int type, uint16_t at)
{
	int fd = socket_of(type, at, true);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* That nobody holds, and that no outgoing connection is given. */
static uint16_t free_port(void)
{
	uint16_t at = (uint16_t)(10000 + (unsigned)getpid() * 7919U % 20000);

	while (!is_free(SOCK_DGRAM, at) || !is_free(SOCK_STREAM, at))
		at++;
	return at;
}

/* What the child of a kind answers; "" if nobody does. The keeper goes on meanwhile. */
static const char *asked(int kind, const char *text)
{
	static char out[2][1500];
	int fd = socket_of(kind == DNS ? SOCK_DGRAM : SOCK_STREAM, port, false);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t len = -1;

	if (fd >= 0 && send(fd, text, strlen(text), MSG_NOSIGNAL) > 0) {
		for (int i = 0; i < 50 && poll(&p, 1, 10) == 0; i++)
			loop_turn(keeper->loop, false);
		len = recv(fd, out[kind], sizeof(out[kind]) - 1, MSG_DONTWAIT);
	}
	if (fd >= 0)
		close(fd);
	out[kind][len < 0 ? 0 : len] = '\0';
	return out[kind];
}

static long number_of(int kind, const char *text)
{
	return strtol(asked(kind, text), NULL, 10);
}

static struct process *running(int kind)
{
	for (struct process *p = keeper->processes; p; p = p->next)
		if (p->kind == &keeper->kinds[kind] && p->state == PROCESS_RUNNING)
			return p;
	return NULL;
}

static pid_t pid_of(int kind)
{
	const struct process *p = running(kind);

	return p ? p->pid : 0;
}

/* The guard of the harness ends a wait for what never comes. */
static void await(bool (*what)(void))
{
	while (!what()) {
		loop_turn(keeper->loop, false);
		(void)poll(NULL, 0, 2);
	}
}

static bool all_run(void)
{
	return running(DNS) && running(THIRD);
}

static bool is_settled(void)
{
	return keeper_is_quiet(keeper);
}

static bool are_linked(void)
{
	return all_run() && number_of(DNS, "peer third") == pid_of(THIRD) &&
	       number_of(THIRD, "peer dns") == pid_of(DNS);
}

static bool both_were_asked(void)
{
	return number_of(DNS, "asked") && number_of(THIRD, "asked");
}

static struct keeper *opened(int handover)
{
	static char *argv[] = { child_path, NULL };
	struct keeper_options options = {
		.conf_path = conf_path,
		.argv = argv,
		.kinds = kinds,
		.programs = programs,
		.handover = handover,
	};
	struct diags diags = { 0 };
	struct keeper *k = NULL;

	if (keeper_open(loop_new(), &options, &diags, &k)) {
		struct buffer why = { 0 };

		diags_format(&diags, &why);
		(void)file_write(STDERR_FILENO, why.octets, why.len);
		buffer_fini(&why);
	}
	diags_fini(&diags);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	return k;
}

static void third_kind_has_its_sockets_and_its_link(void)
{
	configure("", PBX);
	keeper = opened(-1);
	keeper_start(keeper);
	await(all_run);
	CU_ASSERT_EQUAL(number_of(DNS, "pid"), pid_of(DNS));
	CU_ASSERT_EQUAL(number_of(THIRD, "pid"), pid_of(THIRD));
	await(are_linked);
	CU_ASSERT_STRING_EQUAL(asked(DNS, "links third"), "1");
	CU_ASSERT_STRING_EQUAL(asked(THIRD, "links dns"), "1");
}

static void links_are_renewed_whichever_child_was_restarted(void)
{
	for (int kind = DNS; kind <= THIRD; kind++) {
		pid_t was = pid_of(kind);

		(void)asked(kind, "exit 1");
		await(are_linked);
		CU_ASSERT_NOT_EQUAL(pid_of(kind), was);
		CU_ASSERT_STRING_EQUAL(asked(DNS, "links third"), "1");
	}
}

static char hook_log[64]; /* what a child was told of its hooks */
static char fate[100];

static bool hook_has_ended(void)
{
	FILE *f = fopen(hook_log, "r");
	bool is = f && fgets(fate, sizeof(fate), f);

	if (f)
		fclose(f);
	return is;
}

static void kind_without_the_right_has_no_program_run(void)
{
	(void)asked(THIRD, "hook 7 0 /bin/true");
	await(hook_has_ended);
	CU_ASSERT_PTR_EQUAL(strstr(fate, "done 7 status -1 tries 0 "), fate);
}

static bool third_follows(void)
{
	return pid_of(THIRD) && number_of(THIRD, "pid") == pid_of(THIRD);
}

static void child_of_the_release_before_gets_no_link_it_does_not_know(void)
{
	pid_t was = pid_of(THIRD);
	struct process *dns = running(DNS);

	CU_ASSERT(dns && dns->speaks == CHILD_SPEAKS);
	if (dns == NULL)
		return;
	dns->speaks = 0;
	(void)asked(THIRD, "exit 1");
	await(third_follows);
	CU_ASSERT_EQUAL(number_of(THIRD, "links dns"), 0);
	dns->speaks = CHILD_SPEAKS;
	(void)asked(THIRD, "exit 1");
	await(third_follows);
	CU_ASSERT_NOT_EQUAL(pid_of(THIRD), was);
	await(are_linked);
}

static void one_that_comes_back_in_a_reload_takes_part(void)
{
	pid_t dns = pid_of(DNS);
	pid_t third = pid_of(THIRD);

	configure("", PBX " # later");
	reload_begin(keeper, NULL);
	await(both_were_asked);
	(void)asked(THIRD, "exit 1");
	await(both_were_asked);
	CU_ASSERT_NOT_EQUAL(pid_of(THIRD), third);
	CU_ASSERT_PTR_NULL(strstr(asked(THIRD, "conf"), "# later"));
	(void)asked(DNS, "prepared");
	CU_ASSERT_TRUE(keeper->reload.active);
	(void)asked(THIRD, "prepared");
	await(is_settled);
	CU_ASSERT_PTR_NOT_NULL(strstr(asked(THIRD, "conf"), "# later"));
	CU_ASSERT_PTR_NOT_NULL(strstr(asked(DNS, "conf"), "# later"));
	CU_ASSERT_EQUAL(pid_of(DNS), dns);
}

static bool dns_backs_off(void)
{
	for (const struct process *p = keeper->processes; p; p = p->next)
		if (p->kind == &keeper->kinds[DNS])
			return p->state == PROCESS_BACKOFF;
	return false;
}

static void essential_one_that_is_back_before_the_end_of_a_reload_takes_part(void)
{
	struct process *dns = running(DNS);

	CU_ASSERT_PTR_NOT_NULL(dns);
	if (dns == NULL)
		return;
	dns->failure_count = 2; /* so that it is not started again at once */
	(void)kill(dns->pid, SIGKILL);
	await(dns_backs_off);
	configure("", PBX " # later, second");
	reload_begin(keeper, NULL);
	await(both_were_asked);
	(void)asked(DNS, "prepared");
	(void)asked(THIRD, "prepared");
	await(is_settled);
	CU_ASSERT_PTR_NOT_NULL(strstr(asked(DNS, "conf"), "second"));
	CU_ASSERT_PTR_NOT_NULL(strstr(asked(THIRD, "conf"), "second"));
}

static bool connects_to_the_other_address(void)
{
	struct sockaddr_in sa = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool does = connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0;

	close(fd);
	return does;
}

static bool other_address_is_closed(void)
{
	return keeper_is_quiet(keeper) && !connects_to_the_other_address();
}

static void one_that_comes_back_keeps_no_socket_of_a_refused_reload(void)
{
	char listen[32];

	(void)snprintf(listen, sizeof(listen), ", 127.0.0.2@%u", port);
	configure(listen, PBX " # later, refuse");
	reload_begin(keeper, NULL);
	await(both_were_asked);
	CU_ASSERT_TRUE(connects_to_the_other_address());
	(void)asked(THIRD, "exit 1");
	await(both_were_asked);
	(void)asked(DNS, "prepared");
	await(other_address_is_closed);
	CU_ASSERT_PTR_NULL(strstr(asked(THIRD, "conf"), "refuse"));
}

static int hand_over(const struct keeper *k)
{
	struct handover h = { .sockets = k->sockets,
			      .started = k->started,
			      .conf = k->conf.octets };

	for (const struct process *p = k->processes; p; p = p->next) {
		struct handover_process *row = &h.processes[h.process_count++];

		(void)snprintf(row->name, sizeof(row->name), "%s",
			       p->kind->row->program);
		row->pid = p->pid;
		row->link = p->link;
		row->speaks = p->speaks;
	}
	return handover_write(&h);
}

static void upgrade_hands_each_kind_over_to_its_own(void)
{
	pid_t dns = pid_of(DNS);
	pid_t third = pid_of(THIRD);

	left = keeper;
	keeper = opened(hand_over(left));
	CU_ASSERT_EQUAL(pid_of(DNS), dns);
	CU_ASSERT_EQUAL(pid_of(THIRD), third);
	for (const struct process *p = keeper->processes; p; p = p->next)
		CU_ASSERT_EQUAL(p->speaks, CHILD_SPEAKS);
	keeper_start(keeper);
	await(is_settled);
	await(are_linked);
	CU_ASSERT_NOT_EQUAL(pid_of(DNS), dns);
	CU_ASSERT_NOT_EQUAL(pid_of(THIRD), third);
	CU_ASSERT_STRING_EQUAL(asked(THIRD, "upgrade"), "1");
	CU_ASSERT_PTR_NOT_NULL(strstr(asked(THIRD, "conf"), "# later"));
}

static bool only_dns_is_there(void)
{
	return keeper_is_quiet(keeper) && keeper->processes &&
	       keeper->processes->next == NULL &&
	       keeper->processes->kind == &keeper->kinds[DNS];
}

static void kind_that_is_wanted_no_more_ends(void)
{
	configure("", "");
	reload_begin(keeper, NULL);
	await(only_dns_is_there);
	CU_ASSERT_STRING_EQUAL(asked(THIRD, "pid"), "");
	keeper_stop(keeper);
	loop_run(keeper->loop);
	CU_ASSERT_PTR_NULL(keeper->processes);
}

static void remove_folder(void)
{
	static const char *const names[] = { "state", "run", "deputy.conf", "hooks" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = alloc_format("%s/%s", folder, names[i]);

		(void)remove(path);
		free(path);
	}
	(void)rmdir(folder);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a third kind has its sockets and its link",
		  third_kind_has_its_sockets_and_its_link },
		{ "links are renewed whichever child was restarted",
		  links_are_renewed_whichever_child_was_restarted },
		{ "a kind without the right has no program run",
		  kind_without_the_right_has_no_program_run },
		{ "a child of the release before gets no link it does not know",
		  child_of_the_release_before_gets_no_link_it_does_not_know },
		{ "one that comes back in a reload takes part",
		  one_that_comes_back_in_a_reload_takes_part },
		{ "an essential one that is back before its end takes part",
		  essential_one_that_is_back_before_the_end_of_a_reload_takes_part },
		{ "one that comes back keeps no socket of a refused reload",
		  one_that_comes_back_keeps_no_socket_of_a_refused_reload },
		{ "an upgrade hands each kind over to its own",
		  upgrade_hands_each_kind_over_to_its_own },
		{ "a kind that is wanted no more ends",
		  kind_that_is_wanted_no_more_ends },
		CU_TEST_INFO_NULL,
	};
	char self[PATH_MAX] = "";
	int status;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    mkdtemp(folder) == NULL)
		return 2;
	(void)snprintf(child_path, sizeof(child_path), "%s/keeper/keeper-child",
		       dirname(self));
	(void)snprintf(conf_path, sizeof(conf_path), "%s/deputy.conf", folder);
	(void)snprintf(hook_log, sizeof(hook_log), "%s/hooks", folder);
	(void)setenv("HOOK_LOG", hook_log, 1);
	port = free_port();
	status = suite_run("keeper/keeper", tests);
	remove_folder();
	return status;
}

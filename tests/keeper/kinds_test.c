#include "keeper/kinds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "conf/conf.h"
#include "keeper/handover.h"
#include "keeper/keeper.h"
#include "net/loop.h"
#include "tests/harness.h"

static char *text_of_diags(struct diags *diags)
{
	struct buffer out = { 0 };

	diags_format(diags, &out);
	diags_fini(diags);
	return buffer_take_text(&out);
}

static const struct child_kind *kind_named(const char *name)
{
	for (const struct child_kind *k = child_kinds; k->name; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

static void each_row_is_complete(void)
{
	enum { ALL_USES = CHILD_USE(CHILD_SOCKET_KINDS) - 1 };

	for (const struct child_kind *k = child_kinds; k->name; k++) {
		char program[64];

		(void)snprintf(program, sizeof(program), "deputy-%s", k->name);
		CU_ASSERT_STRING_EQUAL(k->program, program);
		CU_ASSERT_TRUE(strlen(k->program) < HANDOVER_NAME_LEN);
		CU_ASSERT_PTR_EQUAL(kind_named(k->name), k); /* no name stands twice */
		CU_ASSERT_PTR_EQUAL(child_kind_find(child_kinds, k->program), k);
		CU_ASSERT_TRUE(k->drain_ms > 0);
		CU_ASSERT_EQUAL(k->sockets & ~(unsigned)ALL_USES, 0);
	}
	CU_ASSERT_TRUE(child_kinds_count(child_kinds) < HANDOVER_PROCESSES_MAX / 2);
}

static void each_socket_has_one_kind_that_reads_it(void)
{
	unsigned seen = 0;

	for (const struct child_kind *k = child_kinds; k->name; k++) {
		CU_ASSERT_EQUAL(seen & k->sockets, 0);
		seen |= k->sockets;
	}
	CU_ASSERT_EQUAL(seen, CHILD_USE(CHILD_SOCKET_KINDS) - 1);
}

static void each_tie_leads_to_another_kind_once(void)
{
	for (const struct child_kind *k = child_kinds; k->name; k++)
		for (size_t i = 0; i < CHILD_TIES_MAX && k->ties[i].to; i++) {
			const struct child_tie *tie = &k->ties[i];
			const struct child_kind *other = kind_named(tie->to);

			CU_ASSERT_PTR_NOT_NULL_FATAL(other);
			CU_ASSERT_PTR_NOT_EQUAL(other, k);
			CU_ASSERT_PTR_EQUAL(child_tie_find(k, other), tie);
			CU_ASSERT_PTR_EQUAL(child_tie_find(other, k), tie);
			CU_ASSERT_EQUAL(tie->worker_links & ~k->sockets, 0);
		}
}

static void only_deputy_dns_may_have_programs_run(void)
{
	for (const struct child_kind *k = child_kinds; k->name; k++)
		CU_ASSERT_EQUAL(k->may_ask_hooks, strcmp(k->name, "dns") == 0);
}

static void recursor_is_wanted_while_somebody_may_recurse(void)
{
	struct conf c = { 0 };

	const struct child_kind *dns = kind_named("dns");
	const struct child_kind *recursor = kind_named("recursor");

	CU_ASSERT(dns && recursor && recursor->wanted);
	if (dns == NULL || recursor == NULL || recursor->wanted == NULL)
		return;
	CU_ASSERT_PTR_NULL(dns->wanted);
	CU_ASSERT_TRUE(dns->essential);
	CU_ASSERT_FALSE(recursor->essential);
	CU_ASSERT_FALSE(recursor->wanted(&c));
	c.access.recursion.any = true;
	CU_ASSERT_TRUE(recursor->wanted(&c));
}

static void programs_are_all_known_or_named(void)
{
	struct diags diags = { 0 };
	char *why;

	CU_ASSERT_EQUAL(child_kinds_check(child_kinds, "", &diags), OK);
	CU_ASSERT_EQUAL(child_kinds_check(child_kinds, "deputy-recursor deputy-dns",
					  &diags),
			OK);
	CU_ASSERT_EQUAL(diags.count, 0);
	CU_ASSERT_EQUAL(child_kinds_check(child_kinds, "deputy-dns deputy-dn deputy-x",
					  &diags),
			ERR_INVALID);
	CU_ASSERT_EQUAL(diags.error_count, 2);
	why = text_of_diags(&diags);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "deputy-dn runs here"));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "deputy-x runs here"));
	free(why);
}

/* What a keeper leaves whose children are deputy-dns and another one. */
static int left_with(const char *program)
{
	static const char conf[] = "node: { name: n, listen: [ 127.0.0.1@5300 ], "
				   "state: state, run: run }\n";
	struct handover h = { .conf = memfd_create("conf", MFD_CLOEXEC) };

	(void)file_write(h.conf, conf, strlen(conf));
	h.sockets.workers[CHILD_UDP] = h.sockets.workers[CHILD_TCP] = 1;
	strcpy(h.processes[0].name, "deputy-dns");
	(void)snprintf(h.processes[1].name, sizeof(h.processes[1].name), "%s", program);
	for (h.process_count = 0; h.process_count < 2; h.process_count++)
		h.processes[h.process_count].link = memfd_create("link", MFD_CLOEXEC);
	return handover_write(&h);
}

static void unknown_child_at_a_handover_is_an_error(void)
{
	static char none[] = "/bin/false";
	static char *const programs[] = { none, none };
	struct loop *l = loop_new();
	struct keeper_options options = {
		.conf_path = "deputy.conf",
		.kinds = child_kinds,
		.programs = programs,
		.handover = left_with("deputy-nobody"),
	};
	struct diags diags = { 0 };
	struct keeper *k = NULL;
	char *why;

	CU_ASSERT_EQUAL(keeper_open(l, &options, &diags, &k), ERR_INVALID);
	CU_ASSERT_PTR_NULL(k);
	why = text_of_diags(&diags);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "deputy-nobody runs here, and this deputyd "
					   "has no such child"));
	CU_ASSERT_PTR_NULL(strstr(why, "deputy-dns"));
	free(why);
	loop_free(l);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "each row is complete", each_row_is_complete },
		{ "each socket has one kind that reads it",
		  each_socket_has_one_kind_that_reads_it },
		{ "each tie leads to another kind, once",
		  each_tie_leads_to_another_kind_once },
		{ "only deputy-dns may have programs run",
		  only_deputy_dns_may_have_programs_run },
		{ "deputy-recursor is wanted while somebody may recurse",
		  recursor_is_wanted_while_somebody_may_recurse },
		{ "programs are all known, or named", programs_are_all_known_or_named },
		{ "an unknown child at a handover is an error",
		  unknown_child_at_a_handover_is_an_error },
		CU_TEST_INFO_NULL,
	};

	return suite_run("keeper/kinds", tests);
}

/* What ICMP errors do to an endpoint. */
#include <string.h>

#include "health/flows.h"
#include "health/pbx.h"
#include "tests/harness.h"
#include "tests/health/pair.h"

static void a_refusal_counts_once_and_only_for_an_open_probe(void)
{
	struct sim s;
	struct target *t;
	uint64_t branch;

	pair_begin(&s, UDP, PROFILE_LAN);
	s.hosts[1].no_icmp = true;
	s.hosts[1].mode = SIM_REFUSES; /* it answers nothing: its probes stay open */
	t = s.prober->pbxs[BERLIN]->targets[0];
	sim_run(&s, 300);
	branch = s.branch; /* of whichever was sent last */
	for (uint64_t other = 1; other <= 1000; other++)
		target_rejected(flows_kept(t), branch + other, true, "forged");
	target_rejected(flows_kept(t), 0, true, "forged");
	CU_ASSERT_EQUAL(t->liveness.refused_count, 0);
	while (!probes_find(&t->probes, branch) ||
	       probes_find(&t->probes, branch)->state != PROBE_OPEN)
		branch--;
	for (int i = 0; i < 1000; i++)
		target_rejected(flows_kept(t), branch, true, "replayed");
	CU_ASSERT_EQUAL(t->liveness.refused_count, 1);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_UP);
	sim_fini(&s);
}

static void a_prohibition_is_silence_and_its_kind_is_told(void)
{
	struct sim s;
	struct target *t;

	pair_begin(&s, UDP, PROFILE_LAN);
	sim_mode(&s, 1, SIM_SILENT);
	t = s.prober->pbxs[BERLIN]->targets[0];
	for (unsigned i = 0; i < 300; i++) {
		uint64_t branch = s.branch;

		for (uint64_t n = 0; n < 8; n++)
			target_rejected(flows_kept(t), branch - n, false,
					"ICMP host prohibited");
		sim_run(&s, 10);
	}
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->state, PBX_DOWN);
	CU_ASSERT_EQUAL(sim_row(&s, BERLIN)->freeze, FREEZE_NONE);
	CU_ASSERT_PTR_NOT_NULL(strstr(sim_row(&s, BERLIN)->cause, "host prohibited"));
	sim_fini(&s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a refusal counts once and only for an open probe",
		  a_refusal_counts_once_and_only_for_an_open_probe },
		{ "a prohibition is silence and its kind is told",
		  a_prohibition_is_silence_and_its_kind_is_told },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/rejected", tests);
}

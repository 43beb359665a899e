#include "health/kept_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "health/kept.h"
#include "tests/harness.h"
#include "tests/health/sim.h"

enum { COUNT = 500, LONELY = 250, ONLY_UDP = 1 << TRANSPORT_UDP };

/* Many pbxs on host 1, and one on host 2. */
static void fleet_init(struct sim_pbx *pbxs, char (*names)[8])
{
	for (unsigned i = 0; i < COUNT; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "p%03u", i);
		pbxs[i] = (struct sim_pbx){ .name = names[i],
					    .host = i == LONELY ? 2 : 1,
					    .transports = ONLY_UDP,
					    .profile = PROFILE_LAN };
	}
}

static bool on_disk(const struct sim *s, const char *key)
{
	for (size_t i = 0; i < s->disk.count; i++)
		if (strcmp(s->disk.rows[i].key, key) == 0)
			return true;
	return false;
}

static void one_fall_of_many_puts_one_row_and_the_head(void)
{
	static struct sim_pbx pbxs[COUNT];
	static char names[COUNT][8];
	struct sim s;

	fleet_init(pbxs, names);
	sim_init(&s, 1);
	sim_load(&s, pbxs, COUNT);
	CU_ASSERT_EQUAL(s.disk.put_count, COUNT + 1);
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(s.disk.count, COUNT + 1);
	s.disk.put_count = 0;
	sim_run(&s, 60000);
	CU_ASSERT_EQUAL(s.disk.put_count, 0); /* nothing happened */
	sim_mode(&s, 2, SIM_REFUSES);
	sim_run(&s, 5000);
	CU_ASSERT_EQUAL(sim_row(&s, LONELY)->state, PBX_DOWN);
	CU_ASSERT_EQUAL(s.disk.put_count, 2);
	sim_restart(&s, pbxs, COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		CU_ASSERT_EQUAL(sim_row(&s, i)->state, i == LONELY ? PBX_DOWN : PBX_UP);
	sim_fini(&s);
}

static void what_an_order_changes_is_kept_with_its_pbx(void)
{
	const struct health_order o = {
		.order = ORDER_FORCE, .slot = 1, .force = FORCE_DOWN, .author = "anna"
	};
	struct sim_pbx pbxs[] = {
		{ .name = "berlin", .host = 1, .transports = ONLY_UDP },
		{ .name = "hq", .host = 2, .transports = ONLY_UDP }
	};
	struct sim s;

	sim_init(&s, 1);
	sim_load(&s, pbxs, 2);
	sim_run(&s, 5000);
	s.disk.put_count = 0;
	CU_ASSERT_EQUAL(prober_order(s.prober, &o), 0);
	CU_ASSERT_EQUAL(s.disk.put_count, 2);
	sim_restart(&s, pbxs, 2);
	CU_ASSERT_EQUAL(sim_row(&s, 1)->force, FORCE_DOWN);
	CU_ASSERT_STRING_EQUAL(sim_row(&s, 1)->force_author, "anna");
	CU_ASSERT_EQUAL(sim_row(&s, 0)->force, FORCE_NONE);
	sim_fini(&s);
}

static void what_leaves_the_configuration_leaves_the_disk(void)
{
	const struct health_order o = {
		.order = ORDER_FORCE, .slot = 1, .force = FORCE_DOWN, .author = "anna"
	};
	struct sim_pbx pbxs[] = {
		{ .name = "berlin", .host = 1, .transports = ONLY_UDP },
		{ .name = "hq", .host = 2, .transports = ONLY_UDP }
	};
	struct sim s;

	sim_init(&s, 1);
	sim_load(&s, pbxs, 2);
	CU_ASSERT_EQUAL(prober_order(s.prober, &o), 0);
	CU_ASSERT_TRUE(on_disk(&s, "kept/pbx/hq"));
	sim_load(&s, pbxs, 1); /* a reload */
	CU_ASSERT_FALSE(on_disk(&s, "kept/pbx/hq"));
	CU_ASSERT_TRUE(on_disk(&s, "kept/pbx/berlin"));
	sim_load(&s, pbxs, 2);
	CU_ASSERT_TRUE(on_disk(&s, "kept/pbx/hq"));
	CU_ASSERT_EQUAL(sim_row(&s, 1)->force, FORCE_NONE); /* it came as a new one */
	CU_ASSERT_EQUAL(prober_order(s.prober, &o), 0);
	sim_restart(&s, pbxs, 1); /* it left while the node was off */
	CU_ASSERT_FALSE(on_disk(&s, "kept/pbx/hq"));
	sim_restart(&s, pbxs, 2);
	CU_ASSERT_EQUAL(sim_row(&s, 1)->force, FORCE_NONE);
	sim_fini(&s);
}

static void a_row_that_cannot_be_read_is_replaced_or_goes(void)
{
	struct sim_pbx pbxs[] = {
		{ .name = "berlin", .host = 1, .transports = ONLY_UDP }
	};
	struct sim s;

	sim_init(&s, 1);
	sim_load(&s, pbxs, 1);
	for (size_t i = 0; i < s.disk.count; i++)
		s.disk.rows[i].len--;
	s.disk.rows = alloc_resize(s.disk.rows, s.disk.count + 1, sizeof(*s.disk.rows));
	s.disk.rows[s.disk.count++] = (struct sim_kept){ alloc_text("kept/of/another"),
							 alloc_text("release"), 7 };
	sim_restart(&s, pbxs, 1);
	CU_ASSERT_EQUAL(s.disk.count, 2);
	CU_ASSERT_TRUE(on_disk(&s, "kept/head"));
	CU_ASSERT_TRUE(on_disk(&s, "kept/pbx/berlin"));
	sim_fini(&s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "one fall of many puts one row and the head",
		  one_fall_of_many_puts_one_row_and_the_head },
		{ "what an order changes is kept with its pbx",
		  what_an_order_changes_is_kept_with_its_pbx },
		{ "what leaves the configuration leaves the disk",
		  what_leaves_the_configuration_leaves_the_disk },
		{ "a row that cannot be read is replaced or goes",
		  a_row_that_cannot_be_read_is_replaced_or_goes },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/kept_rows", tests);
}

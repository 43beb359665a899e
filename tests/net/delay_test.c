#include "net/delay.h"

#include "tests/harness.h"

static struct loop *loop;
static struct delay delay;
static struct delayed entries[4];
static int ended[4];
static bool starts_again;

static void on_end(struct delayed *d)
{
	ended[d - entries]++;
	if (starts_again)
		delay_start(&delay, d);
}

static void begin(uint32_t ms)
{
	loop = loop_new_virtual(1000);
	delay_init(&delay, loop, ms, on_end);
	starts_again = false;
	for (int i = 0; i < 4; i++) {
		ended[i] = 0;
		entries[i] = (struct delayed){ 0 };
	}
}

static void finish(void)
{
	for (int i = 0; i < 4; i++)
		delay_stop(&entries[i]);
	delay_fini(&delay);
	loop_free(loop);
}

static void each_ends_at_its_own_moment(void)
{
	begin(100);
	delay_start(&delay, &entries[0]);
	loop_advance(loop, 10);
	delay_start(&delay, &entries[1]);
	delay_start(&delay, &entries[2]);
	loop_advance(loop, 40);
	delay_stop(&entries[1]);
	delay_start(&delay, &entries[2]); /* anew */
	loop_advance(loop, 49);
	CU_ASSERT_EQUAL(ended[0], 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(ended[0], 1);
	loop_advance(loop, 49);
	CU_ASSERT_EQUAL(ended[2], 0);
	loop_advance(loop, 1);
	CU_ASSERT_EQUAL(ended[2], 1);
	CU_ASSERT_EQUAL(ended[1], 0);
	CU_ASSERT_EQUAL(delay.count, 0);
	finish();
}

static void one_that_starts_again_at_once_waits_for_the_next_turn(void)
{
	begin(0);
	starts_again = true;
	delay_start(&delay, &entries[0]);
	delay_start(&delay, &entries[1]);
	loop_turn(loop, false);
	CU_ASSERT_EQUAL(ended[0], 1);
	CU_ASSERT_EQUAL(ended[1], 1);
	loop_turn(loop, false);
	CU_ASSERT_EQUAL(ended[0], 2);
	finish();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "each ends at its own moment", each_ends_at_its_own_moment },
		{ "one that starts again at once waits for the next turn",
		  one_that_starts_again_at_once_waits_for_the_next_turn },
		CU_TEST_INFO_NULL,
	};

	return suite_run("net/delay", tests);
}

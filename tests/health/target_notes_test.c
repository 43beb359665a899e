#include "health/target.h"
#include "tests/harness.h"

static unsigned changed_count;

static void on_changed(struct target *t)
{
	(void)t;
	changed_count++;
}

static const struct target_calls calls = { .changed = on_changed };

/* Whether the board is renewed for a certificate that has so many days left. */
static bool renews(struct target *t, int32_t days_left)
{
	changed_count = 0;
	target_expires(t, days_left);
	return changed_count > 0;
}

static void the_board_is_renewed_for_each_day_only_when_the_end_is_near(void)
{
	struct target t = { .calls = &calls };

	CU_ASSERT_FALSE(renews(&t, 900));
	CU_ASSERT_FALSE(renews(&t, 899));
	CU_ASSERT_FALSE(renews(&t, CERTIFICATE_SOON_DAYS));
	CU_ASSERT_TRUE(renews(&t, CERTIFICATE_SOON_DAYS - 1));
	CU_ASSERT_FALSE(renews(&t, CERTIFICATE_SOON_DAYS - 1));
	CU_ASSERT_TRUE(renews(&t, 3));
	CU_ASSERT_TRUE(renews(&t, -1));
	CU_ASSERT_TRUE(renews(&t, 900)); /* a new one */
	CU_ASSERT_FALSE(renews(&t, 900));
	CU_ASSERT_EQUAL(t.certificate_days, 900);
}

static void a_first_certificate_that_ends_soon_is_news(void)
{
	struct target t = { .calls = &calls };

	CU_ASSERT_TRUE(renews(&t, 0));
	CU_ASSERT_TRUE(t.has_certificate);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "the board is renewed for each day only when the end is near",
		  the_board_is_renewed_for_each_day_only_when_the_end_is_near },
		{ "a first certificate that ends soon is news",
		  a_first_certificate_that_ends_soon_is_news },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/target_notes", tests);
}

#include "zones/patch.h"

#include <string.h>

#include "dns/rr.h"
#include "tests/harness.h"
#include "tests/zones/fixture.h"

#define TEXT                                                   \
 "@ SOA ns.example. admin.example. 7 1 1 1 300\n"              \
 "@ NS ns\n@ MX 5 mail\nns A 192.0.2.53\nmail A 192.0.2.25\n"  \
 "www A 192.0.2.1\nwww TXT x\nal CNAME www\ncut NS ns.test.\n" \
 "a.ent A 192.0.2.9\nother A 192.0.2.7\n*.w A 192.0.2.8\n"

static struct zone *made(void)
{
	struct diags diags = { 0 };
	struct zone *z = zone_of("example.", TEXT, NULL, 0, &diags);

	CU_ASSERT_PTR_NOT_NULL_FATAL(z);
	diags_fini(&diags);
	return z;
}

static int patch_one(const struct zone *z, const char *owner_text, uint16_t type,
		     const char *rdata, uint16_t len, struct zone **out)
{
	struct name owner = name_of(owner_text);
	struct ready_rdata one = { (const uint8_t *)rdata, len };
	struct zone_change change = { .owner = &owner,
				      .type = type,
				      .ttl = 60,
				      .rdatas = &one,
				      .count = rdata ? 1 : 0 };

	return zone_patch(z, &change, 1, out);
}

static void assert_answer(struct zone *z, const char *name, uint16_t type,
			  const char *expected)
{
	struct zone_set *set = zone_set_new();

	(void)zone_set_add(set, z);
	CU_ASSERT_STRING_EQUAL(ask(set, name, type), expected);
	zone_set_free(set);
}

static void a_changed_set_is_new_in_the_new_zone_only(void)
{
	struct zone *was = made();
	struct zone *now = NULL;

	CU_ASSERT_EQUAL_FATAL(patch_one(was, "WWW.example.", RR_A, "\12\0\0\1", 4,
					&now),
			      OK);
	assert_answer(was, "www.example.", RR_A,
		      "NOERROR aa\nanswer www.example. 3600 A 192.0.2.1\n");
	assert_answer(now, "www.example.", RR_A,
		      "NOERROR aa\nanswer www.example. 60 A 10.0.0.1\n");
	assert_answer(now, "www.example.", RR_TXT,
		      "NOERROR aa\nanswer www.example. 3600 TXT \"x\"\n");
	assert_answer(now, "al.example.", RR_A,
		      "NOERROR aa\n"
		      "answer al.example. 3600 CNAME www.example.\n"
		      "answer www.example. 60 A 10.0.0.1\n");
	zone_unref(was);
	assert_answer(now, "other.example.", RR_A,
		      "NOERROR aa\nanswer other.example. 3600 A 192.0.2.7\n");
	zone_unref(now);
}

static void sets_come_and_go(void)
{
	struct zone *was = made();
	struct zone *now = NULL;
	struct zone *last = NULL;

	CU_ASSERT_EQUAL_FATAL(patch_one(was, "www.example.", RR_PTR, "\1x\0", 3, &now),
			      OK);
	CU_ASSERT_EQUAL(zone_record_count(now), zone_record_count(was) + 1);
	assert_answer(now, "www.example.", RR_PTR,
		      "NOERROR aa\nanswer www.example. 60 PTR x.\n");
	CU_ASSERT_EQUAL_FATAL(patch_one(now, "www.example.", RR_A, NULL, 0, &last), OK);
	CU_ASSERT_EQUAL(zone_record_count(last), zone_record_count(was));
	assert_answer(
		last, "www.example.", RR_A,
		"NOERROR aa\n"
		"authority example. 300 SOA ns.example. admin.example. 7 1 1 1 300\n");
	zone_unref(was);
	zone_unref(now);
	assert_answer(last, "q.w.example.", RR_A,
		      "NOERROR aa\nanswer q.w.example. 3600 A 192.0.2.8\n");
	zone_unref(last);
}

static void a_new_soa_changes_serial_and_negative_answers(void)
{
	static const char soa[] = "\1a\0\1b\0\0\0\0\11\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\5";
	struct zone *was = made();
	struct zone *now = NULL;

	CU_ASSERT_EQUAL_FATAL(patch_one(was, "example.", RR_SOA, soa, sizeof(soa) - 1,
					&now),
			      OK);
	CU_ASSERT_EQUAL(zone_serial(was), 7);
	CU_ASSERT_EQUAL(zone_serial(now), 9);
	assert_answer(now, "gone.example.", RR_A,
		      "NXDOMAIN aa\nauthority example. 5 SOA a. b. 9 1 1 1 5\n");
	assert_answer(now, "example.", RR_SOA,
		      "NOERROR aa\nanswer example. 60 SOA a. b. 9 1 1 1 5\n");
	zone_unref(was);
	zone_unref(now);
}

static void what_reaches_beyond_the_name_is_refused(void)
{
	struct zone *z = made();
	struct zone *now = NULL;

	CU_ASSERT_EQUAL(patch_one(z, "new.example.", RR_A, "\12\0\0\1", 4, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "x.test.", RR_A, "\12\0\0\1", 4, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "other.example.", RR_A, NULL, 0, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "mail.example.", RR_A, "\12\0\0\1", 4, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "other.example.", RR_MX, "\0\5\1x\0", 5, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "other.example.", RR_NS, "\1x\0", 3, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "al.example.", RR_TXT, "\1x", 2, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "cut.example.", RR_DS, "\1x", 2, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "ent.example.", RR_A, "\12\0\0\1", 4, &now),
			ERR_CONFLICT);
	CU_ASSERT_EQUAL(patch_one(z, "example.", RR_SOA, NULL, 0, &now), ERR_CONFLICT);
	CU_ASSERT_PTR_NULL(now);
	zone_unref(z);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "a changed set is new in the new zone only",
		  a_changed_set_is_new_in_the_new_zone_only },
		{ "sets come and go", sets_come_and_go },
		{ "a new SOA changes serial and negative answers",
		  a_new_soa_changes_serial_and_negative_answers },
		{ "what reaches beyond the name is refused",
		  what_reaches_beyond_the_name_is_refused },
		CU_TEST_INFO_NULL,
	};

	return suite_run("zones/patch", tests);
}

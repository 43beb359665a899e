#include "health/kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "conf/conf.h"
#include "health/host_names.h"
#include "health/kept_form.h"
#include "health/kept_rows.h"
#include "health/plan.h"
#include "health/slots.h"
#include "health/stored.h"
#include "health/switches.h"
#include "tests/harness.h"
#include "tests/health/kept_whole.h"

static struct kept_target targets[] = {
	{ .transport = TRANSPORT_TLS,
	  .to = { .family = AF_INET6, .octets = { 0x20, 1 }, .port = 443, .scope = 7 },
	  .alive = true,
	  .decided = true,
	  .held = true,
	  .hold_left_ms = 60000,
	  .fell = 8,
	  .rose = 9,
	  .since_ms = 1795356187000 },
	{ .to = { .family = AF_INET, .octets = { 192, 0, 2, 1 }, .port = 5060 },
	  .decided = true,
	  .draining = true,
	  .certificate_fault = true,
	  .fell = 7,
	  .cause = "options/udp timeout x10" },
};

static const struct kept_pbx berlin = {
	.name = (char[]){ "berlin" },
	.force = FORCE_DRAIN,
	.force_author = "anna",
	.force_reason = "new disks",
	.force_until_ms = 1795356187000,
	.held_by_hand = true,
	.targets = targets,
	.target_count = 2,
};

static const struct kept_name name = {
	.name = (char[]){ "pbx.example.net." },
	.addresses = { { .family = AF_INET, .octets = { 192, 0, 2, 1 } } },
	.address_count = 1,
};

static struct kept_rows some_rows(void)
{
	struct kept_rows rows = { 0 };

	kept_rows_put_head(&rows, 4711, 9, 3);
	kept_rows_put_pbx(&rows, &berlin);
	kept_rows_put_name(&rows, &name);
	return rows;
}

/* All that is no deletion. */
static struct kept *read_all(const struct kept_rows *rows)
{
	struct kept *k = kept_new();

	for (size_t i = 0; i < rows->count; i++) {
		struct kept_row row = kept_rows_at(rows, i);

		CU_ASSERT_PTR_NOT_NULL_FATAL(row.octets);
		CU_ASSERT_EQUAL(kept_read(k, row.key, guarded(row.octets, row.len),
					  row.len),
				OK);
	}
	kept_sort(k);
	return k;
}

static void expect_some(const struct kept *k)
{
	const struct kept_pbx *p = kept_find(k, "berlin");

	CU_ASSERT_EQUAL(k->generation, 4711);
	CU_ASSERT_EQUAL(k->order, 9);
	CU_ASSERT_EQUAL(k->switch_seq, 3);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->force, FORCE_DRAIN);
	CU_ASSERT_STRING_EQUAL(p->force_author, "anna");
	CU_ASSERT_STRING_EQUAL(p->force_reason, "new disks");
	CU_ASSERT_EQUAL(p->force_until_ms, 1795356187000);
	CU_ASSERT(p->held_by_hand);
	CU_ASSERT_EQUAL(p->target_count, 2);
	CU_ASSERT_EQUAL(p->targets[0].hold_left_ms, 60000);
	CU_ASSERT_EQUAL(p->targets[0].rose, 9);
	CU_ASSERT(addr_equal_port(&p->targets[0].to, &targets[0].to));
	CU_ASSERT_STRING_EQUAL(p->targets[1].cause, "options/udp timeout x10");
	CU_ASSERT(p->targets[1].draining && p->targets[1].certificate_fault);
	CU_ASSERT_EQUAL_FATAL(k->name_count, 1);
	CU_ASSERT_STRING_EQUAL(k->names[0].name, "pbx.example.net.");
	CU_ASSERT(addr_equal(&k->names[0].addresses[0], &name.addresses[0]));
}

static void what_is_kept_reads_back_as_it_was(void)
{
	struct kept_rows rows = some_rows();
	struct kept *k = read_all(&rows);

	CU_ASSERT_STRING_EQUAL(kept_rows_at(&rows, 1).key, "kept/pbx/berlin");
	expect_some(k);
	CU_ASSERT_PTR_NULL(kept_find(k, "berlin2"));
	kept_free(k);
	kept_rows_fini(&rows);
}

static void bend(struct kept *k, const struct kept_row *row, uint8_t *octets)
{
	for (size_t i = 0; i < row->len; i++) {
		CU_ASSERT_EQUAL(kept_read(k, row->key, guarded(octets, i), i),
				ERR_MALFORMED);
		octets[i] ^= 0x10;
		CU_ASSERT_EQUAL(kept_read(k, row->key, octets, row->len),
				ERR_MALFORMED);
		octets[i] ^= 0x10;
	}
}

static void every_cut_and_every_turned_octet_is_refused(void)
{
	struct kept_rows rows = some_rows();
	struct kept *k = kept_new();

	for (size_t i = 0; i < rows.count; i++) {
		struct kept_row row = kept_rows_at(&rows, i);

		bend(k, &row, rows.octets.octets + rows.spans[i].value);
		CU_ASSERT_EQUAL(kept_read(k, "kept/pbx/other", row.octets, row.len),
				ERR_MALFORMED);
	}
	CU_ASSERT_EQUAL(k->pbx_count + k->name_count, 0);
	kept_free(k);
	kept_rows_fini(&rows);
}

/* With a checksum that is right: by a release that keeps more, or by a fault of ours.
 */
static void what_stands_behind_the_end_of_a_row_is_refused(void)
{
	static const uint32_t magics[] = { KEPT_HEAD_MAGIC, KEPT_PBX_MAGIC,
					   KEPT_NAME_MAGIC };
	struct kept_rows rows = some_rows();
	struct kept *k = kept_new();

	for (size_t i = 0; i < rows.count; i++)
		for (size_t m = 0; m < sizeof(magics) / sizeof(*magics); m++) {
			struct kept_row row = kept_rows_at(&rows, i);
			struct buffer b = { 0 };
			struct stored_reader r = stored_open(row.octets, row.len,
							     magics[m],
							     KEPT_ROW_VERSION);

			if (r.err)
				continue;
			(void)stored_begin(&b, magics[m], KEPT_ROW_VERSION);
			buffer_put(&b, r.at, (size_t)(r.end - r.at));
			stored_end(&b, 0);
			CU_ASSERT_EQUAL(kept_read(k, row.key, b.octets, b.len), OK);
			buffer_drop(&b, b.len);
			(void)stored_begin(&b, magics[m], KEPT_ROW_VERSION);
			buffer_put(&b, r.at, (size_t)(r.end - r.at));
			buffer_put_u8(&b, 0);
			stored_end(&b, 0);
			CU_ASSERT_EQUAL(kept_read(k, row.key, b.octets, b.len),
					ERR_MALFORMED);
			buffer_fini(&b);
		}
	CU_ASSERT_EQUAL(k->pbx_count + k->name_count, rows.count - 1);
	kept_free(k);
	kept_rows_fini(&rows);
}

static bool has_stray(const struct kept *k, const char *key)
{
	for (size_t i = 0; i < k->stray_count; i++)
		if (strcmp(k->strays[i], key) == 0)
			return true;
	return false;
}

static void one_value_of_the_release_before_reads_and_is_newer_than_rows(void)
{
	struct kept_rows rows = some_rows();
	struct kept *k = read_all(&rows);
	struct buffer whole = { 0 };

	kept_whole_put(&whole, "hq");
	CU_ASSERT_EQUAL(kept_read(k, KEPT_WHOLE, guarded(whole.octets, whole.len),
				  whole.len),
			OK);
	kept_sort(k);
	CU_ASSERT(k->whole);
	CU_ASSERT_EQUAL(k->generation, 5000);
	CU_ASSERT_PTR_NULL(kept_find(k, "berlin"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(kept_find(k, "hq"));
	CU_ASSERT_EQUAL(kept_find(k, "hq")->force, FORCE_DOWN);
	CU_ASSERT_EQUAL(kept_find(k, "hq")->targets[0].fell, 77);
	CU_ASSERT_EQUAL(k->name_count, 0);
	CU_ASSERT(has_stray(k, "kept/pbx/berlin"));
	CU_ASSERT(has_stray(k, "kept/name/pbx.example.net."));
	kept_free(k);
	k = kept_new();
	for (size_t i = 0; i < whole.len; i++)
		CU_ASSERT_EQUAL(kept_read(k, KEPT_WHOLE, guarded(whole.octets, i), i),
				ERR_MALFORMED);
	CU_ASSERT_FALSE(k->whole);
	kept_free(k);
	buffer_fini(&whole);
	kept_rows_fini(&rows);
}

static void rows_are_found_by_name_in_whatever_order_they_came(void)
{
	struct kept_rows rows = { 0 };
	struct kept *k;
	char text[16];

	for (unsigned i = 0; i < 1000; i++) {
		struct kept_pbx p = { .name = text, .since_ms = i };

		(void)snprintf(text, sizeof(text), "pbx%u", i * 7 % 1000);
		kept_rows_put_pbx(&rows, &p);
	}
	k = read_all(&rows);
	for (unsigned i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "pbx%u", i * 7 % 1000);
		CU_ASSERT_PTR_NOT_NULL_FATAL(kept_find(k, text));
		CU_ASSERT_EQUAL(kept_find(k, text)->since_ms, i);
	}
	kept_free(k);
	kept_rows_fini(&rows);
}

static void rows_moved_behind_others_stay_what_they_are(void)
{
	struct kept_rows rows = some_rows(), more = { 0 };

	kept_rows_drop_pbx(&more, "rome");
	kept_rows_drop(&more, KEPT_WHOLE);
	kept_rows_put_pbx(&more, &berlin);
	kept_rows_move(&rows, &more);
	CU_ASSERT_EQUAL(more.count, 0);
	CU_ASSERT_EQUAL_FATAL(rows.count, 6);
	CU_ASSERT_STRING_EQUAL(kept_rows_at(&rows, 3).key, "kept/pbx/rome");
	CU_ASSERT_PTR_NULL(kept_rows_at(&rows, 3).octets);
	CU_ASSERT_STRING_EQUAL(kept_rows_at(&rows, 4).key, "board");
	CU_ASSERT_EQUAL_FATAL(kept_rows_at(&rows, 5).len, kept_rows_at(&rows, 1).len);
	CU_ASSERT_EQUAL(memcmp(kept_rows_at(&rows, 5).octets,
			       kept_rows_at(&rows, 1).octets,
			       kept_rows_at(&rows, 1).len),
			0);
	kept_rows_fini(&rows);
}

static void a_switch_record_reads_back_as_it_was(void)
{
	struct switch_record r = { .seq = 7,
				   .generation = 4711,
				   .kind = SWITCH_DOWN,
				   .from = PBX_UP,
				   .to = PBX_DOWN,
				   .stood = STANDING_UP,
				   .stands = STANDING_FORCED_DRAIN,
				   .pbx = "berlin",
				   .cause = "options/tls refused",
				   .author = "probe",
				   .wall_ms = 1795356187123,
				   .detection_ms = 17 };
	struct switch_record got;
	struct buffer b = { 0 };

	switch_encode(&r, &b);
	CU_ASSERT_EQUAL_FATAL(switch_decode(guarded(b.octets, b.len), b.len, &got), OK);
	CU_ASSERT_EQUAL(got.seq, 7);
	CU_ASSERT_EQUAL(got.kind, SWITCH_DOWN);
	CU_ASSERT_EQUAL(got.stands, STANDING_FORCED_DRAIN);
	CU_ASSERT_STRING_EQUAL(got.cause, r.cause);
	CU_ASSERT_EQUAL(got.wall_ms, r.wall_ms);
	for (size_t i = 0; i < b.len; i++)
		CU_ASSERT_EQUAL(switch_decode(guarded(b.octets, i), i, &got),
				ERR_MALFORMED);
	buffer_fini(&b);
}

static void a_record_of_the_version_before_reads_too(void)
{
	struct switch_record got;
	struct buffer b = { 0 };
	size_t from = stored_begin(&b, 0x64705331, 1);

	stored_put_u64(&b, 7);
	stored_put_u64(&b, 4711);
	buffer_put_u8(&b, SWITCH_DOWN);
	buffer_put_u8(&b, PBX_UP);
	buffer_put_u8(&b, PBX_DOWN);
	stored_put_text(&b, "berlin");
	stored_put_text(&b, "options/tls refused");
	stored_put_text(&b, "probe");
	stored_put_u64(&b, 1795356187123);
	buffer_put_u32(&b, 17);
	stored_end(&b, from);
	CU_ASSERT_EQUAL_FATAL(switch_decode(b.octets, b.len, &got), OK);
	CU_ASSERT_EQUAL(got.stood, STANDING_UP);
	CU_ASSERT_EQUAL(got.stands, STANDING_DOWN);
	buffer_fini(&b);
}

static void a_pbx_keeps_its_slot_by_its_name(void)
{
	struct conf_pbx a[] = { { .name = (char[]){ "berlin" } },
				{ .name = (char[]){ "hq" } } };
	struct conf_pbx b[] = { { .name = (char[]){ "hq" } },
				{ .name = (char[]){ "rome" } } };
	struct conf_pbx c[] = { { .name = (char[]){ "berlin" } } };
	struct conf first = { .pbxs = a, .pbx_count = 2 };
	struct conf second = { .pbxs = b, .pbx_count = 2 };
	struct conf third = { .pbxs = c, .pbx_count = 1 };
	struct slots *s1 = slots_new(&first, NULL);
	struct slots *s2 = slots_new(&second, s1);
	struct slots *s3 = slots_new(&third, s2);

	CU_ASSERT_EQUAL(slots_at(s2, 0), slots_at(s1, 1));
	CU_ASSERT_EQUAL(slots_at(s2, 1), 2); /* berlin's is not reused */
	CU_ASSERT_EQUAL(slots_at(s3, 0), slots_at(s1, 0));
	CU_ASSERT_EQUAL(slots_end(s3), 3);
	slots_free(s1);
	slots_free(s2);
	slots_free(s3);
}

/* pbx.example. A 192.0.2.7 behind a CNAME, TTLs 300 and 60. */
static const uint8_t answer[] = "\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
				"\3pbx\7example\0\0\1\0\1"
				"\xc0\x0c\0\5\0\1\0\0\1\x2c\0\4\1a\xc0\x10"
				"\xc0\x29\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7";

static void addresses_are_read_with_their_smallest_ttl(void)
{
	struct addr out[ROW_ADDRESSES_MAX];
	size_t len = sizeof(answer) - 1;
	uint32_t ttl_s;

	CU_ASSERT_EQUAL(host_names_read(guarded(answer, len), len, 1, out, &ttl_s), 1);
	CU_ASSERT_EQUAL(ttl_s, 60);
	CU_ASSERT_EQUAL(out[0].octets[3], 7);
	CU_ASSERT_EQUAL(host_names_read(guarded(answer, len), len, 28, out, &ttl_s), 0);
	for (size_t i = 0; i < len; i++)
		CU_ASSERT_EQUAL(host_names_read(guarded(answer, i), i, 1, out, &ttl_s),
				ERR_MALFORMED);
}

static void a_certificate_is_checked_against_the_names_of_its_chains(void)
{
	uint32_t hq = 1;
	struct conf_pbx pbxs[] = {
		{ .name = (char[]){ "berlin" }, .failover = &hq, .failover_count = 1 },
		{ .name = (char[]){ "hq" } },
		{ .name = (char[]){ "rome" },
		  .server_name = (char[]){ "sip.rome.example." } },
	};
	struct conf_live lives[] = {
		{ .name.text = (char[]){ "pbx.example." }, .home = 0 },
		{ .name.text = (char[]){ "hq.example." }, .home = 1 }
	};
	struct conf c = {
		.pbxs = pbxs, .pbx_count = 3, .lives = lives, .live_count = 2
	};
	struct slots *s = slots_new(&c, NULL);
	struct plan *p = plan_new(&c, s);

	CU_ASSERT_EQUAL(p->pbxs[0].name_count, 1);
	CU_ASSERT_STRING_EQUAL(plan_server_name(&p->pbxs[0]), "pbx.example");
	CU_ASSERT_EQUAL(p->pbxs[1].name_count, 2);
	CU_ASSERT_STRING_EQUAL(plan_server_name(&p->pbxs[2]), "sip.rome.example");
	plan_free(p);
	slots_free(s);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "what is kept reads back as it was",
		  what_is_kept_reads_back_as_it_was },
		{ "every cut and every turned octet is refused",
		  every_cut_and_every_turned_octet_is_refused },
		{ "what stands behind the end of a row is refused",
		  what_stands_behind_the_end_of_a_row_is_refused },
		{ "one value of the release before reads and is newer than rows",
		  one_value_of_the_release_before_reads_and_is_newer_than_rows },
		{ "rows are found by name in whatever order they came",
		  rows_are_found_by_name_in_whatever_order_they_came },
		{ "rows moved behind others stay what they are",
		  rows_moved_behind_others_stay_what_they_are },
		{ "a switch record reads back as it was",
		  a_switch_record_reads_back_as_it_was },
		{ "a record of the version before reads, too",
		  a_record_of_the_version_before_reads_too },
		{ "a pbx keeps its slot by its name",
		  a_pbx_keeps_its_slot_by_its_name },
		{ "addresses are read with their smallest TTL",
		  addresses_are_read_with_their_smallest_ttl },
		{ "a certificate is checked against the names of its chains",
		  a_certificate_is_checked_against_the_names_of_its_chains },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/kept", tests);
}

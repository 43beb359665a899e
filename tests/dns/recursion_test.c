#include "dns/recursion.h"

#include "tests/harness.h"

enum { ROOM = 512 };

static struct recursion_question question(void)
{
	struct recursion_question q = {
		.tag = 0x0102030405060708, .type = 28, .dnssec_ok = true, .second = true
	};

	CU_ASSERT_EQUAL(name_parse("Www.Example.", 12, NULL, &q.name), 0);
	return q;
}

static void question_comes_back_as_it_was(void)
{
	const struct recursion_question q = question();
	struct recursion_question got[2];
	uint8_t room[ROOM];
	struct writer w = writer_of(room, sizeof(room));
	struct reader r;

	CU_ASSERT_EQUAL(recursion_question_write(&w, &q), 0);
	CU_ASSERT_EQUAL(recursion_question_write(&w, &q), 0);
	r = reader_of(room, writer_len(&w));
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(recursion_question_read(&r, &got[i]), 0);
		CU_ASSERT_EQUAL(got[i].tag, q.tag);
		CU_ASSERT_EQUAL(got[i].type, 28);
		CU_ASSERT_TRUE(got[i].dnssec_ok);
		CU_ASSERT_FALSE(got[i].checking_disabled);
		CU_ASSERT_TRUE(got[i].second);
		CU_ASSERT_EQUAL(got[i].name.len, q.name.len);
		CU_ASSERT_EQUAL(memcmp(got[i].name.wire, q.name.wire, q.name.len), 0);
	}
	CU_ASSERT_EQUAL(reader_left(&r), 0);
}

static void answer_comes_back_as_it_was(void)
{
	static const uint8_t records[] = "records";
	const struct recursion_answer a = {
		.tag = UINT64_MAX,
		.rcode = 3,
		.secure = true,
		.has_ede = true,
		.ede = 22,
		.counts = { 1, 2, 3 },
		.records = records,
		.records_len = sizeof(records),
	};
	struct recursion_answer got;
	uint8_t room[ROOM];
	struct writer w = writer_of(room, sizeof(room));
	struct reader r;

	CU_ASSERT_EQUAL(recursion_answer_write(&w, &a), 0);
	CU_ASSERT_EQUAL(writer_len(&w), RECURSION_ANSWER_FIXED_LEN + sizeof(records));
	r = reader_of(room, writer_len(&w));
	CU_ASSERT_EQUAL(recursion_answer_read(&r, &got), 0);
	CU_ASSERT_EQUAL(got.tag, UINT64_MAX);
	CU_ASSERT_EQUAL(got.rcode, 3);
	CU_ASSERT_TRUE(got.secure);
	CU_ASSERT_TRUE(got.has_ede);
	CU_ASSERT_EQUAL(got.ede, 22);
	CU_ASSERT_EQUAL(got.counts[0], 1);
	CU_ASSERT_EQUAL(got.counts[2], 3);
	CU_ASSERT_EQUAL(got.records_len, sizeof(records));
	CU_ASSERT_EQUAL(memcmp(got.records, records, sizeof(records)), 0);
}

static void what_is_cut_off_anywhere_is_refused(void)
{
	const struct recursion_question q = question();
	const struct recursion_answer a = { .records = q.name.wire, .records_len = 4 };
	struct recursion_question got_question;
	struct recursion_answer got_answer;
	uint8_t room[ROOM];
	struct writer w = writer_of(room, sizeof(room));

	CU_ASSERT_EQUAL(recursion_question_write(&w, &q), 0);
	for (size_t len = 0; len < writer_len(&w); len++) {
		const uint8_t *cut = guarded(room, len);
		struct reader r = reader_of(cut, len);

		CU_ASSERT_NOT_EQUAL(recursion_question_read(&r, &got_question), 0);
	}
	w = writer_of(room, sizeof(room));
	CU_ASSERT_EQUAL(recursion_answer_write(&w, &a), 0);
	for (size_t len = 0; len < writer_len(&w); len++) {
		const uint8_t *cut = guarded(room, len);
		struct reader r = reader_of(cut, len);

		CU_ASSERT_NOT_EQUAL(recursion_answer_read(&r, &got_answer), 0);
	}
}

static void what_does_not_fit_is_not_begun(void)
{
	const struct recursion_question q = question();
	uint8_t room[ROOM];
	struct writer w = writer_of(room, 40);

	CU_ASSERT_EQUAL(recursion_question_write(&w, &q), 0);
	CU_ASSERT_EQUAL(recursion_question_write(&w, &q), ERR_LIMIT);
	CU_ASSERT_EQUAL(writer_len(&w), 11 + q.name.len);
	CU_ASSERT_EQUAL(w.err, 0);
}

static void unknown_flags_and_codes_are_refused(void)
{
	const struct recursion_question q = question();
	const struct recursion_answer a = { .rcode = 16 };
	struct recursion_question got_question;
	struct recursion_answer got_answer;
	uint8_t room[ROOM];
	struct writer w = writer_of(room, sizeof(room));
	struct reader r;

	CU_ASSERT_EQUAL(recursion_question_write(&w, &q), 0);
	room[10] = 8;
	r = reader_of(room, writer_len(&w));
	CU_ASSERT_EQUAL(recursion_question_read(&r, &got_question), ERR_MALFORMED);
	w = writer_of(room, sizeof(room));
	CU_ASSERT_EQUAL(recursion_answer_write(&w, &a), 0);
	r = reader_of(room, writer_len(&w));
	CU_ASSERT_EQUAL(recursion_answer_read(&r, &got_answer), ERR_MALFORMED);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "question comes back as it was", question_comes_back_as_it_was },
		{ "answer comes back as it was", answer_comes_back_as_it_was },
		{ "what is cut off anywhere is refused",
		  what_is_cut_off_anywhere_is_refused },
		{ "what does not fit is not begun", what_does_not_fit_is_not_begun },
		{ "unknown flags and codes are refused",
		  unknown_flags_and_codes_are_refused },
		CU_TEST_INFO_NULL,
	};

	return suite_run("dns/recursion", tests);
}

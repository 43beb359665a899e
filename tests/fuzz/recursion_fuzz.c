/* What deputy-dns and deputy-recursor say to each other, from either one. */
#include "dns/recursion.h"

#include <assert.h>
#include <string.h>

static void check_questions(struct reader r)
{
	struct recursion_question q;
	uint8_t room[RECURSION_QUESTION_MAX_LEN];

	while (reader_left(&r)) {
		const uint8_t *from = r.at;
		struct writer w = writer_of(room, sizeof(room));

		if (recursion_question_read(&r, &q))
			return;
		assert(recursion_question_write(&w, &q) == OK);
		assert(writer_len(&w) == (size_t)(r.at - from));
		assert(memcmp(room, from, writer_len(&w)) == 0);
	}
}

static void check_answers(struct reader r)
{
	static uint8_t room[RECURSION_ANSWER_FIXED_LEN + 65536];
	struct recursion_answer a;

	while (reader_left(&r)) {
		const uint8_t *from = r.at;
		struct writer w = writer_of(room, sizeof(room));

		if (recursion_answer_read(&r, &a))
			return;
		assert(a.records_len <= (size_t)(r.at - from));
		if (recursion_answer_write(&w, &a))
			return;
		assert(memcmp(room, from, writer_len(&w)) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	check_questions(reader_of(octets, len));
	check_answers(reader_of(octets, len));
	return 0;
}

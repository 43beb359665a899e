/*
 * The protocol between deputy-dns and deputy-recursor: queries one way, answers the
 * other, several of them in one message of lib/base/link. Neither side trusts the
 * other's octets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/writer.h"

enum recursion_message { RECURSION_QUESTIONS = 1, RECURSION_ANSWERS };

struct recursion_question {
	uint64_t tag; /* returned with the answer */
	uint16_t type;
	bool dnssec_ok;
	bool checking_disabled;
	bool second; /* from the second of the recursor's two caches */
	struct name name;
};

struct recursion_answer {
	uint64_t tag;
	uint8_t rcode;
	bool secure; /* it was validated */
	bool has_ede;
	uint16_t ede;       /* if has_ede */
	uint16_t counts[3]; /* records of answer, authority and additional section */
	/* The sections as they followed the question, whose name was at offset 12 of
	 * the message and was as long as the queried name; without OPT. */
	const uint8_t *records;
	size_t records_len;
};

/* Maximum octets of a query, of an answer, and of a message. */
enum {
	RECURSION_QUESTION_MAX_LEN = 12 + NAME_MAX_LEN,
	RECURSION_ANSWER_FIXED_LEN = 22,
	RECURSION_RECORDS_MAX_LEN = 64 * 1024 - RECURSION_ANSWER_FIXED_LEN
};

/* Append one to a message. Return 0, or ERR_LIMIT if nothing was written. */
int recursion_question_write(struct writer *w, const struct recursion_question *q);
int recursion_answer_write(struct writer *w, const struct recursion_answer *a);

/* Read one from a message, until reader_left() is 0. Return 0, ERR_SHORT or
 * ERR_MALFORMED. */
int recursion_question_read(struct reader *r, struct recursion_question *out);
int recursion_answer_read(struct reader *r, struct recursion_answer *out);

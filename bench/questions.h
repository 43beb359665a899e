/*
 * What the load generators share: questions read from a file, the check of their
 * answers, and what the server's processes cost meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PIDS_MAX = 64, RCODE_ANY = -1 };

struct bench_question {
	uint32_t at; /* in `octets` */
	uint16_t len;
	uint16_t question_end;
	int16_t rcode; /* or RCODE_ANY */
	int16_t answer_count;
};

struct questions {
	bool recursion_desired, edns, dnssec_ok; /* set before reading */
	bool in_order;                           /* else at random */
	bool echo;                               /* the peer sends back what came */

	struct bench_question *rows;
	size_t count, cap;
	uint8_t *octets;
	size_t octet_count, octet_cap;
	size_t next;
	uint64_t random;

	pid_t pids[PIDS_MAX]; /* of the server */
	size_t pid_count;
};

/* Takes an option of the command line that all generators have: R e d x r P. Returns
 * whether it is one. */
bool questions_option(struct questions *q, int option, const char *argument);

/* Reads lines of NAME TYPE [RCODE [ANSWERS]] from standard input. Returns 0, or -1 and
 * has said why. */
int questions_read(struct questions *q);

/* The number of the one to ask next. */
size_t questions_choose(struct questions *q);

/* Whether an answer is right. */
bool questions_right(const struct questions *q, const struct bench_question *asked,
		     const uint8_t *p, size_t len);

uint64_t now_ns(void);

/* CPU time of the server so far. */
uint64_t questions_cpu_ns(const struct questions *q);

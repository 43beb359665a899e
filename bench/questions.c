#include "bench/questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "A", 1 },       { "NS", 2 },     { "CNAME", 5 },  { "SOA", 6 },
	{ "PTR", 12 },    { "MX", 15 },    { "TXT", 16 },   { "AAAA", 28 },
	{ "SRV", 33 },    { "NAPTR", 35 }, { "DNAME", 39 }, { "DS", 43 },
	{ "DNSKEY", 48 }, { "ANY", 255 },
};

static uint16_t type_of(const char *text)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(text, types[i].name) == 0)
			return types[i].type;
	return strncasecmp(text, "TYPE", 4) ? 0 : (uint16_t)strtoul(text + 4, NULL, 10);
}

static size_t put_name(uint8_t *at, const char *text)
{
	uint8_t *start = at;

	while (*text != '\0' && strcmp(text, ".") != 0) {
		size_t len = strcspn(text, ".");

		if (len == 0 || len > 63)
			return 0;
		*at++ = (uint8_t)len;
		memcpy(at, text, len);
		at += len;
		text += len + (text[len] == '.');
	}
	*at++ = 0;
	return (size_t)(at - start);
}

/* Returns the question, or NULL. */
static struct bench_question *add(struct questions *q, const char *name, uint16_t type)
{
	static const uint8_t header[12] = { [5] = 1 };
	uint8_t *p;
	uint8_t *start;
	size_t len;

	if (q->octet_cap - q->octet_count < 512) {
		q->octet_cap = q->octet_cap ? 2 * q->octet_cap : 1 << 16;
		q->octets = realloc(q->octets, q->octet_cap);
	}
	if (q->count == q->cap) {
		q->cap = q->cap ? 2 * q->cap : 1024;
		q->rows = realloc(q->rows, q->cap * sizeof(*q->rows));
	}
	if (q->octets == NULL || q->rows == NULL)
		return NULL;
	start = p = q->octets + q->octet_count;
	memcpy(p, header, 12);
	p[2] = q->recursion_desired;
	len = put_name(p + 12, name);
	if (len == 0 || type == 0)
		return NULL;
	p += 12 + len;
	memcpy(p, (uint8_t[]){ (uint8_t)(type >> 8), (uint8_t)type, 0, 1 }, 4);
	p += 4;
	q->rows[q->count] = (struct bench_question){
		.at = (uint32_t)q->octet_count,
		.question_end = (uint16_t)(p - start),
		.rcode = RCODE_ANY,
		.answer_count = RCODE_ANY,
	};
	if (q->edns) {
		static const uint8_t opt[11] = { 0, 0, 41, 0x04, 0xd0 };

		start[11] = 1;
		memcpy(p, opt, 11);
		p[7] = q->dnssec_ok ? 0x80 : 0;
		p += 11;
	}
	q->rows[q->count++].len = (uint16_t)(p - start);
	q->octet_count += (size_t)(p - start);
	return &q->rows[q->count - 1];
}

bool questions_option(struct questions *q, int option, const char *argument)
{
	switch (option) {
	case 'P':
		if (q->pid_count < PIDS_MAX)
			q->pids[q->pid_count++] = (pid_t)strtol(argument, NULL, 10);
		return true;
	case 'R':
		return q->recursion_desired = true;
	case 'e':
		return q->edns = true;
	case 'd':
		return q->edns = q->dnssec_ok = true;
	case 'x':
		return q->echo = true;
	case 'r':
		return q->in_order = true;
	default:
		return false;
	}
}

int questions_read(struct questions *q)
{
	char line[512];
	unsigned long at = 0;

	q->random = 88172645463325252;
	while (fgets(line, sizeof(line), stdin)) {
		char *rest = NULL;
		const char *name = strtok_r(line, " \t\n", &rest);
		const char *type = strtok_r(NULL, " \t\n", &rest);
		const char *rcode = strtok_r(NULL, " \t\n", &rest);
		const char *count = strtok_r(NULL, " \t\n", &rest);
		struct bench_question *row;

		at++;
		if (name == NULL)
			continue;
		row = strlen(name) < 255 && type ? add(q, name, type_of(type)) : NULL;
		if (row == NULL) {
			fprintf(stderr, "line %lu is no question\n", at);
			return -1;
		}
		if (rcode)
			row->rcode = (int16_t)strtol(rcode, NULL, 10);
		if (count)
			row->answer_count = (int16_t)strtol(count, NULL, 10);
	}
	return q->count ? 0 : -1;
}

size_t questions_choose(struct questions *q)
{
	if (q->in_order) {
		if (q->next == q->count)
			q->next = 0;
		return q->next++;
	}
	q->random ^= q->random << 13;
	q->random ^= q->random >> 7;
	q->random ^= q->random << 17;
	return (size_t)(((q->random >> 32) * q->count) >> 32);
}

bool questions_right(const struct questions *q, const struct bench_question *asked,
		     const uint8_t *p, size_t len)
{
	const uint8_t *packet = q->octets + asked->at;

	if (q->echo)
		return len == asked->len;
	if (len < asked->question_end || (p[2] & 0x80) == 0 ||
	    memcmp(p + 4, packet + 4, 2) != 0 ||
	    memcmp(p + 12, packet + 12, (size_t)asked->question_end - 12) != 0)
		return false;
	if (asked->rcode != RCODE_ANY && (p[3] & 15) != asked->rcode)
		return false;
	return asked->answer_count == RCODE_ANY ||
	       (p[6] << 8 | p[7]) == asked->answer_count;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t questions_cpu_ns(const struct questions *q)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < q->pid_count; i++) {
		clockid_t clock;
		struct timespec t;

		if (clock_getcpuclockid(q->pids[i], &clock) == 0 &&
		    clock_gettime(clock, &t) == 0)
			sum += (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	}
	return sum;
}

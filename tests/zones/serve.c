/*
 * A bare server on zones/ alone: one UDP socket, batches of 32, three passes. For
 * comparing answers with other servers', and for a first look at the cost of one.
 *
 * usage: serve ADDRESS PORT {FILE ORIGIN | COUNT ORIGIN}...
 *
 * A COUNT makes a zone of that many names host0, host1, ... with an A record each.
 * Prints "ready SECONDS" when it answers; ends with the signal that ends it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/buffer.h"
#include "dns/rr.h"
#include "zones/answer.h"
#include "zones/builder.h"
#include "zones/load.h"

enum {
	BATCH = 32,
	PACKET_LEN = 4096,
	LIMIT_LEN = 1232,
	PLAIN_LIMIT_LEN = 512,
	OPT_LEN = 11
};

static uint8_t packets[BATCH][PACKET_LEN];
static struct sockaddr_in peers[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr messages[BATCH];
static struct question questions[BATCH];
static struct answer answers[BATCH];

static int open_socket(const char *address, const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	a.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		return -1;
	return bind(fd, (struct sockaddr *)&a, sizeof(a)) ? -1 : fd;
}

static void add_made(struct zone_builder *b, const struct name *origin,
		     const char *owner, uint16_t type, const void *rdata, size_t rdlen)
{
	struct name name = *origin;
	struct master_record r = { .owner = &name,
				   .type = type,
				   .class = CLASS_IN,
				   .ttl = 3600,
				   .rdata = rdata,
				   .rdlen = rdlen };

	if (*owner != '\0' && name_parse(owner, strlen(owner), origin, &name))
		abort();
	(void)zone_builder_add(b, &r);
}

static int make_zone(const struct name *origin, uint32_t count, struct diags *diags,
		     struct zone **out)
{
	static const uint8_t soa[22] = { 0, 0, 0, 0, 0, 1, [21] = 60 };
	struct zone_builder *b = zone_builder_new(origin, diags);
	int err;

	add_made(b, origin, "", RR_SOA, soa, sizeof(soa));
	add_made(b, origin, "", RR_NS, "\2ns\4test", 9);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t address = htonl(i);
		char owner[32];

		(void)snprintf(owner, sizeof(owner), "host%u", i);
		add_made(b, origin, owner, RR_A, &address, 4);
	}
	err = zone_builder_finish(b, "made", out);
	zone_builder_free(b);
	return err;
}

static int add_zone(struct zone_set *set, const char *what, const char *origin_text)
{
	static const struct name root = { .len = 1 };
	struct diags diags = { 0 };
	struct buffer text = { 0 };
	struct name origin;
	struct zone_load load = { .path = what, .origin = &origin };
	struct zone *z = NULL;
	char *end;
	uint32_t count = (uint32_t)strtoul(what, &end, 10);
	int err = name_parse(origin_text, strlen(origin_text), &root, &origin);

	if (err == OK)
		err = *end == '\0' ? make_zone(&origin, count, &diags, &z)
				   : zone_load(&load, &diags, &z);
	if (err == OK) {
		(void)zone_set_add(set, z);
		fprintf(stderr, "%s: %zu names, %zu octets\n", origin_text,
			zone_name_count(z), zone_memory_len(z));
		zone_unref(z);
	}
	diags_format(&diags, &text);
	fprintf(stderr, "%.*s", (int)text.len, (const char *)text.octets);
	buffer_fini(&text);
	diags_fini(&diags);
	return err;
}

/* Answers message i in its own buffer. Returns the length; 0: no answer. */
static size_t reply(unsigned i)
{
	const struct question *q = &questions[i];
	size_t limit = q->edns.present ? LIMIT_LEN : PLAIN_LIMIT_LEN;
	uint8_t *msg = packets[i];
	size_t len;

	if (q->verdict != QUESTION_OK)
		return 0;
	if (answer_find(q, NULL, &answers[i]) == ANSWER_NONE ||
	    answers[i].result == ANSWER_BROKEN) {
		msg[2] |= 0x80;
		msg[3] = RCODE_REFUSED;
		memset(msg + 6, 0, 6);
		return q->question_end;
	}
	len = answer_write(&answers[i], msg, q->question_end,
			   q->edns.present ? limit - OPT_LEN : limit);
	if (q->edns.present) {
		static const uint8_t opt[OPT_LEN] = { 0, 0, RR_OPT, 0x04, 0xd0 };
		unsigned count = (unsigned)(msg[10] << 8 | msg[11]) + 1;

		memcpy(msg + len, opt, sizeof(opt));
		msg[10] = (uint8_t)(count >> 8);
		msg[11] = (uint8_t)count;
		len += sizeof(opt);
	}
	return len;
}

static void serve(int fd, const struct zone_set *set)
{
	int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
	unsigned count = got > 0 ? (unsigned)got : 0;
	unsigned out = 0;

	for (unsigned i = 0; i < count; i++)
		if (question_read(packets[i], messages[i].msg_len, &questions[i]) ==
		    QUESTION_OK)
			answer_prepare(set, &questions[i], &answers[i]);
	for (unsigned i = 0; i < count; i++)
		if (questions[i].verdict == QUESTION_OK)
			answer_probe(&questions[i], &answers[i]);
	for (unsigned i = 0; i < count; i++)
		vectors[i].iov_len = reply(i);
	while (out < count) {
		int sent = sendmmsg(fd, messages + out, count - out, 0);

		out += sent > 0 ? (unsigned)sent : 1;
	}
	for (unsigned i = 0; i < count; i++) {
		vectors[i].iov_len = PACKET_LEN;
		messages[i].msg_hdr.msg_namelen = sizeof(peers[i]);
	}
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct zone_set *set = zone_set_new();
	double start = now_s();
	int fd;

	if (argc < 5) {
		fprintf(stderr, "usage: serve ADDRESS PORT {FILE|COUNT ORIGIN}...\n");
		return 2;
	}
	for (int i = 3; i + 1 < argc; i += 2)
		if (add_zone(set, argv[i], argv[i + 1]))
			return 1;
	fd = open_socket(argv[1], argv[2]);
	if (fd < 0) {
		perror("serve");
		return 1;
	}
	for (int i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ packets[i], PACKET_LEN };
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_name = &peers[i];
		messages[i].msg_hdr.msg_namelen = sizeof(peers[i]);
	}
	printf("ready %.3f\n", now_s() - start);
	(void)fflush(stdout);
	for (;;)
		serve(fd, set);
}

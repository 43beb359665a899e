/* What the commands about PBXs share. */
#pragma once

#include <stdint.h>

struct board;
struct request;
struct tracing;

/* A request that waits for the prober's thread; free(). */
struct wait {
	struct request *request;
	uint32_t slot;
	struct tracing *tracing; /* of a probe */
};

/* Defers the request. */
struct wait *command_wait(struct request *req, uint32_t slot);

/* The slot of the pbx that the first argument names, or CONF_NONE after the request was
 * failed. */
uint32_t command_pbx(struct request *req);

/* Puts one pbx into the answer, as `pbx show` has it. */
void command_put_pbx(struct request *req, uint32_t slot, const struct board *b);

/*
 * Reads the duration that an option is given: "90s", "10m", "2h", "1d".
 *
 * max_s  at most 31 days
 *
 * Returns 0, also when the option is not given; otherwise the request was failed.
 */
int command_span(struct request *req, const char *option, uint32_t max_s,
		 uint32_t *out_s);

enum { COMMAND_SPAN_MAX_S = 31 * 86400 };

/* Rows of health_commands. */
void command_force(struct request *req);
void command_release(struct request *req);
void command_fail_over(struct request *req);
void command_fail_back(struct request *req);

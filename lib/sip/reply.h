/*
 * What a probe needs of the response to its request: status line, branch of the topmost
 * Via, CSeq. Who answers so much is alive, whatever else is odd. Nothing is allocated
 * or kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct sip_reply {
	uint16_t status;
	bool has_branch; /* the branch is of our form, and `branch` is its number */
	uint64_t branch;
	uint32_t cseq;
	uint32_t retry_after_s; /* 0: none */
	struct text reason;     /* borrowed, like the next two */
	struct text server;     /* Server, else User-Agent, else empty */
	struct text received;   /* "received" and "rport" of our Via: our address as the
				   PBX sees it */
	uint16_t rport;
	const char *odd; /* what is wrong with it, as a few words; NULL: nothing */
};

/*
 * Reads a response to one of our requests.
 *
 * Returns 0; ERR_MALFORMED: none, and `odd` alone is written: what it lacks.
 */
int sip_reply_read(const void *octets, size_t len, struct sip_reply *out);

/*
 * Reads the branch of a request of ours whose beginning an ICMP error quotes.
 *
 * Returns 0; ERR_NOT_FOUND: it does not quote that far, or nothing of ours.
 */
int sip_quoted_branch(const void *octets, size_t len, uint64_t *out);

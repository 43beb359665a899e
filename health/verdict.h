/* What a probe's answer says about the endpoint that gave it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
	VERDICT_NONE,        /* nothing yet */
	VERDICT_PROVISIONAL, /* 1xx: wait on */
	VERDICT_ALIVE,
	VERDICT_DRAINING, /* 503: alive, wants no new clients */
	VERDICT_DEAD,    /* an answer that proves no life: 408, 500, 502, 504, and those
			    given */
	VERDICT_GARBAGE, /* no SIP response, or a status outside 100 to 699 */
	VERDICT_SILENCE,
	VERDICT_REFUSED, /* RST, ICMP, or a reconnect that failed */
	VERDICT_TLS,     /* the handshake failed */
	VERDICTS
};

/*
 * Judges a SIP status code.
 *
 * dead_codes  what the operator added to those that prove no life; wins over all rows
 */
enum verdict verdict_of(uint32_t code, const uint16_t *dead_codes,
			size_t dead_code_count);

/* "alive", "timeout", "refused": a word for causes and commands. */
const char *verdict_name(enum verdict v);

/* Errors of our own host, which are no evidence about the endpoint. */
bool verdict_is_own_fault(int number);

/*
 * A network for the real prober on a virtual clock: hosts that live, refuse or fall
 * silent behind paths that lose packets alone or in bursts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health/prober.h"

enum { SIM_HOSTS = 32, SIM_CHANGES = 64, SIM_NAMES = 4 };

enum sim_mode {
	SIM_ALIVE,
	SIM_REFUSES, /* the process is gone: RST, ICMP */
	SIM_SILENT,  /* the host or its link is gone */
	SIM_STOPPED, /* the process: what it is sent waits until it goes on */
	SIM_DRAINS,  /* answers 503 */
	SIM_FAILS,   /* answers 500 */
	SIM_NO_TLS   /* accepts, and no handshake succeeds */
};

/* Gilbert-Elliott in continuous time. */
struct sim_loss {
	double alone;    /* share lost outside bursts */
	double in_burst; /* share lost inside */
	double burst_ms; /* mean length; 0: no bursts */
	double apart_ms; /* mean time between them */
};

/* Probes in any RATE_MS, as the flood rule of a PBX counts them. */
enum { RATE_MS = 2000, RATE_RING = 512 };
struct sim_rate {
	uint64_t at[RATE_RING];
	uint32_t next, oldest; /* counted on */
	uint32_t most;         /* ever, or since it was set to 0 */
};

struct sim_host {
	enum sim_mode mode;
	struct sim_loss loss;
	uint32_t rtt_ms;
	uint16_t status; /* it answers this whatever its mode; 0: what the mode says */
	uint32_t one_in; /* it answers one request of so many; 0: each */
	uint32_t busy_one_in;   /* each endpoint answers one of so many with 503 */
	uint32_t retry_after_s; /* asked for with each 503 */
	uint32_t slow_ms;       /* every second answer takes so much longer */
	const char *fault;      /* of its certificate; NULL: it is good */
	uint32_t asked_count;
	bool own_host, no_icmp, no_echo;
	bool in_burst;
	double until_ms;   /* of the present phase */
	uint64_t muted_at; /* flows that were open then are not answered any more */
	uint32_t mute_after_ms; /* a flow is not answered any more then; 0: always */
	struct sim_rate asked;  /* when it was sent */
	struct sim_rate worked; /* when the process of the PBX read it */
};

/* What a name of a pbx resolves to. */
struct sim_name {
	const char *name;
	struct addr addresses[4];
	size_t count;
};

/* What was kept on the way, as a disk would hold it. */
struct sim_disk {
	struct sim_kept {
		char *key;
		void *octets;
		size_t len;
	} * rows;
	size_t count;
	size_t put_count; /* ever */
};

struct sim {
	struct loop *loop;
	struct wire wire;
	struct host_calls host_calls;
	struct prober_calls calls;
	struct prober *prober;
	struct sim_host hosts[SIM_HOSTS]; /* host n has every address
					    that ends in n */
	struct sim_event *events, *spare;
	uint64_t seed, branch;
	int64_t wall_ms; /* at the clock's beginning */
	bool no_descriptors, no_route, gateway_dead, gateway_mute;
	uint8_t neighbour;      /* host that speaks for the link; 0: the gateway does */
	bool gateway_confirmed; /* the kernel hears of it just now */
	struct board *board;    /* the newest */
	uint64_t sent_count, board_count;
	struct switch_record changes[SIM_CHANGES]; /* the newest at the end */
	uint64_t changed_at[SIM_CHANGES];
	size_t change_count;
	uint64_t counts[SWITCH_KINDS];
	struct sim_name names[SIM_NAMES];
	struct sim_disk disk;
	void (*tell)(void *arg, struct board *fresh); /* lent; may be NULL */
	void *tell_arg;
};

/* A pbx for sim_load(): its endpoints stand on hosts `host` and, if not 0, `second`. */
struct sim_pbx {
	const char *name;
	uint8_t host, second;
	uint32_t transports;
	enum profile profile;
	uint32_t hold_ms;
	uint8_t witness; /* host; 0: none */
	bool failback_manual;
};

/* What a restart begins with. */
void sim_disk_put(struct sim_disk *d, const struct kept_row *row);
void sim_disk_drop(struct sim_disk *d, const char *key);

void sim_init(struct sim *s, uint64_t seed);
void sim_fini(struct sim *s);

/* The pbxs get the slots of their places; the prober is made at the first load. */
void sim_load(struct sim *s, const struct sim_pbx *pbxs, size_t count);

/* The same with the plan of a configuration, the simulation's from now on. */
void sim_load_plan(struct sim *s, struct plan *plan);
void sim_restart_plan(struct sim *s, struct plan *plan);

/* Ends the prober and begins another one with what it kept. */
void sim_restart(struct sim *s, const struct sim_pbx *pbxs, size_t count);

void sim_run(struct sim *s, uint64_t ms);

/* Kills, stops or revives: kept connections of a host that refuses are reset at once.
 */
void sim_mode(struct sim *s, uint8_t host, enum sim_mode mode);

/* Counts one probe at `now`. */
void sim_rate_add(struct sim_rate *r, uint64_t now);

/* What is sent over the flows of now is not answered any more; fresh ones are. */
void sim_mute(struct sim *s, uint8_t host);

const struct board_row *sim_row(const struct sim *s, uint32_t slot);

/* Who answers for the chain slot 0, 1, ...: a slot. */
uint32_t sim_answer(const struct sim *s, size_t member_count);

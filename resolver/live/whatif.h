/*
 * What would be answered if PBXs were in other states, computed from a board without
 * changing anything. The same for a running node and for a configuration.
 */
#pragma once

#include "base/operator/command.h"

struct access;
struct board;
struct conf;
struct slots;

struct whatif {
	const char *told_from; /* "the node" */
	const struct conf *conf;
	const struct slots *slots;
	const struct access *access;
	const struct board *board;
	void (*release)(void *arg); /* the answer is done; may be NULL */
	void *release_arg;
};

/* The arguments of its row in the tables of commands. */
#define WHATIF_ARGS                                                                  \
 "[NAME] [--down PBX] [--up PBX] [--drain PBX] [--force PBX=STATE] [--release PBX] " \
 "[--from IP]"
#define WHATIF_HELP \
 "what would be answered if PBXs changed state; without options: if each PBX died"

#define WHATIF_OPTIONS                                                   \
 "NAME\ta live name; by default all\n"                                   \
 "--down PBX\tits probes fail; like the next four, it may be repeated\n" \
 "--up PBX\tthey are answered\n"                                         \
 "--drain PBX\tthey are answered with 503\n"                             \
 "--force PBX=STATE\tan operator forces it up, down or drain\n"          \
 "--release PBX\tan operator releases it\n"                              \
 "--from IP\tonly for the client of this address\n"
#define WHATIF_EXAMPLE "pbx.wildixin.com --down standby --force main=drain"

/* Answers the request in pieces, or fails it. EXIT_NEGATIVE: some name would have no
 * PBX left. */
void whatif_answer(const struct whatif *w, struct request *req);

/* The toy PBXs themselves: sockets, answers, and the ways in which they fail. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/text.h"
#include "base/transport.h"

enum { TOY_LISTENS_MAX = 8, TOY_MANY_MAX = 10000 };

struct loop;
struct toy_pbx;
struct tls;

struct toy_listen {
	enum transport transport;
	struct addr at;
};

/* All PBXs of one process. The caller sets all but the last two, then calls toy_open().
 */
struct toy {
	struct loop *loop;
	struct toy_listen listens[TOY_LISTENS_MAX]; /* of the first */
	size_t listen_count;
	uint32_t many;          /* PBXs at consecutive addresses */
	uint16_t invite_status; /* 486 or 200 */
	bool quiet;
	struct tls *tls;
	struct toy_pbx *pbxs;
	struct buffer out;
};

/* Binds all sockets. Returns 0 or ERR_SYSTEM after a message on standard error. */
int toy_open(struct toy *t);
void toy_close(struct toy *t);

/* Executes a line "[NUMBER] MODE [MS]". Returns whether to continue. */
bool toy_obey(struct toy *t, struct text line);

/* The stored form of what is kept, for kept*.c alone. */
#pragma once

#include "health/kept.h"

#define KEPT_HEAD KEPT_PREFIX "head"
#define KEPT_PBX  KEPT_PREFIX "pbx/"
#define KEPT_NAME KEPT_PREFIX "name/"

enum {
	KEPT_HEAD_MAGIC = 0x64704831,  /* "dpH1" */
	KEPT_PBX_MAGIC = 0x64705031,   /* "dpP1" */
	KEPT_NAME_MAGIC = 0x64704e31,  /* "dpN1" */
	KEPT_WHOLE_MAGIC = 0x64704b31, /* "dpK1" */
	KEPT_ROW_VERSION = 1,
	KEPT_WHOLE_VERSION = 1
};

/* Bits of a target's octet of flags. */
enum {
	KEPT_ALIVE = 1,
	KEPT_DECIDED = 2,
	KEPT_HELD = 4,
	KEPT_DRAINING = 8,
	KEPT_FAULT = 16
};

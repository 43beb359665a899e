/*
 * A configuration as one process passes it to another: its text and, after a NUL octet,
 * the contents of the files of its secrets. The receiver of a parcel does not open
 * these files: it may lack the right, and they may have changed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "dns/reader.h"

struct conf_secret;

/* The contents of files in a parcel. All zero: no files. */
struct parcel {
	struct reader all, next;
};

/*
 * Takes a parcel apart; borrows its octets.
 *
 * text_len  octets of the text, which begins the parcel
 *
 * Returns 0 or ERR_MALFORMED.
 */
int parcel_open(const void *octets, size_t len, size_t *text_len, struct parcel *out);

/* Copies the contents of a file. Returns whether the parcel has it. */
bool parcel_find(struct parcel *p, const char *path, struct conf_secret *out);

/*
 * Changes a message without writing it anew: spans of its octets are replaced, added
 * and cut out, and all of that is done in one pass over the octets when it is written.
 * Nothing is allocated for a message once the editor has grown to its like.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/text.h"
#include "sip/message.h"

enum { SIP_EDITS_MAX = 64 };

struct sip_edit {
	uint32_t at; /* from the message's start */
	uint32_t cut_len;
	uint32_t text_at; /* in `text` */
	uint32_t text_len;
};

/* All zero at first. Borrows the message until it is written. */
struct sip_editor {
	const struct sip_message *message;
	struct buffer text;
	uint32_t count;
	int err; /* the first fault; told by sip_edit_write() */
	struct sip_edit edits[SIP_EDITS_MAX];
};

/* Forgets all edits and takes up a message. */
void sip_edit_begin(struct sip_editor *e, const struct sip_message *m);
void sip_edit_fini(struct sip_editor *e);

/*
 * Puts `with` in the place of a span of the message's octets. An empty span: before it;
 * several at one place stand in the order they came. An empty `with` cuts.
 */
void sip_edit_replace(struct sip_editor *e, struct text span, struct text with);
void sip_edit_uri(struct sip_editor *e, struct text uri);

/* Adds an element in front of all others of its header: a Via, a Record-Route, a Path.
 */
void sip_edit_push(struct sip_editor *e, enum sip_header h, struct text element);

/* Takes the first element of a header away. */
void sip_edit_pop(struct sip_editor *e, enum sip_header h);

/* Gives a header that stands once its value, or adds it. */
void sip_edit_set(struct sip_editor *e, enum sip_header h, struct text value);
void sip_edit_set_number(struct sip_editor *e, enum sip_header h, uint32_t number);

/* Takes all fields of a header away. */
void sip_edit_drop(struct sip_editor *e, enum sip_header h);

/*
 * Writes into the topmost Via where the message came from: "received", and "rport"
 * (RFC 3581) where it is asked for or `force_rport`. What it says itself of that is
 * replaced.
 */
void sip_edit_received(struct sip_editor *e, const struct addr *from, bool force_rport);

/*
 * Appends the changed message, with the empty line behind its header even where its
 * sender forgot it. Content-Length is the caller's to keep right.
 *
 * Returns 0, ERR_LIMIT (too many edits), ERR_CONFLICT (two of one octet), ERR_NOT_FOUND
 * (nothing to take away) or ERR_MALFORMED (a Via that cannot be read).
 */
int sip_edit_write(struct sip_editor *e, struct buffer *out);

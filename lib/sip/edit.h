/*
 * Changes a message without composing it again: spans of its octets are replaced, added
 * and removed, all in one pass over the octets when it is written. Nothing is allocated
 * for a message once the editor has handled one of its size.
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
	int err; /* the first error; returned by sip_edit_write() */
	struct sip_edit edits[SIP_EDITS_MAX];
};

/* Drops all edits and begins with a message. */
void sip_edit_begin(struct sip_editor *e, const struct sip_message *m);
void sip_edit_fini(struct sip_editor *e);

/*
 * Replaces a span of the message's octets by `with`. With an empty span it inserts
 * before it (several at one place keep their order); with an empty `with` it removes.
 */
void sip_edit_replace(struct sip_editor *e, struct text span, struct text with);
void sip_edit_uri(struct sip_editor *e, struct text uri);

/* Adds an element in front of all others of its header: a Via, a Record-Route, a Path.
 */
void sip_edit_push(struct sip_editor *e, enum sip_header h, struct text element);

/* Removes the first element of a header. */
void sip_edit_pop(struct sip_editor *e, enum sip_header h);

/* Sets the value of a header that may occur only once, or adds it. */
void sip_edit_set(struct sip_editor *e, enum sip_header h, struct text value);
void sip_edit_set_number(struct sip_editor *e, enum sip_header h, uint32_t number);

/* Removes all fields of a header. */
void sip_edit_drop(struct sip_editor *e, enum sip_header h);

/*
 * Writes into the topmost Via where the message came from: "received", and "rport"
 * (RFC 3581) if it is asked for or `force_rport`. Replaces what the Via has of them.
 */
void sip_edit_received(struct sip_editor *e, const struct addr *from, bool force_rport);

/*
 * Appends the changed message, with the empty line after its header even if the sender
 * left it out. The caller must keep Content-Length right.
 *
 * Returns 0, ERR_LIMIT (too many edits), ERR_CONFLICT (two edits of one octet),
 * ERR_NOT_FOUND (nothing to remove) or ERR_MALFORMED (a Via that cannot be read).
 */
int sip_edit_write(struct sip_editor *e, struct buffer *out);

/* The one value in which the release before kept all pbxs. */
#pragma once

struct buffer;

enum { KEPT_WHOLE_GENERATION = 5000 };

/* Appends it, with one pbx of one dead endpoint, udp@5060 at 192.0.2.1, that anna
 * forced down. */
void kept_whole_put(struct buffer *b, const char *pbx);

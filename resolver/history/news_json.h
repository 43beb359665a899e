/*
 * What a hook is told about one board, as JSON: never more than the keeper takes, and
 * always the true number of switches and moves.
 */
#pragma once

#include <stdint.h>

struct conf;
struct switch_news;

enum { NEWS_ROWS_MAX = 64 }; /* switches, and moved answers, that are listed */

/*
 * Returns the JSON text, which the caller frees.
 *
 * seq  of the last switch; 0: answers moved without one
 */
char *switch_news_json(const struct conf *c, const struct switch_news *n, uint64_t seq);

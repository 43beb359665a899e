/*
 * What a hook is told of one board: never more than it can be handed, with how many
 * there were.
 */
#pragma once

#include <stdint.h>

struct conf;
struct switch_news;

enum { NEWS_ROWS_MAX = 64 }; /* switches, and answers, that are told one by one */

/* seq: of the last switch; 0: answers moved without one. The text is the caller's. */
char *switch_news_json(const struct conf *c, const struct switch_news *n, uint64_t seq);

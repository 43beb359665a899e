#include "base/bounds.h"

#include <stdlib.h>

#include "base/alloc.h"

typedef unsigned __int128 place; /* an address as a number */

struct interval {
	place from; /* to the next one's `from` */
	uint32_t value;
};

/* The intervals of one family, without gaps, from 0 on; neighbours differ in value. */
struct number_line {
	struct interval *rows;
	size_t count;
	unsigned width; /* bits of an address */
};

struct bounds {
	struct number_line v4;
	struct number_line v6;
};

struct place_span {
	place from, to; /* both inside */
	uint32_t value;
	size_t order;
};

static place place_of(const struct addr *a)
{
	place p = 0;

	for (size_t i = 0; i < addr_len(a); i++)
		p = p << 8 | a->octets[i];
	return p;
}

static place last_place(unsigned width)
{
	return ~(place)0 >> (128 - width);
}

/* Outer spans sort before the spans they contain; of two equal spans the later row
 * sorts later. */
static int span_compare(const void *a, const void *b)
{
	const struct place_span *x = a;
	const struct place_span *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to > y->to ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void line_put(struct number_line *l, place from, uint32_t value)
{
	if (l->count && l->rows[l->count - 1].from == from)
		l->count--;
	if (l->count && l->rows[l->count - 1].value == value)
		return;
	l->rows[l->count++] = (struct interval){ from, value };
}

/* Prefixes are nested or disjoint, so a stack of open ones is enough. */
static void line_build(struct number_line *l, const struct place_span *spans,
		       size_t count)
{
	const struct place_span **open = alloc_array(count,
						     sizeof(const struct place_span *));
	size_t depth = 0;

	l->rows = alloc_array(2 * count + 1, sizeof(*l->rows));
	line_put(l, 0, BOUNDS_NONE);
	for (size_t i = 0; i <= count; i++) {
		while (depth && (i == count || open[depth - 1]->to < spans[i].from)) {
			place to = open[--depth]->to;

			if (to != last_place(l->width))
				line_put(l, to + 1,
					 depth ? open[depth - 1]->value : BOUNDS_NONE);
		}
		if (i == count)
			break;
		open[depth++] = &spans[i];
		line_put(l, spans[i].from, spans[i].value);
	}
	free(open);
}

static void line_init(struct number_line *l, const struct bounds_row *rows,
		      size_t count, int family)
{
	struct place_span *spans = alloc_array(count, sizeof(*spans));
	size_t used = 0;

	l->width = family == AF_INET ? 32 : 128;
	for (size_t i = 0; i < count; i++) {
		const struct prefix *p = &rows[i].prefix;
		place host = p->len ? last_place(l->width) >> (p->len - 1) >> 1
				    : last_place(l->width);

		if (p->addr.family != family)
			continue;
		spans[used].from = place_of(&p->addr) & ~host;
		spans[used].to = spans[used].from | host;
		spans[used].value = rows[i].value;
		spans[used].order = i;
		used++;
	}
	qsort(spans, used, sizeof(*spans), span_compare);
	line_build(l, spans, used);
	free(spans);
}

struct bounds *bounds_new(const struct bounds_row *rows, size_t count)
{
	struct bounds *b = alloc(sizeof(*b));

	line_init(&b->v4, rows, count, AF_INET);
	line_init(&b->v6, rows, count, AF_INET6);
	return b;
}

void bounds_free(struct bounds *b)
{
	if (b == NULL)
		return;
	free(b->v4.rows);
	free(b->v6.rows);
	free(b);
}

/* Leading bits that two different addresses have in common. */
static unsigned common_bits(const struct number_line *l, place a, place b)
{
	place differ = (a ^ b) << (128 - l->width);
	uint64_t high = (uint64_t)(differ >> 64);

	return (unsigned)(high ? __builtin_clzll(high)
			       : 64 + __builtin_clzll((uint64_t)differ));
}

/* Returns the shortest prefix of `a` that contains neither the address before nor the
 * one after.
 */
static unsigned scope_of(const struct number_line *l, size_t i, place a)
{
	unsigned len = 0;

	if (i > 0)
		len = common_bits(l, a, l->rows[i].from - 1) + 1;
	if (i + 1 < l->count) {
		unsigned behind = common_bits(l, a, l->rows[i + 1].from) + 1;

		len = behind > len ? behind : len;
	}
	return len;
}

uint32_t bounds_find(const struct bounds *b, const struct addr *a, uint8_t *scope_len)
{
	const struct number_line *l = a->family == AF_INET ? &b->v4 : &b->v6;
	place at = place_of(a);
	size_t low = 0;
	size_t high = l->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (l->rows[middle].from <= at)
			low = middle;
		else
			high = middle;
	}
	if (scope_len)
		*scope_len = (uint8_t)scope_of(l, low, at);
	return l->rows[low].value;
}

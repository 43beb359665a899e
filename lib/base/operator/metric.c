#include "base/operator/metric.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"

/* One cell a counter or gauge; a histogram has one a bound, one beyond, and the sum. */
struct metric_cells {
	const struct metrics *metrics;
	uint64_t *values;
	struct metric_cells *next;
};

struct metrics {
	const struct metric *rows;
	size_t *first_cells; /* by row */
	size_t row_count;
	size_t cell_count;
	pthread_mutex_t joining;
	struct metric_cells *threads;
};

enum { CACHE_LINE = 64 };

static size_t bound_count(const struct metric *row)
{
	size_t n = 0;

	while (row->bounds_us && row->bounds_us[n])
		n++;
	return n;
}

struct metrics *metrics_new(const struct metric *rows)
{
	struct metrics *m = alloc(sizeof(*m));

	while (rows[m->row_count].name)
		m->row_count++;
	m->rows = rows;
	m->first_cells = alloc_array(m->row_count, sizeof(*m->first_cells));
	for (size_t i = 0; i < m->row_count; i++) {
		m->first_cells[i] = m->cell_count;
		m->cell_count += rows[i].type == METRIC_HISTOGRAM
					 ? bound_count(&rows[i]) + 2
					 : 1;
	}
	pthread_mutex_init(&m->joining, NULL);
	return m;
}

void metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	while (m->threads) {
		struct metric_cells *next = m->threads->next;

		free(m->threads->values);
		free(m->threads);
		m->threads = next;
	}
	pthread_mutex_destroy(&m->joining);
	free(m->first_cells);
	free(m);
}

struct metric_cells *metrics_join(struct metrics *m)
{
	struct metric_cells *c = alloc(sizeof(*c));
	size_t len = m->cell_count * sizeof(*c->values);
	void *values = NULL;

	/* whole cache lines, so that no two threads write to the same one */
	len = (len + CACHE_LINE) / CACHE_LINE * CACHE_LINE;
	if (posix_memalign(&values, CACHE_LINE, len))
		abort();
	c->values = memset(values, 0, len);
	c->metrics = m;
	pthread_mutex_lock(&m->joining);
	c->next = m->threads;
	__atomic_store_n(&m->threads, c, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&m->joining);
	return c;
}

static uint64_t *cell_of(struct metric_cells *c, size_t row)
{
	assert(row < c->metrics->row_count);
	return &c->values[c->metrics->first_cells[row]];
}

/* Only the own thread writes, so a load and a store are an add. */
/* NOLINTNEXTLINE(readability-non-const-parameter): clang-tidy 14 misreads atomics */
static void cell_add(uint64_t *cell, uint64_t by)
{
	__atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + by,
			 __ATOMIC_RELAXED);
}

void metric_add(struct metric_cells *c, size_t row, uint64_t by)
{
	cell_add(cell_of(c, row), by);
}

void metric_set(struct metric_cells *c, size_t row, uint64_t value)
{
	__atomic_store_n(cell_of(c, row), value, __ATOMIC_RELAXED);
}

void metric_observe_us(struct metric_cells *c, size_t row, uint64_t us)
{
	const uint64_t *bounds = c->metrics->rows[row].bounds_us;
	size_t count = bound_count(&c->metrics->rows[row]);
	uint64_t *cells = cell_of(c, row);
	size_t i = 0;

	while (i < count && us > bounds[i])
		i++;
	cell_add(&cells[i], 1);
	cell_add(&cells[count + 1], us);
}

static uint64_t cell_total(const struct metrics *m, size_t cell)
{
	const struct metric_cells *c = __atomic_load_n(&m->threads, __ATOMIC_ACQUIRE);
	uint64_t sum = 0;

	for (; c; c = c->next)
		sum += __atomic_load_n(&c->values[cell], __ATOMIC_RELAXED);
	return sum;
}

uint64_t metrics_total(const struct metrics *m, size_t row)
{
	size_t first = m->first_cells[row];
	uint64_t sum = 0;

	if (m->rows[row].type != METRIC_HISTOGRAM)
		return cell_total(m, first);
	for (size_t i = 0; i <= bound_count(&m->rows[row]); i++)
		sum += cell_total(m, first + i);
	return sum;
}

static void put_seconds(struct buffer *out, uint64_t us)
{
	buffer_printf(out, "%" PRIu64 ".%06u", us / 1000000, (unsigned)(us % 1000000));
}

static void format_histogram(const struct metrics *m, size_t n, struct buffer *out)
{
	const struct metric *row = &m->rows[n];
	const char *label = row->label ? row->label : "";
	const char *comma = row->label ? "," : "";
	const char *open = row->label ? "{" : "";
	const char *close = row->label ? "}" : "";
	size_t count = bound_count(row);
	uint64_t sum = 0;

	for (size_t i = 0; i <= count; i++) {
		sum += cell_total(m, m->first_cells[n] + i);
		buffer_printf(out, "%s_bucket{%s%sle=\"", row->name, label, comma);
		if (i < count)
			put_seconds(out, row->bounds_us[i]);
		else
			buffer_put_text(out, "+Inf");
		buffer_printf(out, "\"} %" PRIu64 "\n", sum);
	}
	buffer_printf(out, "%s_sum%s%s%s ", row->name, open, label, close);
	put_seconds(out, cell_total(m, m->first_cells[n] + count + 1));
	buffer_printf(out, "\n%s_count%s%s%s %" PRIu64 "\n", row->name, open, label,
		      close, sum);
}

void metrics_format(const struct metrics *m, struct buffer *out)
{
	static const char *const types[] = { "counter", "gauge", "histogram" };

	for (size_t i = 0; i < m->row_count; i++) {
		const struct metric *row = &m->rows[i];

		if (i == 0 || strcmp(row->name, m->rows[i - 1].name) != 0)
			buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name,
				      row->help, row->name, types[row->type]);
		if (row->type == METRIC_HISTOGRAM)
			format_histogram(m, i, out);
		else if (row->label)
			buffer_printf(out, "%s{%s} %" PRIu64 "\n", row->name,
				      row->label, metrics_total(m, i));
		else
			buffer_printf(out, "%s %" PRIu64 "\n", row->name,
				      metrics_total(m, i));
	}
}

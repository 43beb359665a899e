#include "base/operator/metric.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "tests/harness.h"

enum { ANSWERS, ANSWERS_NX, CONNECTIONS, DETECTION };

static const uint64_t bounds[] = { 10000, 100000, 2500000, 0 };

/* clang-format off */
static const struct metric rows[] = {
	{ "deputy_answers_total", METRIC_COUNTER,   "answers sent",   "rcode=\"NOERROR\"",  NULL },
	{ "deputy_answers_total", METRIC_COUNTER,   "answers sent",   "rcode=\"NXDOMAIN\"", NULL },
	{ "deputy_connections",   METRIC_GAUGE,     "open now",       NULL,                 NULL },
	{ "deputy_detection",     METRIC_HISTOGRAM, "fault to board", NULL,                 bounds },
	{ NULL, 0, NULL, NULL, NULL },
};
/* clang-format on */

static void *count(void *arg)
{
	struct metric_cells *c = metrics_join(arg);

	for (int i = 0; i < 10000; i++)
		metric_add(c, ANSWERS, 1);
	metric_set(c, CONNECTIONS, 7);
	return NULL;
}

static void threads_count_apart_and_are_summed(void)
{
	struct metrics *m = metrics_new(rows);
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(pthread_create(&threads[i], NULL, count, m), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(metrics_total(m, ANSWERS), 40000);
	CU_ASSERT_EQUAL(metrics_total(m, CONNECTIONS), 28);
	CU_ASSERT_EQUAL(metrics_total(m, ANSWERS_NX), 0);
	metrics_free(m);
}

static void text_is_what_prometheus_reads(void)
{
	struct metrics *m = metrics_new(rows);
	struct metric_cells *c = metrics_join(m);
	struct buffer out = { 0 };
	char *text;

	metric_add(c, ANSWERS_NX, 3);
	metric_observe_us(c, DETECTION, 10000);
	metric_observe_us(c, DETECTION, 10001);
	metric_observe_us(c, DETECTION, 9000000);
	CU_ASSERT_EQUAL(metrics_total(m, DETECTION), 3);
	metrics_format(m, &out);
	text = buffer_take_text(&out);
	CU_ASSERT_STRING_EQUAL(text, "# HELP deputy_answers_total answers sent\n"
				     "# TYPE deputy_answers_total counter\n"
				     "deputy_answers_total{rcode=\"NOERROR\"} 0\n"
				     "deputy_answers_total{rcode=\"NXDOMAIN\"} 3\n"
				     "# HELP deputy_connections open now\n"
				     "# TYPE deputy_connections gauge\n"
				     "deputy_connections 0\n"
				     "# HELP deputy_detection fault to board\n"
				     "# TYPE deputy_detection histogram\n"
				     "deputy_detection_bucket{le=\"0.010000\"} 1\n"
				     "deputy_detection_bucket{le=\"0.100000\"} 2\n"
				     "deputy_detection_bucket{le=\"2.500000\"} 2\n"
				     "deputy_detection_bucket{le=\"+Inf\"} 3\n"
				     "deputy_detection_sum 9.020001\n"
				     "deputy_detection_count 3\n");
	free(text);
	metrics_free(m);
	metrics_free(NULL);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "threads count apart and are summed",
		  threads_count_apart_and_are_summed },
		{ "the text is what Prometheus reads", text_is_what_prometheus_reads },
		CU_TEST_INFO_NULL,
	};

	return suite_run("base/metric", tests);
}

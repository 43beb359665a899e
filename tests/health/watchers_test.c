#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/command.h"
#include "health/health_body.h"
#include "tests/harness.h"

/* Somebody who watches, in the place of admin. */
struct viewer {
	struct request request;
	struct buffer out;
	request_piece_fn *piece;
	request_gone_fn *done;
	void *arg;
	unsigned resumed;
};

static void call_push(struct request *req)
{
	struct viewer *v = req->call_arg;

	json_end(&req->json);
	buffer_put_u8(&v->out, '\n');
	req->json = json_to(&v->out);
	json_object(&req->json, NULL);
}

static void call_pull(struct request *req, request_piece_fn *piece,
		      request_gone_fn *done, void *arg)
{
	struct viewer *v = req->call_arg;

	v->piece = piece;
	v->done = done;
	v->arg = arg;
}

static void call_resume(struct request *req)
{
	((struct viewer *)req->call_arg)->resumed++;
}

static void begin(struct viewer *v, struct health *h)
{
	static const struct request_calls calls = { .push = call_push,
						    .pull = call_pull,
						    .resume = call_resume };

	*v = (struct viewer){ .request = { .module = h, .calls = &calls } };
	v->request.call_arg = v;
	v->request.json = json_to(&v->out);
	json_object(&v->request.json, NULL);
	watch_switches(&v->request);
}

static void end(struct viewer *v)
{
	v->done(v->arg);
	buffer_fini(&v->out);
}

/* What comes until nothing more is there: how many lines, the caller's text. */
static unsigned look(struct viewer *v, char **text)
{
	unsigned lines = 0;

	while (v->piece(&v->request, v->arg) == PIECE_MORE)
		;
	*text = buffer_take_text(&v->out);
	for (const char *at = *text; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static void tell(struct health *h, uint64_t first, size_t count)
{
	struct switch_record *records = alloc_array(count, sizeof(*records));

	for (size_t i = 0; i < count; i++)
		records[i].seq = first + i;
	watchers_notify(h, records, count);
	free(records);
}

static void switches_come_behind_how_things_stand(void)
{
	struct health h = { 0 };
	struct viewer v;
	char *text;

	tell(&h, 1, 1); /* nobody watches */
	begin(&v, &h);
	tell(&h, 2, 1);
	CU_ASSERT_EQUAL(v.resumed, 1);
	CU_ASSERT_EQUAL(look(&v, &text), 2);
	CU_ASSERT_PTR_EQUAL(strstr(text, "{\"pbxs\":[]}\n{\"seq\":2,"), text);
	free(text);
	tell(&h, 3, 2);
	CU_ASSERT_EQUAL(look(&v, &text), 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"seq\":4,"));
	free(text);
	end(&v);
	CU_ASSERT_PTR_NULL(h.watchers);
}

static void slow_reader_is_told_what_it_missed(void)
{
	struct health h = { 0 };
	struct viewer fast, slow;
	char *text;

	begin(&slow, &h);
	begin(&fast, &h);
	for (uint64_t i = 0; i < 50; i++) {
		tell(&h, 1 + i * 100, 100);
		CU_ASSERT_EQUAL(look(&fast, &text), i == 0 ? 101 : 100);
		CU_ASSERT_PTR_NULL(strstr(text, "missed"));
		free(text);
	}
	/* 5,000 switches, of which 4,096 are kept */
	CU_ASSERT_EQUAL(look(&slow, &text), 1 + 1 + 4096);
	CU_ASSERT_PTR_EQUAL(strstr(text,
				   "{\"pbxs\":[]}\n{\"missed\":904}\n{\"seq\":905,"),
			    text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "{\"seq\":5000,"));
	free(text);
	tell(&h, 5001, 1);
	CU_ASSERT_EQUAL(look(&slow, &text), 1);
	free(text);
	end(&slow);
	CU_ASSERT_PTR_NOT_NULL(h.watchers);
	end(&fast);
	CU_ASSERT_PTR_NULL(h.watchers);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{ "switches come behind how things stand",
		  switches_come_behind_how_things_stand },
		{ "a slow reader is told what it missed",
		  slow_reader_is_told_what_it_missed },
		CU_TEST_INFO_NULL,
	};

	return suite_run("health/watchers", tests);
}

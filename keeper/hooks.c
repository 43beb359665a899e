#include "keeper/hooks.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/operator/log.h"
#include "base/process/child.h"
#include "base/process/link.h"
#include "conf/conf.h"
#include "keeper/output.h"
#include "keeper/spawn.h"
#include "net/loop.h"

enum { PAUSE_MS = 1000, WORDS_MAX = 64, QUEUE_MAX = 1024 };

struct hook {
	struct hook *next;
	struct process *asker; /* NULL: it is no more */
	uint32_t sequence;
	uint32_t timeout_ms;
	uint32_t tries_left;
	uint32_t tries;
	char *json;
	char *argv[WORDS_MAX + 1];
};

struct hooks {
	struct loop *loop;
	const char *user;
	hook_done_fn *done;
	void *arg;
	struct hook *first, **last; /* the first one runs, or waits for its next try */
	size_t count;
	pid_t pid; /* 0: none runs */
	bool late; /* it was killed for its time */
	struct output *output;
	struct timer timer;
};

enum { EVENT_FAILED, EVENT_GIVEN_UP, EVENT_TOO_MANY };

/* clang-format off */
static struct event events[] = {
	[EVENT_FAILED] = { .name = "hook-failed", .level = LOG_LEVEL_WARNING, .per_minute = 60,
		.help = "an on-switch hook failed and will be retried" },
	[EVENT_GIVEN_UP] = { .name = "hook-given-up", .level = LOG_LEVEL_ERROR, .per_minute = 60,
		.help = "an on-switch hook failed on every attempt; the switch history shows for which switch" },
	[EVENT_TOO_MANY] = { .name = "hook-dropped", .level = LOG_LEVEL_ERROR, .per_minute = 60,
		.help = "more than 1,024 on-switch hooks are waiting; this one is not run" },
};
/* clang-format on */

static void hook_free(struct hook *k)
{
	for (size_t i = 0; k->argv[i]; i++)
		free(k->argv[i]);
	free(k->json);
	free(k);
}

struct hooks *hooks_new(struct loop *l, const char *user, hook_done_fn *done, void *arg)
{
	struct hooks *h = alloc(sizeof(*h));

	h->loop = l;
	h->user = user;
	h->done = done;
	h->arg = arg;
	h->last = &h->first;
	return h;
}

void hooks_free(struct hooks *h)
{
	if (h == NULL)
		return;
	timer_stop(&h->timer);
	if (h->pid)
		(void)kill(-h->pid, SIGKILL);
	if (h->output)
		output_close(h->output, h->first->argv[0], h->first->sequence);
	while (h->first) {
		struct hook *next = h->first->next;

		hook_free(h->first);
		h->first = next;
	}
	free(h);
}

static void run_first(struct hooks *h);

static void on_pause_over(void *arg)
{
	run_first(arg);
}

static void on_late(void *arg)
{
	struct hooks *h = arg;

	h->late = true;
	(void)kill(-h->pid, SIGKILL);
}

/* What it said goes before what became of it. */
static void end_output(struct hooks *h)
{
	output_close(h->output, h->first->argv[0], h->first->sequence);
	h->output = NULL;
}

/* The first one is over; the next begins. */
static void finish_first(struct hooks *h, int status, const char *why)
{
	struct hook *k = h->first;
	struct hook_fate fate = { status, k->tries, why };

	h->first = k->next;
	if (h->first == NULL)
		h->last = &h->first;
	h->count--;
	if (status)
		log_event(&events[EVENT_GIVEN_UP],
			  "program=%s sequence=%u tries=%u why=%s",
			  log_quote(k->argv[0]), k->sequence, k->tries, log_quote(why));
	if (k->asker)
		h->done(h->arg, k->asker, k->sequence, &fate);
	hook_free(k);
	run_first(h);
}

static void failed(struct hooks *h, int status, const char *why)
{
	const struct hook *k = h->first;

	if (k->tries_left == 0) {
		finish_first(h, status, why);
		return;
	}
	log_event(&events[EVENT_FAILED], "program=%s sequence=%u try=%u why=%s",
		  log_quote(k->argv[0]), k->sequence, k->tries, log_quote(why));
	timer_start(h->loop, &h->timer, PAUSE_MS, on_pause_over, h);
}

/* A descriptor that reads the text from its beginning. */
static int input_of(const char *json)
{
	int fd = memfd_create("switch", MFD_CLOEXEC);

	if (fd < 0)
		return ERR_SYSTEM;
	if (file_write(fd, json, strlen(json)) || lseek(fd, 0, SEEK_SET)) {
		close(fd);
		return ERR_SYSTEM;
	}
	return fd;
}

static void run_first(struct hooks *h)
{
	struct hook *k = h->first;
	struct spawn what = { .user = h->user, .link = -1 };

	if (k == NULL)
		return;
	k->tries++;
	k->tries_left--;
	h->late = false;
	what.argv = k->argv;
	what.input = input_of(k->json);
	h->output = output_open(h->loop, &what.output);
	if (what.input < 0 || spawn(&what, &h->pid)) {
		h->pid = 0;
		end_output(h);
		failed(h, -1, "could not be started");
	} else {
		timer_start(h->loop, &h->timer, k->timeout_ms, on_late, h);
	}
	if (what.input >= 0)
		close(what.input);
	if (what.output >= 0)
		close(what.output);
}

static char *text_copy(struct text t)
{
	char *copy = alloc(text_len(&t) + 1);

	memcpy(copy, t.at, text_len(&t));
	return copy;
}

/* The row that was meant. A reload may have given it another number, or removed it. */
static const struct conf_hook *find_row(const struct conf *c, uint32_t row,
					uint64_t digest)
{
	if (row < c->hook_count && child_hook_digest(c->hooks[row].argv) == digest)
		return &c->hooks[row];
	for (size_t i = 0; i < c->hook_count; i++)
		if (child_hook_digest(c->hooks[i].argv) == digest)
			return &c->hooks[i];
	return NULL;
}

static int hook_parse(const struct conf *c, struct text t, struct hook **out)
{
	uint32_t number = link_u32(&t);
	uint64_t digest = (uint64_t)link_u32(&t) << 32;
	const struct conf_hook *row;
	struct text json;
	struct hook *k;

	digest |= link_u32(&t);
	json = link_text(&t);
	if (t.err || text_len(&t) || text_len(&json) > CHILD_HOOK_JSON_MAX)
		return ERR_MALFORMED;
	row = find_row(c, number, digest);
	if (row == NULL)
		return ERR_NOT_FOUND;
	k = alloc(sizeof(*k));
	k->timeout_ms = row->timeout_ms;
	k->tries_left = row->tries;
	k->json = text_copy(json);
	for (size_t i = 0; i < WORDS_MAX && row->argv[i]; i++)
		k->argv[i] = alloc_text(row->argv[i]);
	*out = k;
	return OK;
}

int hooks_add(struct hooks *h, const struct conf *conf, struct process *asker,
	      uint32_t sequence, struct text payload)
{
	static const struct hook_fate dropped = { -1, 0, "too many waiting" };
	struct hook *k;
	int err = hook_parse(conf, payload, &k);

	if (err)
		return err;
	if (h->count == QUEUE_MAX) {
		log_event(&events[EVENT_TOO_MANY], "program=%s sequence=%u",
			  log_quote(k->argv[0]), sequence);
		hook_free(k);
		h->done(h->arg, asker, sequence, &dropped);
		return OK;
	}
	k->asker = asker;
	k->sequence = sequence;
	*h->last = k;
	h->last = &k->next;
	if (h->count++ == 0)
		run_first(h);
	return OK;
}

void hooks_forget(struct hooks *h, const struct process *asker)
{
	struct hook **at = &h->first;

	bool pauses = h->first && !h->pid;

	if (h->first && h->first->asker == asker) {
		h->first->asker = NULL;
		h->first->tries_left = 0;
	}
	if (h->first)
		at = &h->first->next;
	while (*at) {
		struct hook *k = *at;

		if (k->asker != asker) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		h->count--;
		hook_free(k);
	}
	h->last = at;
	if (pauses && h->first->asker == NULL) { /* it has no try left to wait for */
		timer_stop(&h->timer);
		finish_first(h, -1, "cancelled: deputy-dns has ended");
	}
}

bool hooks_exited(struct hooks *h, pid_t pid, int wait_status)
{
	char why[64];

	if (pid == 0 || pid != h->pid)
		return false;
	timer_stop(&h->timer);
	h->pid = 0;
	end_output(h);
	if (h->late) {
		(void)snprintf(why, sizeof(why), "did not exit within %u ms",
			       h->first->timeout_ms);
		failed(h, -1, why);
	} else if (WIFSIGNALED(wait_status)) {
		(void)snprintf(why, sizeof(why), "killed by signal %d",
			       WTERMSIG(wait_status));
		failed(h, -1, why);
	} else if (WEXITSTATUS(wait_status)) {
		(void)snprintf(why, sizeof(why), "exit status %d",
			       WEXITSTATUS(wait_status));
		failed(h, WEXITSTATUS(wait_status), why);
	} else {
		finish_first(h, 0, "");
	}
	return true;
}

bool hooks_are_idle(const struct hooks *h)
{
	return h->first == NULL;
}

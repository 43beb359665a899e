/* Which children run: one of each kind that is wanted, or two while one follows. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "conf/conf.h"
#include "keeper/handover.h"
#include "keeper/keeper_body.h"

void children_init(struct keeper *k)
{
	k->kind_count = child_kinds_count(k->options.kinds);
	k->kinds = alloc_array(k->kind_count, sizeof(*k->kinds));
	for (size_t i = 0; i < k->kind_count; i++)
		k->kinds[i] = (struct process_kind){
			.row = &k->options.kinds[i],
			.path = alloc_text(k->options.programs[i]),
			.label = alloc_format("process=\"%s\"",
					      k->options.kinds[i].program),
		};
}

void children_fini(struct keeper *k)
{
	while (k->processes) {
		struct process *next = k->processes->next;

		process_free(k->processes);
		k->processes = next;
	}
	for (size_t i = 0; i < k->kind_count; i++) {
		free(k->kinds[i].path);
		free(k->kinds[i].label);
	}
	free(k->kinds);
}

static struct process *add(struct keeper *k, struct process_kind *kind)
{
	struct process *p = process_new(kind, k->loop, &keeper_process_calls, k);

	p->next = k->processes;
	k->processes = p;
	return p;
}

int children_adopt(struct keeper *k, const struct handover *h, struct diags *diags)
{
	int err = OK;

	for (size_t i = 0; i < h->process_count; i++)
		if (child_kinds_check(k->options.kinds, h->processes[i].name, diags))
			err = ERR_INVALID;
	for (size_t i = 0; i < h->process_count && err == OK; i++) {
		const struct handover_process *left = &h->processes[i];
		const struct child_kind *row = child_kind_find(k->options.kinds,
							       left->name);
		struct process_kind *kind = &k->kinds[row - k->options.kinds];

		struct process *p = add(k, kind);

		p->speaks = left->speaks;
		process_adopt(p, left->pid, left->link);
	}
	return err;
}

static bool is_wanted(const struct keeper *k, const struct process_kind *kind)
{
	return kind->row->wanted == NULL || kind->row->wanted(k->conf.conf);
}

static bool has_process(const struct keeper *k, const struct process_kind *kind)
{
	for (const struct process *p = k->processes; p; p = p->next)
		if (p->kind == kind && p->state != PROCESS_DRAINING &&
		    p->state != PROCESS_STOPPED)
			return true;
	return false;
}

/* Beside one that another keeper left, it follows that one. */
static void start_process(struct keeper *k, struct process_kind *kind)
{
	bool follows = has_process(k, kind);
	struct process *p = add(k, kind);

	p->follows = follows;
	process_step(p, PROCESS_WANTED);
}

static void end_unwanted(struct keeper *k, const struct process_kind *kind)
{
	for (struct process *p = k->processes; p; p = p->next)
		if (p->kind == kind)
			process_step(p, PROCESS_UNWANTED);
}

void children_start(struct keeper *k)
{
	for (size_t i = 0; i < k->kind_count; i++)
		if (is_wanted(k, &k->kinds[i]))
			start_process(k, &k->kinds[i]);
		else
			end_unwanted(k, &k->kinds[i]);
}

void children_populate(struct keeper *k)
{
	for (size_t i = 0; i < k->kind_count; i++)
		if (!is_wanted(k, &k->kinds[i]))
			end_unwanted(k, &k->kinds[i]);
		else if (!has_process(k, &k->kinds[i]))
			start_process(k, &k->kinds[i]);
}

void children_running(struct keeper *k, struct process *p)
{
	p->follows = false;
	for (struct process *o = k->processes; o; o = o->next)
		if (o != p && o->kind == p->kind)
			process_step(o, PROCESS_REPLACED);
}

static bool runs(const struct keeper *k, const struct process_kind *kind)
{
	for (const struct process *p = k->processes; p; p = p->next)
		if (p->kind == kind && p->state == PROCESS_RUNNING)
			return true;
	return false;
}

bool children_are_ready(const struct keeper *k)
{
	for (size_t i = 0; i < k->kind_count; i++)
		if (k->kinds[i].row->essential && is_wanted(k, &k->kinds[i]) &&
		    !runs(k, &k->kinds[i]))
			return false;
	return true;
}

void children_exited(struct keeper *k, pid_t pid, int wait_status)
{
	struct process *p = k->processes;

	while (p && p->pid != pid)
		p = p->next;
	if (p == NULL)
		return;
	p->end_status = wait_status;
	hooks_forget(k->hooks, p);
	/* one beside which another comes up is not started again */
	for (struct process *o = k->processes; o && !p->follows; o = o->next)
		if (o != p && o->follows && o->kind == p->kind) {
			o->follows =
				false; /* nobody answers but it, once it is ready */
			process_step(p, PROCESS_REPLACED);
			break;
		}
	process_step(p, PROCESS_EXITED);
}

void children_stop(struct keeper *k)
{
	for (struct process *p = k->processes; p; p = p->next)
		process_step(p, PROCESS_UNWANTED);
	children_sweep(k);
}

void children_sweep(struct keeper *k)
{
	struct process **at = &k->processes;

	while (*at) {
		struct process *p = *at;

		if (p->state != PROCESS_STOPPED) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		p->kind->past_starts += p->start_count; /* outlive what they count */
		p->kind->past_hung += p->hung_count;
		hooks_forget(k->hooks, p);
		process_free(p);
	}
	if (k->stopping && k->processes == NULL)
		loop_stop(k->loop);
}

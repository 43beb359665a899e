#include "keeper/watchdog.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_LEN = 512, PATH_LEN = 64, NS_IN_MS = 1000000, HALF = 2 };

bool watchdog_count(struct watchdog *p, enum watchdog_sight sight)
{
	switch (sight) {
	case WATCHDOG_ANSWERED:
		p->expected = true;
		p->silent_count = p->starved_count = 0;
		break;
	case WATCHDOG_SILENT:
		p->silent_count += p->expected;
		break;
	case WATCHDOG_STARVED:
		p->starved_count += p->expected;
		break;
	case WATCHDOG_HELD:
		break;
	}
	return p->silent_count >= WATCHDOG_SILENT_MAX ||
	       p->silent_count + p->starved_count >= WATCHDOG_STARVED_MAX;
}

void watchdog_threads_add(struct watchdog_threads *t, int fd)
{
	if (t->count < WATCHDOG_THREADS_MAX)
		t->fds[t->count++] = fd;
	else
		close(fd);
}

void watchdog_threads_close(struct watchdog_threads *t)
{
	while (t->count)
		close(t->fds[--t->count]);
}

/* The first line of a file in the folder of a thread; "" if there is none. */
static void read_line(int folder, const char *file, char line[LINE_LEN])
{
	ssize_t len;
	int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);

	line[0] = '\0';
	if (fd < 0)
		return;
	len = read(fd, line, LINE_LEN - 1);
	line[len > 0 ? len : 0] = '\0';
	close(fd);
}

/* In a wait that cannot be broken, mostly for a disk; or in a debugger's hands: see
 * proc(5). The name before the state may hold anything. */
static bool is_held(int folder)
{
	char line[LINE_LEN];
	const char *end;

	read_line(folder, "stat", line);
	end = strrchr(line, ')');
	return end && end[1] == ' ' && (end[2] == 'D' || end[2] == 't');
}

/* Time on a processor and time waited for one. */
static void times_of(int folder, uint64_t *ran_ns, uint64_t *waited_ns)
{
	char line[LINE_LEN];
	struct text t;

	read_line(folder, "schedstat", line);
	t = text_from(line);
	*ran_ns = text_u64(&t, UINT64_MAX);
	(void)text_next(&t);
	*waited_ns = t.err ? 0 : text_u64(&t, UINT64_MAX);
}

/* Finds the threads that nobody has shown; nothing where /proc hides them. */
static void find_threads(pid_t pid, struct watchdog_threads *out)
{
	char path[PATH_LEN];
	const struct dirent *e;
	DIR *threads;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	while (threads && (e = readdir(threads))) {
		int fd = e->d_name[0] == '.' ? -1
					     : openat(dirfd(threads), e->d_name,
						      O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0)
			watchdog_threads_add(out, fd);
	}
	if (threads)
		(void)closedir(threads);
}

/* Whether any thread is held; and how long all have waited. */
static bool look_at_threads(const struct watchdog_threads *threads, uint64_t *all_ns)
{
	bool held = false;

	*all_ns = 0;
	for (size_t i = 0; i < threads->count; i++) {
		uint64_t ran_ns;
		uint64_t waited_ns;

		held |= is_held(threads->fds[i]);
		times_of(threads->fds[i], &ran_ns, &waited_ns);
		*all_ns += waited_ns;
	}
	return held;
}

/* Whether a time that grew took at least half of what passed. */
static bool is_much(uint64_t was_ns, uint64_t now_ns, uint64_t passed_ms)
{
	return now_ns > was_ns && (now_ns - was_ns) / NS_IN_MS >= passed_ms / HALF;
}

/* What the times say of a process that is not held. */
static enum watchdog_sight judge(const struct watchdog *was, const struct watchdog *now)
{
	uint64_t passed_ms = now->looked_at - was->looked_at;

	if (was->looked_at == 0)
		return WATCHDOG_SILENT;
	if (now->what[0]) /* its main thread is alive, another is not */
		return was->all_ns && is_much(was->all_ns, now->all_ns, passed_ms)
			       ? WATCHDOG_STARVED
			       : WATCHDOG_SILENT;
	if (is_much(was->waited_ns, now->waited_ns, passed_ms))
		return WATCHDOG_STARVED;
	return now->ran_ns > was->ran_ns ? WATCHDOG_STARVED : WATCHDOG_SILENT;
}

enum watchdog_sight watchdog_look(struct watchdog *p, pid_t pid,
				  const struct watchdog_threads *shown, uint64_t now_ms)
{
	const struct watchdog was = *p;
	struct watchdog_threads found = { .count = 0 };
	bool held = false;

	if (shown->count == 0) {
		find_threads(pid, &found);
		shown = &found;
	}
	p->ran_ns = p->waited_ns = 0;
	if (shown->count)
		times_of(shown->fds[0], &p->ran_ns, &p->waited_ns);
	p->looked_at = now_ms;
	if (!p->answered)
		held = look_at_threads(shown, &p->all_ns);
	watchdog_threads_close(&found);
	if (p->answered)
		return WATCHDOG_ANSWERED;
	return held ? WATCHDOG_HELD : judge(&was, p);
}

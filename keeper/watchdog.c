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

/* The first line of a file of a thread; "" if there is none. */
static void read_line(pid_t pid, const char *thread, const char *file,
		      char line[LINE_LEN])
{
	char path[PATH_LEN];
	ssize_t len;
	int fd;

	line[0] = '\0';
	if (snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", (int)pid, thread,
		     file) >= PATH_LEN)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	len = read(fd, line, LINE_LEN - 1);
	line[len > 0 ? len : 0] = '\0';
	close(fd);
}

/* 'R', 'S', 'T': see proc(5). The name before it may hold anything. */
static char state_of(pid_t pid, const char *thread)
{
	char line[LINE_LEN];
	const char *end;

	read_line(pid, thread, "stat", line);
	end = strrchr(line, ')');
	if (end == NULL || end[1] != ' ')
		return '?';
	return end[2];
}

/* Time on a processor and time waited for one. */
static void times_of(pid_t pid, const char *thread, uint64_t *ran_ns,
		     uint64_t *waited_ns)
{
	char line[LINE_LEN];
	struct text t;

	read_line(pid, thread, "schedstat", line);
	t = text_from(line);
	*ran_ns = text_u64(&t, UINT64_MAX);
	(void)text_next(&t);
	*waited_ns = t.err ? 0 : text_u64(&t, UINT64_MAX);
}

/* In a wait that cannot be broken, mostly for a disk; or in a debugger's hands. */
static bool is_held(char state)
{
	return state == 'D' || state == 't';
}

/* Whether any thread is held; and how long all have waited. */
static bool look_at_threads(pid_t pid, uint64_t *all_ns)
{
	char path[PATH_LEN];
	const struct dirent *e;
	bool held = false;
	DIR *threads;

	*all_ns = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	while (threads && (e = readdir(threads))) {
		uint64_t ran_ns;
		uint64_t waited_ns;

		if (e->d_name[0] == '.')
			continue;
		held |= is_held(state_of(pid, e->d_name));
		times_of(pid, e->d_name, &ran_ns, &waited_ns);
		*all_ns += waited_ns;
	}
	if (threads)
		(void)closedir(threads);
	return held;
}

/* Whether a time that grew took at least half of what passed. */
static bool is_much(uint64_t was_ns, uint64_t now_ns, uint64_t passed_ms)
{
	return now_ns > was_ns && (now_ns - was_ns) / NS_IN_MS >= passed_ms / HALF;
}

enum watchdog_sight watchdog_look(struct watchdog *p, pid_t pid, uint64_t now_ms)
{
	const struct watchdog was = *p;
	uint64_t passed_ms = now_ms - was.looked_at;
	bool held = false;
	char main_thread[16];

	(void)snprintf(main_thread, sizeof(main_thread), "%d", (int)pid);
	times_of(pid, main_thread, &p->ran_ns, &p->waited_ns);
	p->looked_at = now_ms;
	if (p->answered)
		return WATCHDOG_ANSWERED;
	held = look_at_threads(pid, &p->all_ns);
	if (held)
		return WATCHDOG_HELD;
	if (was.looked_at == 0)
		return WATCHDOG_SILENT;
	if (p->what[0]) /* its main thread is alive, another is not */
		return was.all_ns && is_much(was.all_ns, p->all_ns, passed_ms)
			       ? WATCHDOG_STARVED
			       : WATCHDOG_SILENT;
	if (is_much(was.waited_ns, p->waited_ns, passed_ms))
		return WATCHDOG_STARVED;
	return p->ran_ns > was.ran_ns ? WATCHDOG_STARVED : WATCHDOG_SILENT;
}

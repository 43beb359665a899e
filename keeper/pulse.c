#include "keeper/pulse.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { LINE_LEN = 512, PATH_LEN = 64, NS_IN_MS = 1000000, HALF = 2 };

bool pulse_count(struct pulse *p, enum pulse_sight sight)
{
	switch (sight) {
	case PULSE_ANSWERED:
		p->expected = true;
		p->silent_count = p->starved_count = 0;
		p->looked_at = 0;
		break;
	case PULSE_SILENT:
		p->silent_count += p->expected;
		break;
	case PULSE_STARVED:
		p->starved_count += p->expected;
		break;
	case PULSE_HELD:
		break;
	}
	return p->silent_count >= PULSE_SILENT_MAX ||
	       p->silent_count + p->starved_count >= PULSE_STARVED_MAX;
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

static uint64_t waited_ns(pid_t pid, const char *thread)
{
	char line[LINE_LEN];
	struct text t;

	read_line(pid, thread, "schedstat", line);
	t = text_from(line);
	(void)text_u64(&t, UINT64_MAX); /* on a processor */
	(void)text_next(&t);
	return t.err ? 0 : text_u64(&t, UINT64_MAX);
}

/* In a wait that cannot be broken, mostly for a disk; or in a debugger's hands. */
static bool is_held(char state)
{
	return state == 'D' || state == 't';
}

enum pulse_sight pulse_look(struct pulse *p, pid_t pid, uint64_t now_ms)
{
	uint64_t was_ns = p->waited_ns;
	uint64_t was_ms = p->looked_at;
	bool held = false;
	char path[PATH_LEN];
	const struct dirent *e;
	DIR *threads;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	threads = opendir(path);
	if (threads == NULL)
		return PULSE_SILENT;
	p->waited_ns = 0;
	p->looked_at = now_ms;
	while ((e = readdir(threads))) {
		if (e->d_name[0] == '.')
			continue;
		held |= is_held(state_of(pid, e->d_name));
		p->waited_ns += waited_ns(pid, e->d_name);
	}
	(void)closedir(threads);
	if (held)
		return PULSE_HELD;
	if (was_ms && p->waited_ns > was_ns &&
	    (p->waited_ns - was_ns) / NS_IN_MS >= (now_ms - was_ms) / HALF)
		return PULSE_STARVED;
	return PULSE_SILENT;
}

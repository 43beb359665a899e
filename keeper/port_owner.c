#include "keeper/port_owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/disk/file.h"
#include "base/err.h"
#include "base/text.h"
#include "keeper/port_owner_unit.h"

enum { TABLE_MAX_LEN = 64 << 20, LISTENING = 10 };

/* One line of /proc/net/udp and its like. */
struct socket_line {
	struct addr addr;
	unsigned state;
	unsigned uid;
	ino_t inode;
};

static uint32_t hex32(struct text t)
{
	uint32_t value = 0;

	while (text_len(&t)) {
		int c = text_next(&t);

		value = value << 4 |
			(uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return value;
}

static struct text word(struct text *t)
{
	text_skip_blanks(t);
	return text_until(t, " \t");
}

/* "0100007F:0035": words of four octets in the machine's order. */
static void read_addr(struct text t, struct addr *out)
{
	struct text host = text_split(&t, ':');
	struct addr a = { .family = AF_INET, .port = (uint16_t)hex32(t) };

	if (text_len(&host) == 32)
		a.family = AF_INET6;
	for (size_t i = 0; i < 4 && text_len(&host) >= 8; i++) {
		uint32_t part = hex32(text_of(host.at, 8));

		memcpy(a.octets + 4 * i, &part, 4);
		host.at += 8;
	}
	*out = a;
}

static bool read_line(struct text t, struct socket_line *out)
{
	struct text number = word(&t);

	if (text_len(&number) < 2 || number.end[-1] != ':')
		return false; /* the heading */
	read_addr(word(&t), &out->addr);
	(void)word(&t); /* the remote end */
	out->state = hex32(word(&t));
	for (int i = 0; i < 3; i++) /* queues, timers, retransmissions */
		(void)word(&t);
	number = word(&t);
	out->uid = (unsigned)text_u64(&number, UINT32_MAX);
	(void)word(&t);
	number = word(&t);
	out->inode = (ino_t)text_u64(&number, UINT64_MAX);
	return number.err == OK && out->inode;
}

static bool is_in_the_way(const struct socket_line *l, int type, const struct addr *at)
{
	if (l->addr.port != at->port || (type == SOCK_STREAM && l->state != LISTENING))
		return false;
	/* a socket on :: may hold IPv4 too; one on a link knows a scope we do not read
	 */
	return addr_is_any(&l->addr) || addr_is_any(at) ||
	       (l->addr.family == at->family &&
		memcmp(l->addr.octets, at->octets, 16) == 0);
}

static bool is_ours(ino_t inode, const ino_t *ours, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ours[i] == inode)
			return true;
	return false;
}

/* Whether a process has the socket open. */
static bool has_socket(const char *pid, ino_t inode)
{
	char path[300];
	char wanted[64];
	char target[64];
	const struct dirent *e;
	bool found = false;
	DIR *d;

	(void)snprintf(wanted, sizeof(wanted), "socket:[%llu]",
		       (unsigned long long)inode);
	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	d = opendir(path);
	while (d && !found && (e = readdir(d))) {
		ssize_t len = readlinkat(dirfd(d), e->d_name, target,
					 sizeof(target) - 1);

		target[len < 0 ? 0 : len] = '\0';
		found = strcmp(target, wanted) == 0;
	}
	if (d)
		closedir(d);
	return found;
}

static void name_process(const char *pid, struct port_owner *out)
{
	char path[300];
	uint8_t *name = NULL;
	size_t len = 0;

	(void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	if (file_read(path, 64, &name, &len))
		return;
	if (len && name[len - 1] == '\n')
		name[len - 1] = '\0';
	(void)snprintf(out->text, sizeof(out->text), "%s (pid %.20s)", (char *)name,
		       pid);
	free(name);
}

/* For those whose processes we may not see: who started it, and as whom. */
static void name_owner(const struct socket_line *l, int type, struct port_owner *out)
{
	const struct passwd *user = getpwuid(l->uid);
	char unit[PORT_OWNER_TEXT_LEN / 2];
	bool known = port_owner_unit(l->addr.family, type, l->inode, unit,
				     sizeof(unit));
	const char *what = known ? unit : "a process";

	if (user)
		(void)snprintf(out->text, sizeof(out->text), "%s run by user %s", what,
			       user->pw_name);
	else
		(void)snprintf(out->text, sizeof(out->text), "%s run by uid %u", what,
			       l->uid);
}

static void find_process(const struct socket_line *l, int type, struct port_owner *out)
{
	const struct dirent *e;
	DIR *d = opendir("/proc");

	name_owner(l, type, out);
	while (d && (e = readdir(d)))
		if (*e->d_name >= '1' && *e->d_name <= '9' &&
		    has_socket(e->d_name, l->inode)) {
			name_process(e->d_name, out);
			break;
		}
	if (d)
		closedir(d);
}

void port_owner_find(int type, const struct addr *at, const ino_t *ours,
		     size_t our_count, struct port_owner *out)
{
	/* /proc/net leads here, but a unit's ProcSubset=pid hides it */
	static const char *const tables[2][2] = {
		{ "/proc/self/net/udp", "/proc/self/net/udp6" },
		{ "/proc/self/net/tcp", "/proc/self/net/tcp6" }
	};

	*out = (struct port_owner){ 0 };
	for (size_t i = 0; i < 2 && !out->found; i++) {
		uint8_t *octets = NULL;
		size_t len = 0;
		struct text rest;

		if (file_read(tables[type == SOCK_STREAM][i], TABLE_MAX_LEN, &octets,
			      &len))
			continue;
		rest = text_of(octets, len);
		while (text_len(&rest) && !out->found) {
			struct socket_line l;

			if (!read_line(text_split(&rest, '\n'), &l) ||
			    !is_in_the_way(&l, type, at) ||
			    is_ours(l.inode, ours, our_count))
				continue;
			out->found = true;
			out->inode = l.inode;
			find_process(&l, type, out);
		}
		free(octets);
	}
}

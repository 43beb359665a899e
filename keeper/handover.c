#include "keeper/handover.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/disk/file.h"
#include "base/err.h"
#include "base/process/link.h"

enum {
	VERSION = 1, /* members are only ever added behind; readers skip what they do
			not know */
	STATE_MAX_LEN = 1 << 20
};

static void put_addr(struct buffer *b, const struct addr *a)
{
	buffer_put_u16(b, a->family);
	buffer_put_u16(b, a->port);
	buffer_put_u32(b, a->scope);
	buffer_put(b, a->octets, sizeof(a->octets));
}

static struct addr get_addr(struct text *t)
{
	struct addr a = { .family = (uint8_t)link_u16(t) };

	a.port = link_u16(t);
	a.scope = link_u32(t);
	for (size_t i = 0; i < sizeof(a.octets); i++)
		a.octets[i] = (uint8_t)text_next(t);
	return a;
}

/* Each row stands behind its own length, so that one of a later version is read too. */
static void put_row(struct buffer *b, struct buffer *row)
{
	buffer_put_u32(b, (uint32_t)row->len);
	buffer_put(b, row->octets, row->len);
	buffer_drop(row, row->len);
}

static void put_text(struct buffer *b, const char *text)
{
	buffer_put_u32(b, (uint32_t)strlen(text));
	buffer_put_text(b, text);
}

static void put_all(struct buffer *b, const struct handover *h)
{
	struct buffer row = { 0 };

	buffer_put_u32(b, VERSION);
	buffer_put_u32(b, (uint32_t)h->conf);
	buffer_put_u16(b, h->sockets.workers[CHILD_UDP]);
	buffer_put_u16(b, h->sockets.workers[CHILD_TCP]);
	buffer_put_u32(b, h->sockets.last_id);
	buffer_put_u32(b, (uint32_t)h->sockets.count);
	for (size_t i = 0; i < h->sockets.count; i++) {
		const struct socket_row *s = &h->sockets.rows[i];

		buffer_put_u32(&row, (uint32_t)s->fd);
		buffer_put_u32(&row, s->id);
		buffer_put_u16(&row, (uint16_t)s->kind);
		buffer_put_u16(&row, s->worker);
		buffer_put_u16(&row, s->wildcard);
		put_addr(&row, &s->addr);
		put_row(b, &row);
	}
	buffer_put_u32(b, (uint32_t)h->process_count);
	for (size_t i = 0; i < h->process_count; i++) {
		buffer_put_u32(&row, (uint32_t)h->processes[i].pid);
		buffer_put_u32(&row, (uint32_t)h->processes[i].link);
		buffer_put(&row, h->processes[i].name, HANDOVER_NAME_LEN);
		buffer_put_u16(&row, h->processes[i].speaks);
		put_row(b, &row);
	}
	if (h->started.user) {
		put_text(b, h->started.user);
		put_text(b, h->started.state_dir);
		put_text(b, h->started.run_dir);
	}
	buffer_fini(&row);
}

/* Whether the descriptors stay open over an exec. */
static void keep_open(const struct handover *h, bool keep)
{
	int flags = keep ? 0 : FD_CLOEXEC;

	for (size_t i = 0; i < h->sockets.count; i++)
		(void)fcntl(h->sockets.rows[i].fd, F_SETFD, flags);
	for (size_t i = 0; i < h->process_count; i++)
		(void)fcntl(h->processes[i].link, F_SETFD, flags);
	(void)fcntl(h->conf, F_SETFD, flags);
}

void started_fini(struct started *s)
{
	free(s->user);
	free(s->state_dir);
	free(s->run_dir);
}

int handover_write(const struct handover *h)
{
	struct buffer b = { 0 };
	int fd = memfd_create("handover", 0);
	int err = ERR_SYSTEM;

	put_all(&b, h);
	if (fd >= 0)
		err = file_write(fd, b.octets, b.len);
	buffer_fini(&b);
	if (err) {
		if (fd >= 0)
			close(fd);
		return ERR_SYSTEM;
	}
	keep_open(h, true);
	return fd;
}

void handover_withdraw(const struct handover *h, int fd)
{
	keep_open(h, false);
	close(fd);
}

static void get_socket(struct text row, struct sockets *out)
{
	struct socket_row s = { .fd = (int)link_u32(&row) };

	s.id = link_u32(&row);
	s.kind = link_u16(&row);
	s.worker = link_u16(&row);
	s.wildcard = link_u16(&row) != 0;
	s.addr = get_addr(&row);
	if (row.err == OK && s.kind < CHILD_SOCKET_KINDS)
		sockets_adopt(out, &s);
	else if (row.err == OK)
		close(s.fd); /* of a use that nobody here has: it would take questions
			      */
}

static void get_process(struct text row, struct handover *out)
{
	struct handover_process p = { .pid = (pid_t)link_u32(&row) };

	p.link = (int)link_u32(&row);
	if (row.err || text_len(&row) < HANDOVER_NAME_LEN)
		return;
	memcpy(p.name, row.at, HANDOVER_NAME_LEN - 1);
	row.at += HANDOVER_NAME_LEN;
	p.speaks = text_len(&row) ? link_u16(&row) : 0;
	if (out->process_count < HANDOVER_PROCESSES_MAX)
		out->processes[out->process_count++] = p;
}

static char *get_text(struct text *t)
{
	struct text from = link_text(t);
	char *text = alloc(text_len(&from) + 1);

	memcpy(text, from.at, text_len(&from));
	return text;
}

static void get_started(struct text *t, struct started *out)
{
	out->user = get_text(t);
	out->state_dir = get_text(t);
	out->run_dir = get_text(t);
}

static int get_all(struct text t, struct handover *out)
{
	uint32_t count;

	if (link_u32(&t) < VERSION)
		return ERR_MALFORMED;
	out->conf = (int)link_u32(&t);
	out->sockets.workers[CHILD_UDP] = link_u16(&t);
	out->sockets.workers[CHILD_TCP] = link_u16(&t);
	out->sockets.last_id = link_u32(&t);
	count = link_u32(&t);
	while (count-- && t.err == OK)
		get_socket(link_text(&t), &out->sockets);
	count = link_u32(&t);
	while (count-- && t.err == OK)
		get_process(link_text(&t), out);
	if (t.err == OK && text_len(&t))
		get_started(&t, &out->started);
	return t.err ? ERR_MALFORMED : OK;
}

int handover_read(int fd, struct handover *out)
{
	struct handover h = { 0 };
	struct stat st;
	uint8_t *octets;
	int err;

	if (fstat(fd, &st) || st.st_size > STATE_MAX_LEN)
		return ERR_SYSTEM;
	octets = alloc((size_t)st.st_size);
	if (pread(fd, octets, (size_t)st.st_size, 0) != st.st_size)
		err = ERR_SYSTEM;
	else
		err = get_all(text_of(octets, (size_t)st.st_size), &h);
	free(octets);
	close(fd);
	if (err) {
		free(h.sockets.rows);
		started_fini(&h.started);
		return err;
	}
	keep_open(&h, false);
	*out = h;
	return OK;
}

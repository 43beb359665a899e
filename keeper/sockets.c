#include "keeper/sockets.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "conf/conf.h"
#include "keeper/port_owner.h"
#include "net/socket.h"

enum {
	WORKERS_MAX = 8,
	BACKLOG = 1024,
	FAST_OPEN_QUEUE = 128,
	UDP_BUFFER_LEN = 4 << 20
};

/* One per core, at most so many. */
static uint16_t per_core(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return (uint16_t)(cores < 1 ? 1 : cores > WORKERS_MAX ? WORKERS_MAX : cores);
}

static uint16_t udp_workers(const struct conf *c)
{
	return c->node.udp_workers ? (uint16_t)c->node.udp_workers : per_core();
}

static uint16_t stream_workers(const struct conf *c)
{
	return c->node.stream_workers ? (uint16_t)c->node.stream_workers : 1;
}

static const struct addr *listens(const struct conf *c, size_t *count)
{
	*count = c->node.listen_count;
	return c->node.listens;
}

/* What a configuration wants sockets for. */
struct socket_use {
	const char *transport; /* as commands show it */
	const char *protocol;  /* as messages name it */
	int type;
	const struct addr *(*addresses)(const struct conf *c, size_t *count);
	uint16_t (*workers)(const struct conf *c); /* at least 1 */
};

/* clang-format off */
static const struct socket_use uses[CHILD_SOCKET_KINDS] = {
	[CHILD_UDP] = { "udp", "UDP", SOCK_DGRAM,  listens, udp_workers },
	[CHILD_TCP] = { "tcp", "TCP", SOCK_STREAM, listens, stream_workers },
};
/* clang-format on */

const char *sockets_transport(enum child_socket_kind kind)
{
	return uses[kind].transport;
}

void sockets_workers(struct sockets *s, const struct conf *c)
{
	for (size_t kind = 0; kind < CHILD_SOCKET_KINDS; kind++)
		if (s->workers[kind] == 0)
			s->workers[kind] = uses[kind].workers(c);
}

bool sockets_has_workers(const struct sockets *s, enum child_socket_kind kind,
			 const struct conf *c)
{
	return s->workers[kind] == uses[kind].workers(c);
}

/* An answer must leave from the address that was asked. */
static int report_destination(int fd, const struct addr *at)
{
	if (at->family == AF_INET)
		return socket_set(fd, IPPROTO_IP, IP_PKTINFO, 1);
	return socket_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/* An address that no interface has yet must not keep the others from being served. */
static int bind_even_early(int fd, const struct addr *at, bool *early)
{
	int err = socket_bind(fd, at);

	*early = err && errno == EADDRNOTAVAIL;
	if (!*early)
		return err;
	err = socket_bind_early(fd, at->family);
	if (err)
		errno = EADDRNOTAVAIL; /* an old kernel */
	return err ? err : socket_bind(fd, at);
}

/*
 * A socket that is bound, and listens if it can.
 *
 * early  whether no interface has the address yet
 *
 * Returns a descriptor or an error.
 */
static int bound(enum child_socket_kind kind, const struct addr *at, bool shared,
		 bool *early)
{
	bool stream = uses[kind].type == SOCK_STREAM;
	int fd = socket_open(at->family, uses[kind].type);
	int reason;

	if (fd < 0)
		return ERR_SYSTEM;
	if (stream && socket_set(fd, SOL_SOCKET, SO_REUSEADDR, 1))
		goto fail;
	if (shared && socket_set(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		goto fail;
	if (bind_even_early(fd, at, early))
		goto fail;
	if (!stream && addr_is_any(at) && report_destination(fd, at))
		goto fail;
	if (stream && listen(fd, BACKLOG))
		goto fail;
	if (!stream) /* as much as the machine allows: bursts wait there */
		(void)socket_set(fd, SOL_SOCKET, SO_RCVBUF, UDP_BUFFER_LEN);
	if (stream) /* a kernel without it still serves */
		(void)socket_set(fd, IPPROTO_TCP, TCP_FASTOPEN, FAST_OPEN_QUEUE);
	return fd;
fail:
	reason = errno;
	close(fd);
	errno = reason;
	return ERR_SYSTEM;
}

static ino_t *inodes_of(const struct sockets *s)
{
	ino_t *inodes = alloc_array(s->count, sizeof(*inodes));

	for (size_t i = 0; i < s->count; i++) {
		struct stat st;

		if (fstat(s->rows[i].fd, &st) == 0)
			inodes[i] = st.st_ino;
	}
	return inodes;
}

static void find_port_owner(const struct sockets *s, enum child_socket_kind kind,
			    const struct addr *at, struct port_owner *out)
{
	ino_t *inodes = inodes_of(s);

	port_owner_find(uses[kind].type, at, inodes, s->count, out);
	free(inodes);
}

/* Says once what is so for UDP and TCP alike; the text becomes its own. */
static void report(struct diags *diags, enum diag_level level, char *text)
{
	size_t i = 0;

	while (i < diags->count && strcmp(diags->rows[i].text, text) != 0)
		i++;
	if (i == diags->count)
		diags_add(diags, level, (struct diag_place){ 0 }, "%s", text);
	free(text);
}

static void warn_early(const struct addr *at, struct diags *diags)
{
	char text[ADDR_TEXT_LEN];

	report(diags, DIAG_WARNING,
	       alloc_format("listen: no interface of this host has %s yet: queries to "
			    "it are answered as soon as one has; run `ip address` to "
			    "list them",
			    addr_format_port(at, text)));
}

static void diagnose(const struct sockets *s, enum child_socket_kind kind,
		     const struct addr *at, struct diags *diags)
{
	const struct diag_place nowhere = { 0 };
	char text[ADDR_TEXT_LEN];
	int reason = errno;
	struct port_owner owner;

	addr_format_port(at, text);
	switch (reason) {
	case EADDRINUSE:
		find_port_owner(s, kind, at, &owner);
		diags_add(diags, DIAG_ERROR, nowhere,
			  "listen: cannot bind %s over %s: address in use by %s%s",
			  text, uses[kind].protocol,
			  owner.found ? owner.text : "another program",
			  owner.found && strncmp(owner.text, "deputyd ", 8) == 0
				  ? ": deputy is already running (see `deputy status`)"
				  : "");
		return;
	case EADDRNOTAVAIL:
		report(diags, DIAG_ERROR,
		       alloc_format("listen: cannot bind %s: no interface of this host "
				    "has this address; run `ip address` to list them",
				    text));
		return;
	case EACCES:
		report(diags, DIAG_ERROR,
		       alloc_format("listen: cannot bind %s: permission denied; ports "
				    "below 1024 need root or CAP_NET_BIND_SERVICE",
				    text));
		return;
	default:
		diags_add(diags, DIAG_ERROR, nowhere,
			  "listen: cannot bind %s over %s: %s", text,
			  uses[kind].protocol, strerror(reason));
	}
}

/*
 * SO_REUSEPORT would let us share an address with another program of the same user
 * without a word, so the address is first asked for alone. Only sockets of ours (from
 * :: to ::1, say) may stand in the way.
 */
static int ask_alone(const struct sockets *s, enum child_socket_kind kind,
		     const struct addr *at)
{
	struct port_owner owner;
	bool early;
	int fd = bound(kind, at, false, &early);

	if (fd >= 0) {
		close(fd);
		return OK;
	}
	if (errno != EADDRINUSE || s->count == 0)
		return ERR_SYSTEM;
	find_port_owner(s, kind, at, &owner);
	errno = EADDRINUSE;
	return owner.found ? ERR_SYSTEM : OK;
}

static void add(struct sockets *s, struct socket_row row)
{
	s->rows = alloc_resize(s->rows, s->count + 1, sizeof(*s->rows));
	s->rows[s->count++] = row;
}

static int bind_workers(struct sockets *s, enum child_socket_kind kind,
			const struct addr *at, struct diags *diags)
{
	if (ask_alone(s, kind, at)) {
		diagnose(s, kind, at, diags);
		return ERR_INVALID;
	}
	for (uint16_t worker = 0; worker < s->workers[kind]; worker++) {
		bool early;
		int fd = bound(kind, at, true, &early);

		if (fd < 0) {
			diagnose(s, kind, at, diags);
			return ERR_INVALID;
		}
		if (early)
			warn_early(at, diags);
		add(s, (struct socket_row){
			       .fd = fd,
			       .id = ++s->last_id,
			       .kind = kind,
			       .worker = worker,
			       .addr = *at,
			       .wildcard = addr_is_any(at),
			       .fresh = true,
		       });
	}
	return OK;
}

/* Marks the sockets of an address as still wanted. Returns whether there are any. */
static bool keep(struct sockets *s, enum child_socket_kind kind, const struct addr *at)
{
	bool found = false;

	for (size_t i = 0; i < s->count; i++) {
		struct socket_row *row = &s->rows[i];

		if (row->kind != kind || !addr_equal_port(&row->addr, at))
			continue;
		row->gone = false;
		found = true;
	}
	return found;
}

/* Binds the addresses of a use that are not held yet. */
static int prepare_use(struct sockets *s, enum child_socket_kind kind,
		       const struct conf *c, struct diags *diags)
{
	size_t count;
	const struct addr *addresses = uses[kind].addresses(c, &count);
	int err = OK;

	assert(s->workers[kind]);
	for (size_t i = 0; i < count; i++)
		if (!keep(s, kind, &addresses[i]) &&
		    bind_workers(s, kind, &addresses[i], diags))
			err = ERR_INVALID;
	return err;
}

int sockets_prepare(struct sockets *s, const struct conf *c, struct diags *diags)
{
	int err = OK;

	for (size_t i = 0; i < s->count; i++)
		s->rows[i].gone = true;
	for (enum child_socket_kind kind = 0; kind < CHILD_SOCKET_KINDS; kind++)
		if (prepare_use(s, kind, c, diags))
			err = ERR_INVALID;
	if (err)
		sockets_abort(s);
	return err;
}

static void drop(struct sockets *s, bool which_fresh)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct socket_row *row = &s->rows[i];

		if (which_fresh ? row->fresh : row->gone) {
			close(row->fd);
			continue;
		}
		row->fresh = row->gone = false;
		s->rows[kept++] = *row;
	}
	s->count = kept;
}

void sockets_commit(struct sockets *s)
{
	drop(s, false);
}

void sockets_abort(struct sockets *s)
{
	drop(s, true);
}

void sockets_adopt(struct sockets *s, const struct socket_row *row)
{
	add(s, *row);
	if (row->id > s->last_id)
		s->last_id = row->id;
	if (row->worker >= s->workers[row->kind])
		s->workers[row->kind] = (uint16_t)(row->worker + 1);
}

struct child_socket *sockets_take(struct sockets *s, size_t *count)
{
	struct child_socket *out = alloc_array(s->count, sizeof(*out));

	for (size_t i = 0; i < s->count; i++) {
		const struct socket_row *row = &s->rows[i];

		out[i] = (struct child_socket){
			.fd = row->fd,
			.id = row->id,
			.kind = (uint16_t)row->kind,
			.worker = row->worker,
			.wildcard = row->wildcard,
			.addr = row->addr,
		};
	}
	*count = s->count;
	s->count = 0;
	sockets_fini(s);
	return out;
}

void sockets_fini(struct sockets *s)
{
	for (size_t i = 0; i < s->count; i++)
		close(s->rows[i].fd);
	free(s->rows);
	*s = (struct sockets){ 0 };
}

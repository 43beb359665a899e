#include "health/host.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "health/host_names.h"
#include "health/netlink.h"
#include "health/ping.h"
#include "health/prober.h"
#include "net/loop.h"

struct host {
	struct loop *loop;
	struct host_calls host_calls;
	struct netlink *netlink; /* NULL: the kernel does not say */
	int link_fd;             /* below 0: likewise */
	struct watch *links;
	struct host_names *names;
	struct prober *prober;
};

static int host_route(void *arg, const struct addr *to, struct route *out)
{
	const struct host *h = arg;

	if (h->netlink)
		return netlink_route(h->netlink, to, out);
	*out = (struct route){ .own_host = addr_is_loopback(to) };
	return OK;
}

static void host_ping(void *arg, struct ping *e)
{
	const struct host *h = arg;

	ping_send(h->loop, e);
}

static void host_forget(void *arg, struct ping *e)
{
	(void)arg;
	ping_forget(e);
}

static uint32_t host_confirmed_ms(void *arg, uint32_t interface,
				  const struct addr *neighbour)
{
	const struct host *h = arg;

	return h->netlink ? netlink_confirmed_ms(h->netlink, interface, neighbour)
			  : UINT32_MAX;
}

static int64_t host_wall_ms(void *arg)
{
	struct timespec t;

	(void)arg;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t host_addresses(void *arg, const char *name, struct addr *out, size_t max)
{
	const struct host *h = arg;

	return host_names_addresses(h->names, name, out, max);
}

static void on_link(void *arg, uint32_t interface, bool carrier)
{
	const struct host *h = arg;

	if (h->prober)
		prober_carrier(h->prober, interface, carrier);
}

static void on_links(void *arg, int ready)
{
	struct host *h = arg;

	(void)ready;
	netlink_read(h->link_fd, on_link, h);
}

static void on_name(void *arg, const char *name)
{
	const struct host *h = arg;

	if (h->prober)
		prober_relay(h->prober, name);
}

struct host *host_new(struct loop *l)
{
	struct host *h = alloc(sizeof(*h));

	h->loop = l;
	h->host_calls = (struct host_calls){
		host_route,     host_ping, host_forget, host_confirmed_ms, host_wall_ms,
		host_addresses, h
	};
	if (netlink_open(&h->netlink))
		h->netlink = NULL;
	h->link_fd = netlink_watch();
	if (h->link_fd >= 0)
		h->links = watch_start(l, h->link_fd, LOOP_READ, on_links, h);
	h->names = host_names_new(l, on_name, h);
	return h;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	host_names_free(h->names);
	watch_stop(h->links);
	if (h->link_fd >= 0)
		close(h->link_fd);
	netlink_close(h->netlink);
	free(h);
}

const struct host_calls *host_calls(struct host *h)
{
	return &h->host_calls;
}

void host_serve(struct host *h, struct prober *p)
{
	h->prober = p;
}

void host_resolve(struct host *h, const struct plan *plan)
{
	host_names_want(h->names, plan);
}

void host_restore_names(struct host *h, const struct kept *k)
{
	host_names_restore(h->names, k);
}

void host_keep_names(struct host *h, struct kept_rows *out)
{
	host_names_keep(h->names, out);
}

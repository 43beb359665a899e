/* deputyd with a third kind of children: it has the TCP sockets, and a link with dns.
 */
#include "cmd/deputyd.h"
#include "conf/conf.h"
#include "keeper/kinds.h"

static bool has_pbx(const struct conf *c)
{
	return c->pbx_count > 0;
}

/* clang-format off */
static const struct child_kind kinds[] = {
	{ .name = "dns", .program = "deputy-dns", .essential = true, .may_ask_hooks = true,
	  .sockets = CHILD_USE(CHILD_UDP), .drain_ms = 15000,
	  .ties = { { .to = "recursor", .worker_links = CHILD_USE(CHILD_UDP), .unnamed = true } } },
	{ .name = "recursor", .program = "deputy-recursor", .wanted = conf_recurses, .drain_ms = 15000 },
	{ .name = "third", .program = "deputy-third", .wanted = has_pbx,
	  .sockets = CHILD_USE(CHILD_TCP), .drain_ms = 15000, .ties = { { .to = "dns" } } },
	{ .name = NULL },
};
/* clang-format on */

int main(int argc, char **argv)
{
	return deputyd(argc, argv, kinds);
}

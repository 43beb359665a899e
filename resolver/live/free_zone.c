#include "resolver/live/free_zone.h"

#include <assert.h>

#include "base/buffer.h"
#include "base/err.h"
#include "dns/master.h"
#include "dns/rr.h"
#include "zones/builder.h"
#include "zones/hosts.h"

enum {
	NS_TTL_S = 3600,
	SERIAL = 1,
	REFRESH_S = 3600,
	RETRY_S = 600,
	EXPIRE_S = 604800
};

static void add(struct zone_builder *b, const struct conf_live *live,
		const struct name *owner, uint16_t type, uint32_t ttl_s,
		const struct buffer *rdata)
{
	const struct master_record record = {
		.owner = owner,
		.rdata = rdata->octets,
		.rdlen = rdata->len,
		.ttl = ttl_s,
		.type = type,
		.class = CLASS_IN,
		.place = live->place,
	};
	int err = zone_builder_add(b, &record);

	assert(err == OK);
}

static void add_soa(struct zone_builder *b, const struct conf_live *live,
		    const struct name *origin, const struct name *server)
{
	static const char mailbox[] = "hostmaster";
	struct buffer rdata = { 0 };

	buffer_put(&rdata, server->wire, server->len);
	if (server->len + sizeof(mailbox) <= NAME_MAX_LEN) {
		buffer_put_u8(&rdata, sizeof(mailbox) - 1);
		buffer_put_text(&rdata, mailbox);
	}
	buffer_put(&rdata, server->wire, server->len);
	buffer_put_u32(&rdata, SERIAL);
	buffer_put_u32(&rdata, REFRESH_S);
	buffer_put_u32(&rdata, RETRY_S);
	buffer_put_u32(&rdata, EXPIRE_S);
	buffer_put_u32(&rdata, live->ttl_s); /* negative TTL: what is absent may appear
						as soon as that */
	add(b, live, origin, RR_SOA, NS_TTL_S, &rdata);
	buffer_fini(&rdata);
}

int free_zone_new(const struct conf_live *live, const struct zone_live *lives,
		  size_t count, const char *node_name, struct diags *diags,
		  struct zone **out)
{
	const struct name *origin = &live->name.wire;
	struct zone_builder *b = zone_builder_new(origin, diags);
	struct name server;
	int err;

	hosts_nowhere(node_name, &server);
	for (size_t i = 0; i < count; i++)
		zone_builder_live(b, &lives[i]);
	for (size_t i = 0; i == 0 || i < live->ns_count; i++) {
		struct buffer rdata = { 0 };

		if (i < live->ns_count)
			server = live->ns[i].wire;
		if (i == 0)
			add_soa(b, live, origin, &server);
		buffer_put(&rdata, server.wire, server.len);
		add(b, live, origin, RR_NS, NS_TTL_S, &rdata);
		buffer_fini(&rdata);
	}
	err = zone_builder_finish(b, live->place.file, out);
	zone_builder_free(b);
	return err;
}

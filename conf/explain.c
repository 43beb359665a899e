#include <string.h>

#include "base/buffer.h"
#include "conf/check.h"
#include "conf/semantic.h"
#include "conf/value.h"

enum { SHOWN_ROWS = 20 };

static void put_rest(struct buffer *out, size_t count, const char *what)
{
	if (count > SHOWN_ROWS)
		buffer_printf(out, "  and %zu more %s\n", count - SHOWN_ROWS, what);
}

static size_t shown(size_t count)
{
	return count < SHOWN_ROWS ? count : SHOWN_ROWS;
}

/* "berlin, then hq" */
static void put_chain(const struct conf *c, uint32_t home, struct buffer *out)
{
	uint32_t chain[CHAIN_MAX];
	size_t count = chain_of(c, home, chain);

	for (size_t i = 0; i < count; i++)
		buffer_printf(out, "%s%s", i ? ", then " : "", c->pbxs[chain[i]].name);
}

static void put_networks(const struct conf *c, const struct conf_networks *n,
			 struct buffer *out)
{
	size_t was = out->len;

	format_networks(c, NULL, n, out);
	if (out->len == was)
		buffer_put_text(out, "nobody");
}

static void explain_node(const struct conf *c, struct buffer *out)
{
	char text[ADDR_TEXT_LEN];

	buffer_printf(out, "node %s listens on ", c->node.name);
	for (size_t i = 0; i < c->node.listen_count; i++)
		buffer_printf(out, "%s%s", i ? ", " : "",
			      addr_format_port(&c->node.listens[i], text));
	buffer_put_text(out, "\n  queries allowed from: ");
	put_networks(c, &c->access.query, out);
	buffer_put_text(out, "; reasons shown to: ");
	put_networks(c, &c->access.diagnostics, out);
	if (conf_recurses(c)) {
		buffer_put_text(out, "\n  recursion allowed from: ");
		put_networks(c, &c->access.recursion, out);
		buffer_printf(out, "; other names are resolved %s\n",
			      c->recursion.forwarder_count ? "by the forwarders"
							   : "from the root");
	} else {
		buffer_put_text(out, "\n"
				     "  all other names are refused: 'access: "
				     "recursion' is empty\n");
	}
}

static void explain_live(const struct conf *c, const struct conf_live *live,
			 struct buffer *out)
{
	static const char *const policies[] = {
		[ALL_DOWN_LAST_KNOWN] = "the last answer is kept",
		[ALL_DOWN_FIRST] = "the home pbx is the answer",
		[ALL_DOWN_REGISTRAR] = "the registrar is the answer",
		[ALL_DOWN_FILE] = "the zone file's records are the answer",
		[ALL_DOWN_SERVFAIL] = "the answer is SERVFAIL",
	};

	buffer_printf(out, "live name %.*s, ", domain_len(live->name.text),
		      live->name.text);
	if (live->zone == CONF_NONE)
		buffer_put_text(out, "its own zone\n");
	else
		buffer_printf(out, "inside zone %.*s\n",
			      domain_len(c->zones[live->zone].name.text),
			      c->zones[live->zone].name.text);
	for (size_t i = 0; live->by_site && i < shown(c->site_count); i++) {
		buffer_printf(out, "  clients of site %s: ", c->sites[i].name);
		put_chain(c, c->sites[i].pbx, out);
		buffer_put_text(out, "\n");
	}
	if (live->by_site)
		put_rest(out, c->site_count, "sites");
	buffer_put_text(out, live->by_site ? "  all others: " : "  everybody: ");
	put_chain(c, live->home, out);
	buffer_printf(out, "\n  ttl %us", live->ttl_s);
	if (live->needs) {
		buffer_put_text(out, "; only a pbx that is up over ");
		format_needs(c, NULL, &live->needs, out);
	}
	buffer_printf(out, "; when all are down, %s\n", policies[live->all_down]);
}

static void put_probe(const struct conf_pbx *pbx, struct buffer *out)
{
	char pace[DURATION_TEXT_LEN];
	char silence[DURATION_TEXT_LEN];
	const struct conf_probe *lan = &conf_profiles[PROFILE_LAN];

	if (pbx->profile == PROFILE_AUTO && pbx->probe_set == 0)
		buffer_printf(
			out,
			"on a network of this host: probed every %s, down after %s of "
			"silence; otherwise: ",
			duration_format(lan->pace_ms, pace),
			duration_format(lan->silence_ms, silence));
	buffer_printf(out, "probed every %s, down after %s of silence",
		      duration_format(pbx->probe.pace_ms, pace),
		      duration_format(pbx->probe.silence_ms, silence));
}

static void explain_pbx(const struct conf *c, const struct conf_pbx *pbx,
			struct buffer *out)
{
	char hold[DURATION_TEXT_LEN];

	buffer_printf(out, "pbx %s: ", pbx->name);
	views_format(c, pbx, out);
	buffer_put_text(out, "\n  by ");
	for (size_t i = 0; i < pbx->endpoint_count; i++)
		buffer_printf(out, "%s%s@%u", i ? ", " : "",
			      transport_name(pbx->endpoints[i].transport),
			      pbx->endpoints[i].port);
	buffer_put_text(out, "; ");
	put_probe(pbx, out);
	duration_format(pbx->hold_ms, hold);
	if (pbx->failback_manual)
		buffer_put_text(out, "; fails back by command only\n");
	else if (pbx->window_from_min != pbx->window_to_min)
		buffer_printf(out,
			      "; fails back once up for "
			      "%s, between %02u:%02u and %02u:%02u\n",
			      hold, pbx->window_from_min / 60,
			      pbx->window_from_min % 60, pbx->window_to_min / 60,
			      pbx->window_to_min % 60);
	else
		buffer_printf(out, "; fails back once up for %s\n", hold);
}

void conf_explain(const struct conf *c, struct buffer *out)
{
	explain_node(c, out);
	for (size_t i = 0; i < shown(c->live_count); i++)
		explain_live(c, &c->lives[i], out);
	put_rest(out, c->live_count, "live names");
	for (size_t i = 0; i < shown(c->pbx_count); i++)
		explain_pbx(c, &c->pbxs[i], out);
	put_rest(out, c->pbx_count, "pbxs");
	for (size_t i = 0; i < shown(c->zone_count); i++)
		buffer_printf(out, "zone %.*s from %s\n",
			      domain_len(c->zones[i].name.text), c->zones[i].name.text,
			      c->zones[i].file);
	put_rest(out, c->zone_count, "zones");
	if (c->host_count)
		buffer_printf(out, "hosts: %zu, forward and reverse\n", c->host_count);
	for (size_t i = 0; i < c->hook_count; i++)
		buffer_printf(out, "at each switch, run %s\n", c->hooks[i].argv[0]);
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/operator/log.h"
#include "base/text.h"
#include "conf/value.h"

enum { MAX_ARGS = 64, MINUTES_OF_DAY = 24 * 60 };

/* The items of a list, or the one that was written without brackets. */
static const struct node *first_item(const struct node *n)
{
	return n->kind == NODE_LIST ? n->first : n;
}

static const struct node *next_item(const struct node *list, const struct node *item)
{
	return item == list ? NULL : item->next;
}

static size_t item_count(const struct node *n)
{
	return n->kind == NODE_LIST ? n->child_count : 1;
}

static bool is_list(struct parse *d, const struct setting *s, const struct node *n)
{
	if (n->broken)
		return false;
	if (n->kind == NODE_MAPPING || node_is_empty(n)) {
		parse_fault(d, n, "'%s' must be %s, not %s", s->name,
			    setting_ops[s->type].what,
			    n->kind == NODE_MAPPING ? "a mapping" : "empty");
		return false;
	}
	if (item_count(n) < s->min || item_count(n) > s->max) {
		parse_fault(d, n, "'%s' has %zu items; allowed are %u to %u", s->name,
			    item_count(n), s->min, s->max);
		return false;
	}
	return true;
}

bool read_needs(struct parse *d, const struct setting *s, const struct node *n,
		void *to)
{
	uint32_t bits = 0;

	if (!is_list(d, s, n))
		return false;
	for (const struct node *i = first_item(n); i; i = next_item(n, i)) {
		struct text t;
		int transport;

		if (!parse_is_scalar(d, s, i))
			continue;
		t = text_of(i->text, i->len);
		transport = transport_find(&t);
		if (transport < 0)
			report_transport(d, i, &t);
		else if (bits & 1U << transport)
			parse_fault(d, i, "'%s' lists %s twice", s->name, i->text);
		else
			bits |= 1U << transport;
	}
	*(uint32_t *)to = bits;
	return true;
}

void format_needs(const struct conf *c, const struct setting *s, const void *at,
		  struct buffer *out)
{
	uint32_t bits = *(const uint32_t *)at;
	const char *gap = "";

	(void)c;
	(void)s;
	for (enum transport t = 0; t < TRANSPORTS; t++)
		if (bits & 1U << t) {
			buffer_printf(out, "%s%s", gap, transport_name(t));
			gap = ", ";
		}
}

static void read_network(struct parse *d, const struct setting *s, const struct node *n,
			 struct conf_networks *out)
{
	static const char *const words[] = { "local", "any" };
	struct prefix *p = &out->prefixes[out->prefix_count];

	if (!parse_is_scalar(d, s, n))
		return;
	if (strcasecmp(n->text, "local") == 0) {
		out->local = true;
	} else if (strcasecmp(n->text, "any") == 0) {
		out->any = true;
	} else if (n->text[strcspn(n->text, ".:/")] == '\0') {
		parse_fault(d, n, "'%s': %s is not local, any or a prefix", s->name,
			    log_quote(n->text));
		parse_suggest(d, suggest(n->text, 2, word_at, words));
	} else if (prefix_read(d, s->name, n, p)) {
		positions_put(&d->positions, p, n);
		out->prefix_count++;
	}
}

bool read_networks(struct parse *d, const struct setting *s, const struct node *n,
		   void *to)
{
	struct conf_networks *out = to;

	if (!is_list(d, s, n))
		return false;
	out->prefixes = alloc_array(item_count(n), sizeof *out->prefixes);
	for (const struct node *i = first_item(n); i; i = next_item(n, i))
		read_network(d, s, i, out);
	return true;
}

void format_networks(const struct conf *c, const struct setting *s, const void *at,
		     struct buffer *out)
{
	const struct conf_networks *n = at;
	const char *gap = "";

	if (n->local) {
		buffer_put_text(out, "local");
		gap = ", ";
	}
	if (n->any) {
		buffer_printf(out, "%sany", gap);
		gap = ", ";
	}
	for (size_t i = 0; i < n->prefix_count; i++) {
		buffer_put_text(out, gap);
		format_prefix(c, s, &n->prefixes[i], out);
		gap = ", ";
	}
}

void fini_networks(const struct setting *s, void *at)
{
	struct conf_networks *n = at;

	(void)s;
	free(n->prefixes);
}

/* The pbx around the value of one of its settings. */
static struct conf_pbx *pbx_of(void *value, const struct setting *s)
{
	void *pbx = (char *)value - s->at;

	return pbx;
}

/* A site that has only endpoints of its own gets the addresses for all other clients.
 */
static void inherit_addresses(const struct conf_pbx_view *from,
			      struct conf_pbx_view *to)
{
	if (to->address_count || from->address_count == 0)
		return;
	free(to->addresses);
	to->addresses = alloc_array(from->address_count, sizeof *to->addresses);
	to->address_count = from->address_count;
	for (size_t i = 0; i < from->address_count; i++) {
		to->addresses[i] = from->addresses[i];
		to->addresses[i].name = domain_copy(from->addresses[i].name);
	}
}

bool read_views(struct parse *d, const struct setting *s, const struct node *n,
		void *to)
{
	struct conf_pbx *pbx = pbx_of(to, s);
	struct conf_pbx_view *own;

	if (!is_list(d, s, n))
		return false;
	pbx->views = alloc_array(1 + item_count(n), sizeof *pbx->views);
	pbx->view_count = 1;
	own = &pbx->views[0];
	own->site = CONF_NONE;
	own->addresses = alloc_array(item_count(n), sizeof *own->addresses);
	for (const struct node *i = first_item(n); i; i = next_item(n, i)) {
		struct conf_pbx_address *a = &own->addresses[own->address_count];

		if (i->kind == NODE_MAPPING && !i->broken) {
			parse_section(d, &view_section, i,
				      &pbx->views[pbx->view_count++]);
		} else if (parse_is_scalar(d, s, i) && read_pbx_address(d, s, i, a)) {
			positions_put(&d->positions, a, i);
			own->address_count++;
		}
	}
	for (size_t i = 1; i < pbx->view_count; i++)
		inherit_addresses(own, &pbx->views[i]);
	return true;
}

void views_format(const struct conf *c, const struct conf_pbx *pbx, struct buffer *out)
{
	for (size_t v = 0; v < pbx->view_count; v++) {
		const struct conf_pbx_view *view = &pbx->views[v];

		if (v > 0)
			buffer_printf(out, "%sat site %s: ",
				      v > 1 || pbx->views[0].address_count ? "; " : "",
				      c->sites[view->site].name);
		for (size_t i = 0; i < view->address_count; i++) {
			buffer_put_text(out, i ? ", " : "");
			format_pbx_address(c, NULL, &view->addresses[i], out);
		}
		for (size_t i = 0; v > 0 && i < view->endpoint_count; i++) {
			buffer_put_text(out, i ? ", " : " by ");
			format_endpoint(c, NULL, &view->endpoints[i], out);
		}
	}
}

void format_views(const struct conf *c, const struct setting *s, const void *at,
		  struct buffer *out)
{
	const void *pbx = (const char *)at - s->at;

	views_format(c, pbx, out);
}

void fini_views(const struct setting *s, void *at)
{
	struct conf_pbx *pbx = pbx_of(at, s);

	for (size_t i = 0; i < pbx->view_count; i++)
		section_fini(&view_section, &pbx->views[i]);
	free(pbx->views);
}

/* "22:00", or UINT64_MAX. */
static uint64_t read_minute(struct text *t)
{
	uint64_t hour = text_u64(t, 23);
	bool colon = text_skip(t, ':');
	uint64_t minute = text_u64(t, 59);

	return t->err || !colon ? UINT64_MAX : hour * 60 + minute;
}

bool read_fail_back(struct parse *d, const struct setting *s, const struct node *n,
		    void *to)
{
	struct conf_pbx *pbx = pbx_of(to, s);
	struct text t;
	uint64_t from;
	uint64_t until;
	bool dash;

	if (!parse_is_scalar(d, s, n))
		return false;
	t = text_of(n->text, n->len);
	pbx->failback_manual = text_is_nocase(&t, "manual");
	if (pbx->failback_manual || text_is_nocase(&t, "automatic"))
		return true;
	from = read_minute(&t);
	dash = text_skip(&t, '-');
	until = read_minute(&t);
	if (from >= MINUTES_OF_DAY || !dash || until >= MINUTES_OF_DAY ||
	    text_len(&t)) {
		static const char *const words[] = { "automatic", "manual" };

		parse_fault(d, n,
			    "'%s' must be automatic, manual, or a window such as "
			    "22:00-06:00, not %s",
			    s->name, log_quote(n->text));
		parse_suggest(d, suggest(n->text, 2, word_at, words));
		return false;
	}
	if (from == until) {
		parse_fault(d, n, "'%s': the window %s is empty", s->name, n->text);
		return false;
	}
	pbx->window_from_min = (uint16_t)from;
	pbx->window_to_min = (uint16_t)until;
	return true;
}

void format_fail_back(const struct conf *c, const struct setting *s, const void *at,
		      struct buffer *out)
{
	const void *whole = (const char *)at - s->at;
	const struct conf_pbx *pbx = whole;
	unsigned from = pbx->window_from_min;
	unsigned until = pbx->window_to_min;

	(void)c;
	if (pbx->failback_manual)
		buffer_put_text(out, "manual");
	else if (from == until)
		buffer_put_text(out, "automatic");
	else
		buffer_printf(out, "%02u:%02u-%02u:%02u", from / 60, from % 60,
			      until / 60, until % 60);
}

bool read_hosts(struct parse *d, const struct setting *s, const struct node *n,
		void *to)
{
	void *whole = (char *)to - s->at;
	struct conf *c = whole;

	if (n->kind != NODE_MAPPING) {
		parse_fault(d, n, "'%s' must be a mapping of names to addresses",
			    s->name);
		return false;
	}
	c->hosts = alloc_array(n->child_count, sizeof *c->hosts);
	for (const struct node *i = n->first; i; i = i->next) {
		struct conf_host *h = &c->hosts[c->host_count];
		struct diag_place place = node_place(i->key);
		const char *why;

		if (i->key->broken)
			continue;
		why = domain_parse(i->key->text, "", &h->name);
		if (why) {
			parse_fault(d, i->key, "%s is not a host name: %s",
				    log_quote(i->key->text), why);
			continue;
		}
		place.file = c->path;
		h->place = place;
		positions_put(&d->positions, h, i->key);
		parse_list(d, &s->section->settings[1], i, h);
		c->host_count++;
	}
	return true;
}

/* A command given as one text is split at blanks; quotes have no meaning there. */
static bool split_command(struct parse *d, const struct setting *s,
			  const struct node *n, char **argv)
{
	struct text t = text_of(n->text, n->len);
	size_t count = 0;

	if (n->text[strcspn(n->text, "\"'`$|&;<>\\")]) {
		parse_fault(d, n,
			    "'%s' runs without a shell: write a list, [ program, "
			    "argument, ... ]",
			    s->name);
		return false;
	}
	(void)text_skip_blanks(&t);
	while (text_len(&t)) {
		struct text word = text_until(&t, " \t");

		if (count == MAX_ARGS) {
			parse_fault(d, n, "'%s' has more than %d words", s->name,
				    MAX_ARGS);
			return false;
		}
		argv[count++] = alloc_format("%.*s", (int)text_len(&word), word.at);
		(void)text_skip_blanks(&t);
	}
	return count > 0;
}

bool read_command(struct parse *d, const struct setting *s, const struct node *n,
		  void *to)
{
	char **argv;
	size_t count = 0;
	char *program;

	if (!is_list(d, s, n))
		return false;
	argv = alloc_array(MAX_ARGS + 1, sizeof *argv);
	*(char ***)to = argv;
	if (n->kind == NODE_SCALAR && parse_is_scalar(d, s, n))
		(void)split_command(d, s, n, argv);
	for (const struct node *i = n->first; i; i = i->next)
		if (parse_is_scalar(d, s, i))
			argv[count++] = alloc_text(i->text);
	if (argv[0] == NULL)
		return false;
	program = path_resolve(d->conf->path, argv[0]);
	free(argv[0]);
	argv[0] = program;
	parse_written(d, s->name, program, NULL, n->first ? n->first : n);
	return true;
}

void format_command(const struct conf *c, const struct setting *s, const void *at,
		    struct buffer *out)
{
	char *const *argv = *(char **const *)at;

	(void)c;
	(void)s;
	for (size_t i = 0; argv && argv[i]; i++)
		buffer_printf(out, "%s%s", i ? " " : "", argv[i]);
}

void fini_command(const struct setting *s, void *at)
{
	char **argv = *(char ***)at;

	(void)s;
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

#include <ifaddrs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/json.h"
#include "cmd/cli.h"
#include "cmd/doctor.h"
#include "cmd/render.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "keeper/holder.h"
#include "zones/check.h"

enum verdict { GOOD, NOTE, BAD };

struct patient {
	struct cli *cli;
	struct conf *conf;
	struct diags diags;
	bool running;
	struct json json;
	enum verdict worst;
};

/* One row of the answer. */
static void tell(struct patient *p, enum verdict verdict, const char *what,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void tell(struct patient *p, enum verdict verdict, const char *what,
		 const char *format, ...)
{
	static const char *const names[] = { "good", "note", "BAD" };
	va_list args;
	char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	json_object(&p->json, NULL);
	json_text(&p->json, "verdict", names[verdict]);
	json_text(&p->json, "about", what);
	json_text(&p->json, "finding", text);
	json_end(&p->json);
	free(text);
	if (verdict > p->worst)
		p->worst = verdict;
}

static void examine_configuration(struct patient *p)
{
	const char *path = cli_conf_path(p->cli);

	if (conf_load(path, &p->diags, &p->conf)) {
		tell(p, BAD, "configuration",
		     "%zu errors; `deputy conf check %s` shows them",
		     p->diags.error_count, path);
		return;
	}
	tell(p, GOOD, "configuration", "%s has no errors", path);
	conf_check_host(p->conf, &p->diags);
	for (size_t i = 0; i < p->diags.count; i++)
		if (p->diags.rows[i].level != DIAG_ERROR)
			tell(p, NOTE, "configuration", "%s", p->diags.rows[i].text);
}

static void examine_process(struct patient *p, const char *name, const char *socket)
{
	char *answer;
	enum exit_status status = cli_fetch(p->cli, socket, "commands", &answer);

	if (answer)
		tell(p, GOOD, "processes", "%s answers", name);
	else if (status == EXIT_TIMED_OUT)
		tell(p, BAD, "processes", "%s hangs: it does not answer in time", name);
	else
		tell(p, BAD, "processes",
		     "%s is not running; `deputyd` or `deputyd -c FILE` starts it",
		     name);
	p->running |= answer != NULL;
	free(answer);
}

static void examine_processes(struct patient *p)
{
	examine_process(p, "deputyd", "keeper.sock");
	examine_process(p, "deputy-dns", "dns.sock");
}

/* While nothing of ours runs, whoever holds an address keeps us from starting. */
static void examine_addresses(struct patient *p)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	static const char *const names[] = { "UDP", "TCP" };
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; !p->running && i < p->conf->node.listen_count; i++)
		for (size_t t = 0; t < 2; t++) {
			const struct addr *at = &p->conf->node.listens[i];
			struct holder holder;

			holder_find(types[t], at, NULL, 0, &holder);
			if (holder.found)
				tell(p, BAD, "addresses", "%s over %s is held by %s",
				     addr_format_port(at, text), names[t], holder.text);
		}
	for (size_t i = 0; i < p->conf->node.listen_count; i++)
		if (addr_is_any(&p->conf->node.listens[i]))
			tell(p, NOTE, "addresses",
			     "%s takes every address of this host; explicit ones are "
			     "better: they leave others theirs, and a PBX on this host "
			     "its own",
			     addr_format_port(&p->conf->node.listens[i], text));
}

static void examine_access(struct patient *p)
{
	const struct conf_access *a = &p->conf->access;

	tell(p, GOOD, "open resolver",
	     "no: names that are not ours are refused, this version asks nobody for them");
	if (a->query.any)
		tell(p, NOTE, "access",
		     "everybody may ask for live names, hosts and zones (access: query)");
	if (a->diagnostics.any)
		tell(p, NOTE, "access",
		     "everybody is told the reasons of answers, with names of sites and "
		     "PBXs (diagnostics)");
}

static void examine_zones(struct patient *p)
{
	for (size_t i = 0; i < p->conf->zone_count; i++) {
		const struct conf_zone *z = &p->conf->zones[i];
		struct buffer out = { 0 };

		if (zone_check(z->file, z->name, &out) != EXIT_DONE)
			tell(p, BAD, "zones",
			     "%s is broken; `deputy zone check %s %s` shows why",
			     z->name, z->file, z->name);
		buffer_fini(&out);
	}
}

static bool is_of_this_host(const struct ifaddrs *all, const struct addr *a)
{
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct addr own;

		if (i->ifa_addr == NULL)
			continue;
		addr_from_sockaddr(i->ifa_addr, &own);
		own.scope = a->scope;
		if (addr_len(&own) && addr_equal(&own, a))
			return true;
	}
	return false;
}

/* A node on the host of a PBX dies with it: devices must ask the other one first. */
static void examine_hosts(struct patient *p)
{
	struct ifaddrs *all = NULL;

	if (getifaddrs(&all))
		return;
	for (size_t i = 0; i < p->conf->pbx_count; i++) {
		const struct conf_pbx *pbx = &p->conf->pbxs[i];

		for (size_t n = 0; n < pbx->views[0].address_count; n++)
			if (is_of_this_host(all, &pbx->views[0].addresses[n].addr))
				tell(p, NOTE, "DNS order",
				     "this node dies with the host of pbx '%s'; devices "
				     "that fail over from it must list another node "
				     "first",
				     pbx->name);
	}
	freeifaddrs(all);
}

static void examine_pbxs(struct patient *p)
{
	for (size_t i = 0; i < p->conf->live_count; i++) {
		const struct conf_live *l = &p->conf->lives[i];

		if (!l->by_site && p->conf->pbxs[l->home].failover_count == 0)
			tell(p, NOTE, "failover",
			     "'%s' has no stand-in: pbx '%s' names none under failover",
			     l->name, p->conf->pbxs[l->home].name);
	}
	for (size_t i = 0; i < p->conf->site_count; i++) {
		const struct conf_site *s = &p->conf->sites[i];

		if (p->conf->pbxs[s->pbx].failover_count == 0)
			tell(p, NOTE, "failover",
			     "site '%s' has no stand-in: pbx '%s' names none under "
			     "failover",
			     s->name, p->conf->pbxs[s->pbx].name);
	}
}

static void examine_limits(struct patient *p)
{
	struct rlimit files;

	if (geteuid() == 0 || getrlimit(RLIMIT_NOFILE, &files) ||
	    files.rlim_max >= p->conf->node.tcp_connections + 256U)
		return;
	tell(p, NOTE, "limits",
	     "%u TCP connections are configured, but a process here may open only %llu "
	     "files (ulimit -Hn, LimitNOFILE)",
	     p->conf->node.tcp_connections, (unsigned long long)files.rlim_max);
}

/* In order; all but the first two need a configuration. */
static void (*const examinations[])(struct patient *p) = {
	examine_configuration, examine_processes, examine_addresses, examine_access,
	examine_zones,         examine_hosts,     examine_pbxs,      examine_limits,
};

enum exit_status doctor(struct cli *c)
{
	struct buffer answer = { 0 };
	struct buffer out = { 0 };
	struct patient p = { .cli = c };
	char *error = NULL;
	int status;

	p.json = json_to(&answer);
	json_object(&p.json, NULL);
	json_array(&p.json, "findings");
	for (size_t i = 0; i < sizeof(examinations) / sizeof(*examinations); i++)
		if (i < 2 || p.conf)
			examinations[i](&p);
	json_end(&p.json);
	status = p.worst == BAD ? EXIT_NEGATIVE : EXIT_DONE;
	json_int(&p.json, "status", status);
	json_end(&p.json);
	if (c->json)
		printf("%.*s\n", (int)answer.len, (const char *)answer.octets);
	else if (render((const char *)answer.octets, answer.len, false, &out, &status,
			&error) == OK)
		(void)fwrite(out.octets, 1, out.len, stdout);
	free(error);
	buffer_fini(&answer);
	buffer_fini(&out);
	diags_fini(&p.diags);
	conf_free(p.conf);
	return (enum exit_status)status;
}

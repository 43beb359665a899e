#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/err.h"
#include "base/operator/diag.h"
#include "base/operator/json.h"
#include "base/text.h"
#include "cmd/cli.h"
#include "cmd/doctor.h"
#include "cmd/doctor_body.h"
#include "cmd/table.h"
#include "conf/check.h"
#include "conf/conf.h"
#include "keeper/kinds.h"
#include "keeper/port_owner.h"
#include "zones/check.h"

struct finding {
	enum finding_level verdict;
	const char *about;
	char *texts[3]; /* what was seen, why it matters, what to do */
	struct finding *next;
};

static const char *const verdict_names[] = { "good", "note", "BAD" };
static const char *const text_names[] = { "finding", "why", "remedy" };

struct patient {
	struct cli *cli;
	struct conf *conf;
	struct diags diags;
	bool running;
	bool hidden; /* something of ours may run, but may not be asked by this user */
	char mute[32]; /* the socket of a process that hangs: it is not asked again */
	char *summary; /* what matters most, in one sentence */
	struct finding *first, **last;
	enum finding_level worst;
};

static char *format_text(const char *format, va_list args)
	__attribute__((format(printf, 1, 0)));

static char *format_text(const char *format, va_list args)
{
	char *text = NULL;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

struct finding *report(struct patient *p, enum finding_level verdict, const char *about,
		       const char *format, ...)
{
	struct finding *f = alloc(sizeof(*f));
	va_list args;

	f->verdict = verdict;
	f->about = about;
	va_start(args, format);
	f->texts[0] = format_text(format, args);
	va_end(args);
	*p->last = f;
	p->last = &f->next;
	if (verdict > p->worst)
		p->worst = verdict;
	return f;
}

void why(struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	f->texts[1] = format_text(format, args);
	va_end(args);
}

void remedy(struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	f->texts[2] = format_text(format, args);
	va_end(args);
}

const struct conf *patient_conf(const struct patient *p)
{
	return p->conf;
}

bool patient_runs(const struct patient *p)
{
	return p->running;
}

bool patient_is_hidden(const struct patient *p)
{
	return p->hidden;
}

char *patient_ask(const struct patient *p, const char *socket, const char *command,
		  const char *argument)
{
	const char *const words[] = { argument, NULL };
	char *answer;

	if (strcmp(socket, p->mute) == 0)
		return NULL;
	(void)cli_fetch(p->cli, socket, command, words, argument ? 1 : 0, &answer);
	return answer;
}

/* Warnings and notes, each with its place, if it has one. */
static void report_notes(struct patient *p)
{
	for (size_t i = 0; i < p->diags.count; i++) {
		const struct diag *d = &p->diags.rows[i];
		char *name;

		if (d->level == DIAG_ERROR)
			continue;
		name = d->name ? alloc_format(" [%s]", d->name) : alloc_text("");
		if (d->place.line)
			(void)report(p, NOTE, "configuration", "%s:%u:%u: %s%s",
				     d->place.file ? d->place.file
						   : cli_conf_path(p->cli),
				     d->place.line, d->place.col, d->text, name);
		else
			(void)report(p, NOTE, "configuration", "%s%s", d->text, name);
		free(name);
	}
}

static void examine_configuration(struct patient *p)
{
	const char *path = cli_conf_path(p->cli);
	struct finding *f;

	if (access(path, R_OK)) {
		f = report(p, BAD, "configuration", "cannot read %s: %s", path,
			   strerror(errno));
		why(f, "without it doctor does not know what to "
		       "check or where the node runs");
		remedy(f,
		       errno == EACCES
			       ? "run it as root"
			       : "deputy -c FILE doctor; examples are in " DEPUTY_DOC_DIR
				 "/examples");
		p->hidden = true;
		return;
	}
	if (conf_load(path, &p->diags, &p->conf)) {
		f = report(p, BAD, "configuration", "%s has %zu error%s", path,
			   p->diags.error_count, p->diags.error_count == 1 ? "" : "s");
		why(f, "deputy will neither start with it nor reload it");
		remedy(f, "deputy conf check %s", path);
		return;
	}
	(void)report(p, GOOD, "configuration", "%s has no errors", path);
	conf_check_host(p->conf, &p->diags);
	report_notes(p);
}

static void report_not_running(struct patient *p, const char *name)
{
	struct finding *f = report(p, BAD, "processes", "%s is not running", name);

	if (strcmp(name, "deputy-recursor") == 0)
		why(f, "names that this node does not serve itself are not resolved");
	else
		why(f, "devices that use this node as their DNS server get no answer");
	if (p->running)
		remedy(f,
		       "deputyd starts it again; if it ends again, the log says why");
	else
		remedy(f, "systemctl start deputy (without systemd: deputyd, as root); "
			  "the log says why it ended");
}

/* is_told: what is to be said of one that cannot be asked has been said of another. */
static void examine_process(struct patient *p, const char *name, const char *socket,
			    bool is_told)
{
	char *answer;
	enum exit_status status = cli_fetch(p->cli, socket, "commands", NULL, 0,
					    &answer);
	struct finding *f;

	p->running |= answer != NULL || status == EXIT_TIMED_OUT;
	if (answer) {
		(void)report(p, GOOD, "processes", "%s answers", name);
	} else if (status == EXIT_TIMED_OUT) {
		(void)snprintf(p->mute, sizeof(p->mute), "%s", socket);
		f = report(p, BAD, "processes", "%s hangs: no answer in time", name);
		remedy(f, "save the log, then: systemctl restart deputy");
	} else if (status == EXIT_DENIED && !p->hidden) {
		p->hidden = true;
		f = report(p, NOTE, "processes", "permission denied to query %s", name);
		why(f,
		    "what the node knows of PBXs and names is not in these findings");
		remedy(f, "run doctor as root or as a member of the socket's group");
	} else if (status != EXIT_DENIED && cli_knows_run_dir(p->cli) && !is_told) {
		report_not_running(p, name);
	}
	free(answer);
}

static void examine_processes(struct patient *p)
{
	if (p->hidden)
		return;
	examine_process(p, "deputyd", "keeper.sock", false);
	for (const struct child_kind *k = child_kinds; k->name; k++) {
		char *socket = alloc_format("%s.sock", k->name);

		if (k->wanted == NULL || (p->conf && k->wanted(p->conf) && p->running))
			examine_process(p, k->program, socket, !p->running);
		free(socket);
	}
}

/* While deputy is not running, a program that uses an address prevents its start. */
static void examine_addresses(struct patient *p)
{
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };
	static const char *const names[] = { "UDP", "TCP" };
	char text[ADDR_TEXT_LEN];
	struct finding *f;

	for (size_t i = 0; !p->running && !p->hidden && i < p->conf->node.listen_count;
	     i++)
		for (size_t t = 0; t < 2; t++) {
			const struct addr *at = &p->conf->node.listens[i];
			struct port_owner owner;

			port_owner_find(types[t], at, NULL, 0, &owner);
			if (!owner.found)
				continue;
			f = report(p, BAD, "addresses", "%s over %s is in use by %s",
				   addr_format_port(at, text), names[t], owner.text);
			why(f, "deputy cannot bind the address and will not start");
			remedy(f, "stop that program, or give deputy its own address "
				  "under node: listen");
		}
	for (size_t i = 0; i < p->conf->node.listen_count; i++)
		if (addr_is_any(&p->conf->node.listens[i])) {
			f = report(p, NOTE, "addresses",
				   "%s occupies port 53 on every address of this host",
				   addr_format_port(&p->conf->node.listens[i], text));
			why(f, "a PBX or another name server on "
			       "this host cannot bind that port");
			remedy(f, "list explicit addresses under node: listen");
		}
}

/* Whether all of a prefix lies in one declared site. */
static bool is_of_site(const struct conf *c, const struct prefix *wide)
{
	for (size_t i = 0; i < c->site_count; i++)
		for (size_t n = 0; n < c->sites[i].network_count; n++) {
			const struct prefix *site = &c->sites[i].networks[n];

			if (site->len <= wide->len &&
			    prefix_contains(site, &wide->addr))
				return true;
		}
	return false;
}

/* Whether what clients are answered depends on their site. */
static bool has_site_names(const struct conf *c)
{
	for (size_t i = 0; i < c->live_count; i++)
		if (c->lives[i].by_site && c->site_count)
			return true;
	return false;
}

static void examine_networks(struct patient *p, const char *key,
			     const struct conf_networks *n)
{
	for (size_t i = 0; i < n->prefix_count && has_site_names(p->conf); i++) {
		const struct prefix *x = &n->prefixes[i];
		char text[ADDR_TEXT_LEN];
		struct finding *f;

		if (addr_is_private(&x->addr) || is_of_site(p->conf, x))
			continue;
		f = report(p, NOTE, "access",
			   "access: %s allows %s/%u, which belongs to no site", key,
			   addr_format(&x->addr, text), x->len);
		why(f, "its clients are answered with the default PBX of live names "
		       "that depend on the site");
		remedy(f,
		       "if the PBX of a site is theirs, add the network to that site; "
		       "otherwise nothing");
	}
}

/* Whether names are delegated to this node, so that any resolver may ask it. */
static bool is_public(const struct conf *c)
{
	for (size_t i = 0; i < c->live_count; i++)
		if (c->lives[i].ns_count)
			return true;
	return false;
}

static void examine_query(struct patient *p)
{
	const struct conf *c = p->conf;
	struct finding *f;

	if (c->access.query.any && !is_public(c) && c->zone_count == 0) {
		f = report(p, NOTE, "access", "anyone may query live names and hosts");
		why(f, "anyone can learn the addresses of your PBXs, and no live name "
		       "is delegated to this node ('ns')");
		remedy(f, "access: { query: [ local, NETWORK ] }, with the networks of "
			  "your devices that are not private");
	} else if (!c->access.query.any && is_public(c)) {
		f = report(p, NOTE, "access",
			   "live names are delegated to this node ('ns'), but not "
			   "everyone may query it");
		why(f, "resolvers outside the listed networks are refused, so the "
		       "names cannot be resolved through them");
		remedy(f, "access: { query: [ any ] }, or remove 'ns'");
	}
	examine_networks(p, "query", &c->access.query);
}

static void examine_access(struct patient *p)
{
	const struct conf_access *a = &p->conf->access;
	struct finding *f;

	if (a->recursion.any) {
		f = report(p, BAD, "open resolver",
			   "anyone may use this node for recursion");
		why(f, "open resolvers are used to attack others");
		remedy(f, "access: { recursion: [ local ] }");
	} else if (conf_recurses(p->conf)) {
		(void)report(p, GOOD, "open resolver",
			     "no: recursion is limited to the listed networks");
	} else {
		(void)report(p, GOOD, "open resolver",
			     "no: queries for other names are refused");
	}
	examine_networks(p, "recursion", &a->recursion);
	examine_query(p);
	if (a->diagnostics.any) {
		f = report(p, NOTE, "access",
			   "anyone is shown the reasons for answers");
		why(f, "they reveal sites, PBXs and what is down");
		remedy(f, "diagnostics: [ local ]");
	}
}

static void examine_zones(struct patient *p)
{
	for (size_t i = 0; !p->running && i < p->conf->zone_count; i++) {
		const struct conf_zone *z = &p->conf->zones[i];
		struct buffer out = { 0 };

		if (zone_check(z->file, z->name.text, &out) != EXIT_DONE) {
			struct finding *f = report(p, BAD, "zones",
						   "the file of "
						   "%s has errors",
						   z->name.text);

			why(f, "the last good version is served; after a restart the "
			       "answer is SERVFAIL");
			remedy(f,
			       "deputy zone check %s %s shows the errors; fix them, "
			       "then: deputy zone reload",
			       z->file, z->name.text);
		}
		buffer_fini(&out);
	}
}

/* In order; all but the first two need a configuration. */
static void (*const examinations[])(struct patient *p) = {
	examine_configuration, examine_processes, examine_addresses,
	examine_access,        examine_zones,     doctor_names,
	doctor_pbxs,           doctor_node,       doctor_host,
};

static void print_json(const struct patient *p, int status)
{
	struct buffer out = { 0 };
	struct json j = json_to(&out);

	json_object(&j, NULL);
	json_text(&j, "summary", p->summary);
	json_array(&j, "findings");
	for (const struct finding *f = p->first; f; f = f->next) {
		json_object(&j, NULL);
		json_text(&j, "verdict", verdict_names[f->verdict]);
		json_text(&j, "about", f->about);
		for (size_t i = 0; i < 3; i++)
			json_text(&j, text_names[i], f->texts[i]);
		json_end(&j);
	}
	json_end(&j);
	json_int(&j, "status", status);
	json_end(&j);
	printf("%.*s\n", (int)out.len, (const char *)out.octets);
	buffer_fini(&out);
}

/* What is to be done stays in one line: it may be a command, to be copied. */
static void print_finding(const struct patient *p, const struct finding *f)
{
	static const char reason[] = "        why: ";
	const char *verdict = verdict_names[f->verdict];
	const char *colour = p->cli->terminal.colours ? table_colour("verdict", verdict)
						      : NULL;
	int blanks = 4 - (int)strlen(verdict);
	char *text = alloc_format("%s: %s", f->about, f->texts[0]);

	printf("%s%s%s%*s  ", colour ? colour : "", verdict,
	       colour ? TABLE_COLOUR_END : "", blanks, "");
	cli_print_text(p->cli, text, 6);
	free(text);
	if (f->texts[1]) {
		fputs(reason, stdout);
		cli_print_text(p->cli, f->texts[1], strlen(reason));
	}
	if (f->texts[2]) {
		text = cli_local_times(f->texts[2]);
		fputs("         do: ", stdout);
		cli_write(stdout, text_from(text));
		putchar('\n');
		free(text);
	}
}

/* The worst findings come first. */
static void print_text(const struct patient *p)
{
	static const enum finding_level order[] = { BAD, NOTE, GOOD };
	size_t counts[3] = { 0 };

	cli_print_text(p->cli, p->summary, 0);
	putchar('\n');
	for (size_t v = 0; v < 3; v++)
		for (const struct finding *f = p->first; f; f = f->next) {
			if (f->verdict != order[v])
				continue;
			counts[f->verdict]++;
			print_finding(p, f);
		}
	printf("%zu bad, %zu notes, %zu good\n", counts[BAD], counts[NOTE],
	       counts[GOOD]);
}

static void findings_free(struct patient *p)
{
	while (p->first) {
		struct finding *f = p->first;

		p->first = f->next;
		for (size_t i = 0; i < 3; i++)
			free(f->texts[i]);
		free(f);
	}
}

enum exit_status doctor(struct cli *c)
{
	struct patient p = { .cli = c };
	enum exit_status status;

	p.last = &p.first;
	p.summary = cli_summary(c, &status);
	for (size_t i = 0; i < sizeof(examinations) / sizeof(*examinations); i++)
		if (i < 2 || p.conf)
			examinations[i](&p);
	if (p.worst == BAD || status == EXIT_NEGATIVE)
		status = EXIT_NEGATIVE;
	else if (status != EXIT_DENIED) /* then it says nothing of the node */
		status = EXIT_DONE;
	if (c->json)
		print_json(&p, (int)status);
	else
		print_text(&p);
	free(p.summary);
	findings_free(&p);
	diags_fini(&p.diags);
	conf_free(p.conf);
	return status;
}

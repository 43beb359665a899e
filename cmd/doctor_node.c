/* Findings from a running node. jansson and base/operator/json.h share names: no cli.h.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/doctor_body.h"
#include "conf/conf.h"

enum { LINK_LEN = 512, FORCE_LONG_S = 3600 };

static json_t *asked(const struct patient *p, const char *socket, const char *command,
		     const char *argument)
{
	char *text = patient_ask(p, socket, command, argument);
	json_t *object = text ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return object;
}

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : "";
}

static long long number_of(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

/* "2026-11-22T14:03:07Z", or 0. */
static time_t time_of(const char *text)
{
	struct tm tm = { 0 };

	return strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm) ? timegm(&tm) : 0;
}

static void examine_force(struct patient *p, const json_t *pbx)
{
	const char *name = text_of(pbx, "pbx");
	const char *until = text_of(pbx, "forced_until");
	time_t since = time_of(text_of(pbx, "forced_since"));
	struct finding *f;

	if (strcmp(text_of(pbx, "forced"), "none") != 0) {
		f = report(p, NOTE, "orders",
			   "pbx '%s' is forced %s by %s since %s%s%s%s%s", name,
			   text_of(pbx, "forced"), text_of(pbx, "forced_by"),
			   text_of(pbx, "forced_since"), *until ? " until " : "", until,
			   *text_of(pbx, "forced_reason") ? ": " : "",
			   text_of(pbx, "forced_reason"));
		why(f, "%s",
		    !*until && since && time(NULL) - since > FORCE_LONG_S
			    ? "its probes are overridden, and no end "
			      "was given: was it forgotten?"
			    : "its probes are overridden");
		remedy(f, "when it is no longer needed: deputy pbx release %s", name);
	}
	if (json_is_true(json_object_get(pbx, "held_by_hand"))) {
		f = report(p, NOTE, "orders",
			   "pbx '%s' is up, but held "
			   "until an operator releases it",
			   name);
		why(f, "clients stay on its stand-in (manual "
		       "failover, or fail-back: manual)");
		remedy(f, "deputy pbx failback %s", name);
	}
	if (strcmp(text_of(pbx, "frozen"), "none") != 0) {
		f = report(p, BAD, "isolation", "pbx '%s' is frozen: %s", name,
			   text_of(pbx, "frozen"));
		why(f, "its silence is no evidence, so its last state is kept");
		remedy(f, "repair this host's link or path: ip link; ping its gateway "
			  "and its witness");
	}
}

static bool is_dead(const json_t *endpoint)
{
	return strcmp(text_of(endpoint, "state"), "dead") == 0;
}

static size_t dead_count(const json_t *endpoints)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(endpoints); i++)
		count += is_dead(json_array_get(endpoints, i));
	return count;
}

/* ends: what devices get. */
static void explain_death(struct finding *f, const json_t *pbx, const char *ends)
{
	const char *name = text_of(pbx, "pbx");
	const char *hushed = text_of(pbx, "fell_silent");

	if (*hushed) {
		why(f,
		    "all its endpoints fell silent at once, %s: is this host "
		    "rate-limited or banned there?",
		    hushed);
		remedy(f,
		       "if telephones still reach it, exempt the address of this host "
		       "from the flood protection of the PBX and of firewalls before "
		       "it (fail2ban: ignoreip; Kamailio: pike, ipban); deputy probe "
		       "%s --trace shows what comes back",
		       name);
		return;
	}
	why(f, "%s", ends);
	remedy(f,
	       "deputy probe %s --trace shows what comes back; check that SIP is "
	       "enabled, that the port is right and that no firewall blocks it",
	       name);
}

/* One finding for all of them. */
static void examine_dead_pbx(struct patient *p, const json_t *pbx)
{
	size_t count = json_array_size(json_object_get(pbx, "endpoints"));
	struct finding *f = report(p, BAD, "endpoints",
				   "pbx '%s': none of its %zu endpoints is alive since "
				   "%s (%s)",
				   text_of(pbx, "pbx"), count, text_of(pbx, "since"),
				   text_of(pbx, "cause"));

	explain_death(f, pbx, "devices are sent to another PBX, if there is one left");
}

static void examine_endpoint(struct patient *p, const json_t *pbx, const json_t *e,
			     bool alone)
{
	const char *name = text_of(pbx, "pbx");
	struct finding *f;

	if (is_dead(e)) {
		f = report(p, BAD, "endpoints",
			   "pbx '%s': %s at %s is dead since %s (%s)", name,
			   text_of(e, "transport"), text_of(e, "address"),
			   text_of(e, "since"), text_of(e, "cause"));
		explain_death(
			f, pbx,
			alone ? "devices are sent to another PBX, if there is one "
				"left"
			      : "devices that use it get no service, although "
				"the PBX is up for others");
	} else if (strstr(text_of(e, "notes"), "draining")) {
		f = report(p, NOTE, "endpoints", "pbx '%s': %s at %s answers 503", name,
			   text_of(e, "transport"), text_of(e, "address"));
		why(f, "it gets no clients while another PBX is up");
		remedy(f, "end maintenance mode on the PBX");
	}
}

static void examine_endpoints(struct patient *p, const json_t *pbx)
{
	const char *name = text_of(pbx, "pbx");
	json_t *rows = json_object_get(pbx, "endpoints");
	size_t count = json_array_size(rows);

	if (json_is_array(rows) && count == 0) {
		struct finding *f = report(p, BAD, "endpoints",
					   "pbx '%s' has no address", name);

		why(f, "its host name cannot be resolved, so it is not probed and no "
		       "device is sent to it");
		remedy(f, "check the name under 'addresses' and the name servers "
			  "under 'resolvers'");
		return;
	}
	if (count > 1 && dead_count(rows) == count) {
		examine_dead_pbx(p, pbx);
		return;
	}
	for (size_t i = 0; i < count; i++)
		examine_endpoint(p, pbx, json_array_get(rows, i), count == 1);
}

static bool has_tls(const struct patient *p)
{
	const struct conf *c = patient_conf(p);

	for (size_t i = 0; i < c->pbx_count; i++)
		for (size_t k = 0; k < c->pbxs[i].endpoint_count; k++)
			if (c->pbxs[i].endpoints[k].transport == TRANSPORT_TLS)
				return true;
	return false;
}

/* What the node has seen: certificates that phones refuse, or that end soon. */
static void examine_certificates(struct patient *p, const json_t *dns)
{
	static const char cause[] = "certificate: ";
	json_t *rows = json_object_get(dns, "certificates");

	if (json_is_array(rows) && json_array_size(rows) == 0 && has_tls(p))
		(void)report(p, GOOD, "certificates",
			     "no certificate seen is refused by phones or ends soon");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *c = json_array_get(rows, i);
		const char *name = text_of(c, "pbx");
		const char *fault = text_of(c, "fault");
		struct finding *f;

		if (*fault) {
			f = report(
				p, BAD, "certificates",
				"phones refuse the certificate of pbx '%s' at %s: %s",
				name, text_of(c, "address"),
				strncmp(fault, cause, sizeof(cause) - 1) == 0
					? fault + sizeof(cause) - 1
					: fault);
			why(f, "it is used only while no PBX with a good one is up");
			remedy(f,
			       "renew it on the PBX, for all its live names, or "
			       "configure its CA: pbx '%s', ca-file",
			       name);
		} else {
			f = report(p, NOTE, "certificates",
				   "the certificate of pbx '%s' at %s expires in %lld "
				   "day%s",
				   name, text_of(c, "address"),
				   number_of(c, "days_left"),
				   number_of(c, "days_left") == 1 ? "" : "s");
			why(f, "from then on phones refuse it and get no service from "
			       "this PBX");
			remedy(f, "renew it on the PBX, for all its live names");
		}
	}
}

static void examine_pbxs(struct patient *p)
{
	json_t *list = asked(p, "dns.sock", "pbx list", NULL);
	json_t *rows = json_object_get(list, "pbxs");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_t *pbx = asked(p, "dns.sock", "pbx show",
				    text_of(json_array_get(rows, i), "pbx"));

		examine_force(p, pbx);
		examine_endpoints(p, pbx);
		json_decref(pbx);
	}
	json_decref(list);
}

/* Checks whether the running program is the installed one. */
static void examine_binary(struct patient *p, const char *name, long long pid,
			   const char *version)
{
	char *path = alloc_format("/proc/%lld/exe", pid);
	char link[LINK_LEN] = "";
	ssize_t len = readlink(path, link, sizeof(link) - 1);
	bool replaced = len > 0 && strstr(link, " (deleted)");
	struct finding *f;

	free(path);
	if (!replaced && (*version == '\0' || strcmp(version, DEPUTY_VERSION) == 0))
		return;
	f = report(p, NOTE, "version", "%s is running version %s%s", name,
		   *version ? version : "unknown",
		   replaced ? ", but its file has been replaced"
			    : ", but this "
			      "program is version "
			      "" DEPUTY_VERSION);
	why(f, "the installed version is not in use yet");
	remedy(f, "deputy node upgrade (no query is lost)");
}

static void examine_log(struct patient *p, long long pid)
{
	char *path = alloc_format("/proc/%lld/fd/2", pid);
	char link[LINK_LEN] = "";

	if (readlink(path, link, sizeof(link) - 1) > 0 &&
	    strcmp(link, "/dev/null") == 0) {
		struct finding *f = report(p, NOTE, "log",
					   "standard error of deputyd "
					   "goes to /dev/null");

		why(f, "there is no log to explain what happened");
		remedy(f, "start it with systemd, or with 2>>/var/log/deputy.log");
	}
	free(path);
}

static void examine_children(struct patient *p, const json_t *keeper, const char *dns)
{
	json_t *rows = json_object_get(keeper, "children");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *c = json_array_get(rows, i);
		const char *name = text_of(c, "name");
		long long hung = number_of(c, "hung");
		long long starts = number_of(c, "starts");

		examine_binary(p, name, number_of(c, "pid"),
			       strcmp(name, "deputy-dns") == 0 ? dns : "");
		if (hung || starts > 2) {
			struct finding *f = report(
				p, NOTE, "processes",
				"%s was started %lld times, %lld of them because it "
				"hung",
				name, starts, hung);

			why(f, "it should never need a restart");
			remedy(f, "report the log lines before each child-ended event");
		}
	}
}

static void examine_status(struct patient *p)
{
	json_t *keeper = asked(p, "keeper.sock", "status", NULL);
	json_t *dns = asked(p, "dns.sock", "status", NULL);

	if (keeper) {
		examine_binary(p, "deputyd", number_of(keeper, "pid"),
			       text_of(keeper, "version"));
		examine_log(p, number_of(keeper, "pid"));
		examine_children(p, keeper, text_of(dns, "version"));
	}
	examine_certificates(p, dns);
	if (dns && json_is_false(json_object_get(dns, "state_kept"))) {
		struct finding *f = report(p, BAD, "state",
					   "cannot write to the state directory");

		why(f, "forced states and the switch history are lost at a restart");
		remedy(f,
		       "check that the disk has space and that the directory exists "
		       "and belongs to the daemon's user; see state-unwritable in the "
		       "log");
	}
	json_decref(keeper);
	json_decref(dns);
}

static void examine_zones(struct patient *p)
{
	json_t *list = asked(p, "dns.sock", "zone list", NULL);
	json_t *rows = json_object_get(list, "zones");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *z = json_array_get(rows, i);
		time_t loaded = time_of(text_of(z, "loaded"));
		struct stat st;
		struct finding *f;

		if (strcmp(text_of(z, "state"), "ok") != 0) {
			f = report(p, BAD, "zones", "%s is served in state '%s': %s",
				   text_of(z, "zone"), text_of(z, "state"),
				   text_of(z, "error"));
			why(f, "changes to its file are not in use");
			remedy(f,
			       "deputy zone check %s %s; fix "
			       "the errors, then: deputy zone reload",
			       text_of(z, "file"), text_of(z, "zone"));
		} else if (loaded && stat(text_of(z, "file"), &st) == 0 &&
			   st.st_mtime > loaded) {
			f = report(p, NOTE, "zones",
				   "%s has changed on disk since it was loaded",
				   text_of(z, "zone"));
			why(f, "the answers are older than the file");
			remedy(f, "deputy zone check %s %s, then deputy zone reload",
			       text_of(z, "file"), text_of(z, "zone"));
		}
	}
	json_decref(list);
}

/* The result of a hook is "status 1 after 3 tries: exit 1", or several of these. */
static bool has_failed(const char *fate)
{
	while ((fate = strstr(fate, "status "))) {
		fate += strlen("status ");
		if (*fate != '0')
			return true;
	}
	return false;
}

static void examine_hooks(struct patient *p)
{
	json_t *list = asked(p, "dns.sock", "switch history", NULL);
	json_t *rows = json_object_get(list, "switches");

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *s = json_array_get(rows, i);
		struct finding *f;

		if (!has_failed(text_of(s, "hooks")))
			continue;
		f = report(p, NOTE, "hooks", "the hook for the switch at %s failed: %s",
			   text_of(s, "at"), text_of(s, "hooks"));
		why(f, "whoever it notifies was not notified");
		remedy(f, "run it by hand as the daemon's user; "
			  "its output is in the log");
		break;
	}
	json_decref(list);
}

void doctor_node(struct patient *p)
{
	if (!patient_runs(p))
		return;
	examine_status(p);
	examine_pbxs(p);
	examine_zones(p);
	examine_hooks(p);
}

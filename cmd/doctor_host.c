/* Findings about the host itself. */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/disk/store.h"
#include "base/text.h"
#include "cmd/doctor_body.h"
#include "conf/conf.h"

enum {
	FREE_MIB_FEW = 64,
	RECEIVE_BUFFER_LEN = 1 << 20,
	FILES_BESIDE = 256,
	LINE_LEN = 512,
	ANCHORS_OLD_S = 365 * 86400,
	ANCHORS_KEPT_S = 60 * 86400
};

/* Reads the first line of a small file, without its line end; "" if there is none. */
static const char *line_of(const char *path, char out[LINE_LEN])
{
	FILE *file = fopen(path, "re");

	out[0] = '\0';
	if (file == NULL)
		return out;
	if (fgets(out, LINE_LEN, file))
		out[strcspn(out, "\n")] = '\0';
	(void)fclose(file);
	return out;
}

static void examine_clock(struct patient *p)
{
	struct timex t = { 0 };
	struct stat st;
	struct finding *f;
	bool synced = adjtimex(&t) != TIME_ERROR && !(t.status & STA_UNSYNC);

	if (stat("/proc/self/exe", &st) == 0 && time(NULL) + 86400 < st.st_mtime) {
		f = report(p, BAD, "clock",
			   "this host's clock is wrong: %s was installed in the future",
			   "deputy");
		why(f, "DNSSEC and certificate checks depend on it, and every time in "
		       "logs and history is wrong");
	} else if (!synced) {
		f = report(p, NOTE, "clock",
			   "this host's clock does not seem to be synchronised");
		why(f, "DNSSEC and certificate checks depend on it, and the switch "
		       "history cannot be compared with the logs of other hosts");
	} else {
		(void)report(p, GOOD, "clock", "synchronised");
		return;
	}
	remedy(f, "run an NTP client: apt install chrony, or systemctl enable --now "
		  "systemd-timesyncd (for a container: on its host)");
}

static bool is_ours(const struct conf *c, const struct addr *a)
{
	for (size_t i = 0; i < c->node.listen_count; i++)
		if (addr_equal(&c->node.listens[i], a) ||
		    (addr_is_any(&c->node.listens[i]) && addr_is_loopback(a)))
			return true;
	return false;
}

static bool has_named_pbx(const struct conf *c)
{
	for (size_t i = 0; i < c->pbx_count; i++)
		for (size_t v = 0; v < c->pbxs[i].view_count; v++)
			for (size_t a = 0; a < c->pbxs[i].views[v].address_count; a++)
				if (!c->pbxs[i].views[v].addresses[a].addr.family)
					return true;
	return false;
}

static void judge_own_resolver(struct patient *p, const char *text, size_t count)
{
	const struct conf *c = patient_conf(p);
	struct finding *f;

	if (has_named_pbx(c) && c->resolver_count == 0) {
		f = report(
			p, BAD, "resolv.conf",
			"the host names of PBXs are resolved by this node itself (%s)",
			text);
		why(f, "while it starts, a node cannot ask itself "
		       "for the addresses of PBXs");
		remedy(f, "set resolvers: [ ADDRESS ] to another name server");
	} else if (!conf_recurses(c) && count == 1) {
		f = report(
			p, NOTE, "resolv.conf",
			"the only name server of this host is deputy (%s), which has "
			"recursion turned off",
			text);
		why(f, "programs on this host can resolve only "
		       "the names that deputy serves");
		remedy(f, "add another server to /etc/resolv.conf, or allow this host "
			  "in access: recursion");
	}
}

static void examine_resolv_conf(struct patient *p)
{
	static const char key[] = "nameserver";
	FILE *file = fopen("/etc/resolv.conf", "re");
	char line[LINE_LEN];
	char text[LINE_LEN] = "";
	size_t count = 0;
	bool ours = false;

	while (file && fgets(line, sizeof(line), file)) {
		struct addr a;
		char *end;

		if (strncmp(line, key, sizeof(key) - 1) != 0)
			continue;
		end = line + sizeof(key) - 1 + strspn(line + sizeof(key) - 1, " \t");
		end[strcspn(end, " \t\r\n#")] = '\0';
		count++;
		if (addr_parse(end, &a) == 0 && is_ours(patient_conf(p), &a)) {
			ours = true;
			(void)snprintf(text, sizeof(text), "%.*s", LINE_LEN - 1, end);
		}
	}
	if (file)
		(void)fclose(file);
	if (ours)
		judge_own_resolver(p, text, count);
}

static void examine_state(struct patient *p)
{
	const char *folder = patient_conf(p)->node.state_dir;
	char *damaged = alloc_format("%s/" STORE_DAMAGED, folder);
	struct statvfs fs;
	struct stat st;
	struct finding *f;

	if (stat(folder, &st)) {
		f = report(p, errno == EACCES ? NOTE : BAD, "state",
			   "cannot access %s: %s", folder, strerror(errno));
		why(f, "without it, forced states and history are lost at a restart");
		remedy(f, "install -d -o %s -m 750 %s", patient_conf(p)->node.user,
		       folder);
	} else if (geteuid() != 0 && access(folder, W_OK) && errno == EROFS) {
		f = report(p, BAD, "state", "%s is on a read-only file system", folder);
		remedy(f, "remount it read-write; dmesg shows why it is read-only");
	}
	if (stat(folder, &st) == 0 && statvfs(folder, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize < (uint64_t)FREE_MIB_FEW << 20) {
		f = report(p, BAD, "disk", "%s has only %llu MiB of free space", folder,
			   (unsigned long long)fs.f_bavail * fs.f_frsize >> 20);
		why(f, "when the disk is full, forced states do not survive a restart");
		remedy(f, "free space on its file system");
	}
	if (access(damaged, F_OK) == 0) {
		f = report(p, NOTE, "state",
			   "%s exists: the state "
			   "database was damaged and set aside",
			   damaged);
		why(f, "forced states and history from before were lost");
		remedy(f, "check the disk (dmesg, smartctl), then remove the file");
	}
	free(damaged);
}

static void examine_limits(struct patient *p)
{
	const struct conf *c = patient_conf(p);
	struct rlimit files;
	char line[LINE_LEN];
	struct finding *f;
	long buffer_len;

	/* One that runs has a limit of its own. */
	if (geteuid() && !patient_runs(p) && !patient_is_hidden(p) &&
	    getrlimit(RLIMIT_NOFILE, &files) == 0 &&
	    files.rlim_max < c->node.tcp_connections + (rlim_t)FILES_BESIDE) {
		f = report(p, NOTE, "limits",
			   "%u TCP connections are configured, but "
			   "the limit on open files is %llu",
			   c->node.tcp_connections, (unsigned long long)files.rlim_max);
		why(f, "connections beyond that limit are refused");
		remedy(f, "raise LimitNOFILE in the unit, or ulimit -Hn");
	}
	buffer_len = strtol(line_of("/proc/sys/net/core/rmem_default", line), NULL, 10);
	if (buffer_len > 0 && buffer_len < 65536) {
		f = report(p, NOTE, "limits",
			   "the socket receive buffer is only %ld octets "
			   "(rmem_default)",
			   buffer_len);
		why(f, "bursts of queries are dropped by the kernel");
		remedy(f, "sysctl -w net.core.rmem_default=%d", RECEIVE_BUFFER_LEN);
	}
}

/* Root keys change: a resolver that does not follow them treats all signed names as
 * bogus.
 */
static void examine_anchors(struct patient *p)
{
	const struct conf *c = patient_conf(p);
	const struct conf_recursion *r = &c->recursion;
	char *kept = alloc_format("%s/root.key", c->node.state_dir);
	const char *path = r->trust_anchors ? r->trust_anchors : kept;
	time_t most_s = r->trust_anchors ? ANCHORS_OLD_S : ANCHORS_KEPT_S;
	struct stat st;
	struct finding *f;

	if (!conf_recurses(c) || !r->validate || stat(path, &st) ||
	    time(NULL) - st.st_mtime < most_s) {
		free(kept);
		return;
	}
	f = report(p, NOTE, "trust anchors", "%s is %lld days old", path,
		   (long long)(time(NULL) - st.st_mtime) / 86400);
	why(f, "after the root key changes, every signed "
	       "name is answered with SERVFAIL");
	if (r->trust_anchors)
		remedy(f, "compare it with https://data.iana.org/root-anchors/, or "
			  "remove trust-anchors: deputy then follows the root key by "
			  "itself");
	else
		remedy(f, "deputy-recursor updates it while it can reach the root; if "
			  "the node ran all that time, remove the file and restart "
			  "deputy");
	free(kept);
}

static void examine_conntrack(struct patient *p)
{
	char line[LINE_LEN];
	long most = strtol(line_of("/proc/sys/net/netfilter/nf_conntrack_max", line),
			   NULL, 10);
	long count = strtol(line_of("/proc/sys/net/netfilter/nf_conntrack_count", line),
			    NULL, 10);
	struct finding *f;

	if (most <= 0 || count < most / 5 * 4)
		return;
	f = report(p, BAD, "firewall",
		   "the connection tracking table is nearly "
		   "full: %ld of %ld",
		   count, most);
	why(f, "when it is full, queries are dropped");
	remedy(f, "exempt port 53 from connection tracking (notrack), or raise "
		  "nf_conntrack_max");
}

static bool is_global(const struct addr *a)
{
	return a->family == AF_INET6 && !addr_is_private(a) && !addr_is_loopback(a);
}

static void examine_ipv6(struct patient *p)
{
	const struct conf *c = patient_conf(p);
	struct ifaddrs *all = NULL;
	bool global = false;

	for (size_t i = 0; i < c->node.listen_count; i++)
		if (c->node.listens[i].family == AF_INET6)
			return;
	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		struct addr a = { 0 };

		if (i->ifa_addr)
			addr_from_sockaddr(i->ifa_addr, &a);
		global |= is_global(&a);
	}
	freeifaddrs(all);
	if (global) {
		struct finding *f = report(p, NOTE, "addresses",
					   "this host has a global IPv6 "
					   "address, but deputy listens on none");

		why(f, "IPv6-only devices cannot query it");
		remedy(f, "add the address to node: listen (at least \"::1\")");
	}
}

static void examine_service(struct patient *p)
{
	static const char wanted[] =
		"/etc/systemd/system/multi-user.target.wants/deputy.service";
	struct finding *f;

	if (access("/run/systemd/system", F_OK)) {
		f = report(p, NOTE, "service", "systemd is not running on this host");
		why(f, "something else must start deputyd at boot and keep its "
		       "standard error, which is the log");
		remedy(f, "e.g. in /etc/rc.local: deputyd 2>>/var/log/deputy.log");
	} else if (access(wanted, F_OK)) {
		f = report(p, NOTE, "service", "deputy.service is not enabled");
		why(f, "deputy will not start after a reboot");
		remedy(f, "systemctl enable deputy");
	}
}

static void examine_reach(struct patient *p)
{
	const struct conf *c = patient_conf(p);
	char text[ADDR_TEXT_LEN];
	struct finding *f;

	if (!patient_runs(p) || c->live_count == 0 || c->node.listen_count == 0)
		return;
	f = report(p, NOTE, "firewall",
		   "doctor cannot see from here whether a firewall blocks this node");
	remedy(f, "from a device's network, with and without +tcp: dig @%s -p %u %s",
	       addr_format(&c->node.listens[0], text), c->node.listens[0].port,
	       c->lives[0].name.text);
}

void doctor_host(struct patient *p)
{
	examine_clock(p);
	examine_resolv_conf(p);
	examine_state(p);
	examine_limits(p);
	examine_anchors(p);
	examine_conntrack(p);
	examine_ipv6(p);
	examine_service(p);
	examine_reach(p);
}

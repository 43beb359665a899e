"""A minimal Debian 12 in a directory, started with its own systemd, processes, users and network (a loopback).

    with Test() as t:
        host = Bare(t)                  # skips the test where that cannot be done
        host.apt("install", "--download-only", "/root/some.deb")
        host.boot()
        host.run("systemctl start some")

Where its packages come from is read from this host's own apt. Nothing of it is left behind.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess

from lab import libc, CLONE_NEWNET
from tap import SkipAll, within

PACKAGES = "systemd-sysv,dbus,iproute2,procps"


def output(*argv, **more):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **more)


def sources():
    """This host's sources of Debian 12, one a line, as apt understands them."""
    told = output("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages",
                  "Origin: Debian").stdout
    rows = sorted({tuple(line.split()) for line in told.splitlines()})
    return "".join(f"deb {uri} {release} {part}\n" for uri, release, part in rows if release.startswith("bookworm") and part == "main")


def proxies():
    """What this host's apt has to be told of the way to its sources."""
    told = output("apt-config", "dump").stdout
    return "".join(line + "\n" for line in told.splitlines() if re.match(r"Acquire::https?::Proxy", line, re.I))


def own_cgroups(name):
    """Folders for a systemd that must not mistake this host's groups for its own."""
    with open("/proc/self/cgroup", encoding="ascii") as f:
        rows = [line.strip().split(":", 2) for line in f]
    with open("/proc/self/mountinfo", encoding="ascii") as f:
        mounts = [line.split() for line in f]
    for _, kinds, path in rows:
        for m in mounts:
            kind, options = m[m.index("-") + 1], m[-1].split(",")
            if (kind == "cgroup2" and kinds == "") or (kind == "cgroup" and kinds == "name=systemd" and "name=systemd" in options):
                yield os.path.join(m[4] + (path if path != "/" else ""), name)


class Bare:
    def __init__(self, test, cache=None):
        """
        cache  a file that keeps the fresh system from one call to the next
        """
        self.test, self.root, self.leader, self.nspawn = test, os.path.join(test.scratch, "root"), None, None
        if os.getuid() != 0:
            raise SkipAll("only root can make a system in a folder")
        test.need("mmdebstrap", "systemd-nspawn", "nsenter", "apt-get")
        self.name = f"deputy-bare-{os.getpid()}"
        self.groups = list(own_cgroups(self.name))
        self.fill(cache)
        test.undo.append(self.clean)

    def fill(self, cache):
        if not (cache and os.path.exists(cache)):
            with open(os.path.join(self.test.scratch, "sources.list"), "w", encoding="utf-8") as f:
                f.write(sources())
            if not os.path.getsize(f.name):
                raise SkipAll("apt of this host knows no source of Debian 12; `apt-get update` first")
            self.test.write("aptopt", proxies())
            made = cache or os.path.join(self.test.scratch, "root.tar")
            a = output("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--include=" + PACKAGES,
                       "--aptopt=" + os.path.join(self.test.scratch, "aptopt"), "--skip=output/dev,cleanup/apt/lists", "bookworm", made + ".tar", f.name)
            if a.returncode:
                raise SkipAll("no Debian 12 can be fetched: " + " ".join(a.stderr.split("\n")[-3:]))
            os.rename(made + ".tar", made)
            cache = made
        os.mkdir(self.root)
        subprocess.run(["tar", "-C", self.root, "--numeric-owner", "--xattrs", "-xf", cache], check=True)
        with contextlib.suppress(OSError):
            shutil.copyfile("/etc/resolv.conf", self.root + "/etc/resolv.conf")

    def clean(self):
        if self.leader: # it outlives a systemd-nspawn that was killed; with it all inside end
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.leader, signal.SIGKILL)
        within(5, self.leave_groups, 0.1) # its last processes may still be ending
        with contextlib.suppress(OSError):
            os.rmdir("/run/systemd/nspawn/propagate/" + self.name)

    def leave_groups(self):
        """Whether the folders of its control groups are gone."""
        for group in self.groups:
            for folder, _, _ in os.walk(group, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
        return not any(os.path.exists(group) for group in self.groups)

    def chroot(self, command):
        """Runs a shell line in it with this host's network, before it is started."""
        return output("chroot", self.root, "sh", "-c", command, env=self.environment())

    @staticmethod
    def environment():
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                "LC_ALL": "C.UTF-8", "HOME": "/root", **{k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")}}

    def boot(self):
        def enter(): # in the child: its control groups are our own folders
            for group in self.groups:
                with contextlib.suppress(OSError):
                    os.makedirs(group, exist_ok=True)
                    with open(group + "/cgroup.procs", "w", encoding="ascii") as f:
                        f.write("0")
        self.nspawn = self.test.spawn(["systemd-nspawn", "--quiet", "-D", self.root, "-M", self.name, "--boot", "--register=no", "--keep-unit",
                                       "--private-network", "--resolv-conf=off", "--console=pipe"], log="nspawn", preexec_fn=enter)
        if not within(20, self.find_leader, 0.05) or not within(60, lambda: self.run("systemctl is-system-running").stdout.strip()
                                                                in ("running", "degraded"), 0.2):
            raise SkipAll("no systemd can be started in a folder here: " + " ".join(self.test.log("nspawn").split("\n")[-3:]))

    def find_leader(self):
        """The first process inside is a child of ours that has number 1 there."""
        if self.nspawn.poll() is not None:
            raise SkipAll("systemd-nspawn cannot run here: " + self.test.log("nspawn").strip())
        with open(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children", encoding="ascii") as f:
            for pid in f.read().split():
                with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii") as status:
                    told = status.read()
                    if re.search(r"^NSpid:\t\d+\t1$", told, re.M) and told.startswith("Name:\tsystemd\n"):
                        self.leader = int(pid)
        return self.leader

    def halt(self):
        self.nspawn.send_signal(signal.SIGTERM)
        try:
            self.nspawn.wait(30)
        except subprocess.TimeoutExpired:
            self.test.kill(self.nspawn)
        self.nspawn = self.leader = None

    def run(self, command, timeout=120):
        """Runs a shell line inside, as root."""
        return output("nsenter", "-t", str(self.leader), "-a", "sh", "-c", command, env=self.environment(), timeout=timeout)

    @contextlib.contextmanager
    def inside(self):
        """Sockets made here, by this thread, belong to its network."""
        with open("/proc/thread-self/ns/net", "rb") as home, open(f"/proc/{self.leader}/ns/net", "rb") as there:
            if libc.setns(there.fileno(), CLONE_NEWNET):
                raise OSError("setns")
            try:
                yield
            finally:
                libc.setns(home.fileno(), CLONE_NEWNET)

    def files(self):
        """Every path that it has on disk, with what tells a change: kind, rights, owner, and where a link leads."""
        skipped = ("/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/root")
        rows = {}
        for folder, folders, files in os.walk(self.root):
            place = folder[len(self.root):]
            folders[:] = [f for f in folders if f"{place}/{f}" not in skipped]
            for name in folders + files:
                path = os.path.join(folder, name)
                st = os.lstat(path)
                rows[f"{place}/{name}"] = (st.st_mode, st.st_uid, st.st_gid, os.readlink(path) if os.path.islink(path) else "")
        return rows

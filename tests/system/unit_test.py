#!/usr/bin/env python3
"""The systemd unit and what is installed: its confinement as systemd-analyze rates it, and deputyd running inside some of it."""
import ctypes
import json
import os
import pwd
import re
import shutil
import socket
import subprocess
import time

from tap import BUILD, TOP, Test, free_port, sanitized, within

PTRACE_ATTACH, PTRACE_DETACH = 16, 17
INSTALLED = [
    "usr/bin/deputy", "usr/sbin/deputyd", "usr/sbin/deputy-dns", "usr/sbin/deputy-recursor",
    "usr/lib/systemd/system/deputy.service", "usr/lib/sysusers.d/deputy.conf", "usr/lib/tmpfiles.d/deputy.conf",
    "usr/share/bash-completion/completions/deputy", "usr/share/zsh/vendor-completions/_deputy", "usr/share/fish/vendor_completions.d/deputy.fish",
    "usr/share/man/man1/deputy.1", "usr/share/man/man5/deputy.conf.5", "usr/share/man/man8/deputyd.8",
    "usr/share/man/man8/deputy-dns.8", "usr/share/man/man8/deputy-recursor.8",
    "usr/share/doc/deputy/examples/deputy.conf", "usr/share/doc/deputy/examples/pair.conf",
]


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def installed(t):
    """Where a package's build would put it all."""
    root, tree = t.scratch + "/root", t.scratch + "/tree"
    a = run("meson", "install", "--no-rebuild", "-C", BUILD, "--destdir", root)
    prefix = re.search(r"to (\S*?)/bin$", a.stdout, re.M)
    shutil.move(prefix[1] if prefix else root + "/usr/local", tree)
    missing = [f for f in INSTALLED if not os.path.exists(tree + f.removeprefix("usr"))]
    t.check("programs, manuals, units, completions and examples are installed", a.returncode == 0 and not missing, missing, a.stdout, a.stderr)
    return tree


def paths(t, tree):
    """What is installed names its examples and programs where they are, under any prefix."""
    options = json.loads(run("meson", "introspect", "--buildoptions", BUILD).stdout)
    prefix = next(o["value"] for o in options if o["name"] == "prefix")
    named = {}
    for folder, _, files in os.walk(tree):
        for name in files:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                for found in re.findall(rb"/[\w./-]*/(?:share/doc/deputy/[a-z]+|s?bin/deputy[a-z-]*)", f.read()):
                    named.setdefault(found.decode(), set()).add(os.path.relpath(path, tree))
    expected = {"bin/deputy": "lib/systemd/system/deputy.service", "sbin/deputyd": "lib/systemd/system/deputy.service",
                "share/doc/deputy/schema": "share/man/man1/deputy.1", "share/doc/deputy/examples": "sbin/deputyd"}
    missing = [name for name, where in expected.items() if where not in named.get(f"{prefix}/{name}", ())]
    t.check("manuals, units and programs name the examples and programs", not missing, missing, named)
    t.check(f"all under {prefix}, and they are there", all(os.path.exists(tree + p.removeprefix(prefix)) and p.startswith(prefix) for p in named), named)


def unit(t, tree):
    if not shutil.which("systemd-analyze"):
        t.skip("systemd-analyze accepts the unit", "systemd-analyze is not installed")
        return
    with open(tree + "/lib/systemd/system/deputy.service", encoding="utf-8") as f:
        text = re.sub(r"=\S*/(s?bin)/deputy", rf"={tree}/\1/deputy", f.read())
    path = t.write("deputy.service", text)
    a = run("systemd-analyze", "verify", "--man=no", path)
    t.check("systemd-analyze accepts the unit", "deputy.service" not in a.stderr, a.stdout, a.stderr)
    a = run("systemd-analyze", "security", "--offline=true", "--threshold=20", path)
    level = re.search(r"exposure level for deputy.service: ([0-9.]+)", a.stdout)
    t.check("its exposure is 2.0 or less", a.returncode == 0 and level and float(level[1]) <= 2.0, a.stdout, a.stderr)
    t.note("exposure", level and level[1])
    for name in ("deputy-metrics.socket", "deputy-metrics@.service"):
        with open(f"{tree}/share/doc/deputy/examples/{name}", encoding="utf-8") as f:
            t.write(name, re.sub(r"=-\S*/bin/deputy", f"=-{tree}/bin/deputy", f.read()))
    a = run("systemd-analyze", "verify", "--man=no", t.scratch + "/deputy-metrics.socket", t.scratch + "/deputy-metrics@.service")
    t.check("it accepts those for Prometheus, too", "deputy-metrics" not in a.stderr, a.stderr)


def example(t, tree):
    a = run(tree + "/bin/deputy", "conf", "check", TOP + "/dist/deputy.conf")
    t.check("the example to begin with is good", a.returncode == 0, a.stdout)
    with open(TOP + "/dist/deputy.conf", encoding="utf-8") as f:
        bare = re.sub(r"^#(?=[a-z ] ?[a-z -])(?! [A-Z])", "", f.read().split("\n\n", 1)[1], flags=re.M)
    a = run(tree + "/bin/deputy", "conf", "check", t.write("bare.conf", bare))
    t.check("also without its comments' marks", a.returncode == 0 and "main" in bare, bare, a.stdout)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


def status_of(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return next(line.split(":")[1].split() for line in f if line.startswith(name + ":"))


def one_is_not_another(t, keeper, user):
    """What a child could do to its keeper and siblings, whose user it is, if it were taken over."""
    children = children_of(keeper)
    t.check("two children run", len(children) == 2, children, t.log("unshare"))
    for pid in children:
        rights = {name: status_of(pid, name) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb", "NoNewPrivs", "Seccomp")}
        t.check("a child has no right, gets none, and has its filter", rights.pop("NoNewPrivs") == ["1"] and rights.pop("Seccomp") == ["0" if sanitized() else "2"]
                and set(map(tuple, rights.values())) == {("0" * 16,)}, rights)
    as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    for pid in [keeper, *children]:
        opened = run(*as_user, "sh", "-c", f": <>/proc/{pid}/mem")
        t.check("nobody of its user can open its memory", opened.returncode != 0 and "ermission denied" in opened.stderr, opened.stderr)
    # the keeper sees nothing of them in its /proc; what they show it tells a debugger's hold from a hang
    libc = ctypes.CDLL(None, use_errno=True)
    held = libc.ptrace(PTRACE_ATTACH, children[0], None, None) == 0
    time.sleep(7) # longer than a hang may last
    t.check("its watchdog still sees that a child is held by a debugger", held and children_of(keeper) == children and "child-hung" not in t.log("unshare"),
            t.log("unshare"))
    libc.ptrace(PTRACE_DETACH, children[0], None, None)


def walls(t, tree):
    """As the unit does: an ordinary user, one ambient right, a folder for state and one for sockets, readiness told."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        t.skip("deputyd serves port 53 as an ordinary user", "only root can become one with a right")
        return
    user = pwd.getpwnam("nobody")
    os.chmod(t.scratch, 0o755)
    for name in ("state", "run"):
        os.mkdir(f"{t.scratch}/{name}")
        os.chown(f"{t.scratch}/{name}", user.pw_uid, user.pw_gid)
    address = f"127.{free_port() % 200 + 10}.{os.getpid() % 250}.53"
    conf = t.write("deputy.conf", f"node: {{ name: unit, listen: [ {address}@53 ], state: {t.scratch}/state, run: {t.scratch}/run }}\n"
                   "access: { recursion: [ local ] }\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        path = t.scratch + "/run/notify"
        ready.bind(path)
        os.chmod(path, 0o777)
        ready.settimeout(20)
        # ProtectProc=invisible of the unit
        node = t.spawn(["unshare", "--mount", "sh", "-c", 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "sh", "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--no-new-privs",
                        "--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service", "--bounding-set=-all,+net_bind_service",
                        tree + "/sbin/deputyd", "-f", "-c", conf], env={**os.environ, "NOTIFY_SOCKET": path})
        try:
            said = ready.recv(4096).decode()
        except TimeoutError:
            said = ""
    t.check("deputyd serves port 53 as an ordinary user, and says that it is ready", "READY=1" in said, said, t.log("unshare"))
    one_is_not_another(t, node.pid, user)
    a = run(tree + "/bin/deputy", "-c", conf, "--json", "conf", "reload")
    t.check("it reloads", a.returncode == 0, a.stdout, a.stderr, t.log("unshare"))
    node.terminate()
    t.check("and ends", within(20, lambda: node.poll() is not None) and node.returncode == 0, node.returncode, t.log("unshare"))


with Test() as test:
    test.need("meson")
    where = installed(test)
    paths(test, where)
    unit(test, where)
    example(test, where)
    walls(test, where)

#!/usr/bin/env python3
"""The Debian package that dist/deb makes: its contents, its metadata, and the opinion of lintian."""
import os
import re
import shutil
import subprocess

from tap import TOP, Test, free_port


def run(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **more)


FILES = [
    "./usr/bin/deputy", "./usr/sbin/deputyd", "./usr/sbin/deputy-dns", "./usr/sbin/deputy-recursor", "./etc/deputy/deputy.conf",
    "./lib/systemd/system/deputy.service", "./usr/lib/sysusers.d/deputy.conf", "./usr/lib/tmpfiles.d/deputy.conf",
    "./usr/share/bash-completion/completions/deputy", "./usr/share/man/man1/deputy.1.gz", "./usr/share/man/man5/deputy.conf.5.gz",
    "./usr/share/man/man8/deputyd.8.gz", "./usr/share/doc/deputy/copyright", "./usr/share/doc/deputy/changelog.gz",
    "./usr/share/doc/deputy/examples/pair.conf",
]


# A host without systemd, made of namespaces: nothing of it can be seen outside, and what purge removes lies in memory.
BARE = """set -e
mount --bind "$1/usr/sbin" /usr/sbin
mount -t tmpfs none /run
running() { for exe in /proc/[0-9]*/exe; do readlink "$exe" || true; done 2>/dev/null | grep -c '^/usr/sbin/deputy' || true; }
/usr/sbin/deputyd -c "$2"
echo "before $(running)"
sh "$1/DEBIAN/prerm" upgrade 1.0
echo "upgrade $(running)"
sh "$1/DEBIAN/prerm" remove
echo "remove $(running)"
/usr/sbin/deputyd -c "$2"
echo "again $(running)"
for folder in /etc /var/lib /usr/sbin; do mount -t tmpfs none $folder; done
sh "$1/DEBIAN/postrm" purge
echo "purge $(running)"
"""


def stops(t):
    """Whoever removes the package has it answer no more, also where no systemd stops it."""
    if os.geteuid() != 0:
        t.skip("without systemd too, it is stopped when it is removed", "only root can make a host of namespaces")
        return
    conf = t.write("deputy.conf", f"node: {{ name: n, listen: [ 127.0.0.1@{free_port()} ], state: state, run: run, user: root }}\n")
    a = run("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", BARE, "sh", t.scratch + "/raw", conf, timeout=100)
    t.check("without systemd too, it is stopped when it is removed or purged, and not by an upgrade", a.returncode == 0
            and re.findall(r"^(\w+) (\d+)$", a.stdout, re.M) == [("before", "2"), ("upgrade", "2"), ("remove", "0"), ("again", "2"), ("purge", "0")],
            a.stdout, a.stderr)


def main(t):
    t.need("dpkg-deb", "dpkg-shlibdeps", "meson", "ninja")
    a = run(TOP + "/dist/deb", t.scratch)
    made = a.stdout.strip().split("\n")[-1]
    if not t.check("one command makes the package", a.returncode == 0 and made.endswith(".deb"), a.stdout, a.stderr):
        return
    with open(made, "rb") as f:
        first = f.read()
    again = run(TOP + "/dist/deb", t.scratch)
    with open(made, "rb") as f:
        t.check("made again it is the same, octet for octet", again.returncode == 0 and f.read() == first, again.stderr)
    a = run(TOP + "/dist/deb", "--revision", "7", t.scratch)
    t.check("made anew it may have a higher version", a.returncode == 0 and "+7_" in a.stdout, a.stdout, a.stderr)
    listed = run("dpkg-deb", "--contents", made).stdout
    rows = {m[3]: (m[1], m[2]) for m in re.finditer(r"^(\S+) (\S+) .*? (\./\S*)", listed, re.M)}
    t.check("all that belongs on a host is in it", all(f in rows for f in FILES), [f for f in FILES if f not in rows])
    t.check("all is root's, nothing has more rights than its caller, and nobody else may write",
            all(owner == "root/root" and "s" not in mode and mode[8] != "w" and mode[5] != "w" for mode, owner in rows.values()), listed)
    depends = run("dpkg-deb", "-f", made, "Depends").stdout
    t.check("it asks for the libraries that its programs need", all(w in depends for w in ("libunbound8", "libev4", "libssl3", "libyaml-0-2")), depends)
    run("dpkg-deb", "--raw-extract", made, t.scratch + "/raw")
    with open(t.scratch + "/raw/DEBIAN/conffiles", encoding="utf-8") as f:
        t.check("the configuration is the administrator's to keep", f.read().split("\n")[0] == "/etc/deputy/deputy.conf")
    with open(t.scratch + "/raw/etc/deputy/deputy.conf", encoding="utf-8") as f:
        text = "\n".join(line for line in f.read().split("\n") if line and not line.startswith("#"))
    t.check("as installed it answers this host alone", re.findall(r"[0-9.]+@53", text) == ["127.0.0.1@53"] and "access" not in text, text)
    a = run(t.scratch + "/raw/usr/bin/deputy", "conf", "check", t.scratch + "/raw/etc/deputy/deputy.conf")
    t.check("and it is good", a.returncode == 0, a.stdout)
    for script in ("postinst", "prerm", "postrm"):
        a = run("sh", "-n", t.scratch + "/raw/DEBIAN/" + script)
        t.check(f"a shell reads {script}", a.returncode == 0, a.stderr)
    stops(t)
    if not shutil.which("lintian"):
        t.skip("lintian finds no error and nothing to warn of", "lintian is not installed")
        return
    # who makes it is told by DEBEMAIL
    a = run("lintian", "--fail-on", "error,warning", "--suppress-tags", "bogus-mail-host,bogus-mail-host-in-debian-changelog", made)
    t.check("lintian finds no error and nothing to warn of", a.returncode == 0, a.stdout, a.stderr)


with Test() as test:
    main(test)

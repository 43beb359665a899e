#!/usr/bin/env python3
"""The Debian package on a minimal Debian 12 with its own systemd: installed, configured as in the README, upgraded, removed, purged."""
import os
import re

import package
from bare import Bare
from package import MAIN, NODE, STANDBY, Load
from tap import Test, within

STATE = "/var/lib/deputy"


def installs(t, host, deb):
    a = host.run(f"apt-get -q -y install {deb}")
    t.check("apt installs it with what it needs", a.returncode == 0, a.stdout, a.stderr)
    a = host.run("systemctl is-enabled deputy; systemctl is-active deputy; getent passwd deputy; ls -ld " + STATE)
    t.check("it starts nothing, and its user can log in nowhere", re.match(
        r"disabled\ninactive\ndeputy:x:\d+:\d+:[^:]*:/var/lib/deputy:/usr/sbin/nologin\ndrwxr-x--- 2 deputy deputy ", a.stdout), a.stdout)
    a = host.run("deputy conf check && systemd-analyze verify --man=no deputy.service 2>&1 | grep deputy")
    t.check("configuration and unit are good as they come", a.returncode == 1 and ": OK\n" in a.stdout, a.stdout, a.stderr)


def answers(t, host):
    t.check("the package's own configuration starts", host.run("systemctl start deputy").returncode == 0, host.run("journalctl -u deputy").stdout)
    host.run("systemctl stop deputy")
    with open(host.root + "/etc/deputy/deputy.conf", "w", encoding="utf-8") as f:
        f.write(package.readme_configuration())
    a = host.run("deputy conf check /etc/deputy/deputy.conf && systemctl enable --now deputy")
    t.check("the README's configuration and commands start it", a.returncode == 0, a.stdout, a.stderr, host.run("journalctl -u deputy").stdout)
    t.check("the live name has the main PBX", package.first_answer(host, wanted=(MAIN,)))
    for words in ("status", "explain pbx.wildixin.com", "doctor", "pbx list"):
        a = host.run("deputy " + words)
        t.check(f"`deputy {words}` has an answer", a.returncode in (0, 1, 7) and a.stdout and not a.stderr, a.stdout, a.stderr)
    host.run("systemctl kill -s KILL pbx-10")
    t.check("it moves when the main PBX dies", package.first_answer(host, wanted=(STANDBY,)))
    with open(host.root + "/etc/deputy/deputy.conf", "a", encoding="utf-8") as f:
        f.write("access: { recursion: [ local ] }\non-switch: [ { exec: [ /usr/bin/tee, /var/lib/deputy/told ] } ]\n")
    a = host.run("systemctl reload deputy && sleep 1; deputy status")
    t.check("with recursion configured, the recursor runs confined too", re.search(r"deputy-recursor +running", a.stdout), a.stdout, a.stderr,
            host.run("journalctl -o cat -u deputy | tail -20").stdout)
    package.toy_pbx(host, MAIN)
    host.run("deputy pbx force main up; deputy pbx force main down; deputy pbx release main")
    t.check("a hook may write to the state folder", within(20, lambda: os.path.exists(host.root + STATE + "/told")), host.run("deputy switch history").stdout,
            host.run("journalctl -o cat -u deputy | tail -20").stdout)
    a = host.run("systemd-analyze security deputy.service --threshold=20 --no-pager")
    t.check("it is confined, as the running systemd rates it", a.returncode == 0, a.stdout[-400:])


def held(t, host):
    """The confined unit cannot see the processes of other users, but it names what uses an address."""
    host.run(f"systemctl stop deputy; systemd-run --unit some-dns --service-type=exec deputy toy-pbx --listen udp@{NODE}:53 --listen tcp@{NODE}:53")
    host.run("systemctl start deputy", timeout=30)
    said = host.run("systemctl stop some-dns; journalctl -o cat -u deputy | grep 'address in use by' | tail -1").stdout
    t.check("an address that another unit holds is told with that unit's name", f"{NODE}" in said and "some-dns.service" in said, said)
    t.check("and when it is free it starts", host.run("systemctl restart deputy").returncode == 0 and package.first_answer(host), said)


def boots(t, host):
    """The host starts anew: the unit finds no address at first, as where a network comes up slowly."""
    host.halt()
    host.boot()
    t.check("after a boot it waits for its address", within(20, lambda: "no interface of this host" in host.run("journalctl -b -o cat -u deputy").stdout, 0.2),
            host.run("systemctl status deputy").stdout)
    package.addresses(host)
    t.check("and answers once that is there, with no hand laid on it", package.first_answer(host), host.run("journalctl -b -o cat -u deputy").stdout)
    for address in (MAIN, STANDBY):
        package.toy_pbx(host, address)


def upgrades(t, host, deb):
    pids, keeper = package.running(host, "deputy-dns"), package.running(host, "deputyd")
    load = Load(host, 500)
    load.start()
    a = host.run(f"apt-get -q -y install {deb}")
    done = package.upgraded(host, pids)
    load.end()
    t.check("an upgrade asks nothing of an edited configuration", a.returncode == 0 and "conffile" not in a.stdout.lower(), a.stdout, a.stderr)
    t.check("it replaces the running programs", done and package.running(host, "deputyd") == keeper, pids, keeper,
            host.run("ps -ef | grep deputy; journalctl -o cat -u deputy | tail").stdout)
    t.check("not one question is lost meanwhile", load.sent > 500 and load.lost == 0, load.sent, load.lost)
    t.note("questions", load.sent, "lost", load.lost)
    t.check("the unit continues, and all of its confinement is in force", host.run("systemctl is-active deputy").returncode == 0)
    pids = package.running(host, "deputy-dns")
    a = host.run("/etc/needrestart/restart.d/deputy.service")
    t.check("when a library was replaced, needrestart's command takes it up in the same way", a.returncode == 0 and package.upgraded(host, pids)
            and package.running(host, "deputyd") == keeper, a.stdout, a.stderr)
    a = host.run("systemctl reload deputy && systemctl restart deputy")
    t.check("it reloads and restarts after that", a.returncode == 0 and package.first_answer(host), a.stderr)


def removes(t, host, deb, before):
    host.run("deputy pbx force main down --reason planned")
    a = host.run("apt-get -q -y remove deputy")
    gone = host.run("systemctl is-active deputy; pgrep deputy; ls /usr/bin/deputy* /usr/sbin/deputy*").stdout
    kept = host.run(f"ls /etc/deputy/deputy.conf {STATE}/*").stdout.split()
    t.check("removed, it is gone, but configuration and state stay", a.returncode == 0 and gone.strip() == "inactive" and len(kept) > 1, gone, kept, a.stdout)
    a = host.run(f"apt-get -q -y install {deb}")
    t.check("installed again, it serves as before", a.returncode == 0 and package.first_answer(host)
            and "planned" in host.run("deputy pbx show main").stdout, a.stdout, a.stderr)
    a = host.run("apt-get -q -y purge deputy && apt-get -q -y autoremove --purge")
    left = package.told_by_purge(before["files"], host.files())
    t.check("purged, no file is left and none is changed", a.returncode == 0 and not left, a.stdout, a.stderr, left[:40])
    t.check("nor a user, a group or a process", accounts(host) == before["accounts"] and not host.run("pgrep deputy").stdout)
    t.check("nor a folder for sockets, a unit or a mark of apt's", not os.path.exists(host.root + "/run/deputy") and marks(host) == before["marks"],
            marks(host) ^ before["marks"])


def accounts(host):
    return host.run("cat /etc/passwd /etc/group /etc/shadow /etc/gshadow | sort").stdout


def marks(host):
    return set(host.run("apt-mark showauto showmanual; systemctl list-unit-files --no-legend; ls -A /run /run/systemd/system /var/lib/systemd").stdout.split("\n"))


def main(t):
    first, second = package.make(t.scratch), package.make(t.scratch, "2")
    host = Bare(t, os.environ.get("BARE_CACHE"))
    first, second = package.give(host, first), package.give(host, second)
    host.boot()
    package.addresses(host)
    before = {"files": host.files(), "accounts": accounts(host), "marks": marks(host)}
    installs(t, host, first)
    for address in (MAIN, STANDBY):
        package.toy_pbx(host, address)
    answers(t, host)
    held(t, host)
    boots(t, host)
    upgrades(t, host, second)
    host.run("systemctl stop pbx-5 pbx-10; systemctl reset-failed")
    removes(t, host, second, before)


with Test() as test:
    main(test)

#!/usr/bin/env python3
"""Random signed zones (differ_test.py) behind unbound, which validates: it never finds our answers bogus.

Left out are questions whose answers unbound 1.17 takes for bogus from BIND, NSD and Knot too: NSEC made of a wildcard, and
CNAME and DNAME below a DNAME. So are seeds in whose zones an empty non-terminal is opted out and a wildcard stands above it.
"""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import differ_test as differ  # noqa: E402
import dnswire  # noqa: E402
import zones_peers_test as servers  # noqa: E402
from tap import Test, free_port, within  # noqa: E402

SEEDS = (13, 15, 19, 21, 23, 25)
ORIGINS = [(b"example",), (b"c", b"example"), (b"other",)]
LEFT_OUT = (0, "ANY", "CNAME", "DNAME", 46, 47, 50)
COUNT = 250
SERVFAIL, AD, CD = 2, 0x20, 0x10


def start_unbound(t, folder, zones, end):
    port = free_port()
    lines = [f'server:\n interface: 127.0.0.1@{port}\n username: ""\n chroot: ""\n directory: "{folder}"\n pidfile: ""\n use-syslog: no\n'
             ' do-not-query-localhost: no\n qname-minimisation: no\n module-config: "validator iterator"\n val-log-level: 2\n'
             ' val-nsec3-keysize-iterations: "1024 500 2048 500 4096 500"\n harden-below-nxdomain: no\n root-hints: ""\n'
             ' do-not-query-address: 192.0.2.0/24\n do-not-query-address: 2001:db8::/32\n aggressive-nsec: no\n']
    for zone in zones:
        name = differ.text_of(zone.origin)
        lines.append(f' local-zone: "{name}" nodefault\n')
        with open(f"{folder}/dsset-{name}", encoding="utf-8") as f:
            lines += [f' trust-anchor: "{x.strip()}"\n' for x in f]
    lines += [f'stub-zone:\n name: "{n}"\n stub-addr: 127.0.0.1@{end[1]}\n' for n in [".", *(differ.text_of(z.origin) for z in zones)]]
    t.spawn(["unbound", "-d", "-c", t.write(f"{os.path.basename(folder)}/unbound.conf", "".join(lines))], log=os.path.basename(folder) + ".unbound")
    return "127.0.0.1", port


def ask(end, q, flags):
    q.flags = flags
    return dnswire.ask(end, q.octets(), 3)


def play(t, seed):
    draw = random.Random(seed)
    name = f"round-{seed}"
    folder = os.path.join(t.scratch, name)
    os.makedirs(folder)
    zones = [differ.Zone(draw, o, [x for x in ORIGINS if x != o], draw.choice([10, 40, 120])) for o in ORIGINS]
    files, hows = {}, []
    for zone in zones:
        zone.repair()
        text = differ.text_of(zone.origin)
        path = t.write(f"{name}/{text}zone", zone.text())
        hows.append(draw.choice(["nsec", "nsec3", "optout"]))
        files[text] = differ.sign(t, draw, folder, zone.origin, path, hows[-1])
    scratch, t.scratch = t.scratch, folder
    ours = servers.start_daemon(t, files)
    t.scratch = scratch
    probe = dnswire.query("example.", "SOA", flags=0x100)
    if not t.check(f"{name}: we answer", within(10, lambda: dnswire.ask(ours.address, probe, 0.2))):
        return
    end = start_unbound(t, folder, zones, ours.address)
    if not t.check(f"{name}: unbound has our answers", within(10, lambda: (dnswire.ask(end, probe, 1) or b"\xff" * 4)[3] & 15 == 0)):
        return
    secure, bogus = 0, []
    for _ in range(COUNT):
        q = differ.Question(draw, zones)
        q.edns, q.dnssec_ok, q.stream = 1232, True, False
        octets = None if q.kind in LEFT_OUT else ask(end, q, 0x100)
        if octets is None:
            continue
        secure += octets[3] & AD != 0
        if octets[3] & 15 == SERVFAIL and (ask(end, q, 0x100 | CD) or octets)[3] & 15 != SERVFAIL:
            bogus.append(str(q))
    reasons = [x for x in t.log(name + ".unbound").splitlines() if "validation failure" in x][:8] if bogus else []
    t.check(f"{name}, signed by {', '.join(hows)}: none of our answers is bogus", not bogus and secure, secure, *bogus, *reasons)
    t.note(f"{name}: {secure} of {COUNT} answers are secure")
    for process in t.processes:
        t.kill(process)
    t.processes.clear()


def main():
    with Test() as t:
        t.need("unbound", "dnssec-signzone", "dnssec-keygen")
        for seed in SEEDS:
            play(t, seed)


if __name__ == "__main__":
    main()

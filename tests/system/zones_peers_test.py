#!/usr/bin/env python3
"""The same zones and queries for zones/, the whole deputy-dns, NSD, Knot and BIND.

An answer counts as agreed when one peer at least gives the same RCODE, AA, TC and the same sets. Where all of
them differ from us it is a failure; where they differ among each other it is told as a note.
"""
import os
import random
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dnswire  # noqa: E402
from tap import BUILD, SkipAll, Test, free_port, within  # noqa: E402

EXAMPLE = """$ORIGIN example.
$TTL 3600
@ SOA ns.example. admin.example. 7 3600 600 86400 300
@ NS ns
@ NS ns.example.net.
@ MX 10 mail
@ MX 20 mail2.sub
@ TXT "apex"
ns A 192.0.2.53
ns AAAA 2001:db8::53
mail A 192.0.2.25
mail A 192.0.2.26
mail AAAA 2001:db8::25
www CNAME web
web CNAME host
host A 192.0.2.80
host TXT "one" "two"
ext CNAME www.elsewhere.test.
cross CNAME web.other.
dangling CNAME nowhere
b.c.ent A 192.0.2.7
* 60 TXT "wild"
*.w MX 5 mail
*.w A 192.0.2.9
x.y.*.w TXT "below the asterisk"
deep.sub.w TXT "in the way"
*.wc CNAME host
*.wd CNAME nothing.at.all
*.we CNAME q.we
d DNAME target
d A 192.0.2.99
a.target A 192.0.2.100
*.target TXT "t"
dout 77 DNAME elsewhere.test.
dcross DNAME other.
loop1 CNAME loop2
loop2 CNAME loop1
self CNAME self
dl1 DNAME dl2
dl2 DNAME dl1
cut NS ns.cut
cut NS ns2.sibling
cut NS far.test.
ns.cut A 192.0.2.101
ns.cut AAAA 2001:db8::101
cut DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
sibling NS ns2.sibling
ns2.sibling A 192.0.2.102
tocut CNAME a.cut
mxcut MX 1 ns.cut
_sip._tcp SRV 1 2 5060 mail
_sip._tcp SRV 2 2 5060 host
naptr NAPTR 100 10 "S" "SIP+D2U" "" _sip._udp.example.
over DNAME {over}.over.target
long TXT {long}
UPPER A 192.0.2.111
"""
OTHER = """$ORIGIN other.
$TTL 1800
@ SOA ns.other. admin.other. 3 3600 600 86400 30
@ NS ns
ns A 192.0.2.54
web CNAME host
host A 192.0.2.81
back CNAME www.example.
"""
LABEL = "o" * 60
TYPES = ["A", "AAAA", "NS", "MX", "TXT", "SOA", "CNAME", "DNAME", "DS", "SRV", 99, 65280]
WORDS = ["www", "web", "host", "mail", "ns", "cut", "sibling", "sub", "w", "wc", "wd", "we", "d", "dl1", "dl2", "dout",
         "dcross", "target", "ent", "c", "b", "a", "x", "y", "*", "_sip", "_tcp", "loop1", "self", "ns2", "deep", "nx",
         "UPPER", "over", "tocut", "ext", "cross"]
# Where RFCs leave a choice, ours (dns.md): the chain with NOERROR, ANY by one set.


class Peer:
    def __init__(self, name, port):
        self.name, self.address = name, ("127.0.0.1", port)


def start_ours(t, files):
    port = free_port()
    argv = [os.path.join(BUILD, "tests/zones/zones_serve"), "127.0.0.1", str(port)]
    for origin, path in files.items():
        argv += [path, origin]
    t.spawn(argv, log="ours")
    return Peer("zones", port)


def start_daemon(t, files):
    port = free_port()
    for folder in ("state", "run"):
        os.makedirs(f"{t.scratch}/{folder}")
    zones = ", ".join(f"{{ name: {o}, file: {p} }}" for o, p in files.items())
    conf = t.write("deputy.conf", f"node: {{ name: n1, listen: [ 127.0.0.1@{port} ], state: state, run: run, workers: 1 }}\n"
                   f"zones: [ {zones} ]\n")
    t.spawn([os.path.join(BUILD, "cmd/deputy-dns"), "-c", conf])
    return Peer("deputy-dns", port)


def start_nsd(t, files):
    port = free_port()
    folder = t.scratch
    zones = "".join(f'zone:\n  name: {o}\n  zonefile: "{p}"\n' for o, p in files.items())
    conf = t.write("nsd.conf", f"""server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  minimal-responses: yes
  refuse-any: yes
remote-control:
  control-enable: no
{zones}""")
    t.spawn(["nsd", "-d", "-c", conf])
    return Peer("nsd", port)


def start_knot(t, files):
    port = free_port()
    folder = os.path.join(t.scratch, "knot")
    os.makedirs(folder)
    zones = "".join(f'  - domain: {o}\n    file: "{p}"\n' for o, p in files.items())
    conf = t.write("knot.conf", f"""server:
    rundir: "{folder}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}"
template:
  - id: default
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
{zones}""")
    t.spawn(["knotd", "-c", conf])
    return Peer("knot", port)


def start_named(t, files):
    port = free_port()
    folder = os.path.join(t.scratch, "named")
    os.makedirs(folder)
    zones = "".join(f'zone "{o}" {{ type primary; file "{p}"; check-names ignore; }};\n' for o, p in files.items())
    conf = t.write("named.conf", f"""options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }}; pid-file none; session-keyfile "{folder}/session.key"; recursion no; minimal-any yes;
  minimal-responses yes; check-integrity no; notify no; allow-query {{ any; }}; empty-zones-enable no;
  max-udp-size 1232; }};
controls {{ }};
{zones}""")
    t.spawn(["named", "-f", "-c", conf])
    return Peer("named", port)


def questions():
    for name in sorted({f"{a}.{z}" for a in WORDS for z in ("example.", "other.")} | {"example.", "other."}):
        for kind in TYPES:
            yield name, kind
    draw = random.Random(4592)
    for _ in range(6000):
        labels = [draw.choice(WORDS) for _ in range(draw.randint(1, 5))]
        yield ".".join(labels) + draw.choice([".example.", ".example.", ".other."]), draw.choice(TYPES)
    for name in (f"{LABEL}.{LABEL}.over.example.", f"{LABEL}.{LABEL}.d.example.", "long.example.", "naptr.example.",
                 "_sip._tcp.example.", "mxcut.example.", "dangling.example.", "test.", "."):
        for kind in TYPES:
            yield name, kind


def told(message):
    """What is compared: header, and the sections as sets. Additional addresses are a server's choice but at cuts."""
    if message is None:
        return "no answer"
    try:
        m = dnswire.read(message)
    except (dnswire.Malformed, IndexError) as e:
        return f"malformed: {e!r}"
    referral = not m["aa"] and m["rcode"] == "NOERROR" and any(r[1] == "NS" for r in m["authority"])
    return (m["rcode"], m["aa"], m["tc"], tuple(sorted(m["answer"], key=str)), tuple(sorted(m["authority"], key=str)),
            tuple(sorted(m["additional"], key=str)) if referral else ())


def compare(t, ours, peers, size):
    count, alone, split = 0, [], {p.name: 0 for p in peers}
    for name, kind in questions():
        octets = dnswire.query(name, kind, size=size)
        mine = told(dnswire.ask(ours.address, octets))
        theirs = {p.name: told(dnswire.ask(p.address, octets)) for p in peers}
        count += 1
        for peer, answer in theirs.items():
            split[peer] += answer != mine
        if mine not in theirs.values():
            alone.append((name, kind, mine, theirs))
    what = "512 octets, no EDNS" if size is None else f"EDNS, {size} octets"
    t.note(f"{ours.name}, {what}: {count} questions; answers that differ: " + ", ".join(f"{n} {c}" for n, c in split.items()))
    evidence = []
    for name, kind, mine, theirs in alone[:12]:
        evidence += [f"{name} {kind}", f"  {ours.name}: {mine}"] + [f"  {n}: {a}" for n, a in theirs.items()]
    t.check(f"no answer of {ours.name} stands alone ({what})", not alone, f"{len(alone)} do", *evidence)


def main():
    with Test() as t:
        starts = {"nsd": start_nsd, "knotd": start_knot, "named": start_named}
        found = [start for program, start in starts.items() if shutil.which(program)]
        if not found:
            raise SkipAll("none of nsd, knotd and named is installed")
        long = " ".join(f'"{c * 200}"' for c in "abcdefgh")
        files = {"example": t.write("example.zone", EXAMPLE.format(over=f"{LABEL}.{LABEL}", long=long)),
                 "other": t.write("other.zone", OTHER)}
        ours = [start_ours(t, files), start_daemon(t, files)]
        peers = [start(t, files) for start in found]
        for p in [*ours, *peers]:
            probe = dnswire.query("host.example.", "A")
            if not t.check(f"{p.name} answers", within(10, lambda p=p: dnswire.ask(p.address, probe, 0.2))):
                return
        time.sleep(0.2)
        for size in (None, 1232):
            for one in ours:
                compare(t, one, peers, size)


if __name__ == "__main__":
    main()

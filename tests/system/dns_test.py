#!/usr/bin/env python3
"""deputy-dns as a whole: real sockets, real clients, toy PBXs that die."""
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

import packet
from node import USER
from packet import Tcp, framed, opt, query, udp
from tap import BUILD, Test, free_port, within

DNS = os.path.join(BUILD, "cmd/deputy-dns")
TOY = os.path.join(BUILD, "cmd/toy-pbx")
MAIN, STANDBY = "127.0.0.11", "127.0.0.12"

ZONE = """$TTL 3600
@ IN SOA ns hostmaster 7 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
www A 192.0.2.1
www AAAA 2001:db8::1
alias CNAME www
away CNAME www.example.org.
deep.er.down TXT "deep"
*.wild TXT "any"
sub NS ns.sub
ns.sub A 192.0.2.53
old DNAME new.example.org.
live TXT "file"
live A 192.0.2.99
to-live CNAME live
""" + "".join(f'long TXT "{i:03} {"x" * 200}"\n' for i in range(12))


class Node:
    """One deputy-dns on its own port, in its own folder."""

    def __init__(self, test, name, pbx_port, listens=("127.0.0.1",)):
        self.test, self.name, self.port = test, name, free_port()
        self.folder = f"{test.scratch}/{name}"
        test.write(f"{name}/example.com.zone", ZONE)
        listen = ", ".join(f'"{a}@{self.port}"' for a in listens)
        self.text = f"""
node: {{ name: {name}, listen: [ {listen} ], state: {self.folder}/state, run: {self.folder}/run, workers: 2 }}
access: {{ query: [ 127.0.0.0/8, "::1" ], ecs: [ 127.0.0.53 ] }}
pbxs:
  - {{ name: berlin, addresses: [ {MAIN} ], endpoints: [ tcp@{pbx_port}, udp@{pbx_port} ], failover: [ hq ], profile: fast, hold: 0s }}
  - {{ name: hq, addresses: [ {STANDBY}, {{ site: mill, addresses: [ 127.0.0.13 ] }} ], endpoints: [ udp@{pbx_port} ], failover: [ berlin ], profile: fast, hold: 0s }}
sites:
  - {{ name: yard, networks: [ 127.1.0.0/16 ], pbx: berlin }}
  - {{ name: mill, networks: [ 127.2.0.0/16 ], pbx: hq }}
live:
  - {{ name: pbx.example.net, answer: site, default: berlin }}
  - {{ name: live.example.com, home: berlin }}
zones: [ {{ name: example.com, file: example.com.zone }} ]
hosts: {{ printer.lan: [ 127.9.9.9 ] }}
diagnostics: [ 127.0.0.0/24, 127.1.0.0/16, 127.2.0.0/16 ]
"""
        test.write(f"{name}/deputy.conf", self.text)
        os.makedirs(self.folder + "/run", exist_ok=True)
        os.makedirs(self.folder + "/state", exist_ok=True)
        self.server = ("127.0.0.1", self.port)
        self.start()

    def start(self):
        # by a relative path: a reload, long after the filter of system calls, finds its zones still
        self.process = self.test.spawn([DNS, "-c", "deputy.conf"], log=self.name, cwd=self.folder)

    def is_up(self, server=None):
        return within(10, lambda: udp(server or self.server, query("www.example.com", "A"), timeout=0.2)[0])

    def ask(self, name, qtype, source=None, edns=None, **more):
        return udp(self.server, query(name, qtype, edns=edns, **more), source)[0]

    def command(self, name, *args):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.folder + "/run/dns.sock")
            f = s.makefile("rw")
            f.write(json.dumps({"command": name, "args": list(args)}) + "\n")
            f.flush()
            return json.loads(f.readline())

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(timeout=20)


def rcodes(t, n):
    rows = [
        ("an address", "www.example.com", "A", {}, "NOERROR", 1, 1),
        ("case is kept", "WwW.eXample.com", "A", {}, "NOERROR", 1, 1),
        ("no such name", "nope.example.com", "A", {}, "NXDOMAIN", 1, 0),
        ("no such type", "www.example.com", "MX", {}, "NOERROR", 1, 0),
        ("an empty non-terminal", "er.down.example.com", "A", {}, "NOERROR", 1, 0),
        ("a wildcard", "x.y.wild.example.com", "TXT", {}, "NOERROR", 1, 1),
        ("an alias", "alias.example.com", "A", {}, "NOERROR", 1, 2),
        ("an alias out of our zones", "away.example.com", "A", {}, "NOERROR", 1, 1),
        ("a DNAME", "a.old.example.com", "A", {}, "NOERROR", 1, 2),
        ("a delegation", "a.sub.example.com", "A", {}, "NOERROR", 0, 0),
        ("minimal ANY", "www.example.com", "ANY", {}, "NOERROR", 1, 1),
        ("what is not ours", "www.example.org", "A", {}, "REFUSED", 0, 0),
        ("the root", ".", "NS", {}, "REFUSED", 0, 0),
        ("a transfer of ours", "example.com", "AXFR", {}, "REFUSED", 0, 0),
        ("a transfer of what is not ours", "example.org", "AXFR", {}, "NOTAUTH", 0, 0),
        ("a strange class", "www.example.com", "A", {"qclass": 4}, "REFUSED", 0, 0),
        ("NOTIFY", "example.com", "SOA", {"flags": 0x2000}, "NOTIMP", 0, 0),
        ("UPDATE", "example.com", "SOA", {"flags": 0x2800}, "NOTIMP", 0, 0),
        ("opcode 15 without question", None, 0, {"flags": 0x7800, "counts": (0, 0, 0, 0)}, "NOTIMP", 0, 0),
        ("no question", None, 0, {"counts": (0, 0, 0, 0)}, "FORMERR", 0, 0),
        ("two questions", "www.example.com", "A",
         {"extra": packet.question("a.b", "A"), "counts": (2, 0, 0, 0)}, "FORMERR", 0, 0),
        ("octets behind the end", "www.example.com", "A", {"extra": b"\0"}, "FORMERR", 0, 0),
        ("a host", "printer.lan", "A", {}, "NOERROR", 1, 1),
        ("its address back", "9.9.9.127.in-addr.arpa", "PTR", {}, "NOERROR", 1, 1),
    ]
    for what, name, qtype, more, status, aa, answers in rows:
        m = n.ask(name, qtype, **more)
        good = m and (m.status, m.aa, len(m.answer), m.qr, m.ra) == (status, aa, answers, 1, 0)
        t.check(f"{what}: {status}", good, m and (m.status, m.aa, m.answer, m.authority))
    m = n.ask("www.example.com", "A", flags=0x0000)
    t.check("RD is copied, also when it is 0", m.rd == 0 and n.ask("www.example.com", "A").rd == 1)
    m = n.ask("WwW.eXample.com", "A")
    t.check("the question comes back as it was written", m.question[0][0] == "WwW.eXample.com.", m.question)
    m = n.ask("nope.example.com", "A")
    t.check("NXDOMAIN carries the SOA with the lesser TTL", [r.ttl for r in m.authority] == [300], m.authority)
    t.check("an answer is never answered", n.test and udp(n.server, query("www.example.com", "A", flags=0x8100),
                                                           timeout=0.3)[0] is None)
    m = n.ask("a.sub.example.com", "A")
    t.check("a delegation carries its glue", m.texts("additional") == ["192.0.2.53"], m.additional)


def edns(t, n):
    m = n.ask("www.example.com", "A", edns=opt(flags=0xFFFF, options=[(packet.NSID, b""), (0xFF00, b"hello")]))
    t.check("DO is copied and no other flag", m.opt and m.opt["flags"] == 0x8000, m.opt)
    t.check("the name of the node is told for NSID", m.option(packet.NSID) == b"main", m.opt)
    t.check("an unknown option is passed over", m.option(0xFF00) is None, m.opt)
    m = n.ask("www.example.com", "A", edns=opt(version=1))
    t.check("version 1: BADVERS, version 0, no data", m.status == "BADVERS" and m.opt["version"] == 0 and not m.answer,
            m.status, m.opt)
    m = n.ask("www.example.com", "A", edns=opt() + opt(), counts=(1, 0, 0, 2))
    t.check("two OPTs: FORMERR", m.status == "FORMERR", m.status)
    m = n.ask("www.example.com", "A", edns=opt()[:-2] + struct.pack("!HHH", 4, 3, 5))
    t.check("an option that overruns its record: FORMERR with OPT", m.status == "FORMERR" and m.opt, m.status, m.opt)
    m = n.ask("www.example.org", "A", edns=opt())
    t.check("REFUSED still carries OPT, and tells why", m.opt and m.ede() and m.ede()[0] == 20, m.opt)
    m = n.ask("www.example.org", "A", edns=opt(), source="127.0.1.9")
    t.check("but not to clients who get no reasons", m.opt and m.ede() is None, m.opt)
    m = n.ask("www.example.org", "A")
    t.check("and never without EDNS", m.opt is None)
    client = b"12345678"
    m = n.ask("www.example.com", "A", edns=opt(options=[(packet.COOKIE, client)]))
    full = m.option(packet.COOKIE)
    t.check("a client cookie gets a server cookie", full and len(full) == 24 and full[:8] == client, m.opt)
    before = n.command("counters")["cookies"]
    n.ask("www.example.com", "A", edns=opt(options=[(packet.COOKIE, full)]))
    t.check("which is known again", n.command("counters")["cookies"] == before + 1)
    m = n.ask("www.example.com", "A", edns=opt(options=[(packet.COOKIE, b"short")]))
    t.check("a cookie of a bad length: FORMERR", m.status == "FORMERR", m.status)
    m = udp(n.server, query(None, 0, edns=opt(options=[(packet.COOKIE, client)]), counts=(0, 0, 0, 1)))[0]
    t.check("only a cookie: NOERROR", m.status == "NOERROR" and m.option(packet.COOKIE), m.status)


def truncation(t, n):
    for what, record, limit in (("without EDNS", None, 512), ("of 100 octets offered", opt(payload=100), 512),
                                ("of 1000", opt(payload=1000), 1000), ("of 65535", opt(payload=65535), 1232)):
        m = n.ask("long.example.com", "TXT", edns=record)
        t.check(f"a long answer is cut, {what}", m.tc == 1 and len(m.octets) <= limit and not m.answer,
                m.tc, len(m.octets))
    with Tcp(n.server) as c:
        m = c.ask(query("long.example.com", "TXT"))
        t.check("and whole over TCP", m and m.tc == 0 and len(m.answer) == 12, m and len(m.answer))
    run = subprocess.run(["dig", "@127.0.0.1", "-p", str(n.port), "long.example.com", "TXT", "+short"],
                         capture_output=True, text=True, timeout=20, check=False)
    t.check("dig comes back over TCP by itself", len(run.stdout.splitlines()) == 12, run.stdout)


def streams(t, n):
    names = ["www.example.com", "nope.example.com", "alias.example.com", "printer.lan"] * 2
    queries = [query(name, "A", ident=i) for i, name in enumerate(names)]
    with Tcp(n.server) as c:
        c.send(b"".join(framed(q) for q in queries))
        ids = [c.receive().id for _ in queries]
        t.check("eight queries in one write, eight answers in order", ids == list(range(8)), ids)
        c.send(b"".join(framed(q) for q in queries)[:-3])
        ids = [c.receive().id for _ in queries[:-1]]
        t.check("a query cut in the middle waits", ids == list(range(7)), ids)
    with Tcp(n.server) as c:
        for octet in framed(queries[0]):
            c.send(bytes([octet]))
            time.sleep(0.001)
        m = c.receive()
        t.check("a query octet by octet is answered", m and m.id == 0)
    with Tcp(n.server) as c:
        c.send(b"".join(framed(q) for q in queries))
        c.s.shutdown(socket.SHUT_WR)
        got = [c.receive() for _ in range(9)]
        t.check("after a half-close all is answered, then closed", all(got[:8]) and got[8] is None, got)
    with Tcp(n.server) as c:
        many = b"".join(framed(query("long.example.com", "TXT", ident=i)) for i in range(3000))
        writer = threading.Thread(target=lambda: (c.send(many), c.s.shutdown(socket.SHUT_WR)), daemon=True)
        writer.start()
        time.sleep(0.5)  # the peer does not read: what waits for it is bounded
        with open(f"/proc/{n.process.pid}/status", encoding="ascii") as f:
            rss = int([line for line in f if line.startswith("VmRSS")][0].split()[1])
        ids = []
        while (m := c.receive()) is not None:
            ids.append(m.id)
        t.check("a peer that does not read gets all in the end", ids == list(range(3000)), len(ids))
        t.check("and holds little memory meanwhile", rss < 200_000, rss)
    with Tcp(n.server) as c:
        m = c.ask(query("www.example.com", "A", edns=opt(options=[(packet.KEEPALIVE, b"")])))
        t.check("the idle time-out is told for keepalive", m.option(packet.KEEPALIVE) == struct.pack("!H", 100), m.opt)
    idle = [Tcp(n.server) for _ in range(40)]
    with Tcp(n.server) as c:
        t.check("behind 40 idle connections a fresh query is answered", c.ask(queries[0]).id == 0)
    for c in idle:
        c.s.close()
    with Tcp(n.server) as c:
        c.send(struct.pack("!H", 3) + b"abc" + framed(queries[1]))
        m = c.receive()
        t.check("what is no query is passed over", m and m.id == 1)


def crowds(t, n):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = min(2000, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = []
    try:
        for i in range(want):
            s = socket.socket()
            s.bind((f"127.3.{i // 100}.1", 0))
            s.connect(n.server)
            crowd.append(s)
        began = time.monotonic()
        with Tcp(n.server) as c:
            good = c.ask(query("www.example.com", "A"))
        t.check(f"behind {want} idle connections of many sources a fresh query is answered", good)
        t.check("and UDP is as before", n.ask("www.example.com", "A"))
        t.note(f"TCP query beside {want} idle connections: {1000 * (time.monotonic() - began):.1f} ms")
    finally:
        for s in crowd:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def wildcards(t, pbx_port):
    n = Node(t, "wild", pbx_port, listens=("0.0.0.0", "::"))
    t.check("wildcard addresses are answered at", n.is_up())
    for address in ("127.0.0.1", "127.0.0.77", "127.77.0.1"):
        m, peer = udp((address, n.port), query("www.example.com", "A"))
        t.check(f"asked at {address}, answered from it", m and peer[0] == address, peer)
    m, peer = udp(("::1", n.port), query("www.example.com", "A"))
    t.check("asked at ::1, answered from it", m and peer[0] == "::1", peer)
    with Tcp(("::1", n.port)) as c:
        t.check("and over TCP on IPv6", c.ask(query("www.example.com", "A")))
    t.check("SIGTERM ends it with 0", n.stop() == 0)


def sites(t, n):
    rows = [("127.0.0.9", MAIN), ("127.1.0.9", MAIN), ("127.2.0.9", "127.0.0.13")]
    for source, address in rows:
        m = n.ask("pbx.example.net", "A", source=source)
        t.check(f"clients at {source} get {address}", m.texts() == [address] and m.answer[0].ttl <= 10, m.answer)
    m = udp(n.server, query("pbx.example.net", "A", edns=opt(options=[packet.ecs_option("127.2.3.0/24")])),
            "127.0.0.53")[0]
    echo = m.option(packet.ECS)
    t.check("a believed forwarder's client subnet chooses the site", m.texts() == ["127.0.0.13"], m.answer)
    t.check("the scope is the site's network", echo and echo[2:4] == b"\x18\x10", echo)
    m = udp(n.server, query("pbx.example.net", "A", edns=opt(options=[packet.ecs_option("127.2.3.0/24")])),
            "127.0.0.54")[0]
    t.check("of others it is neither believed nor echoed", m.texts() == [MAIN] and m.option(packet.ECS) is None)


def live_sets(t, n):
    m = n.ask("pbx.example.net", "NAPTR")
    t.check("NAPTR lists what winner and next offer", m.texts() == [
        '20 10 "s" "SIP+D2T" "" _sip._tcp.pbx.example.net.', '30 10 "s" "SIP+D2U" "" _sip._udp.pbx.example.net.'],
        m.texts())
    m = n.ask("_sip._udp.pbx.example.net", "SRV")
    t.check("SRV: the winner before the next", [r.text.split()[0] for r in m.answer] == ["10", "20"]
            and m.answer[0].text.endswith(" pbx.example.net.") and m.answer[1].text.endswith(" hq.pbx.example.net."),
            m.answer)
    targets = {r.text.split()[3] for r in m.answer}
    t.check("every target resolves", all(n.ask(name, "A").answer for name in targets), targets)
    m = n.ask("_sips._tcp.pbx.example.net", "SRV")
    t.check("a transport no pbx has does not exist", m.status == "NXDOMAIN", m.status)
    m = n.ask("pbx.example.net", "AAAA")
    t.check("no IPv6: NODATA, not for long", m.status == "NOERROR" and not m.answer and m.authority[0].ttl <= 10,
            m.authority)
    m = n.ask("pbx.example.net", "DS")
    t.check("DS at a free name: NODATA with our SOA", m.status == "NOERROR" and m.authority[0].type == "SOA"
            and m.authority[0].name == "pbx.example.net.", m.authority)
    m = n.ask("pbx.example.net", "ANY")
    t.check("ANY gives the address", m.texts() == [MAIN], m.answer)
    m = n.ask("live.example.com", "A")
    t.check("an enclosed live name overrules the file", m.texts() == [MAIN], m.answer)
    m = n.ask("live.example.com", "TXT")
    t.check("but not its other types", m.texts() == ["file"], m.answer)
    m = n.ask("to-live.example.com", "A")
    t.check("an alias to it is answered whole", [r.type for r in m.answer] == ["CNAME", "A"] and MAIN in m.texts(),
            m.answer)


def agreement(t, n, source, site):
    """EDE, TXT and command line say the same."""
    m = n.ask("pbx.example.net", "A", source=source, edns=opt())
    code, ede = m.ede() or (None, "")
    said = n.command("explain", "pbx.example.net", "--from", source)
    lines = n.ask("pbx.example.net", "TXT", source=source, qclass=packet.CH).texts()
    whole = " ".join(lines)
    t.check(f"{site}: EDE, TXT and command line agree",
            code == 29 and said["because"] == ede and f"answer={said['answer']}" in ede
            and f"answer={said['answer']}" in whole and f"site={site}" in ede and f"site={site}" in whole,
            ede, said, lines)
    return said["answer"]


def chaos(t, n):
    m = n.ask("id.server", "TXT", qclass=packet.CH)
    t.check("id.server is the node", m.texts() == ["main"], m.answer)
    for name in ("version.server", "version.bind", "hostname.bind", "status.deputy"):
        t.check(f"{name} is told", n.ask(name, "TXT", qclass=packet.CH).answer)
    m = n.ask("status.deputy", "TXT", qclass=packet.CH, source="127.0.1.9")
    t.check("but not to everybody", m.status == "REFUSED" and not m.answer, m.status)
    agreement(t, n, "127.0.0.9", "-")
    agreement(t, n, "127.2.0.9", "mill")
    said = [n.command("explain", name) for name in ("www.example.com", "www.example.org", "..")]
    t.check("other names are explained by their zone", [s.get("zone") for s in said] == ["example.com.", None, None]
            and [s["status"] for s in said] == [0, 1, 2], said)


def clients(t, n):
    for program, argv in (("dig", ["dig", "@127.0.0.1", "-p", str(n.port), "+short", "pbx.example.net"]),
                          ("kdig", ["kdig", "@127.0.0.1", "-p", str(n.port), "+short", "pbx.example.net"]),
                          ("drill", ["drill", "-Q", "-p", str(n.port), "pbx.example.net", "@127.0.0.1"])):
        try:
            run = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
        except FileNotFoundError:
            t.skip(f"{program} reads us", f"{program} is not installed")
            continue
        t.check(f"{program} reads us", MAIN in run.stdout, run.stdout, run.stderr)


class Load:
    """Asks all the time, from its own thread, and counts what is not answered right."""

    def __init__(self, n, name="www.example.com", right=("192.0.2.1", "192.0.2.2")):
        self.n, self.name, self.right = n, name, right
        self.asked = self.lost = self.wrong = 0
        self.ending = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.ending:
            m = self.n.ask(self.name, "A")
            self.asked += 1
            self.lost += m is None
            self.wrong += m is not None and not set(m.texts()) <= set(self.right)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()


def reloads(t, n):
    with Load(n) as load:
        for i in range(5):
            t.write("main/example.com.zone", ZONE.replace("192.0.2.1\n", f"192.0.2.{1 + i % 2}\n"))
            said = n.command("zone reload")
            if said["status"]:
                break
        t.check("zones are read anew", said["status"] == 0 and said["zones"][0]["state"] == "ok", said)
        t.write("main/example.com.zone", ZONE.replace("www A 192.0.2.1", "www A 192.0.2.1000"))
        said = n.command("zone reload")
        t.check("a broken file is told", said["status"] != 0 and said["zones"][0]["state"] == "last good"
                and "example.com.zone" in said["zones"][0]["error"], said)
        t.check("and never replaces the good zone", n.ask("www.example.com", "A").texts() == ["192.0.2.1"])
        t.write("main/example.com.zone", ZONE.replace("www A 192.0.2.1", "www A 192.0.2.2"))
        said = n.command("zone reload")
        t.check("mended it is served", said["status"] == 0 and within(
            2, lambda: n.ask("www.example.com", "A").texts() == ["192.0.2.2"]), said)
        t.write("main/example.com.zone", ZONE)
        before = n.command("status")
        said = n.command("zone reload", "Example.com")
        t.check("one zone alone is read when it is named, and answered before that is told", said["status"] == 0
                and len(said["zones"]) == 1 and n.ask("www.example.com", "A").texts() == ["192.0.2.1"], said)
        after = n.command("status")
        t.check("nothing else is made anew for it", after["world"] == before["world"] + 1
                and after["variants"] == before["variants"], before, after)
        said = n.command("zone reload", "exampel.com")
        t.check("a zone that is mistyped is told", said["status"] != 0 and "example.com" in said["error"], said)
        t.write("main/deputy.conf", n.text.replace("printer.lan", "scanner.lan"))
        n.process.send_signal(signal.SIGHUP)
        t.check("another configuration is taken", within(
            5, lambda: n.ask("scanner.lan", "A").status == "NOERROR" and n.ask("printer.lan", "A").status == "REFUSED"))
        t.write("main/deputy.conf", n.text.replace("pbx: berlin }", "pbx: nobody }"))
        n.process.send_signal(signal.SIGHUP)
        t.check("one with errors is refused whole", within(5, lambda: "reload-refused" in t.log("main"))
                and n.ask("scanner.lan", "A").status == "NOERROR")
        time.sleep(0.2)
    t.check("meanwhile nothing was lost or wrong", load.asked > 100 and load.lost == 0 and load.wrong == 0,
            load.asked, load.lost, load.wrong)


def broken_at_start(t, pbx_port):
    n = Node(t, "broken", pbx_port)
    n.is_up()
    n.stop()
    t.write("broken/example.com.zone", "@ IN SOA not a zone\n")
    n.start()
    t.check("with a broken zone the rest is served", within(5, lambda: (
        m := udp(n.server, query("printer.lan", "A"), timeout=0.2)[0]) and m.status == "NOERROR"))
    m = n.ask("www.example.com", "A", edns=opt())
    t.check("and the zone is SERVFAIL, with the reason", m.status == "SERVFAIL" and m.ede() and m.ede()[0] == 24,
            m.status, m.opt)
    t.check("loudly", "zone-broken" in t.log("broken"))
    t.check("its live name too", n.ask("live.example.com", "A").status == "SERVFAIL")
    t.check("which leaves others alone", n.ask("pbx.example.net", "A").texts() == [MAIN])
    n.stop()


def toy(t, name, address, port):
    return t.spawn([TOY, "--quiet", "--listen", f"udp@{address}:{port}", "--listen", f"tcp@{address}:{port}"],
                   log=f"toy-{name}")


def switches(t, toys, port):
    n = Node(t, "switching", port)
    t.check("it answers", n.is_up())

    def answer(source=None):
        m = n.ask("pbx.example.net", "A", source=source)
        return m.texts()[0] if m and m.answer else None

    t.check("both PBXs are found alive", within(10, lambda: answer() == MAIN and all(
        p["state"] == "up" for p in n.command("pbx list")["pbxs"])), n.command("pbx list"))
    began = time.monotonic()
    said = n.command("pbx force", "berlin", "down", "--reason", "test")
    t.check("a forced state is taken", said["status"] == 0, said)
    t.check("and answers follow", within(2, lambda: answer() == STANDBY), answer())
    t.note(f"forced: {1000 * (time.monotonic() - began):.0f} ms until seen")
    agreement(t, n, "127.1.0.9", "yard")
    n.process.send_signal(signal.SIGKILL)
    n.process.wait()
    n.start()
    first = within(10, answer)
    t.check("after SIGKILL the first answer is as forced before", first == STANDBY, first)
    said = n.command("pbx release", "berlin")
    t.check("released, its own state counts again", said["status"] == 0 and within(10, lambda: answer() == MAIN), said)
    began = time.monotonic()
    t.kill(toys["berlin"])
    t.check("a killed PBX is answered for", within(5, lambda: answer() == STANDBY), answer())
    t.note(f"killed: {1000 * (time.monotonic() - began):.0f} ms until seen")
    agreement(t, n, "127.0.0.9", "-")
    m = n.ask("_sip._udp.pbx.example.net", "SRV")
    t.check("SRV lists the living alone", [r.text.split()[3] for r in m.answer] == ["pbx.example.net."], m.answer)
    m = n.ask("_sip._tcp.pbx.example.net", "SRV")
    t.check("a transport that died with it is NODATA", m.status == "NOERROR" and not m.answer, m)
    t.check("soon after a switch the TTL is short", n.ask("pbx.example.net", "A").answer[0].ttl <= 2)
    history = n.command("switch history", "--count", "50")["switches"]
    t.check("the history shows it", any(s["pbx"] == "berlin" and "berlin->hq" in s["answers"] for s in history), history)
    ede = n.ask("pbx.example.net", "A", edns=opt()).ede()[1]
    t.check("the log gives the reason that EDE gives", ede.split(" gen ")[0] in t.log("switching"), ede)
    toys["berlin"] = toy(t, "berlin", MAIN, port)
    t.check("back again, it is chosen again", within(15, lambda: answer() == MAIN), answer(), n.command("pbx list"))
    t.check("SIGTERM ends it with 0", n.stop() == 0)


def keeper(t, port):
    """Under deputyd: nothing is lost over a crash-free upgrade or a reload."""
    folder = f"{t.scratch}/kept"
    at = free_port()
    conf = t.write("kept/deputy.conf", f"""
node: {{ name: kept, listen: [ 127.0.0.1@{at} ], state: {folder}/state, run: {folder}/run, workers: 2, user: {USER} }}
pbxs:
  - {{ name: berlin, addresses: [ {MAIN} ], endpoints: [ udp@{port} ], failover: [ hq ], profile: fast }}
  - {{ name: hq, addresses: [ {STANDBY} ], endpoints: [ udp@{port} ], profile: fast }}
live: [ {{ name: pbx.example.net, home: berlin }} ]
hosts: {{ www.example.com: [ 192.0.2.1 ] }}
on-switch: [ {{ exec: [ {t.write("kept/hook", "#!/bin/sh" + chr(10) + "cat >>" + folder + "/told" + chr(10))} ] }} ]
""")
    os.chmod(f"{folder}/hook", 0o755)
    os.chmod(t.scratch, 0o755)
    keeper_process = t.spawn([os.path.join(BUILD, "cmd/deputyd"), "-f", "-c", conf], log="kept")

    n = Node.__new__(Node)
    n.test, n.folder, n.server = t, folder, ("127.0.0.1", at)
    t.check("under the keeper it answers", n.is_up(), t.log("kept"))
    with Load(n, right=("192.0.2.1",)) as load:
        first = t.log("kept").count("child-ready")
        keeper_process.send_signal(signal.SIGUSR2)
        t.check("an upgrade puts another child in its place",
                within(20, lambda: t.log("kept").count("child-ready") > first), t.log("kept"))
        time.sleep(0.5)
        t.write("kept/deputy.conf", open(conf, encoding="ascii").read().replace("www.example.com:", "www.example.com: "
                                         "[ 192.0.2.1 ], printer.lan:"))
        keeper_process.send_signal(signal.SIGHUP)
        t.check("a reload reaches it", within(
            10, lambda: (m := n.ask("printer.lan", "A")) and m.status == "NOERROR"), t.log("kept"))
    t.check("and no query was lost", load.asked > 100 and load.lost == 0 and load.wrong == 0,
            load.asked, load.lost, load.wrong)
    said = n.command("pbx force", "berlin", "down")
    t.check("commands go on after the upgrade", said["status"] == 0, said)
    t.check("the hook is told, and its fate is kept", within(5, lambda: "status 0" in n.command(
        "switch history")["switches"][0]["hooks"]), n.command("switch history"), t.log("kept"))
    keeper_process.send_signal(signal.SIGTERM)
    t.check("SIGTERM ends the keeper with 0", keeper_process.wait(timeout=20) == 0, t.log("kept"))


def named(t, port):
    """PBXs that are given by name: their answers are built when the names are known."""
    folder = f"{t.scratch}/named"
    lan, at = free_port(), free_port()
    t.write("named/lan.conf", f"""
node: {{ name: lan, listen: [ 127.0.0.1@{lan} ], state: {folder}/lan, run: {folder}/lan }}
hosts: {{ berlin.lan: [ {MAIN} ], hq.lan: [ {STANDBY} ] }}
""")
    zone = "$TTL 60\n@ SOA a b 1 1 1 1 1\n@ NS a\na A 192.0.2.{}\n"
    t.write("named/zone", zone.format(1))
    t.write("named/deputy.conf", f"""
node: {{ name: named, listen: [ 127.0.0.1@{at} ], state: {folder}/state, run: {folder}/run }}
pbxs:
  - {{ name: berlin, addresses: [ berlin.lan ], endpoints: [ udp@{port} ], failover: [ hq ], profile: fast, hold: 0s }}
  - {{ name: hq, addresses: [ hq.lan ], endpoints: [ udp@{port} ], profile: fast, hold: 0s }}
live: [ {{ name: pbx.example.net, home: berlin }} ]
zones: [ {{ name: example.com, file: zone }} ]
resolvers: [ 127.0.0.1@{lan} ]
""")
    t.spawn([DNS, "-c", f"{folder}/lan.conf"], log="lan")
    within(5, lambda: udp(("127.0.0.1", lan), query("hq.lan", "A"), timeout=0.2)[0])
    process = t.spawn([DNS, "-c", f"{folder}/deputy.conf"], log="named")
    n = Node.__new__(Node)
    n.test, n.folder, n.server, n.process = t, folder, ("127.0.0.1", at), process

    def answer(name="pbx.example.net"):
        m = udp(n.server, query(name, "A"), timeout=0.3)[0]
        return m.texts()[0] if m and m.answer else None

    t.check("a pbx given by name is answered with", within(10, lambda: answer() == MAIN), answer())
    said = n.command("pbx force", "berlin", "down")
    t.check("and its switch is seen", within(2, lambda: answer() == STANDBY), said, answer())
    t.write("named/zone", zone.format(2))
    said = n.command("zone reload")
    t.check("its answers are built anew at a reload", within(5, lambda: answer("a.example.com") == "192.0.2.2"), said)
    t.check("and are the same", answer() == STANDBY, answer())
    t.check("SIGTERM ends it with 0", n.stop() == 0)


def main():
    with Test() as t:
        port = free_port()
        toys = {name: toy(t, name, address, port)
                for name, address in (("berlin", MAIN), ("hq", STANDBY), ("hq-mill", "127.0.0.13"))}
        n = Node(t, "main", port)
        t.check("it answers", n.is_up(), t.log("main"))
        rcodes(t, n)
        edns(t, n)
        truncation(t, n)
        streams(t, n)
        crowds(t, n)
        sites(t, n)
        live_sets(t, n)
        chaos(t, n)
        clients(t, n)
        reloads(t, n)
        t.check("SIGTERM ends it with 0", n.stop() == 0)
        wildcards(t, port)
        broken_at_start(t, port)
        switches(t, toys, port)
        keeper(t, port)
        named(t, port)


main()

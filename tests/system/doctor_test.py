#!/usr/bin/env python3
"""Each row of `deputy doctor`: a problem is planted, and found, with why it matters and what to do."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

from node import Node
from tap import BUILD, Test, free_port, within

CONF = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.101 ], endpoints: [ udp@{port} ], failover: [ standby ], profile: fast }}
  - {{ name: standby, addresses: [ 127.0.0.102 ], endpoints: [ udp@{port} ], profile: fast }}
live: [ {{ name: pbx.wildixin.com, home: main }} ]
"""
ONE = "pbxs: [ { name: main, addresses: [ 192.0.2.1 ], endpoints: [ udp@5060 ] } ]\n"


def examined(node):
    a = node.deputy("--json", "doctor")
    return a.returncode, json.loads(a.stdout)["findings"]


def rows(found, about, words, verdict=None):
    return [f for f in found if f["about"] == about and words in f["finding"] and verdict in (None, f["verdict"])]


class World:
    """A name server that says what a table says: (name, type) to (section, owner, type, data)."""
    TYPES = {"A": 1, "NS": 2, "SOA": 6, "AAAA": 28, "DS": 43}

    def __init__(self, table, rcode=0):
        self.table, self.rcode, self.socket = table, rcode, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    @staticmethod
    def name(text):
        return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"

    def serve(self):
        while True:
            m, who = self.socket.recvfrom(4096)
            labels, at = [], 12
            while m[at]:
                labels.append(m[at + 1:at + 1 + m[at]].decode().lower())
                at += m[at] + 1
            kind = struct.unpack(">H", m[at + 1:at + 3])[0]
            records = self.table.get((".".join(labels) + ".", kind), [])
            out = b"".join(self.name(owner) + struct.pack(">HHIH", t, 1, 60, len(data)) + data for _, owner, t, data in records)
            answers = sum(section == "answer" for section, *_ in records)
            self.socket.sendto(m[:2] + b"\x81" + bytes([0x80 | self.rcode]) + struct.pack(">4H", 1, answers, len(records) - answers, 0) + m[12:at + 5] + out, who)


def table(*lines):
    """ "pbx.a. NS answer a. NS data" for each record."""
    out = {(".", 2): [("answer", ".", 2, World.name("a.root."))]}
    for line in lines:
        name, asked, section, owner, kind, data = line.split(" ")
        value = {"NS": lambda d: World.name(d), "A": socket.inet_aton, "DS": lambda d: b"\x12\x34\x0d\x02" + b"\x55" * 32,
                 "SOA": lambda d: World.name("a.") + World.name("h.") + b"\0" * 20}[kind](data)
        out.setdefault((name, World.TYPES[asked]), []).append((section, owner, World.TYPES[kind], value))
    return out


SOA = "wildixin.com. SOA answer wildixin.com. SOA -"
WORLDS = [
    ("a signed parent that does not delegate", "", [SOA, "wildixin.com. DS answer wildixin.com. DS -"],
     "DNSSEC", "is below the signed zone", "BAD", "domain-insecure"),
    ("a DS at a name that is not signed", "", [SOA, "pbx.wildixin.com. DS answer pbx.wildixin.com. DS -"], "DNSSEC", "has a DS record for", "BAD", "remove the DS"),
    ("a delegation that leads elsewhere", "", [SOA, "pbx.wildixin.com. NS answer pbx.wildixin.com. NS ns.other.net.",
                                               "ns.other.net. A answer ns.other.net. A 192.0.2.99"], "delegation", "is not an address of this node", "note", "NS"),
    ("ns: without a delegation", ", ns: [ ns1.wildixin.com ]", [SOA], "delegation", "does not delegate it", "BAD", "pbx.wildixin.com. NS ns1.wildixin.com."),
]


def names(t):
    for i, (what, more, lines, about, words, verdict, do) in enumerate(WORLDS):
        world = World(table(*lines))
        node = Node(t, ONE + f"live: [ {{ name: pbx.wildixin.com, home: main{more} }} ]\nresolvers: [ 127.0.0.1@{world.port} ]\n", name=f"names{i}")
        found = rows(examined(node)[1], about, words, verdict)
        t.check(f"{what} is found", found and do in found[0]["remedy"] and found[0]["why"], examined(node))
    world = World(table(SOA, "pbx.wildixin.com. NS answer pbx.wildixin.com. NS ns.a.", "ns.a. A answer ns.a. A 127.0.0.1",
                        "wildixin.com. DS answer wildixin.com. DS -"))
    node = Node(t, ONE + f"live: [ {{ name: pbx.wildixin.com, home: main }} ]\nresolvers: [ 127.0.0.1@{world.port} ]\n", name="names-good")
    found = examined(node)[1]
    t.check("an insecure delegation to this node is good", not rows(found, "DNSSEC", "") and not rows(found, "delegation", ""), found)
    t.check("a server that answers is good", rows(found, "servers", f"127.0.0.1@{world.port} answers", "good"), found)


def alone(t):
    """All that needs no node."""
    with open("/etc/resolv.conf", encoding="utf-8") as f:
        servers = [line.split()[1] for line in f if line.startswith("nameserver")]
    dead = free_port()
    cases = [
        ("an open resolver", "access: { recursion: [ any ] }\n", "open resolver", "anyone", "BAD"),
        ("reasons for everybody", "diagnostics: [ any ]\n", "access", "reasons", "note"),
        ("live names for everybody", "access: { query: [ any ] }\n", "access", "anyone may query", "note"),
        ("a network that is no site", "access: { query: [ 203.0.113.0/24 ] }\nsites: [ { name: berlin, networks: [ 198.51.100.0/24 ], pbx: main } ]\n"
         "live: [ { name: pbx.wildixin.com, answer: site, default: main } ]\n", "access", "203.0.113.0/24", "note"),
        ("a delegated name that not everyone may query", "live: [ { name: pbx.wildixin.com, home: main, ns: ns1.example.net } ]\n", "access", "not everyone", "note"),
        ("a dead forwarder", f"access: {{ recursion: [ local ] }}\nrecursion: {{ forwarders: [ 127.0.0.1@{dead} ] }}\n", "servers", "forwarder", "BAD"),
        ("a dead resolver", f"resolvers: [ 127.0.0.1@{dead} ]\n", "servers", "resolvers:", "BAD"),
        ("a broken zone", "zones: [ { name: example.com, file: none.zone } ]\n", "zones", "example.com. has errors", "BAD"),
        ("nobody left behind a name", "live: [ { name: pbx.wildixin.com, home: main } ]\n", "failover", "has no stand-in", "note"),
        ("nobody left behind a site", "sites: [ { name: berlin, networks: [ 10.1.0.0/16 ], pbx: main } ]\n", "failover", "site 'berlin'", "note"),
        ("a fixed trust anchor of old", "access: { recursion: [ local ] }\nrecursion: { trust-anchors: old.key }\n", "trust anchors", "old.key", "note"),
        ("no node", "", "processes", "deputyd is not running", "BAD"),
    ]
    if not os.path.exists("/run/systemd/system"):
        cases.append(("no systemd", "", "service", "systemd is not running", "note"))
    for i, (what, text, about, words, verdict) in enumerate(cases):
        node = Node(t, ONE + text, name=f"alone{i}")
        key = t.write(f"alone{i}/old.key", ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n")
        os.utime(key, (0, 0))
        status, found = examined(node)
        hit = rows(found, about, words, verdict)
        t.check(f"{what} is found", hit, found)
        t.check("with what to do; and something BAD makes the status 1", hit and hit[0]["remedy"] and status == 1, hit)
    node = Node(t, ONE.replace("192.0.2.1", "pbx.example.net"), name="self", address=servers[0] if servers else "127.0.0.1")
    node.port = 53
    node.write(ONE.replace("192.0.2.1", "pbx.example.net"))
    if servers:
        t.check("a node that looks its own PBXs up is found", rows(examined(node)[1], "resolv.conf", "by this node itself", "BAD"), examined(node))
    else:
        t.skip("a node that looks its own PBXs up is found", "/etc/resolv.conf names no server")
    ports = ", ".join(f"tcp@{port}" for port in range(1, 9))
    pbxs = "".join(f"  - {{ name: p{n}, addresses: [ 127.0.0.{n + 1} ], endpoints: [ {ports} ] }}\n" for n in range(33))
    found = examined(Node(t, f"pbxs:\n{pbxs}", name="fleet"))[1]
    t.check("what is left out of a fleet is told", rows(found, "connections", "first 256 over TCP and TLS were opened, 8 were not", "note"),
            [f for f in found if "connection" in str(f)][:3])
    a = Node(t, ONE, name="unread")
    os.unlink(a.conf)
    a = a.deputy("doctor")
    t.check("a configuration that is not there is found, and nothing is guessed at", a.returncode == 1 and "cannot read" in a.stdout
            and "not running" not in a.stdout, a.stdout)
    a = Node(t, "pbxs: [ { nmae: x } ]\n", name="broken").deputy("doctor")
    t.check("a broken configuration is found, and how to see its errors", a.returncode == 1 and "deputy conf check" in a.stdout, a.stdout)


def advice(t):
    """What one finding advises is not what the next one minds."""
    for i, text in enumerate(("access: { query: [ local, 203.0.113.0/24 ] }\nlive: [ { name: pbx.wildixin.com, home: main } ]\n",
                              "access: { query: [ any ] }\nlive: [ { name: pbx.wildixin.com, home: main, ns: ns1.example.net } ]\n")):
        found = examined(Node(t, ONE + text, name=f"advised{i}"))[1]
        t.check("who follows the advice on access gets no other", not rows(found, "access", ""), found)
    found = examined(Node(t, ONE + "live: [ { name: pbx.wildixin.com, home: main } ]\n", name="places"))[1]
    t.check("a note of the configuration comes with its place", rows(found, "configuration", "places/deputy.conf:3:17: 'pbx.wildixin.com' can be resolved only"), found)
    t.check("and one without a place with none", ":0" not in "".join(f"{f['finding']} {f['remedy']}" for f in found if f["about"] == "configuration"), found)
    two = ONE.replace(" ]\n", ", { name: spare, addresses: [ 192.0.2.2 ], endpoints: [ udp@5060 ] } ]\n")
    found = examined(Node(t, two + "live: [ { name: pbx.wildixin.com, home: main } ]\n", name="spare"))[1]
    t.check("that a PBX has no stand-in is told once", len([f for f in found if "stand-in" in f["finding"]]) == 1, found)
    node = Node(t, ONE, name="nobody")
    with open(node.conf, encoding="utf-8") as f:
        text = f.read()
    t.write("nobody/deputy.conf", re.sub("user: [a-z-]+", "user: nobody-of-this-name", text))
    found = rows(examined(node)[1], "configuration", "user 'nobody-of-this-name' does not exist")
    if os.getuid():
        t.skip("what is not there on this host is told with its place", "only root is told of a user that does not exist")
    else:
        t.check("what is not there on this host is told with its place", found and re.search(r"deputy\.conf:\d+:\d+: user ", found[0]["finding"])
                and ":0:0" not in str(found), found)


def servers(t):
    """Each is asked once; one that answers can be reached."""
    def of(rcode, more, name):
        world = World(table(". NS answer . NS ns.a."), rcode)
        return examined(Node(t, ONE + more.replace("AT", f"127.0.0.1@{world.port}"), name=name))[1], world
    forward = "access: { recursion: [ local ] }\nrecursion: { forwarders: [ AT ] }\n"
    for rcode, words in ((5, "answers, but with REFUSED"), (2, "answers, but with SERVFAIL"), (9, "answers, but with RCODE 9")):
        found, _ = of(rcode, forward, f"rcode{rcode}")
        hit = rows(found, "servers", words, "BAD")
        t.check(f"a forwarder that {words} is told so", hit and "cannot be reached" not in str(found), found)
        t.check("and that it has to allow this host, if that is what it says", ("allow this host" in hit[0]["remedy"]) == (rcode == 5), hit)
    found, _ = of(3, forward, "rcode3")
    t.check("NXDOMAIN is an answer", rows(found, "servers", "forwarder", "good"), found)
    found, world = of(2, forward + "resolvers: [ AT ]\n", "both")
    t.check("a server for both is told once", [f["finding"] for f in found if str(world.port) in f["finding"]]
            == [f"resolvers: and forwarder 127.0.0.1@{world.port} answers, but with SERVFAIL"], found)


def addresses(t):
    node = Node(t, ONE, name="held")
    with contextlib.ExitStack() as stack:
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", node.port))
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", node.port)))
        found = examined(node)[1]
        t.check("who holds our addresses is named", all(rows(found, "addresses", f"over {w} is in use by", "BAD") for w in ("UDP", "TCP"))
                and f"pid {os.getpid()}" in str(found), found, tcp)
    node = Node(t, ONE, name="any", address="0.0.0.0")
    t.check("a wildcard is told", rows(examined(node)[1], "addresses", "on every address", "note"), examined(node))


def state(t):
    node = Node(t, ONE, name="state")
    shutil.rmtree(node.folder + "/state")
    t.check("a missing state folder is found, with the command that makes it", "install -d" in rows(examined(node)[1], "state", "cannot access")[0]["remedy"],
            examined(node))
    os.makedirs(node.folder + "/state")
    t.write("state/state/data.mdb.damaged", "")
    t.check("what was set aside as damaged is told", rows(examined(node)[1], "state", "set aside", "note"), examined(node))


def hosts(t):
    node = Node(t, CONF.format(port=free_port()), name="hosts")
    found = examined(node)[1]
    t.check("a node beside its PBX is told", rows(found, "DNS order", "on the same host as pbx 'main'", "note") or
            not rows(found, "DNS order", ""), found)
    node = Node(t, CONF.format(port=free_port()).replace("127.0.0.101", "127.0.0.1").replace("127.0.0.102", "127.0.0.1"), name="one-host")
    found = examined(node)[1]
    t.check("a node on the host of a PBX is told", rows(found, "DNS order", "on the same host as pbx 'main'", "note"), found)
    t.check("a chain on one host is told", rows(found, "failover", "on this one host", "note"), found)


def certificates(t):
    """Its days, its name, its authority: made by openssl, shown by a toy PBX."""
    port = free_port()

    def made(name, days, host="pbx.wildixin.com"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", f"/CN={host}",
                        "-addext", f"subjectAltName=DNS:{host}", "-keyout", f"{t.scratch}/{name}.key", "-out", f"{t.scratch}/{name}.pem"],
                       check=True, capture_output=True)
    made("few", 9)
    made("long", 900)
    made("other", 900, "elsewhere.example")
    cases = [("few", "few", "expires in", "note"), ("long", "long", "valid for", "good"), ("other", "other", "is not valid for pbx.wildixin.com", "BAD"),
             ("long", "other", "is not trusted", "BAD")]
    for i, (shown, trusted, words, verdict) in enumerate(cases):
        toy = t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"tls@127.0.0.101:{port}", "--certificate", f"{t.scratch}/{shown}.pem",
                       "--key", f"{t.scratch}/{shown}.key"])
        node = Node(t, f"pbxs: [ {{ name: main, addresses: [ 127.0.0.101 ], endpoints: [ tls@{port} ], ca-file: ../{trusted}.pem }} ]\n"
                       "live: [ { name: pbx.wildixin.com, home: main } ]\n", name=f"cert{i}")
        hit = within(10, lambda n=node, w=words, v=verdict: rows(examined(n)[1], "certificates", w, v))
        t.check(f"a certificate that {words} is {verdict}", hit, examined(node), t.log("toy-pbx"))
        t.kill(toy)
    hit = rows(examined(node)[1], "endpoints", "cannot connect", "BAD")
    t.check("an endpoint that does not open is found without a node", hit and "--trace" in hit[0]["remedy"], examined(node))
    seen(t, made)


def seen(t, made):
    """Of a node that runs: what it sees of certificates, told once, and no other word on them."""
    port = free_port()
    for name, days in (("soon", 9), ("good", 900)):
        made(name, days)
    conf = (f"pbxs: [ {{ name: main, addresses: [ 127.0.0.103 ], endpoints: [ tls@{port}, tcp@{port + 1} ], ca-file: ../TRUST.pem, verify: VERIFY }} ]\n"
            "live: [ { name: pbx.wildixin.com, home: main } ]\n")
    cases = [("soon", "soon", "yes", "expires in", "note"), ("good", "good", "yes", "no certificate", "good"), ("good", "soon", "yes", "phones refuse", "BAD"),
             ("good", "soon", "no", "no certificate", "good")]
    for i, (shown, trusted, verify, words, verdict) in enumerate(cases):
        toy = t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"tls@127.0.0.103:{port}", "--listen", f"tcp@127.0.0.103:{port + 1}",
                       "--certificate", f"{t.scratch}/{shown}.pem", "--key", f"{t.scratch}/{shown}.key"])
        node = Node(t, conf.replace("TRUST", trusted).replace("VERIFY", verify), name=f"seen{i}").start()
        up = within(20, lambda n=node: "2/2" in n.deputy("pbx", "list").stdout)
        hit = within(20, lambda n=node, w=words, v=verdict: rows(examined(n)[1], "certificates", w, v))
        found = examined(node)[1]
        t.check(f"of a running node a certificate that is {words} is {verdict}", up and hit, found, node.said())
        t.check("and that is all that is said of it", [f["finding"] for f in found if "certificate" in str(f) and f["about"] != "clock"] == [h["finding"] for h in hit or []], found)
        said = json.loads(node.deputy("--json", "status").stdout)["deputy-dns"]["certificates"]
        t.check("status has it, too", [bool(c["fault"]) or c["days_left"] < 30 for c in said] == [True] * (verdict != "good"), said)
        t.kill(toy)
        dead = within(20, lambda n=node: rows(examined(n)[1], "endpoints", "none of its 2 endpoints is alive since", "BAD"))
        found = examined(node)[1]
        t.check("a PBX none of whose endpoints is alive is one finding, and its certificate none", dead and len(rows(found, "endpoints", "")) == 1
                and not [f for f in rows(found, "certificates", "") if f["verdict"] != "good"], found)
        t.kill(node.process)


def nameless(t):
    world = World({})
    node = Node(t, ONE.replace("192.0.2.1", "pbx.example.net") + f"resolvers: [ 127.0.0.1@{world.port} ]\n", name="nameless").start()
    hit = within(20, lambda: rows(examined(node)[1], "endpoints", "pbx 'main' has no address", "BAD"))
    t.check("a PBX whose host name has no address is told", hit and "resolvers" in hit[0]["remedy"], examined(node))
    t.kill(node.process)


def hushed(t):
    """A PBX that answers no more, soon after the start."""
    port = free_port()
    toy = t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@127.0.0.104:{port}", "--listen", f"tcp@127.0.0.104:{port}"])
    node = Node(t, f"pbxs: [ {{ name: main, addresses: [ 127.0.0.104 ], endpoints: [ udp@{port}, tcp@{port} ], profile: fast, hold: 0s }} ]\n"
                   "live: [ { name: pbx.wildixin.com, home: main } ]\n", name="hushed").start()
    t.check("both endpoints answer", within(20, lambda: " up " in node.deputy("pbx", "list").stdout and "2/2" in node.deputy("pbx", "list").stdout), node.said())
    os.kill(toy.pid, signal.SIGSTOP)
    hit = within(20, lambda: rows(examined(node)[1], "endpoints", "none of its 2 endpoints", "BAD"))
    t.check("who fell silent soon after the start is asked about a ban", hit and "soon after the start of this node: is this host rate-limited or banned there?" in hit[0]["why"]
            and "exempt the address of this host" in hit[0]["remedy"], hit, node.deputy("pbx", "show", "main").stdout)
    os.kill(toy.pid, signal.SIGCONT)
    t.check("it comes back", within(20, lambda: "2/2" in node.deputy("pbx", "list").stdout))
    t.check("which ends the suspicion", "fell_silent" not in json.loads(node.deputy("--json", "pbx", "show", "main").stdout))
    t.kill(toy)
    hit = within(20, lambda: rows(examined(node)[1], "endpoints", "none of its 2 endpoints", "BAD"))
    t.check("one that is refused is not", hit and "banned" not in str(hit), hit)
    t.kill(node.process)


def running(t):
    port = free_port()
    toys = [t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@127.0.0.{n}:{port}"]) for n in (101, 102)]
    hook = t.write("hook", "#!/bin/sh\nexit 3\n")
    os.chmod(hook, 0o755)
    node = Node(t, CONF.format(port=port) + f"zones: [ {{ name: example.com, file: z.zone }} ]\non-switch: [ {{ exec: {hook}, tries: 1 }} ]\n", name="runs")
    zone = t.write("runs/z.zone", "$TTL 60\n@ SOA a b 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n")
    os.utime(zone, (0, 0))
    node.start()
    t.check("the node probes", within(20, lambda: node.deputy("pbx", "list").stdout.count(" up ") >= 4), node.said())
    status, found = examined(node)
    t.check("a node in good health has nothing BAD, status 0", status == 0 and not [f for f in found if f["verdict"] == "BAD"], found)
    t.check("that no firewall can be told from here is said", rows(found, "firewall", "cannot see from here", "note"), found)
    node.deputy("pbx", "force", "main", "down", "--reason", "drill")
    within(10, lambda: "status 3" in node.deputy("switch", "history").stdout)
    os.utime(zone, (time.time() + 5, time.time() + 5)) # loaded and written in one second are not told apart
    found = examined(node)[1]
    hit = rows(found, "orders", "pbx 'main' is forced down by", "note")
    t.check("a force is told with its author, reason and end", hit and "drill" in hit[0]["finding"] and "pbx release main" in hit[0]["remedy"], found)
    t.check("a hook that fails is told", rows(found, "hooks", "status 3", "note"), found)
    t.check("a zone file that was changed is told", rows(found, "zones", "has changed on disk", "note"), found)
    node.deputy("pbx", "release", "main")
    node.deputy("pbx", "failover", "main")
    t.check("a manual failover is told", rows(examined(node)[1], "orders", "held until an operator", "note"), examined(node))
    t.write("runs/z.zone", "@ A 1.2.3\n")
    node.deputy("zone", "reload")
    t.check("a zone whose file broke is told", rows(examined(node)[1], "zones", "last good", "BAD"), examined(node))
    t.kill(toys[1])
    within(10, lambda: " down" in node.deputy("pbx", "list").stdout)
    hit = rows(examined(node)[1], "endpoints", "pbx 'standby': udp at 127.0.0.102", "BAD")
    t.check("a dead endpoint is told, with its cause and the command that shows more", hit and "refused" in hit[0]["finding"]
            and "probe standby --trace" in hit[0]["remedy"], examined(node))
    keeper = json.loads(node.deputy("--json", "status").stdout)["deputyd"]
    os.kill(keeper["children"][0]["pid"], signal.SIGSTOP)
    t.check("a process that hangs is told", within(15, lambda: rows(examined(node)[1], "processes", "hangs") or rows(examined(node)[1], "processes", "hung")), examined(node))
    with contextlib.suppress(ProcessLookupError):
        os.kill(keeper["children"][0]["pid"], signal.SIGCONT)


def inside(node, *wrapper):
    """The doctor in another place: a namespace, another user."""
    a = subprocess.run([*wrapper, BUILD + "/cmd/deputy", "-c", node.conf, "--json", "doctor"], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return json.loads(a.stdout)["findings"] if a.stdout.startswith("{") else [{"about": "", "finding": a.stderr, "verdict": ""}]


def elsewhere(t):
    node = Node(t, ONE, name="elsewhere")
    os.chmod(t.scratch, 0o755)
    if os.getuid() or subprocess.run(["unshare", "-mn", "ip", "link", "set", "lo", "up"], check=False, capture_output=True).returncode:
        t.skip("a full disk, IPv6 without a listener and few files are found", "namespaces may not be made here, or there is no ip(8)")
        return
    found = inside(node, "unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size=1m none {node.folder}/state && exec "$@"', "sh")
    t.check("a disk that is nearly full is found", rows(found, "disk", "MiB of free space", "BAD"), found)
    found = inside(node, "unshare", "-n", "sh", "-c", 'ip link set lo up && ip address add 2001:db8::1/128 dev lo && exec "$@"', "sh")
    t.check("IPv6 without a listener is told", rows(found, "addresses", "has a global IPv6 address", "note"), found)
    # setpriv last: it may still enter a tree that lies in root's own folder
    found = inside(node, "prlimit", "--nofile=1000:1000", "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
    t.check("too few files for the connections configured are told", rows(found, "limits", "open files is 1000", "note"), found)


def kept(t):
    node = Node(t, ONE + "access: { recursion: [ local ] }\n", name="kept")
    key = t.write("kept/state/root.key", "")
    t.check("kept root keys of now are no matter", not rows(examined(node)[1], "trust anchors", ""), examined(node))
    os.utime(key, (0, 0))
    t.check("kept root keys that nobody renewed are told", rows(examined(node)[1], "trust anchors", "root.key", "note"), examined(node))


def unlogged(t):
    node = Node(t, ONE, name="unlogged")
    with subprocess.Popen([node.program, "-f", "-c", node.conf], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        within(20, lambda: node.deputy("pbx", "list").returncode == 0)
        found = examined(node)[1]
        process.terminate()
    t.check("a log that goes nowhere is told", rows(found, "log", "/dev/null", "note"), found)


def replaced(t):
    """The programs' files are exchanged under a node that runs."""
    folder = t.scratch + "/bin"
    os.makedirs(folder)
    for name in ("deputyd", "deputy-dns"):
        shutil.copy(f"{BUILD}/cmd/{name}", folder)
    node = Node(t, ONE, name="replaced")
    node.program = folder + "/deputyd"
    node.start()
    t.check("a node runs from a copy", within(20, lambda: node.deputy("pbx", "list").returncode == 0), node.said())
    shutil.copy(f"{BUILD}/cmd/deputyd", folder + "/new")
    os.rename(folder + "/new", folder + "/deputyd")
    hit = rows(examined(node)[1], "version", "deputyd is running version", "note")
    t.check("a program that was replaced while it runs is told", hit and "node upgrade" in hit[0]["remedy"], examined(node))


def main(t):
    names(t)
    alone(t)
    advice(t)
    servers(t)
    addresses(t)
    state(t)
    hosts(t)
    certificates(t)
    running(t)
    nameless(t)
    hushed(t)
    replaced(t)
    elsewhere(t)
    kept(t)
    unlogged(t)
    text = Node(t, ONE, name="text").deputy("doctor").stdout
    t.check("people read the worst first, with why and what to do", text.split("\n\n")[1].startswith("BAD") and "why: " in text and " do: " in text, text)


if __name__ == "__main__":
    began = time.monotonic()
    with Test() as test:
        main(test)
        test.note(f"{time.monotonic() - began:.0f} s")

#!/usr/bin/env python3
"""Hostile name servers around a node, in a network namespace of its own: no attack succeeds, and the packets sent are limited."""
import socket
import struct
import time

import hostile
from dnswire import ask, query, read
from hostile import A, AAAA, HTTPS, PRIVATE, SVCB
from node import Node
from tap import SkipAll, Test, within

CONF = """access: {{ query: [ 127.0.0.0/8 ], recursion: [ 127.0.0.0/8 ] }}
recursion: {{ root-hints: {hints}, validate: no, inside: [ p3.rb.at ] }}
pbxs: [ {{ name: berlin, addresses: [ 127.0.0.11 ], endpoints: [ tcp@5999 ] }} ]
live: [ {{ name: pbx.live.example, home: berlin }} ]
"""
RD, PACKETS_MAX = 0x100, 100


def asked(n, name, kind=A, seconds=7.0):
    octets = ask((n.address, n.port), query(name, kind, size=4096, flags=RD), seconds)
    return read(octets) if octets else None


def data(message, *sections):
    return [r[4] for s in sections or ("answer", "authority", "additional") for r in (message or {}).get(s, [])]


def rebinding(t, n):
    got = []
    for i, text in enumerate(PRIVATE):
        octets = hostile.address(text).hex()
        kind = AAAA if ":" in text else A
        for name, kind in ((f"p{i}.rb.at", kind), (f"c{i}.rb.at", kind), (f"x.d{i}.rb.at", kind), (f"p{i}.rb.at", HTTPS), (f"p{i}.rb.at", SVCB)):
            if any(octets in d for d in data(asked(n, name, kind))):
                got.append(f"{name} {text}")
    inside = [g for g in got if g.startswith(("p3.", "c3.", "x.d3."))]
    t.check(f"of {5 * len(PRIVATE)} private addresses in answers of the world none gets through", set(got) == set(inside), *got)
    t.check("but below a name that is inside", len(inside) == 5, *inside)
    t.check("public addresses beside them do", hostile.address(hostile.TRUTH).hex() in data(asked(n, "p0.rb.at")))


def lies(t, n):
    poison = hostile.address(hostile.POISON).hex()
    told = [kind for kind in ("addi", "auth", "root", "glue", "cnam", "dnam", "refe", "live", "clic") if poison in data(asked(n, f"{kind}.ev"))]
    t.check("nobody is told what a zone says of others", told == [], *told)
    t.check("nor is it believed", hostile.address(hostile.TRUTH).hex() in data(asked(n, "www.vi"), "answer"))
    chain = asked(n, "clicx.ev")
    t.check("a CNAME of theirs to a name of ours ends with our address", data(chain, "answer")[-1] == "7f00000b", chain)


def races(t, n, world):
    """All but the port is unknown; the right answer comes behind the flood."""
    flood = struct.Struct("!H")
    seen = []

    def race(q):
        if len(q.labels) < 2 or q.kind != A:
            return hostile.nothing(q, "ra.")
        if not q.over_udp: # where nobody off the path can answer
            return hostile.reply(q, [hostile.rr(q.name, A, hostile.TRUTH)])
        seen.append((q.peer[1], q.number, q.spelled != q.name))
        body = hostile.reply(q, [hostile.rr(q.name, A, hostile.POISON)], question=q.raw.lower())[2:]
        other = hostile.reply(q, [hostile.rr(q.name, A, hostile.POISON)])
        world.udp[hostile.LAME].sendto(other, q.peer) # all is right but where it comes from
        for i in range(5000):
            try:
                world.udp[hostile.RACED].sendto(flood.pack((q.number + 1 + i) & 0xffff) + body, q.peer)
            except OSError:
                break
        return hostile.reply(q, [hostile.rr(q.name, A, hostile.TRUTH)])
    world.raced = race
    answers = [data(asked(n, f"a-name-of-letters-{i}.ra")) for i in range(6)]
    world.raced = None
    t.check("no false answer wins", not any(hostile.address(hostile.POISON).hex() in a for a in answers), *answers)
    t.check("who guesses is noticed: the question goes over TCP", "deputy_recursor_forged_total 0" not in n.deputy("metrics").stdout,
            n.deputy("metrics").stdout[-1500:])
    t.check("each question has a port and a number of its own", len({p for p, _, _ in seen}) == len({i for _, i, _ in seen}) == len(seen) > 5, seen)
    t.check("and letters of mixed case", sum(mixed for _, _, mixed in seen) >= 6, seen)


def packets(t, n, world):
    """Counted at the name servers."""
    def count(name):
        before = world.total()
        asked(n, name)
        while True: # until nothing goes on behind the answer
            last = world.total()
            time.sleep(0.3)
            if world.total() == last:
                return last - before
    for title, name, most in (("NXNSAttack", "q.i.nx100.at", 20), ("servers in a circle", "q.i.ts1.at", 20), ("CNAMEs without end", "i-0.cn.at", 20),
                              ("DNAMEs without end", "x.i-0.dn.at", 40), ("a hundred servers that refuse", "q.i.lame.at", 40),
                              ("deep names in a chain", "d." * 37 + "i-0.deep.at", PACKETS_MAX), ("silent servers", "q.i.dead.at", PACKETS_MAX)):
        sent = count(name)
        t.check(f"{title}: at most {most} packets for a question", 0 < sent <= most + 5, f"{sent} packets") # five: the way there
        t.note(f"{title}: {sent} packets")
    short = n.deputy("metrics").stdout
    t.check("what wanted more is counted", "deputy_recursor_short_of_budget_total 0" not in short and "short_of_budget_total" in short, short[-1500:])


def flood(t, n, _world):
    """One client asks for thousands of names whose servers are silent; the others are answered."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.9", 0))
        s.connect((n.address, n.port))
        for i in range(3000):
            s.send(query(f"q.f{i}.dead.at", A, number=i, size=1232, flags=RD))
        refused = 0
        s.settimeout(1)
        try:
            while refused < 100:
                refused += read(s.recv(4096))["rcode"] == "SERVFAIL"
        except OSError:
            pass
        t.check("who asks for too much is told so at once", refused == 100, refused)
        answers = [asked(n, f"f{i}.folding.at") for i in range(10)]
        t.check("and the others are answered", sum(hostile.address(hostile.TRUTH).hex() in data(a) for a in answers) == 10, answers)
        t.check("and live names", data(asked(n, "pbx.live.example"), "answer") == ["7f00000b"])


alone = hostile.enter() # before anything is made that would have to be cleared away
with Test() as t:
    if not alone:
        raise SkipAll("a network namespace cannot be made here, or there is no ip(8)")
    hostile.network()
    world = hostile.World()
    world.start()
    t.undo.append(world.stop)
    n = Node(t, CONF.format(hints=t.write("hints", f". 3600 NS a.root.\na.root. 3600 A {hostile.ROOT}\n")))
    n.start()
    if t.check("names are looked up", within(20, lambda: asked(n, "www.vi", seconds=1.0), 0.1), n.said()):
        rebinding(t, n)
        lies(t, n)
        races(t, n, world)
        packets(t, n, world)
        flood(t, n, world)

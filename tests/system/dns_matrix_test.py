#!/usr/bin/env python3
"""What a hostile or odd client may send, row by row, at the real deputy-dns: over UDP and TCP, IPv4 and IPv6."""
import os
import random
import socket
import struct
import time

import packet
from packet import Tcp, framed, opt, query, udp, wire_name
from tap import BUILD, Test, free_port, within

DNS = os.path.join(BUILD, "cmd/deputy-dns")
ZONE = """$TTL 3600
@ IN SOA ns hostmaster 7 3600 600 86400 300
@ NS ns
ns A 127.0.0.1
www A 192.0.2.1
*.wild TXT "any"
er.down TXT "deep"
sub NS ns.sub
sub DS 1 8 2 0000000000000000000000000000000000000000000000000000000000000000
ns.sub A 192.0.2.53
loop1 CNAME loop2
loop2 CNAME loop1
far DNAME far.far
to-live CNAME live
to-nested CNAME www.nested
big MX 1 big
$GENERATE 1-200 big A 10.9.0.$
""" + "".join(f'long TXT "{i:03} {"x" * 200}"\n' for i in range(12))
NESTED = """$TTL 60
@ IN SOA ns hostmaster 9 3600 600 86400 30
@ NS ns
ns A 127.0.0.1
www A 192.0.2.7
"""


class Node:
    def __init__(self, t):
        self.t, self.port = t, free_port()
        zone = t.write("example.com.zone", ZONE)
        nested = t.write("nested.zone", NESTED)
        for folder in ("state", "run"):
            os.makedirs(f"{t.scratch}/{folder}", exist_ok=True)
        conf = t.write("deputy.conf", f"""
node: {{ name: n1, listen: [ "127.0.0.1@{self.port}", "::1@{self.port}" ], state: state, run: run, workers: 1 }}
access: {{ query: [ 127.0.0.0/8, "::1" ], ecs: [ 127.0.0.1 ] }}
pbxs: [ {{ name: a, addresses: [ 127.0.0.91 ], endpoints: [ udp@{free_port()} ] }} ]
sites: [ {{ name: yard, networks: [ 127.1.0.0/16, "2001:db8:1::/48" ], pbx: a }} ]
live: [ {{ name: live.example.com, home: a }}, {{ name: pbx.example.net, answer: site, default: a }} ]
zones: [ {{ name: example.com, file: {zone} }}, {{ name: nested.example.com, file: {nested} }} ]
hosts: {{ printer.desk: [ 127.9.9.9 ], lan: [ "fd00::9" ], box.lan: [ 127.9.9.8 ] }}
diagnostics: [ 127.0.0.1 ]
""")
        self.conf, self.ends = conf, [("127.0.0.1", self.port), ("::1", self.port)]
        self.start()

    def start(self):
        self.process = self.t.spawn([DNS, "-c", self.conf], log="node")

    def everywhere(self, octets):
        """The answers over UDP and TCP, both families; None where none came."""
        for end in self.ends:
            yield udp(end, octets, timeout=1)[0]
            with Tcp(end, timeout=1) as c:
                c.send(framed(octets))
                try:
                    yield c.receive()
                except socket.timeout:
                    yield None

    def is_up(self):
        return within(10, lambda: udp(self.ends[0], query("www.example.com", "A"), timeout=0.3)[0])


def rows(t, n, table):
    """Each row: what, octets, RCODE ("" for silence), then further judges of a message."""
    for what, octets, status, *judges in table:
        got = list(n.everywhere(octets))
        if status == "":
            t.check(f"{what}: silence", got == [None] * 4, got)
            continue
        good = all(m and m.status == status and m.qr == 1 and m.id == 0x1234 and not m.rest and m.ra == 0 and m.z == 0
                   and m.ad == 0 and all(j(m) for j in judges) for m in got)
        t.check(f"{what}: {status}", good,
                *[m and (m.status, hex(m.flags), m.opt, m.question, m.answer, m.authority, m.rest) for m in got])


def www(**more):
    return query("www.example.com", "A", **more)


def no_opt(m):
    return m.opt is None


def answered(m):
    return m.texts() == ["192.0.2.1"]


def bare(m):
    return not (m.answer or m.authority or m.additional)


def edns(t, n):
    def with_options(*options, **more):
        return www(edns=opt(options=options, **more))

    def option(code, octets):
        return lambda m: m.option(code) == octets

    cookie, ecs = packet.COOKIE, packet.ECS
    yard = struct.pack("!HBB", 1, 24, 0) + bytes([127, 1, 2])
    bad_ecs = {
        "scope set": struct.pack("!HBB", 1, 24, 8) + b"\x7f\1\2", "too many octets": struct.pack("!HBB", 1, 24, 0) + b"\x7f\1\2\3",
        "too few": struct.pack("!HBB", 1, 24, 0) + b"\x7f\1", "bits behind the prefix": struct.pack("!HBB", 1, 23, 0) + b"\x7f\1\3",
        "33 bits": struct.pack("!HBB", 1, 33, 0) + b"\x7f\1\2\3\4", "129 bits": struct.pack("!HBB", 2, 129, 0) + b"\0" * 17,
        "family 3": struct.pack("!HBB", 3, 8, 0) + b"\1", "three octets": b"\0\1\0", "none": b""}
    rows(t, n, [
        *[(f"payload {size}", with_options(payload=size), "NOERROR", answered, lambda m: m.opt["payload"] == 1232)
          for size in (0, 1, 511, 512, 1232, 4096, 65535)],
        ("version 1", with_options(version=1), "BADVERS", bare, lambda m: m.opt["version"] == 0),
        ("version 255 with options that overrun", www(edns=opt(version=255)[:-2] + struct.pack("!HHH", 4, 3, 9)), "BADVERS", bare),
        ("two OPTs", www(edns=opt() + opt(), counts=(1, 0, 0, 2)), "FORMERR", bare),
        ("OPT as an answer", www(edns=opt(), counts=(1, 1, 0, 0)), "FORMERR", bare),
        ("OPT as authority", www(edns=opt(), counts=(1, 0, 1, 0)), "FORMERR", bare),
        ("OPT at a name", www(edns=b"\1a" + opt()), "FORMERR", bare),
        ("all flags", with_options(flags=0xFFFF), "NOERROR", answered, lambda m: m.opt["flags"] == 0x8000),
        ("an RCODE in OPT", www(edns=opt(rcode=255)), "NOERROR", answered),
        ("NSID", with_options((packet.NSID, b"")), "NOERROR", lambda m: m.option(packet.NSID) in (b"n1", None)), # None: to who gets no diagnostics
        ("NSID with octets", with_options((packet.NSID, b"xx")), "NOERROR", answered),
        ("an unknown option of 900 octets", with_options((65001, b"z" * 900)), "NOERROR", answered, lambda m: not m.opt["options"]),
        ("an option that overruns", www(edns=opt()[:-2] + struct.pack("!HHH", 4, 65001, 1)), "FORMERR", bare),
        ("half an option head", www(edns=opt()[:-2] + struct.pack("!HH", 2, 65001)), "FORMERR", bare),
        ("RDLENGTH beyond the end", www(edns=opt()[:-2] + b"\xff\xff"), "FORMERR", bare),
        *[(f"a cookie of {size} octets", with_options((cookie, b"c" * size)), "NOERROR",
           lambda m: len(m.option(cookie)) == 24 and m.option(cookie)[:8] == b"c" * 8) for size in (8,)],
        *[(f"a cookie of {size} octets", with_options((cookie, b"c" * size)), "FORMERR", bare) for size in (0, 7, 9, 15, 41)],
        ("two cookies", with_options((cookie, b"c" * 8), (cookie, b"d" * 8)), "NOERROR", lambda m: m.option(cookie)[:8] == b"c" * 8),
        ("padding", with_options((12, b"\0" * 100)), "NOERROR", answered),
        ("an EDE in the query", with_options((15, b"\0\0x")), "NOERROR", answered),
        *[(f"a client subnet with {what}", with_options((ecs, octets)), "FORMERR", bare) for what, octets in bad_ecs.items()],
    ])
    m = udp(n.ends[0], query("pbx.example.net", "A", edns=opt(options=[(ecs, yard)])))[0]
    t.check("a client subnet at a live name gets the site's block as scope", m.option(ecs) == yard[:3] + b"\x10" + yard[4:], m.opt)
    m = udp(n.ends[0], with_options((ecs, yard)))[0]
    t.check("elsewhere it gets scope 0", m.option(ecs) == yard, m.opt)
    m = udp(n.ends[0], with_options((ecs, struct.pack("!HBB", 1, 0, 0))))[0]
    t.check("so does one that hides itself", m.option(ecs) == struct.pack("!HBB", 1, 0, 0), m.opt)
    m = udp(n.ends[0], with_options((packet.KEEPALIVE, b"")))[0]
    t.check("keepalive means nothing over UDP", m.option(packet.KEEPALIVE) is None and answered(m), m.opt)
    m = udp(n.ends[0], with_options((packet.KEEPALIVE, b"\0\1")))[0]
    t.check("not even a wrong one (RFC 7828 3.2.1)", m.status == "NOERROR" and answered(m), m.status)


def headers(t, n):
    rows(t, n, [
        *[(f"opcode {code}", www(flags=code << 11 | 0x0100), "NOTIMP", bare, no_opt, lambda m, code=code: m.opcode == code)
          for code in range(1, 16)],
        *[(f"opcode {code} without a question", struct.pack("!6H", 0x1234, code << 11, 0, 0, 0, 0), "NOTIMP", bare)
          for code in (1, 2, 4, 5, 6, 15)],
        ("no question", struct.pack("!6H", 0x1234, 0, 0, 0, 0, 0), "FORMERR", bare),
        ("no question but OPT", query(None, 0, edns=opt()), "FORMERR", bare),
        ("two questions", query("www.example.com", "A", extra=packet.question("a.b", "A"), counts=(2, 0, 0, 0)), "FORMERR", bare),
        ("65,535 questions", query("www.example.com", "A", counts=(65535, 0, 0, 0)), "FORMERR", bare),
        ("65,535 additional records", query("www.example.com", "A", counts=(1, 0, 0, 65535)), "FORMERR", bare),
        ("an answer in the query", www(edns=b"\0" + struct.pack("!HHIH", 1, 1, 0, 4) + b"abcd", counts=(1, 1, 0, 0)), "FORMERR", bare),
        ("an answer", www(flags=0x8100), ""),
        ("an answer of another opcode", www(flags=0xA900), ""),
        ("eleven octets", www()[:11], ""),
        ("TC, AA, RA, Z, AD, CD and an RCODE in a query", www(flags=0x07FF), "NOERROR", answered, lambda m: m.rd == 1 and m.tc == 0),
        ("octets behind the question", www(extra=b"\0\0"), "FORMERR", bare),
        ("octets behind OPT", www(edns=opt(), extra=b"x"), "FORMERR", bare),
        ("a pointer to itself as qname", query(None, 0, extra=b"\xc0\x0c\0\1\0\1", counts=(1, 0, 0, 0)), "FORMERR", bare),
        ("a pointer into the header", query(None, 0, extra=b"\3www\xc0\0\0\1\0\1", counts=(1, 0, 0, 0)), "FORMERR", bare),
        *[(f"a label of kind {kind:#x}", query(None, 0, extra=bytes([kind]) + b"\1a\0\0\1\0\1", counts=(1, 0, 0, 0)), "FORMERR", bare)
          for kind in (0x40, 0x41, 0x80, 0xBF)],
        ("a name of 256 octets", query(None, 0, extra=b"\x3f" + b"a" * 63 + (b"\x3f" + b"a" * 63) * 2 + b"\x3e" + b"a" * 62 + b"\0\0\1\0\1",
                                       counts=(1, 0, 0, 0)), "FORMERR", bare),
        ("a name of 255 octets", query(None, 0, extra=(b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"a" * 61 + b"\0\0\1\0\1",
                                       counts=(1, 0, 0, 0)), "REFUSED", bare),
        ("127 labels", query("a." * 127, "A"), "REFUSED", bare, lambda m: len(m.question[0][0]) == 254),
        ("128 labels", query("a." * 128, "A"), "FORMERR", bare),
        ("a name of 255 octets in a zone", query(f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 47}.example.com", "A"), "NXDOMAIN"),
        ("TSIG with a key that is not ours", www(edns=b"\1k\0" + struct.pack("!HHIH", 250, 255, 0, 0)), "NOTAUTH", bare),
        ("TSIG that is not the last", www(edns=b"\1k\0" + struct.pack("!HHIH", 250, 255, 0, 0) + opt(), counts=(1, 0, 0, 2)), "FORMERR", bare),
    ])
    whole = www(edns=opt(options=[(packet.COOKIE, b"12345678"), packet.ecs_option("127.1.0.0/16"), (65001, b"")]))
    wrong = []
    for size in range(len(whole)):
        m = udp(n.ends[0], whole[:size], timeout=0.05 if size < 12 else 2)[0]
        if (m is None) != (size < 12) or (m and (m.status, m.id) != ("FORMERR", 0x1234)):
            wrong.append((size, m and m.status))
    t.check(f"cut at each of {len(whole)} octets: silence within the header, then FORMERR", not wrong, wrong)


def questions(t, n):
    def sole(kind):
        return lambda m: m.aa == 1 and not m.answer and [r.type for r in m.authority] == ["SOA"] and m.authority[0].name == kind

    def with_type(kind, name="www.example.com", **more):
        return query(name, kind, **more)

    mixed = "wWw.eXaMpLe.CoM"
    rows(t, n, [
        *[(f"class {number}", with_type("A", qclass=number), "REFUSED", bare) for number in (0, 2, 4, 254, 255, 65535)],
        ("class CH, no name of ours", with_type("TXT", qclass=3), "REFUSED", bare),
        *[(f"QTYPE {number}", with_type(number), status, bare) for number, status in
          ((41, "FORMERR"), (250, "FORMERR"), (249, "NOTIMP"), (253, "NOTIMP"), (254, "NOTIMP"), (128, "FORMERR"), (200, "NOTIMP"))],
        ("QTYPE 0", with_type(0), "NOERROR", sole("example.com.")),
        ("QTYPE 0 at a cut", with_type(0, "sub.example.com"), "NOERROR", lambda m: m.aa == 0 and m.authority[0].type == "NS"),
        ("QTYPE 65535", with_type(65535), "NOERROR", sole("example.com.")),
        ("QTYPE ANY", with_type("ANY"), "NOERROR", answered),
        ("AXFR", with_type("AXFR", "example.com"), "REFUSED", bare),
        ("IXFR", with_type("IXFR", "example.com"), "REFUSED", bare),
        ("AXFR below an apex", with_type("AXFR"), "NOTAUTH", bare),
        ("AXFR of a free live name", with_type("AXFR", "pbx.example.net"), "REFUSED", bare),
        ("mixed case", with_type("A", mixed), "NOERROR", answered, lambda m: m.question[0][0] == mixed + "."
         and m.answer[0].name == mixed + "."),
        ("a name with odd octets", with_type("A", "\xff\0 \x80.example.com"), "NXDOMAIN", sole("example.com.")),
        ("the root", with_type("NS", "."), "REFUSED", bare),
        ("DS of the root", with_type("DS", "."), "REFUSED", bare),
        ("DS at a cut", with_type("DS", "sub.example.com"), "NOERROR", lambda m: m.aa == 1 and [r.type for r in m.answer] == ["DS"]),
        ("DS below a cut", with_type("DS", "x.sub.example.com"), "NOERROR", lambda m: m.aa == 0 and m.authority[0].type == "NS"),
        ("DS at an apex", with_type("DS", "example.com"), "NOERROR", sole("example.com.")),
        ("DS at the apex of a nested zone that has no cut above", with_type("DS", "nested.example.com"), "NOERROR"),
        ("DS at a host", with_type("DS", "printer.desk"), "NOERROR", sole("printer.desk.")),
        ("DS at a host below a host", with_type("DS", "box.lan"), "NOERROR"),
        ("DS at a free live name", with_type("DS", "pbx.example.net"), "NOERROR", sole("pbx.example.net.")),
        ("DS at a live name inside a zone", with_type("DS", "live.example.com"), "NOERROR", sole("example.com.")),
        ("an empty non-terminal", with_type("A", "down.example.com"), "NOERROR", sole("example.com.")),
        ("below it", with_type("A", "nx.down.example.com"), "NXDOMAIN", sole("example.com.")),
        ("a wildcard, another type", with_type("A", "x.wild.example.com"), "NOERROR", sole("example.com.")),
        ("CNAMEs in a ring", with_type("A", "loop1.example.com"), "NOERROR", lambda m: len(m.answer) == 2),
        ("a DNAME that grows", with_type("A", "x.far.example.com"), "NOERROR", lambda m: m.answer),
        ("a CNAME to a nested zone", with_type("A", "to-nested.example.com"), "NOERROR", lambda m: "192.0.2.7" in m.texts()),
        ("a CNAME to a live name", with_type("A", "to-live.example.com"), "NOERROR", lambda m: "127.0.0.91" in m.texts()),
        ("a CNAME to a live name, no such type", with_type(65, "to-live.example.com"), "NOERROR",
         lambda m: len(m.answer) == 1 and m.authority[0].type == "SOA"),
        *[(f"type {kind} at a free live name", with_type(kind, "pbx.example.net"), "NOERROR", sole("pbx.example.net."))
          for kind in ("AAAA", "TXT", 65, "CNAME", "MX", "SRV")],
        ("NS at a free live name", with_type("NS", "pbx.example.net"), "NOERROR", lambda m: m.texts() == ["n1.invalid."]),
        ("SOA at a free live name", with_type("SOA", "pbx.example.net"), "NOERROR", lambda m: len(m.answer) == 1),
        ("what is beside a free live name", with_type("A", "auto.example.net"), "REFUSED", bare),
        ("above it", with_type("A", "example.net"), "REFUSED", bare),
        ("below it", with_type("A", "nx.pbx.example.net"), "NXDOMAIN", sole("pbx.example.net.")),
        ("an empty non-terminal below it", with_type("A", "_udp.pbx.example.net"), "NOERROR", sole("pbx.example.net.")),
        ("a host", with_type("A", "printer.desk"), "NOERROR", lambda m: m.texts() == ["127.9.9.9"]),
        ("a host's other family", with_type("AAAA", "printer.desk"), "NOERROR", sole("printer.desk.")),
        ("a host back", with_type("PTR", "9.9.9.127.in-addr.arpa"), "NOERROR", lambda m: m.texts() == ["printer.desk."]),
        ("a host back over IPv6", with_type("PTR", "9." + "0." * 27 + "0.0.d.f.ip6.arpa"), "NOERROR", lambda m: m.texts() == ["lan."]),
        ("its sibling", with_type("PTR", "7.9.9.127.in-addr.arpa"), "REFUSED", bare),
    ])


def streams(t, n):
    hundred = [query("www.example.com" if i % 2 else "long.example.com", "A" if i % 2 else "TXT", ident=i) for i in range(100)]
    octets = b"".join(framed(q) for q in hundred)
    for what, pieces in (("in one segment", [octets]), ("octet by octet", [octets[i:i + 1] for i in range(len(octets))])):
        with Tcp(n.ends[0]) as c:
            c.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                c.send(piece)
            ids = [c.receive().id for _ in hundred]
            t.check(f"100 queries {what}: 100 answers in order", ids == list(range(100)), ids)
    for _ in range(200): # the peer goes while it is answered
        c = Tcp(n.ends[0])
        c.send(b"".join(framed(query("big.example.com", "A")) for _ in range(200)))
        c.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        c.s.close()
    t.check("200 peers that reset while they are answered change nothing", n.is_up())
    with Tcp(n.ends[0]) as c:
        c.send(b"\0\0" * 1000 + framed(www()))
        t.check("a thousand empty frames are passed over", answered(c.receive()))
    with Tcp(n.ends[0]) as c:
        c.send(b"\xff\xff" + b"\0" * 65535 + framed(www()))
        m = [c.receive(), c.receive()]
        t.check("the longest frame is no query, and the next one is", m[0].status == "FORMERR" and answered(m[1]), m)
    with open(f"/proc/{n.process.pid}/fd/0", "rb"):
        t.check("no descriptor is left behind", within(5, lambda: len(os.listdir(f"/proc/{n.process.pid}/fd")) < 64))


def mutated(t, n, count):
    """What is hardly a query: counted and answered or not, but never the end."""
    numbers = random.Random(7)
    names = ["www.example.com", "pbx.example.net", "_sip._udp.live.example.com", "x.far.example.com", "a.sub.example.com",
             "printer.desk", "loop1.example.com", "long.example.com", "id.server"]
    seeds = [query(name, kind, qclass=klass, edns=record) for name in names for kind in ("A", "SRV", "ANY", "DS", "TXT")
             for klass in (1, 3) for record in (None, opt(options=[(packet.COOKIE, b"c" * 8), packet.ecs_option("127.1.0.0/16"),
                                                                   (packet.NSID, b"")]))]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(n.ends[0])
    s.setblocking(False)
    got = 0
    for i in range(count):
        octets = bytearray(numbers.choice(seeds))
        for _ in range(numbers.randrange(1, 6)):
            at = numbers.randrange(2, len(octets))
            kind = numbers.randrange(4)
            if kind == 0:
                octets[at] = numbers.choice((0, 1, 0x0C, 0x3F, 0x40, 0xC0, 0xFF, numbers.randrange(256)))
            elif kind == 1:
                octets[at] ^= 1 << numbers.randrange(8)
            elif kind == 2 and len(octets) > 13:
                del octets[at:at + numbers.randrange(1, 8)]
            else:
                octets[at:at] = numbers.randbytes(numbers.randrange(1, 8))
            if len(octets) < 3:
                break
        try:
            s.send(octets)
        except OSError:
            pass
        if i % 16 == 15:
            time.sleep(0)
        try:
            while True:
                packet.Message(s.recv(65535)) # or it raises
                got += 1
        except OSError:
            pass
    t.check(f"{count} mutated packets: it answers on", n.is_up() and n.process.poll() is None, got, t.log("node")[-2000:])
    t.note(f"{got} of {count} mutated packets were answered")


def cookies(t, n):
    """RFC 7873 5.2 to 5.4, 9018 4.3: what is not ours is answered with a good one; over a stream with all the rest too."""
    def ask(octets, name="www.example.com", over=udp):
        asked = query(name, "A" if name else 0, edns=opt(options=[(packet.COOKIE, octets)]), counts=(name is not None, 0, 0, 1))
        if over is udp:
            return udp(n.ends[0], asked)[0]
        with Tcp(n.ends[0]) as c:
            c.send(framed(asked))
            return c.receive()

    for size in (16, 24, 40):
        m = ask(b"c" * size)
        t.check(f"a server cookie of {size - 8} octets that is not ours: BADCOOKIE with one that is", m.status == "BADCOOKIE" and bare(m)
                and len(m.option(packet.COOKIE)) == 24 and m.option(packet.COOKIE)[:8] == b"c" * 8, m.status, m.opt)
        m = ask(b"c" * size, over=Tcp)
        t.check("over TCP the answer", m.status == "NOERROR" and answered(m) and len(m.option(packet.COOKIE)) == 24, m.status, m.opt)
    good = ask(b"c" * 8).option(packet.COOKIE)
    m = ask(good)
    t.check("ours is taken and given back", m.status == "NOERROR" and answered(m) and m.option(packet.COOKIE) == good, m.status, m.opt)
    old = good[:12] + struct.pack("!I", int(time.time()) - 7200) + good[16:]
    m = ask(old)
    t.check("an old one does not hold up the answer", m.status == "NOERROR" and answered(m) and m.option(packet.COOKIE) != old, m.status)
    t.check("a cookie without a question is judged", [ask(o, None).status for o in (good, b"c" * 8, b"c" * 24, old)] ==
            ["NOERROR", "NOERROR", "BADCOOKIE", "BADCOOKIE"])
    return good


def main():
    with Test() as t:
        n = Node(t)
        t.check("it answers", n.is_up(), t.log("node"))
        edns(t, n)
        headers(t, n)
        questions(t, n)
        streams(t, n)
        good = cookies(t, n)
        mutated(t, n, int(os.environ.get("DEPUTY_MUTATED", "20000")))
        n.process.terminate()
        t.check("SIGTERM ends it with 0", n.process.wait(timeout=20) == 0)
        n.start()
        t.check("it answers again", n.is_up(), t.log("node"))
        m = udp(n.ends[0], www(edns=opt(options=[(packet.COOKIE, good)])))[0]
        t.check("a cookie outlives the process", m.status == "NOERROR" and m.option(packet.COOKIE) == good, m.status)


if __name__ == "__main__":
    main()

"""Hostile name servers, which attacks_test.py and bench/attacks set up around a resolver.

All of them live in one thread and are answered for by functions in ZONES, one a kind of attack. Every question that
reaches them is counted: from outside that is what a resolver sends.
"""
import collections
import os
import selectors
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

from dnswire import to_wire

A, NS, CNAME, SOA, TXT, AAAA, DNAME, SVCB, HTTPS = 1, 2, 5, 6, 16, 28, 39, 64, 65
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5
UDP_MAX = 1232

# Public addresses, in a network namespace of this program's own.
ROOT, ATTACKER, SECOND, VICTIM, LAME, RACED, SIGNED = (f"192.0.2.{n}" for n in range(1, 8))
DEAD = [f"192.0.2.{n}" for n in range(100, 140)]
POISON, TRUTH = "203.0.113.66", "203.0.113.1"

# What no name of the world may lead to: the text of an address, and how it may be written in AAAA.
PRIVATE = ["10.1.2.3", "172.16.9.9", "172.31.255.254", "192.168.1.1", "127.0.0.1", "127.1.2.3", "169.254.169.254", "0.0.0.0",
           "0.1.2.3", "100.64.0.1", "100.127.255.255", "::", "::1", "fe80::1", "febf::1", "fc00::1", "fd12:3456::1", "fec0::1",
           "::ffff:10.1.2.3", "::ffff:127.0.0.1", "::10.1.2.3", "::127.0.0.1", "64:ff9b::10.1.2.3", "64:ff9b::192.168.1.1",
           "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::10.1.2.3", "2002:0a01:0203::1", "2002:7f00:0001::1",
           "2002:c0a8:0101::1"]


ALONE = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"])]


def enter():
    """Runs this program anew in a network namespace of its own and returns True there; False where none can be made."""
    if "DEPUTY_ATTACKS" in os.environ:
        return True
    if not shutil.which("ip") or subprocess.run([*ALONE, "ip", "link", "set", "lo", "up"], check=False, capture_output=True).returncode:
        return False
    os.environ["DEPUTY_ATTACKS"] = "1"
    os.execvp(ALONE[0], [*ALONE, sys.executable, *sys.argv])


def network():
    """Public addresses on the loopback of a network namespace, and one that resolvers ask from."""
    for words in ("link set lo up", "addr add 198.51.100.9/32 dev lo",
                  "route add local 192.0.2.0/24 dev lo src 198.51.100.9"):
        subprocess.run(["ip", *words.split()], check=True)


class Question:
    """What was asked, of whom, and how."""

    def __init__(self, octets, server, peer, over_udp):
        self.server, self.peer, self.over_udp, self.at = server, peer, over_udp, time.monotonic()
        self.number, flags, *counts = struct.unpack("!6H", octets[:12])
        labels, at = [], 12
        while octets[at]:
            labels.append(octets[at + 1:at + 1 + octets[at]])
            at += 1 + octets[at]
        self.octets, self.raw = octets, octets[12:at + 5]
        self.kind = struct.unpack("!H", octets[at + 1:at + 3])[0]
        self.spelled = b".".join(labels).decode("latin-1") + "."
        self.name = self.spelled.lower()
        self.labels = self.name.rstrip(".").split(".") if self.name != "." else []
        self.edns = counts[3] > 0
        if flags & 0x8000:
            raise ValueError("an answer")


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def rr(owner, kind, data, ttl=300):
    """One record; names are given as text, addresses too."""
    if kind in (NS, CNAME, DNAME) and isinstance(data, str):
        data = to_wire(data)
    elif kind in (A, AAAA) and isinstance(data, str):
        data = address(data)
    return owner, kind, ttl, data


def soa(zone):
    return rr(zone, SOA, to_wire("ns.at") + to_wire("h.at") + struct.pack("!5I", 1, 3600, 600, 86400, 60))


def reply(q, answer=(), authority=(), additional=(), rcode=NOERROR, aa=True, number=None, question=None):
    """A message; cut over UDP when it is too long."""
    def message(flags, *sections):
        counts = [len(s) for s in sections]
        out = struct.pack("!6H", q.number if number is None else number, flags, 1, *counts) + (question or q.raw)
        for section in sections:
            for owner, kind, ttl, data in section:
                # The question's name, in the very case it was asked in, is pointed at.
                out += b"\xc0\x0c" if owner == q.name else to_wire(owner)
                out += struct.pack("!HHIH", kind, 1, ttl, len(data)) + data
        return out
    flags = 0x8000 | (0x0400 if aa else 0) | rcode
    whole = message(flags, answer, authority, additional)
    if q.over_udp and len(whole) > UDP_MAX:
        return message(flags | 0x0200, (), (), ())
    return whole


def nothing(q, zone):
    return reply(q, authority=[soa(zone)])


def referral(q, zone, servers, glue=()):
    return reply(q, authority=[rr(zone, NS, s) for s in servers], additional=[rr(n, A, a) for n, a in glue], aa=False)


def root(q):
    if not q.labels:
        return reply(q, [rr(".", NS, "a.root.")], additional=[rr("a.root.", A, ROOT)]) if q.kind == NS else nothing(q, ".")
    top = q.labels[-1]
    servers = {"at": ATTACKER, "vi": VICTIM, "ra": RACED, "keys": SIGNED, "ev": SECOND}
    if top in servers:
        return referral(q, top + ".", [f"ns.{top}."], [(f"ns.{top}.", servers[top])])
    if q.name == "a.root.":
        return reply(q, [rr(q.name, A, ROOT)]) if q.kind == A else nothing(q, ".")
    return reply(q, authority=[soa(".")], rcode=NXDOMAIN)


def victim(q):
    """vi. is harmless: it has few names, and servers of attackers' delegations are not among them."""
    first = q.labels[0]
    if q.name in ("www.vi.", "ns.vi.") or len(q.labels) == 1:
        data = {"www.vi.": TRUTH, "ns.vi.": VICTIM}.get(q.name)
        return reply(q, [rr(q.name, A, data)]) if q.kind == A and data else nothing(q, "vi.")
    if first.startswith("lame"):
        return reply(q, [rr(q.name, A, LAME)]) if q.kind == A else nothing(q, "vi.")
    if first.startswith("dead"):
        which = int(first[4:].split("-")[0]) % len(DEAD)
        return reply(q, [rr(q.name, A, DEAD[which])]) if q.kind == A else nothing(q, "vi.")
    return reply(q, authority=[soa("vi.")], rcode=NXDOMAIN)


def many_servers(kind, count):
    """NXNSAttack: a referral to servers no addresses, all in the victim's zone."""
    def answer(q):
        if len(q.labels) < 3:
            return nothing(q, "at.")
        i = q.labels[-3]
        return referral(q, ".".join(q.labels[-3:]) + ".", [f"{kind}{k}-{i}.vi." for k in range(count)])
    return answer


def cyclic(q):
    """TsuNAME: each of two zones has its server in the other."""
    if len(q.labels) < 3:
        return nothing(q, "at.")
    i, here = q.labels[-3:-1]
    there = "ts2" if here == "ts1" else "ts1"
    return referral(q, f"{i}.{here}.at.", [f"ns.{i}.{there}.at."])


def chain(q):
    """A chain of CNAMEs without end."""
    i, n = (q.labels[0].split("-") + ["0"])[:2]
    if len(q.labels) < 3:
        return nothing(q, "at.")
    return reply(q, [rr(q.name, CNAME, f"{i}-{int(n) + 1}.{q.labels[-2]}.at.")])


def ladder(q):
    """A chain of DNAMEs without end."""
    if len(q.labels) < 4:
        return nothing(q, "at.")
    i, n = q.labels[-3].split("-")
    return reply(q, [rr(f"{i}-{n}.dn.at.", DNAME, f"{i}-{int(n) + 1}.dn.at.")])


DEEP = {} # how far each name has been let down


def deep(q):
    """A cut at each label, then a CNAME to the next such name."""
    i, n = (q.labels[-3].split("-") + ["0"])[:2] if len(q.labels) >= 3 else ("", "0")
    if not i:
        return nothing(q, "at.")
    key = ".".join(q.labels[-3:])
    depth = DEEP.setdefault(key, 3)
    if len(q.labels) > depth:
        DEEP[key] = depth + 1
        zone = ".".join(q.labels[-depth:]) + "."
        return referral(q, zone, [f"ns.{zone}"], [(f"ns.{zone}", SECOND if depth % 2 else ATTACKER)])
    if len(q.labels) < 40:
        return nothing(q, key + ".")
    return reply(q, [rr(q.name, CNAME, ".".join(q.labels[:-3]) + f".{i}-{int(n) + 1}.{q.labels[-2]}.at.")])


def rubbish(q):
    """Answers that answer something else."""
    other = Question(q.octets[:12] + to_wire("other.at.") + b"\0\1\0\1", q.server, q.peer, q.over_udp)
    return reply(other, [rr("other.at.", A, TRUTH)])


def wide(q):
    """Some three hundred names of a hundred labels each: dear to whoever compresses them."""
    if q.kind != NS or len(q.labels) < 3:
        return nothing(q, "at.")
    names = [".".join(chr(97 + (n * 7 + i * i + n // 26) % 26) for i in range(100)) + ".at." for n in range(285)]
    return reply(q, [rr(q.name, NS, n) for n in names])


def folding(q):
    """Lower-cases what was asked: looks like an attack on 0x20."""
    if len(q.labels) < 3:
        return nothing(q, "at.")
    answer = [rr(q.name, A, TRUTH)] if q.kind == A else []
    return reply(q, answer, question=to_wire(q.name) + q.raw[-4:])


def cut(q):
    """Truncates over UDP; over TCP it says nothing."""
    if not q.over_udp:
        return None
    return reply(q, rcode=NOERROR)[:2] + struct.pack("!5H", 0x8600, 1, 0, 0, 0) + q.raw


def svcb(target, v4=(), v6=()):
    """RDATA with address hints (RFC 9460)."""
    out = struct.pack("!H", 1) + to_wire(target)
    for key, hints in ((4, v4), (6, v6)):
        if hints:
            data = b"".join(address(h) for h in hints)
            out += struct.pack("!HH", key, len(data)) + data
    return out


def rebinding(q):
    """pN has the private address N; cN is an alias of it; x.dN a name below a DNAME to it."""
    if q.labels[-2:] != ["rb", "at"] or len(q.labels) < 3:
        return nothing(q, "at.")
    n = int(q.labels[-3][1:]) if q.labels[-3][1:].isdigit() else 0
    kind = q.labels[-3][0]
    if kind == "c":
        return reply(q, [rr(q.name, CNAME, f"p{n}.rb.at.")])
    if kind == "d" and len(q.labels) > 3:
        return reply(q, [rr(f"d{n}.rb.at.", DNAME, f"p{n}.rb.at.")])
    text = PRIVATE[n]
    v6 = ":" in text
    if q.kind == (AAAA if v6 else A):
        return reply(q, [rr(q.name, q.kind, text), rr(q.name, q.kind, "2001:db8::1" if v6 else TRUTH)])
    if q.kind in (SVCB, HTTPS):
        return reply(q, [rr(q.name, q.kind, svcb(".", (), [text]) if v6 else svcb(".", [text]))])
    return nothing(q, "rb.at.")


def evil(q):
    """The zone ev. says more than it was asked, about others."""
    own = [rr(q.name, A, "203.0.113.9")] if q.kind == A else []
    lie = [rr("www.vi.", A, POISON)]
    kind = q.labels[0][:4] if len(q.labels) > 1 else ""
    more = {
        "addi": {"additional": lie + [rr("ns.vi.", A, POISON)]},
        "auth": {"authority": [rr("vi.", NS, "ns.ev.")], "additional": [rr("ns.ev.", A, SECOND)]},
        "root": {"authority": [rr(".", NS, "ns.ev.")], "additional": [rr("ns.ev.", A, SECOND)]},
        "glue": {"authority": [rr("ev.", NS, "ns.vi.")], "additional": [rr("ns.vi.", A, POISON)]},
        "live": {"additional": [rr("pbx.live.example.", A, POISON)]},
    }
    if len(q.labels) < 2:
        return nothing(q, "ev.") if q.kind != NS else reply(q, [rr("ev.", NS, "ns.ev.")])
    if kind == "cnam":
        return reply(q, [rr(q.name, CNAME, "www.vi.")] + lie)
    if kind == "clic":
        return reply(q, [rr("pbx.live.example.", A, POISON), rr(q.name, CNAME, "pbx.live.example."), rr("pbx.live.example.", A, POISON)])
    if kind == "dnam":
        return reply(q, [rr("vi.", DNAME, "ev.")] + own)
    if kind == "refe":
        return reply(q, authority=[rr("vi.", NS, "ns.ev.")], additional=[rr("ns.ev.", A, SECOND)], aa=False)
    if kind in more:
        return reply(q, own, **more[kind])
    return reply(q, own) if own else nothing(q, "ev.")


def second(q):
    """The second address of the attacker; for vi. it says what a thief would."""
    if q.labels and q.labels[-1] == "vi":
        return reply(q, [rr(q.name, A, POISON)]) if q.kind == A else nothing(q, "vi.")
    return evil(q) if q.labels and q.labels[-1] == "ev" else attacker(q)


ZONES = {
    "nx20": many_servers("nx", 20), "nx100": many_servers("nx", 100), "lame": many_servers("lame", 100),
    "dead": many_servers("dead", 40), "nrd": many_servers("lame", 1200), "ts1": cyclic, "ts2": cyclic, "cn": chain, "dn": ladder,
    "deep": deep, "wide": wide, "rubbish": rubbish, "folding": folding, "cut": cut, "rb": rebinding,
}


def attacker(q):
    zone = q.labels[-2] if len(q.labels) > 1 else ""
    if q.name == "ns.at.":
        return reply(q, [rr(q.name, A, ATTACKER)]) if q.kind == A else nothing(q, "at.")
    return ZONES[zone](q) if zone in ZONES else nothing(q, "at.")


def lame(q):
    return reply(q, rcode=REFUSED, aa=False)


class World(threading.Thread):
    """Answers until stop(). `raced` gets the questions to RACED, and answers when it likes."""

    def __init__(self):
        super().__init__(daemon=True)
        self.servers = {ROOT: root, ATTACKER: attacker, SECOND: second, VICTIM: victim, LAME: lame, RACED: self.race}
        self.raced = None
        self.seen = collections.Counter() # by server
        self.names = collections.deque(maxlen=20000)
        self.going = True
        self.selector = selectors.DefaultSelector()
        self.udp = {}
        for at in [*self.servers, *DEAD]:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
            s.bind((at, 53))
            self.udp[at] = s
            self.selector.register(s, selectors.EVENT_READ, (self.datagram, at))
            if at in self.servers:
                self.selector.register(socket.create_server((at, 53), backlog=200), selectors.EVENT_READ, (self.connection, at))

    def race(self, q):
        return self.raced(q) if self.raced else nothing(q, "ra.")

    def total(self):
        return sum(self.seen.values())

    def answer(self, octets, at, peer, over_udp):
        self.seen[at] += 1
        if at not in self.servers:
            return None
        try:
            q = Question(octets, at, peer, over_udp)
            self.names.append((q.name, q.kind))
            return self.servers[at](q)
        except (ValueError, IndexError, struct.error):
            return None

    def datagram(self, s, at):
        octets, peer = s.recvfrom(4096)
        out = self.answer(octets, at, peer, True)
        if out:
            s.sendto(out, peer)

    def connection(self, s, at):
        c, peer = s.accept()
        c.settimeout(1)
        self.selector.register(c, selectors.EVENT_READ, (self.stream, (at, peer)))

    def stream(self, c, whence):
        at, peer = whence
        try:
            head = c.recv(2)
            octets = c.recv(struct.unpack("!H", head)[0])
            out = self.answer(octets, at, peer, False)
            if out:
                c.sendall(struct.pack("!H", len(out)) + out)
                return
        except (OSError, struct.error):
            pass
        self.selector.unregister(c)
        c.close()

    def run(self):
        while self.going:
            for key, _ in self.selector.select(0.2):
                call, whence = key.data
                try:
                    call(key.fileobj, whence)
                except OSError:
                    pass

    def stop(self):
        self.going = False
        self.join()

#!/usr/bin/env python3
"""Zones and questions drawn at random, asked of deputy-dns and of NSD, Knot and BIND.

    differ_test.py [--seed N] [--rounds N] [--questions N] [--loose]

Each round draws three zones that lead into each other, plain or signed by dnssec-signzone (NSEC, NSEC3, opt-out), has
all servers load them, and asks all the same. An answer of ours that no peer gives is a failure, unless a row of CHOICES
says why it is ours; --loose also tells where we differ from some peer.
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dnswire  # noqa: E402
import zones_peers_test as servers  # noqa: E402
from packet import Tcp, framed, opt  # noqa: E402
from tap import SkipAll, Test, within  # noqa: E402

LABELS = [b"a", b"b", b"c", b"d", b"e", b"*", b"_x", b"www", b"ns", b"q.r", b"s t", b"\0\xff", b"k-9", b"x\\y", b'"', b"@"]
OUTSIDE = [(b"www", b"elsewhere", b"test"), (b"nowhere",), ()]
QTYPES = ["A", "A", "AAAA", "NS", "MX", "TXT", "SOA", "CNAME", "DNAME", "DS", "SRV", 99, 65280, 46, 47, 48, 50, 51, 64, 65, 0,
          "NAPTR", "ANY"]
SIGNINGS = [None, "nsec", "nsec3", "optout"]


def text_of(name):
    """An absolute name in presentation format."""
    def label(octets):
        return "".join(chr(o) if o < 128 and (chr(o).isalnum() or o in b"-_*") else f"\\{o:03}" for o in octets)
    return ".".join(label(x) for x in name) + "."


def wire_of(name):
    return b"".join(bytes([len(x)]) + x for x in name) + b"\0"


def key_of(name):
    return tuple(x.lower() for x in name)


class Zone:
    """Records by owner, drawn so that a careful server takes the zone: no data beside an alias or below a DNAME."""

    def __init__(self, draw, origin, others, size):
        self.draw, self.origin, self.others = draw, origin, others
        self.sets = {}
        self.put(origin, "SOA", f"{text_of(origin)} h.test. {draw.randint(1, 2 ** 32 - 1)} 3600 600 86400 {draw.choice([0, 60, 9999])}")
        self.put(origin, "NS", text_of(draw.choice([(b"ns", *origin), (b"ns", b"test")])))
        self.put((b"ns", *origin), "A", "192.0.2.53")
        for _ in range(size):
            self.record(self.any_name())
        if draw.random() < 0.5:
            self.put(origin, "TXT", '"apex"')

    def any_name(self):
        depth = self.draw.choice([1, 1, 1, 2, 2, 3, 4])
        return (*(self.draw.choice(LABELS) for _ in range(depth)), *self.origin)

    def some_name(self):
        """Of this zone, of another one, or of none."""
        where = self.draw.random()
        if where < 0.6 and self.sets:
            return self.draw.choice(list(self.sets))
        if where < 0.8:
            return self.any_name()
        if where < 0.95 and self.others:
            return (*(self.draw.choice(LABELS) for _ in range(self.draw.choice([0, 1, 1, 2]))), *self.draw.choice(self.others))
        return self.draw.choice(OUTSIDE)

    def below(self, name, kinds):
        """Whether an ancestor, within the zone, has one of these types."""
        return any(k in self.sets.get(name[i:], {}) for i in range(1, len(name) - len(self.origin) + 1) for k in kinds)

    def put(self, name, kind, rdata, ttl=None):
        name = key_of(name)
        if len(wire_of(name)) > 255 or any(len(x) > 63 for x in name):
            return False
        sets = self.sets.setdefault(name, {})
        if ("CNAME" in sets and kind != "CNAME") or (kind == "CNAME" and sets) or (kind == "DNAME" and set(sets) & {"DNAME", "NS"}
                                                                                 and name != self.origin):
            return False
        rows = sets.setdefault(kind, (self.draw.choice([0, 30, 300, 3600]) if ttl is None else ttl, []))
        if rdata not in rows[1]:
            rows[1].append(rdata)
        return True

    def record(self, name):
        draw, name = self.draw, key_of(name)
        if self.below(name, ("DNAME",)):
            return
        kind = draw.choice(["A"] * 6 + ["AAAA", "TXT", "TXT", "MX", "SRV", "NS", "NS", "CNAME", "CNAME", "CNAME", "DNAME", "many",
                                        "TYPE65280", "NAPTR", "HTTPS", "CAA", "PTR", "HINFO", "SSHFP"])
        target = text_of(self.some_name())
        if kind in ("CNAME", "DNAME") and name == self.origin:
            return
        if kind == "DNAME" and (any(len(o) > len(name) and o[-len(name):] == name for o in self.sets) or name[0] == b"*"):
            return
        if kind == "NS" and (name == self.origin or name[0] == b"*"):
            return
        if kind == "NS":
            self.delegate(name)
            return
        rdata = {"A": lambda: f"192.0.2.{draw.randint(1, 254)}", "AAAA": lambda: f"2001:db8::{draw.randint(1, 999)}",
                 "TXT": lambda: f'"{draw.randint(0, 9) * "x"}"', "MX": lambda: f"{draw.randint(0, 3)} {target}",
                 "SRV": lambda: f"1 {draw.randint(0, 3)} 5060 {target}", "CNAME": lambda: target, "DNAME": lambda: target,
                 "TYPE65280": lambda: "\\# 3 010203", "NAPTR": lambda: f'1 {draw.randint(0, 3)} "S" "SIP+D2U" "" {target}',
                 "HTTPS": lambda: f"{draw.randint(0, 1)} {target}", "CAA": lambda: '0 issue "ca.test"', "PTR": lambda: target,
                 "HINFO": lambda: '"a" "b"', "SSHFP": lambda: "1 1 00112233445566778899aabbccddeeff00112233"}
        if kind == "many":
            for i in range(draw.choice([20, 60, 99])):
                self.put(name, "TXT", f'"{i:03} {"y" * 90}"', 60)
            return
        for _ in range(1 if kind in ("CNAME", "DNAME") else draw.choice([1, 1, 2, 3])):
            if kind in ("CNAME", "DNAME") and kind in self.sets.get(name, {}):
                return
            self.put(name, kind, rdata[kind]())

    def delegate(self, name):
        draw = self.draw
        if {"DNAME", "CNAME"} & set(self.sets.get(name, {})):
            return
        for _ in range(draw.choice([1, 2, 2, 5])):
            server = draw.choice([(b"ns%d" % draw.randint(1, 3), *name), self.some_name(), (b"far", b"test")])
            if len(wire_of(server)) > 255 or not self.put(name, "NS", text_of(server)):
                continue
            if key_of(server)[-len(name):] == name:
                self.put(server, "A", "192.0.2.99")
                if draw.random() < 0.5:
                    self.put(server, "AAAA", "2001:db8::99")
        if draw.random() < 0.4:
            self.put(name, "DS", f"{draw.randint(1, 65535)} 8 2 {'00' * 32}")
        if draw.random() < 0.3:
            self.put((draw.choice(LABELS), *name), "TXT", '"occluded"')

    def repair(self):
        """What came later may have put glue under an alias, or data under a DNAME: it goes."""
        for name in list(self.sets):
            sets = self.sets[name]
            if self.below(name, ("DNAME",)) and not self.below(name, ("NS",)):
                del self.sets[name]
            elif "NS" in sets and name != self.origin and self.below(name, ("DNAME",)):
                del self.sets[name]
        for name, sets in list(self.sets.items()):
            if "NS" not in sets or name == self.origin:
                continue
            for server in list(sets["NS"][1]):
                owner = next((o for o in self.sets if text_of(o) == server), None)
                inside = server == text_of(name) or server.endswith("." + text_of(name))
                if inside and not (owner and {"A", "AAAA"} & set(self.sets[owner])):
                    sets["NS"][1].remove(server)
            if not sets["NS"][1]:
                del self.sets[name]

    def text(self):
        lines = []
        for name, sets in self.sets.items():
            for kind, (ttl, rows) in sets.items():
                lines += [f"{text_of(tuple(x.upper() if self.draw.random() < 0.1 else x for x in name))} {ttl} IN {kind} {r}" for r in rows]
        head = [x for x in lines if " SOA " in x]
        return "\n".join(head + [x for x in lines if x not in head]) + "\n"


def sign(t, draw, folder, origin, path, how):
    """Signs a zone file in place with keys of its own."""
    algorithm = draw.choice(["ECDSAP256SHA256", "ED25519", "RSASHA256"])
    name = text_of(origin)
    for flags in ([], ["-f", "KSK"]):
        bits = ["-b", "2048"] if algorithm.startswith("RSA") else []
        subprocess.run(["dnssec-keygen", "-q", "-K", folder, "-a", algorithm, *bits, "-n", "ZONE", *flags, name], check=True, capture_output=True)
    hashed = {"nsec": [], "nsec3": ["-3", draw.choice(["-", "aabb"]), "-H", str(draw.choice([0, 1, 5]))],
              "optout": ["-3", "-", "-H", "0", "-A"]}[how]
    done = subprocess.run(["dnssec-signzone", "-S", "-K", folder, "-d", folder, "-o", name, "-O", "full", "-N", "keep", *hashed, "-P",
                           "-f", path + ".signed", path], capture_output=True, text=True, check=False)
    if done.returncode:
        t.note(f"{name} is not signed: {done.stderr.strip().splitlines()[-1:]}")
        return path
    return path + ".signed"


def told(octets):
    """What is compared. In messages that were cut the rest is a server's choice."""
    if octets is None:
        return ("no answer",)
    try:
        m = dnswire.read(octets)
    except (dnswire.Malformed, IndexError) as e:
        return (f"malformed: {e!r}",)
    if m["tc"]:
        return (m["rcode"], "TC")
    cuts = [r[0] for r in m["authority"] if r[1] == "NS"] if not m["aa"] and m["rcode"] == "NOERROR" else []
    glue = [r for r in m["additional"] if any(r[0] == c or r[0].endswith("." + c) for c in cuts) and r[1] != "RRSIG" and "." not in cuts]
    return (m["rcode"], "aa" if m["aa"] else "-", *(tuple(sorted(x, key=str)) for x in (m["answer"], m["authority"], glue)))


def ask_stream(address, octets):
    try:
        with Tcp(address, timeout=3) as c:
            c.send(framed(octets))
            return c.receive().octets
    except (OSError, EOFError, ValueError) as e:
        return None if isinstance(e, OSError) else b""


class Question:
    @classmethod
    def plain(cls, name):
        q = cls.__new__(cls)
        q.name, q.kind, q.edns, q.dnssec_ok, q.stream, q.flags = name, "SOA", None, False, False, 0
        return q

    def __init__(self, draw, zones):
        zone = draw.choice(zones)
        name = draw.choice(list(zone.sets)) if draw.random() < 0.7 else zone.any_name()
        way = draw.random()
        if way < 0.25:
            name = (draw.choice(LABELS), *name)
        elif way < 0.3:
            name = (draw.choice(LABELS), draw.choice(LABELS), *name)
        elif way < 0.35 and name:
            name = name[1:]
        elif way < 0.38:
            name = (b"l" * draw.choice([1, 60, 63]), b"m" * 63, b"n" * 63, *name)
        while len(wire_of(name)) > 255:
            name = name[1:]
        self.name = tuple(bytes(c ^ 32 if chr(c).isalpha() and c < 128 and draw.random() < 0.2 else c for c in x) for x in name)
        self.kind = draw.choice(QTYPES)
        self.edns = draw.choice([None, 512, 1232, 1232, 4096])
        self.dnssec_ok = self.edns is not None and draw.random() < 0.7
        self.stream = draw.random() < 0.15
        self.origins = sorted((z.origin for z in zones), key=len, reverse=True)
        self.flags = draw.choice([0, 0x100, 0x010, 0x020])

    def crosses(self, answer):
        """Whether aliases lead from one zone to another."""
        texts = [text_of(o) for o in self.origins]
        names = [r[0] for r in answer[2] if r[1] == "CNAME"] + [r[4].split(" ")[0] for r in answer[2] if r[1] == "CNAME"] if answer[2:] else []
        return len({next((t for t in texts if n == t or n.endswith("." + t) or t == "."), None) for n in names}) > 1

    def octets(self):
        number = dnswire.TYPES.get(self.kind, self.kind)
        record = opt(payload=self.edns, flags=0x8000 if self.dnssec_ok else 0) if self.edns else b""
        return (bytes([0x12, 0x67]) + self.flags.to_bytes(2, "big") + bytes([0, 1, 0, 0, 0, 0, 0, 1 if record else 0]) + wire_of(self.name)
                + number.to_bytes(2, "big") + b"\0\1" + record)

    def __str__(self):
        return f"{text_of(self.name)} {self.kind} edns={self.edns} do={self.dnssec_ok} {'tcp' if self.stream else 'udp'}"

    def ask(self, address, stream=False):
        return told(ask_stream(address, self.octets()) if self.stream or stream else dnswire.ask(address, self.octets()))


def adds_proofs_to(mine, theirs):
    """Whether all that ours has more are NSEC or NSEC3 records with their signatures."""
    if mine[:2] != theirs[:2] or len(theirs) < 5 or mine[2] != theirs[2] or set(theirs[3]) - set(mine[3]):
        return False
    return all(r[1] in ("RRSIG", "NSEC", "NSEC3") for r in set(mine[3]) - set(theirs[3]))


# Where the RFCs leave a choice and ours is nobody's: what it is, and when it applies.
CHOICES = [
    ("ANY is answered with one set (RFC 8482 4.1); which one is each server's choice",
     lambda q, mine, theirs: q.kind == "ANY" and mine[0] in ("NOERROR",)),
    ("QTYPE 0 is a type like any other that is not there (RFC 3597 2): Knot does not implement it, NSD misses a proof",
     lambda q, mine, theirs: q.kind == 0 and mine[0] in ("NOERROR", "NXDOMAIN")),
    ("the source of a wildcard answer that is an empty non-terminal is proved to have no such type (RFC 4035 3.1.3.4, RFC 5155 7.2.5)",
     lambda q, mine, theirs: q.dnssec_ok and any(adds_proofs_to(mine, a) for a in theirs.values())),
    ("all signatures of a name are given to who asks for them",
     lambda q, mine, theirs: q.kind == 46 and mine[0] == "NOERROR"),
    ("DS at a zone of ours is denied by that zone where the one above knows nothing of it: NXDOMAIN would deny all of it (RFC 8020)",
     lambda q, mine, theirs: q.kind == "DS" and mine[:2] == ("NOERROR", "aa") and any(a[0] == "NXDOMAIN" for a in theirs.values())),
    ("a chain is followed into other zones of ours; NSD does so but for some types and ends, Knot and BIND do not",
     lambda q, mine, theirs: q.crosses(mine) and ("nsd" not in theirs or all(a[2:] and not set(a[2]) - set(mine[2]) for a in theirs.values()))),
    ("an alias that has no NSEC is followed for it, as NSD does: NODATA would contradict the chain of a signed zone",
     lambda q, mine, theirs: q.kind == 47 and any(r[1] == "CNAME" for r in mine[2])),
]


def contrast(mine, theirs):
    """What one has and the other has not, shortened."""
    if len(mine) < 3 or len(theirs) < 3 or mine[:2] != theirs[:2]:
        return f"{mine[:2]} against {theirs[:2]}"
    out = []
    for section, a, b in zip(("answer", "authority", "glue"), mine[2:], theirs[2:]):
        out += [f"only ours: {section} {r[0]} {r[3]} {r[1]} {r[4][:60]}" for r in (Counter(a) - Counter(b)).elements()]
        out += [f"only theirs: {section} {r[0]} {r[3]} {r[1]} {r[4][:60]}" for r in (Counter(b) - Counter(a)).elements()]
    return "; ".join(out) or "the same"


def choice_of(q, mine, theirs):
    return next((why for why, applies in CHOICES if applies(q, mine, theirs)), None)


def contradicts(q, address):
    """What a datagram and a stream say differently, or a datagram that is too long; "" if nothing. Additional sets may be left out."""
    octets = dnswire.ask(address, q.octets())
    most = min(max(q.edns or 512, 512), 1232)
    if octets is None or len(octets) > most:
        return f"{octets and len(octets)} octets, {most} may be"
    one, other = told(octets), q.ask(address, True)
    return "" if "TC" in one or one[:4] == other[:4] else f"over UDP and TCP: {contrast(one, other)}"


def play(t, seed, count, loose):
    draw = random.Random(seed)
    folder = os.path.join(t.scratch, f"round-{seed}")
    os.makedirs(folder)
    origins = draw.choice([[(b"example",), (b"c", b"example"), (b"other",)], [(b"x", b"y", b"z"), (b"z",), (b"b", b"x", b"y", b"z")],
                           [(), (b"a",), (b"e", b"d")], [(b"example",), (b"a", b"b", b"c", b"example"), (b"other", b"test")]])
    zones = [Zone(draw, o, [x for x in origins if x != o], draw.choice([10, 40, 120])) for o in origins]
    files, how = {}, []
    for zone in zones:
        zone.repair()
        path = os.path.join(folder, (text_of(zone.origin) + "zone") if zone.origin else "root.zone")
        with open(path, "w", encoding="latin-1") as f:
            f.write(zone.text())
        kind = draw.choice(SIGNINGS) if shutil.which("dnssec-signzone") else None
        how.append(str(kind))
        files[text_of(zone.origin)] = sign(t, draw, folder, zone.origin, path, kind) if kind else path
    scratch, t.scratch = t.scratch, folder
    ours = servers.start_daemon(t, files)
    peers = [start(t, files) for program, start in (("nsd", servers.start_nsd), ("knotd", servers.start_knot), ("named", servers.start_named))
             if shutil.which(program)]
    t.scratch = scratch
    alone, differing, chosen, asked, odd = [], Counter(), Counter(), 0, []
    probes = [Question.plain(o) for o in origins]
    for p in [ours, *peers]:
        lost = [text_of(o) for o, q in zip(origins, probes) if not within(10 if p is ours else 3, lambda p=p, q=q: q.ask(p.address)[0] == "NOERROR")]
        if lost and p is ours:
            with open(os.path.join(folder, "deputy-dns.log"), encoding="utf-8", errors="replace") as f:
                t.check(f"round {seed}: {p.name} serves", False, [x for x in f if "warning" not in x])
            return
        if lost:
            t.note(f"round {seed}: {p.name} does not take {lost}, and is left out")
    peers = [p for p in peers if all(q.ask(p.address)[0] == "NOERROR" for q in probes)]
    time.sleep(0.3)
    for _ in range(count):
        q = Question(draw, zones)
        mine = q.ask(ours.address)
        theirs = {p.name: q.ask(p.address) for p in peers}
        if "TC" in mine[1:2] or any("TC" in x[1:2] for x in theirs.values()):
            mine, theirs = q.ask(ours.address, True), {p.name: q.ask(p.address, True) for p in peers}
        asked += 1
        fault = contradicts(q, ours.address) if asked % 4 == 0 else ""
        if fault:
            odd += [str(q), fault]
        for peer, answer in theirs.items():
            differing[peer] += answer != mine
        if mine in theirs.values() and not (loose and any(a != mine for a in theirs.values())):
            continue
        why = choice_of(q, mine, theirs)
        if why:
            chosen[why] += 1
        else:
            alone.append((q, mine, theirs))
    t.note(f"round {seed}: {[text_of(o) for o in origins]} signed {how}: {asked} questions; differ from "
           + ", ".join(f"{n} {c}" for n, c in differing.items()) + "".join(f"; {c} times: {w}" for w, c in chosen.items()))
    evidence = []
    for q, mine, theirs in alone[:8]:
        evidence += [str(q)] + [f"  {n}: {contrast(mine, a)}" for n, a in theirs.items()]
    t.check(f"round {seed}: no answer of ours stands alone", not alone, f"{len(alone)} do; {folder}", *evidence)
    t.check(f"round {seed}: datagrams keep to their size and say what streams say", not odd, *odd[:12])
    for process in t.processes:
        t.kill(process)
    t.processes.clear()


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--rounds", type=int, default=8)
    words.add_argument("--questions", type=int, default=700)
    words.add_argument("--loose", action="store_true", help="also tell where some peer differs")
    given = words.parse_args()
    with Test() as t:
        if not any(shutil.which(p) for p in ("nsd", "knotd", "named")):
            raise SkipAll("none of nsd, knotd and named is installed")
        for seed in range(given.seed, given.seed + given.rounds):
            play(t, seed, given.questions, given.loose)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Names that are not ours: a small signed world on loopback, and deputy-recursor killed and stopped."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from clock_test import HOUR, SHIFT, Clock
from node import Node
from packet import query
from tap import BUILD, Test, SkipAll, within
from world import SERVERS, World

CONF = """access: {{ query: [ 127.0.0.0/8 ], recursion: [ 127.0.0.1 ] }}
recursion: {{ root-hints: {hints}, trust-anchors: {anchors}, cache: 8, inside: [ {servers} ] }}
pbxs: [ {{ name: berlin, addresses: [ 127.0.0.11 ], endpoints: [ tcp@5999 ] }} ]
live: [ {{ name: pbx.live.example, home: berlin }}, {{ name: free.zz, home: berlin }} ]
zones:
  - {{ name: ours.example, file: ours.zone }}
  - {{ name: corp.lan, file: corp.zone }}
  - {{ name: corp.signed.zz, file: corp.zone }}
  - {{ name: beside.signed.zz, file: corp.zone }}
"""
# Of a company's own network: not in the tree that the root signs.
CORP = "$TTL 300\n@ SOA ns h 1 3600 600 86400 60\n@ NS ns\nns A 10.1.2.1\nwww A 10.1.2.3\nmail A 10.1.2.4\n"
OURS = """$TTL 300
@ SOA ns h 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
www A 192.0.2.1
away CNAME www.plain.zz.
there-and-back CNAME to-live.plain.zz.
"""


def status(text):
    found = re.search(r"status: (\w+)", text)
    return found.group(1) if found else text


def flags(text):
    found = re.search(r"flags: ([a-z ]*);", text)
    return found.group(1).split() if found else []


def recursor(n):
    """Its process id as the keeper knows it, when it runs."""
    said = n.deputy("status", "--json").stdout
    try:
        for child in json.loads(said)["deputyd"]["children"]:
            if child["name"] == "deputy-recursor" and child["state"] == "running":
                return child["pid"]
    except (ValueError, KeyError):
        pass
    return 0


def answers(t, n):
    www = n.dig("www.plain.zz")
    t.check("a name of the world is looked up", n.answer("www.plain.zz") == ["192.0.2.80"], www)
    t.check("RA is set and AA is not", {"ra", "rd"} <= set(flags(www)) and "aa" not in flags(www), www)
    t.check("our own answers say RA too", {"aa", "ra"} <= set(flags(n.dig("www.ours.example"))))
    t.check("over TCP too", "192.0.2.80" in n.dig("www.plain.zz", "+tcp"))
    t.check("a name that is not there is NXDOMAIN", status(n.dig("a.b.nothing.signed.zz")) == "NXDOMAIN")
    t.check("a negative answer has its SOA", "SOA" in n.dig("www.plain.zz", "AAAA"), n.dig("www.plain.zz", "AAAA"))
    signed = n.dig("www.signed.zz", "+dnssec")
    t.check("a signed answer has AD and signatures", "ad" in flags(signed) and "RRSIG" in signed, signed)
    t.check("without DO it has neither signatures nor, unasked for, AD", "RRSIG" not in n.dig("www.signed.zz", "+noad") and
            "ad" not in flags(n.dig("www.signed.zz", "+noad")), n.dig("www.signed.zz", "+noad"))
    bogus = n.dig("www.bogus.zz")
    t.check("a forged answer is SERVFAIL with its reason", status(bogus) == "SERVFAIL" and "EDE: 6" in bogus, bogus)
    t.check("a forged answer comes with CD", "192.0.2.66" in n.dig("www.bogus.zz", "+cd"), n.dig("www.bogus.zz", "+cd"))
    t.check("a lame delegation is SERVFAIL", status(n.dig("www.lame.zz", "+time=6")) == "SERVFAIL")
    t.check("a server that truncates is asked over TCP", n.answer("www.tc.zz") == ["192.0.2.119"], n.dig("www.tc.zz"))
    t.check("a server without EDNS is asked without", n.answer("www.old.zz") == ["192.0.2.119"], n.dig("www.old.zz"))
    slow = n.dig("www.slow.zz", "+time=6")
    t.check("a slow server is waited for", "192.0.2.119" in slow, slow)
    loop = n.dig("loop-a.plain.zz", "+time=6")
    t.check("a loop of CNAMEs ends", status(loop) in ("SERVFAIL", "NOERROR"), loop)
    began = time.monotonic()
    dead = n.dig("www.dead.zz", "+time=8")
    took = time.monotonic() - began
    t.check("a dead server is SERVFAIL with its reason", status(dead) == "SERVFAIL" and "EDE: 22" in dead, dead)
    t.note(f"a dead server: {took:.2f} s")
    t.check("a private address of the world is kept out", n.answer("rebind.plain.zz") == [], n.dig("rebind.plain.zz"))
    for name, code, words in (("rebind.plain.zz", "NOERROR", "unsigned"), ("alias.plain.zz", "NOERROR", "behind an alias"),
                              ("rebind.signed.zz", "SERVFAIL", "signed")):
        text = n.dig(name)
        t.check(f"and it is told why, when it is {words}", status(text) == code and "EDE: 15 (Blocked)" in text, text)
    t.check("it is counted", "deputy_recursor_kept_out_total" in (text := n.deputy("metrics").stdout)
            and int(re.search(r"deputy_recursor_kept_out_total (\d+)", text).group(1)) >= 3, text)
    t.check("and logged with what to do", re.search(r'private-kept-out name="?rebind\.signed\.zz\."?.*recursion: inside', n.said()), n.said())
    big = n.dig("many.plain.zz", "TXT", "+bufsize=512", "+ignore", "+notcp")
    t.check("what does not fit is truncated", "tc" in flags(big), big)
    t.check("and whole over TCP", len(n.dig("many.plain.zz", "TXT", "+tcp")) > 2000)
    t.check("RD=0 is refused", status(n.dig("www.plain.zz", "+norec")) == "REFUSED")
    t.check("who may not recurse is refused, and told by RA", status(n.dig("www.plain.zz", "-b", "127.0.0.9")) == "REFUSED" and
            "ra" not in flags(n.dig("www.ours.example", "-b", "127.0.0.9")))


def chains(t, n):
    text = n.dig("to-live.plain.zz")
    t.check("a CNAME of the world is finished with our live answer",
            n.answer("to-live.plain.zz") == ["127.0.0.11", "pbx.live.example.", "to-live-2.plain.zz."] and "ad" not in flags(text), text)
    t.check("with the live name's TTL", re.search(r"pbx\.live\.example\.\s+(1|2|10)\s+IN\s+A\s+127\.0\.0\.11", text), text)
    t.check("a CNAME of ours is followed to a name that is not ours", n.answer("away.ours.example") == ["192.0.2.80", "www.plain.zz."], n.dig("away.ours.example"))
    t.check("and back again", "127.0.0.11" in n.answer("there-and-back.ours.example"), n.dig("there-and-back.ours.example"))
    ds = n.dig("free.zz", "DS")
    t.check("DS at a free name is the parent's", "a.zz." in ds and "aa" not in flags(ds), ds)
    t.check("the free name itself is ours", n.answer("free.zz") == ["127.0.0.11"], n.dig("free.zz"))


def cache(t, n):
    def ttl():
        found = re.search(r"www\.plain\.zz\.\s+(\d+)", n.dig("www.plain.zz"))
        return int(found.group(1)) if found else -1
    first = ttl()
    t.check("TTLs count down", within(4, lambda: 0 <= ttl() < first, 0.2), first)
    t.check("a TTL of a second does not stay", n.answer("short.plain.zz") == ["192.0.2.81"] and
            within(4, lambda: n.answer("short.plain.zz") == ["192.0.2.81"]))
    t.check("case is the asker's", "wWw.PlAiN.zz." in n.dig("wWw.PlAiN.zz"))


def stalls(t, n, world):
    """A server that is quick as a rule and then takes two seconds once."""
    for i in range(10):
        n.dig(f"quick-{i}.plain.zz", "TXT")
    leaf = next(s for s in world.name_servers if s.name == "leaf").process.pid
    os.killpg(leaf, signal.SIGSTOP)
    threading.Timer(2, os.killpg, (leaf, signal.SIGCONT)).start()
    text = n.dig("late.plain.zz", "TXT", "+time=8")
    t.check("a quick server that takes two seconds once is waited for", '"wild"' in text, text)


def stale(t, n, world):
    """While the servers of the world are silent."""
    t.check("a name of the world is known", n.answer("stale.plain.zz") == ["192.0.2.82"])
    for server in world.name_servers:
        os.killpg(server.process.pid, signal.SIGSTOP)
    told = within(8, lambda: "EDE: 3 " in n.dig("stale.plain.zz"), 0.2)
    text = n.dig("stale.plain.zz")
    t.check("what ran out is answered while its servers are silent, and called stale", told and "192.0.2.82" in text and
            re.search(r"plain\.zz\.\s+([0-9]|[12][0-9]|30)\s", text), text)
    for server in world.name_servers:
        os.killpg(server.process.pid, signal.SIGCONT)
    t.check("and fresh when they are back", within(20, lambda: "EDE" not in n.dig("stale.plain.zz"), 0.2), n.dig("stale.plain.zz"))


class Load(threading.Thread):
    """Asks a live name without end, one question at a time, and counts."""

    def __init__(self, n):
        super().__init__(daemon=True)
        self.n, self.sent, self.lost, self.worst, self.going = n, 0, 0, 0.0, True

    def run(self):
        question = query("pbx.live.example", 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(1)
            s.connect((self.n.address, self.n.port))
            while self.going:
                began = time.monotonic()
                self.sent += 1
                try:
                    s.send(question)
                    s.recv(4096)
                except OSError:
                    self.lost += 1
                self.worst = max(self.worst, time.monotonic() - began)

    def end(self):
        self.going = False
        self.join()
        return self


def half_closed(t, n):
    with socket.create_connection((n.address, n.port), timeout=8) as s:
        for name in ("half.slow.zz", "other-half.slow.zz"):
            asked = query(name, 1)
            s.sendall(len(asked).to_bytes(2, "big") + asked)
        s.shutdown(socket.SHUT_WR)
        got = b""
        while part := s.recv(4096):
            got += part
    t.check("who ends a connection gets what was asked for on it, then its end", got.count(b"\xc0\0\2\x77") == 2, got)


class Askers:
    """Questions that a slow server is still thinking about, over UDP and TCP."""

    def __init__(self, n, tag):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.connect((n.address, n.port))
        self.udp.settimeout(8)
        self.udp.send(query(f"{tag}-udp.slow.zz", 1))
        self.tcp = socket.create_connection((n.address, n.port), timeout=8)
        asked = query(f"{tag}-tcp.slow.zz", 1)
        self.tcp.sendall(len(asked).to_bytes(2, "big") + asked)
        time.sleep(0.2)

    def answers(self):
        """RCODEs and whether there is an address, of both; None: no answer."""
        out = []
        for s, at in ((self.udp, 0), (self.tcp, 2)):
            try:
                m = s.recv(4096)
                out.append((m[at + 3] & 15, b"\xc0\0\2\x77" in m) if m else None)
            except TimeoutError:
                out.append(None)
            s.close()
        return out


def faults(t, n):
    pid = recursor(n)
    load = Load(n)
    load.start()
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    fresh = iter(range(100000))
    back = within(10, lambda: "192.0.2" in n.dig("www.tc.zz", "+time=1") and recursor(n) not in (0, pid), 0.05)
    t.note(f"recursion is back after {time.monotonic() - began:.2f} s")
    t.check("deputy-recursor is started again after kill -9", back, n.said())
    t.check("and recurses", within(10, lambda: status(n.dig(f"f{next(fresh)}.plain.zz", "TXT", "+time=2")) == "NOERROR", 0.1), n.said())
    n.answer("www.plain.zz")
    pid = recursor(n)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.1)
    stale = n.answer("www.plain.zz")
    stuck = n.dig(f"f{next(fresh)}.plain.zz", "TXT", "+time=7")
    again = n.dig(f"f{next(fresh)}.plain.zz", "TXT", "+time=3")
    t.check("while it is stopped what is cached is answered", stale == ["192.0.2.80"], stale)
    t.check("and other names by the next one, or SERVFAIL with a reason", status(stuck) == "NOERROR" or re.search("EDE: 2[23]", stuck), stuck)
    t.check("and so are later ones", status(again) == "NOERROR" or re.search("EDE: 2[23]", again), again)
    t.check("it is noticed, killed and started again", within(20, lambda: recursor(n) not in (0, pid), 0.2) and "child-hung" in n.said(), n.said())
    t.check("and recurses", within(10, lambda: status(n.dig(f"f{next(fresh)}.plain.zz", "TXT", "+time=2")) == "NOERROR", 0.1), n.said())
    load.end()
    t.check("no live answer was lost meanwhile", load.lost == 0 and load.sent > 1000, f"{load.lost} of {load.sent}")
    t.note(f"{load.sent} live answers, {load.lost} lost, slowest {1000 * load.worst:.1f} ms")


def child(n, name):
    said = json.loads(n.deputy("status", "--json").stdout or "{}")
    return next((c["pid"] for c in said.get("deputyd", {}).get("children", []) if c["name"] == name and c["state"] == "running"), 0)


def metrics(n):
    return {m[1]: int(m[2]) for m in re.finditer(r"^(deputy_[^ ]+) ([0-9]+)$", n.deputy("metrics").stdout, re.M)}


def counted(t, n):
    before = metrics(n)
    n.dig("www.plain.zz")
    n.dig("www.plain.zz")
    n.dig("never-counted.plain.zz", "TXT")
    n.deputy("conf", "reload")
    after = metrics(n)
    hits = 'deputy_cache_answers_total{age="fresh"}'
    t.check("hits, misses and what they hold are counted", after[hits] >= before[hits] + 2 and after["deputy_recursion_asked_total"] >
            before["deputy_recursion_asked_total"] and after["deputy_cache_bytes"] >= 1 << 20, before, after)
    t.check("a reload restarts no counter", all(after.get(key, 0) >= value for key, value in before.items() if "_total" in key) and
            after["deputy_recursor_questions_total"] > before["deputy_recursor_questions_total"], before, after)
    if shutil.which("promtool"):
        lint = subprocess.run(["promtool", "check", "metrics"], input=n.deputy("metrics").stdout, capture_output=True, text=True, check=False)
        t.check("promtool finds nothing in them", lint.returncode == 0 and not lint.stderr, lint.stdout, lint.stderr)
    else:
        t.skip("promtool finds nothing in them", "promtool is not installed")


def restarts(t, n, text):
    def recurses(name):
        return within(10, lambda: status(n.dig(name, "TXT", "+time=2")) == "NOERROR", 0.1)
    was = child(n, "deputy-dns")
    os.kill(was, signal.SIGSTOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(8)
        s.connect((n.address, n.port))
        s.send(query("g0.plain.zz", 16))
        os.kill(was, signal.SIGKILL)
        m = s.recv(4096)
    t.check("a question for the world that was asked while deputy-dns died is answered by the next one", m[3] & 15 == 0, m)
    t.check("deputy-dns started again recurses", within(10, lambda: child(n, "deputy-dns") not in (0, was), 0.1) and
            recurses("g1.plain.zz"), n.said())
    starts = 'deputy_starts_total{process="deputy-recursor"}'
    before = metrics(n)[starts]
    n.write(text.replace("recursion: [ 127.0.0.1 ]", "query: [ 127.0.0.0/8 ]", 1).replace("query: [ 127.0.0.0/8 ], query", "query"))
    said = n.deputy("conf", "reload")
    t.check("a reload without 'access: recursion' ends it", said.returncode == 0 and
            status(n.dig("g2.plain.zz", "TXT")) == "REFUSED" and within(10, lambda: child(n, "deputy-recursor") == 0, 0.1), said.stderr)
    n.write(text)
    said = n.deputy("conf", "reload")
    t.check("and one with it starts it", said.returncode == 0 and recurses("g3.plain.zz"), said.stderr, n.said())
    t.check("its starts are counted on", metrics(n)[starts] == before + 1, before, metrics(n))
    n.write(text.replace(n.hints, "/nonexistent"))
    said = n.deputy("conf", "reload")
    t.check("a reload that the recursor cannot follow is refused whole", said.returncode == 1, said.stdout + said.stderr)
    n.write(text)
    said = n.deputy("conf", "reload")
    t.check("a good one changes it while it runs", said.returncode == 0 and recurses("g4.plain.zz"), said.stderr)
    was = child(n, "deputy-recursor")
    askers = Askers(n, "upgrade")
    said = n.deputy("node", "upgrade")
    got = askers.answers()
    t.check("an upgrade loses no question that waits", got == [(0, True)] * 2, got, n.said())
    t.check("an upgrade takes both along", said.returncode == 0 and
            within(10, lambda: child(n, "deputy-recursor") not in (0, was), 0.1) and recurses("g5.plain.zz"), said.stderr, n.said())


def forwards(t, world, first):
    n = Node(t, f"""access: {{ recursion: [ local ] }}
recursion: {{ forwarders: [ {first.address}@{first.port} ], trust-anchors: {world.anchors}, inside: [ corp.lan, corp.signed.zz ] }}
hosts: {{ printer.lan: [ 10.1.0.9 ] }}
""", name="forwards")
    n.start()
    t.check("a forwarder on loopback is asked", n.answers(["192.0.2.80"], "www.plain.zz"), n.said())
    t.check("what it says is validated here too", "ad" in flags(n.dig("www.signed.zz", "+dnssec")) and
            status(n.dig("www.bogus.zz")) == "SERVFAIL", n.dig("www.signed.zz", "+dnssec"))
    t.check("names inside need no signatures: at the signed root", n.answer("www.corp.lan") == ["10.1.2.3"], n.dig("www.corp.lan"))
    t.check("and under a signed parent", n.answer("www.corp.signed.zz") == ["10.1.2.3"], n.dig("www.corp.signed.zz"))
    t.check("the name above is denied, as the root says", status(n.dig("lan", "+dnssec")) == "NXDOMAIN", n.dig("lan", "+dnssec"))
    t.check("which takes nothing from those inside", n.answer("mail.corp.lan") == ["10.1.2.4"], n.dig("mail.corp.lan"))
    t.check("others beside them need signatures as ever", status(n.dig("ns.beside.signed.zz", "TXT")) == "SERVFAIL"
            and "ad" in flags(n.dig("www.signed.zz", "+dnssec")), n.dig("ns.beside.signed.zz", "TXT"), n.dig("www.signed.zz", "+dnssec"))
    t.check("hosts of ours have private addresses", n.answer("printer.lan") == ["10.1.0.9"])


def clock_is_set(t, text):
    """The cache of libunbound goes by the wall clock; with +cdflag and +dnssec our own before it has nothing yet."""
    if "asan" in subprocess.run(["ldd", BUILD + "/cmd/deputy-recursor"], capture_output=True, text=True, check=True).stdout:
        return # a sanitizer will be preloaded before all others
    n, clock = Node(t, text, name="clocked"), Clock(t)
    t.write("clocked/ours.zone", OURS)
    t.write("clocked/corp.zone", CORP)
    n.process = t.spawn([n.program, *n.options, "-c", n.conf], log=n.log_name,
                        env={**os.environ, "LD_PRELOAD": SHIFT, "CLOCK_SHIFT": clock.path})
    n.answers(["192.0.2.80"], "www.plain.zz")

    def ttl(name, *words):
        found = re.search(name.replace(".", r"\.") + r"\.\s+(\d+)\s+IN\s+A\s", n.dig(name, *words))
        return int(found.group(1)) if found else -1
    first = ttl("short.plain.zz")
    for ahead, words, options in ((-HOUR // 2, "back", ["+cdflag"]), (HOUR, "forward", ["+dnssec"]), (-HOUR, "back again", ["+cdflag", "+dnssec"])):
        clock.set(ahead)
        t.check(f"no TTL is above what was received when the clock is set {words}",
                0 < (got := ttl("www.plain.zz", *options)) <= 3600, got, n.dig("www.plain.zz", *options), n.said())
        t.check(f"and what lasts a second is no older when it is set {words}", first <= 1 and
                0 <= (got := ttl("short.plain.zz", *options)) <= 1, first, got, n.dig("short.plain.zz", *options))
    t.check("which the log tells", n.said().count("clock-set") == 3, n.said())
    n.process.send_signal(signal.SIGTERM)
    n.process.wait(20)


def main():
    with Test() as t:
        t.need("nsd", "dig", "ldns-signzone", "ldns-keygen")
        if os.getuid():
            raise SkipAll("port 53 on loopback takes root")
        world = World(t)
        if not world.is_up():
            raise SkipAll("the world does not start: " + t.log("nsd-root")[-200:])
        text = CONF.format(hints=world.hints, anchors=world.anchors, servers=", ".join(SERVERS))
        n = Node(t, text)
        t.write("deputy/ours.zone", OURS)
        t.write("deputy/corp.zone", CORP)
        n.start()
        t.check("it answers its own names", n.answers(["192.0.2.1"], "www.ours.example"), n.said())
        t.check("deputy-recursor runs", within(10, lambda: recursor(n), 0.1), n.said())
        answers(t, n)
        chains(t, n)
        cache(t, n)
        stalls(t, n, world)
        stale(t, n, world)
        half_closed(t, n)
        counted(t, n)
        faults(t, n)
        n.hints = world.hints
        restarts(t, n, text)
        forwards(t, world, n)
        clock_is_set(t, text)
        askers = Askers(n, "stop")
        n.process.send_signal(signal.SIGTERM)
        got = askers.answers()
        t.check("who waits when it is stopped is told so", None not in got, got)
        t.check("SIGTERM ends all with 0", n.process.wait(20) == 0, n.said())


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Many clients that send queries and do not read the answers: they cost limited memory, and other clients are served."""
import json
import os
import pwd
import socket
import struct
import subprocess
import threading
import time

from dnswire import query, read
from node import Node
from oddpbx import reply
from tap import SkipAll, Test, sanitized, within

SITES, LIVES = 150, 30
STREAMS, ASKED = 1500, 60
CLIENTS, COMMANDS = 14, 200
PER_S = 4 # probes of profile lan
MIB = 1 << 20


class Counted:
    """A PBX that answers OPTIONS and counts them."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.count = 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            octets, where = self.sock.recvfrom(65536)
            self.count += 1
            self.sock.sendto(reply(octets), where)


def conf(counted):
    pbxs = [f"  - {{ name: counted, addresses: [ 127.0.0.1 ], endpoints: [ udp@{counted.port} ] }}"]
    pbxs += [f"  - {{ name: p{i}, addresses: [ 10.{i}.0.1 ], endpoints: [ udp@5999 ] }}" for i in range(SITES)]
    sites = [f"  - {{ name: s{i}, networks: [ 10.{i}.0.0/16 ], pbx: p{i} }}" for i in range(SITES)]
    lives = [f"  - {{ name: l{i}.live.example, answer: site, default: p0 }}" for i in range(LIVES)]
    return "\n".join(["# " + "\u00f6\u20ac\U0001f4de" * 9000, "access: { query: [ 127.0.0.0/8 ] }", "zones: [ { name: big.example, file: big.zone } ]", "pbxs:", *pbxs, "sites:", *sites, "live:",
                      *lives, ""])


def zone():
    rows = [f'big TXT "{i:03}{"x" * 230}"' for i in range(240)]
    return "\n".join(["$TTL 60", "@ SOA a b 1 2 3 4 5", " NS ns", "ns A 192.0.2.1", *rows, ""])


def child_of(node):
    with open(f"/proc/{node.process.pid}/task/{node.process.pid}/children", encoding="ascii") as f:
        return int(f.read().split()[0])


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) * 1024


def framed(octets):
    return struct.pack("!H", len(octets)) + octets


def take(s):
    """One message from a stream."""
    octets = b""
    while len(octets) < 2 or len(octets) < 2 + struct.unpack("!H", octets[:2])[0]:
        more = s.recv(65536)
        if not more:
            return None
        octets += more
    return octets[2:]


def metrics(node):
    return dict(line.rsplit(" ", 1) for line in node.deputy("metrics").stdout.split("\n") if line and line[0] != "#")


def streams(t, node, pid):
    """Each asks for 3.5 MB and reads nothing."""
    before = memory(pid)
    open_ones, most = [], 0
    many = framed(query("big.big.example", 16)) * ASKED
    for i in range(STREAMS):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.bind((f"127.0.1.{i % 100 + 1}", 0))
        s.settimeout(10)
        s.connect((node.address, node.port))
        s.settimeout(0.2)
        try:
            s.sendall(many)
        except OSError: # its node reads no more, or has closed it
            pass
        open_ones.append(s)
        if i % 50 == 0:
            most = max(most, memory(pid))
    t.check("who takes nothing is closed when all together leave too much", within(30, lambda: int(metrics(node)["deputy_tcp_untaken_total"]) > 0),
            metrics(node))
    most = max(most, memory(pid))
    t.note(f"{STREAMS} streams: {(most - before) / MIB:.0f} MiB more than before, {metrics(node)['deputy_tcp_unsent_bytes']} octets unsent, "
          f"{metrics(node)['deputy_tcp_untaken_total']} closed")
    t.check(f"the memory of {STREAMS} such streams is bounded", most - before < 150 * MIB, (most - before) / MIB)
    with socket.create_connection((node.address, node.port), timeout=10) as s:
        s.sendall(framed(query("big.big.example", 16)))
        octets = take(s)
        t.check("somebody else gets a whole answer meanwhile", octets and len(read(octets)["answer"]) == 240, octets and len(octets))
        s.sendall(framed(query("ns.big.example", 1)) * 300)
        t.check("and all answers to questions sent ahead", all(take_all(s, 300)))
    for s in open_ones:
        s.close()
    t.check("what nobody takes any more is freed", within(20, lambda: metrics(node)["deputy_tcp_unsent_bytes"] == "0"), metrics(node))


def halves(t, node, pid):
    """Each sends a question of 64 KiB but for its last octet."""
    before, open_ones, most, held = memory(pid), [], 0, []
    for i in range(STREAMS):
        s = socket.socket()
        s.bind((f"127.0.1.{i % 100 + 1}", 0))
        s.settimeout(10)
        s.connect((node.address, node.port))
        try:
            s.sendall(b"\xff\xff" + b"x" * 65534)
        except OSError: # it was closed
            pass
        open_ones.append(s)
        if i % 100 == 99:
            most = max(most, memory(pid))
            held.append(int(metrics(node)["deputy_tcp_unsent_bytes"]))
    t.note(f"{STREAMS} halves: {(most - before) / MIB:.0f} MiB more than before, at most {max(held)} octets held")
    t.check("half questions are counted", max(held) >= MIB, held)
    t.check("and what all of them hold is bounded", max(held) <= 64 * MIB + 65536 and most - before < 150 * MIB, held, most - before)
    with socket.create_connection((node.address, node.port), timeout=10) as s:
        s.sendall(framed(query("ns.big.example", 1)))
        t.check("somebody else is answered meanwhile", all(take_all(s, 1)))
    for s in open_ones:
        s.close()
    t.check("and freed when they have gone", within(20, lambda: metrics(node)["deputy_tcp_unsent_bytes"] == "0"), metrics(node))


def take_all(s, count):
    octets = b""
    while count:
        while len(octets) >= 2 and len(octets) >= 2 + struct.unpack("!H", octets[:2])[0]:
            size = struct.unpack("!H", octets[:2])[0]
            yield bool(read(octets[2:2 + size])["answer"])
            octets, count = octets[2 + size:], count - 1
        if count:
            more = s.recv(65536)
            if not more:
                yield False
                return
            octets += more


def commands(t, node, pid):
    """Each asks for the same long list again and again, and takes nothing."""
    before = memory(pid)
    a = json.loads(node.deputy("--json", "name", "list").stdout)
    t.check("a list of thousands of rows is whole", len(a["names"]) == LIVES * SITES and a["status"] == 0, len(a["names"]))
    with open(node.conf, encoding="utf-8") as f:
        t.check("the configuration's text comes out as it is, in pieces", node.deputy("conf", "show").returncode == 0
                and json.loads(node.deputy("--json", "conf", "show").stdout)["text"] == f.read())
    clients = []
    for _ in range(CLIENTS):
        s = socket.socket(socket.AF_UNIX)
        s.connect(node.folder + "/run/dns.sock")
        s.sendall(b'{"command":"name list"}\n' * COMMANDS)
        clients.append(s)
    a = node.deputy("--json", "name", "list")
    t.check("who takes his answer gets it beside them", len(json.loads(a.stdout)["names"]) == LIVES * SITES, a)
    t.note(f"{CLIENTS} clients with {COMMANDS} commands each: {(memory(pid) - before) / MIB:.1f} MiB more than before")
    t.check("commands sent ahead cost next to nothing", memory(pid) - before < 16 * MIB, (memory(pid) - before) / MIB)
    octets = b""
    while octets.count(b"\n") < 3:
        octets += clients[0].recv(1 << 20)
    lines = octets.split(b"\n")
    t.check("and are answered one by one when they are taken", all(len(json.loads(line)["names"]) == LIVES * SITES for line in lines[:3]))
    for s in clients:
        s.close()


def strangers(t, node):
    if os.geteuid() != 0:
        t.skip("strangers leave room for root at the control socket", "only root can become somebody else")
        return
    code = ("import socket, sys, time\nall = []\nfor _ in range(100):\n s = socket.socket(socket.AF_UNIX)\n s.connect(sys.argv[1])\n all.append(s)\n"
            "print('there', flush=True)\ntime.sleep(60)\n")
    os.chmod(node.test.scratch, 0o755)
    nobody = pwd.getpwnam("nobody")
    with subprocess.Popen(["python3", "-c", code, node.folder + "/run/dns.sock"], stdout=subprocess.PIPE, text=True, user=nobody.pw_uid,
                          group=nobody.pw_gid) as crowd:
        there = crowd.stdout.readline()
        if there:
            a = node.deputy("status")
            t.check("strangers at the control socket leave room for root", "deputy-dns:" in a.stdout, a)
        else:
            t.skip("strangers leave room for root at the control socket", "nobody may not come to the socket here")
        crowd.kill()


HOSTILE = """
import json, socket, sys, time
path, command, ahead = sys.argv[1], sys.argv[2], int(sys.argv[3])
until, count, kept = time.monotonic() + float(sys.argv[4]), 0, []
print("there", flush=True)
while time.monotonic() < until:
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(5)
    try:
        s.connect(path)
        s.sendall((json.dumps({"command": command, "args": sys.argv[5:]}) + "\\n").encode() * ahead)
        count += 1
    except OSError:
        time.sleep(0.01)
    kept.append(s)
    if len(kept) > 8: # asked and hung up, without a look at the answer
        kept.pop(0).close()
print(count, flush=True)
"""


def hostile(t, node, pid, counted):
    """Another user of this machine asks and hangs up, as fast as it goes."""
    if os.geteuid() != 0:
        t.skip("a hostile local user gets no more work done than the node wants", "only root can become somebody else")
        return
    nobody = pwd.getpwnam("nobody")
    for i in range(300):
        node.deputy("pbx", "force" if i % 2 == 0 else "release", "p1", *(["down"] if i % 2 == 0 else []))
    before = memory(pid)
    for command, ahead, args in (("probe", 1, ["counted", "--trace", "--for", "60s"]), ("probe", 50, ["counted"]), ("switch history", 50, []), ("metrics", 200, [])):
        since, had = time.monotonic(), counted.count
        with subprocess.Popen(["python3", "-c", HOSTILE, node.folder + "/run/dns.sock", command, str(ahead), "6", *args], stdout=subprocess.PIPE, text=True,
                              user=nobody.pw_uid, group=nobody.pw_gid) as enemy:
            if not enemy.stdout.readline():
                t.skip(f"{command} asked and hung up again and again", "nobody may not come to the socket here")
                continue
            most, good, asked, a = 0, True, 0, None
            while enemy.poll() is None:
                most = max(most, memory(pid))
                a = node.deputy("status")
                good, asked = good and "deputy-dns:" in a.stdout, asked + 1
            count = int(enemy.stdout.read() or 0)
        sent, passed = counted.count - had, time.monotonic() - since
        t.note(f"{command} asked and hung up {count} times in {passed:.0f} s, {ahead} ahead: {(most - before) / MIB:.1f} MiB more, {sent / passed:.1f} OPTIONS a second, root asked {asked} times")
        t.check(f"{command} asked and hung up again and again: memory is bounded", most - before < 64 * MIB, (most - before) / MIB)
        t.check("root is answered meanwhile", good and asked, asked, a)
        t.check("and a PBX is not probed beyond its pace", sent <= 2 * passed * PER_S + 8, sent, passed)


def main():
    with Test() as t:
        if sanitized():
            raise SkipAll("its bounds are of memory, of which a sanitizer takes more")
        counted = Counted()
        node = Node(t, conf(counted))
        t.write("deputy/big.zone", zone())
        node.start()
        t.check("the node answers", node.answers(["192.0.2.1"], "ns.big.example"), node.said())
        pid = child_of(node)
        commands(t, node, pid)
        strangers(t, node)
        hostile(t, node, pid, counted)
        streams(t, node, pid)
        halves(t, node, pid)
        t.check("nobody took deputy-dns for hung", metrics(node)['deputy_hung_total{process="deputy-dns"}'] == "0" and pid == child_of(node), node.said())


main()

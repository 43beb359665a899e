#!/usr/bin/env python3
"""ICMP errors, true and forged, in namespaces: who is believed, and what the rest is worth."""
import json
import os
import re
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab
from node import USER
from tap import BUILD, Test, within

CONF = """
node: { name: test, listen: [ 10.99.0.1@5300 ], workers: 1, state: state, run: run, user: %s }
access: { query: [ local ] }
pbxs:
  - { name: main, addresses: [ 10.99.0.11 ], endpoints: [ udp@5060 ], profile: lan, hold: 0s, failover: [ spare ] }
  - { name: six, addresses: [ "fd99::11" ], endpoints: [ udp@5060, tcp@5060 ], profile: lan, hold: 0s }
  - { name: guarded, addresses: [ 10.99.0.13 ], endpoints: [ udp@5060 ], profile: lan, hold: 0s, witness: 10.98.0.5 }
  - { name: spare, addresses: [ 10.99.0.12 ], endpoints: [ udp@5060 ], profile: lan, hold: 0s }
live: [ { name: pbx.example.net, home: main } ]
"""
NODE, MAIN = "10.99.0.1", "10.99.0.11"


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def unreachable(code, port, payload):
    """An ICMP error about a datagram that `port` of the node is said to have sent to the main PBX."""
    udp = struct.pack("!HHHH", port, 5060, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     socket.inet_aton(NODE), socket.inet_aton(MAIN))
    body = ip + udp + (b"\0" if len(udp) % 2 else b"")
    head = struct.pack("!BBHI", 3, code, 0, 0)
    return struct.pack("!BBHI", 3, code, checksum(head + body), 0) + body


class Node:
    def __init__(self, t, host):
        self.t, self.host = t, host
        self.conf = t.write("icmp/deputy.conf", CONF % USER)
        for folder in ("state", "run"):
            os.makedirs(os.path.join(t.scratch, "icmp", folder))
        self.process = host.spawn([BUILD + "/cmd/deputy-dns", "-c", self.conf], log="node")

    def deputy(self, *words):
        return self.host.run([BUILD + "/cmd/deputy", "--json", "-c", self.conf, *words], timeout=30).stdout

    def states(self):
        try:
            return {row["pbx"]: row["state"] for row in json.loads(self.deputy("pbx", "list"))["pbxs"]}
        except (ValueError, KeyError):
            return {}

    def is_now(self, pbx, state):
        return within(15, lambda: self.states().get(pbx) == state)

    def falls(self):
        return [r["pbx"] for r in json.loads(self.deputy("switch", "history"))["switches"] if r["what"] == "down"]

    def ports(self):
        """Local ports of the sockets that are connected to the main PBX."""
        said = self.host.run(["ss", "-Hnua"]).stdout
        return [int(n) for n in re.findall(re.escape(NODE) + r":(\d+)\s+" + re.escape(MAIN) + ":5060", said)]


def nft(host, rules):
    done = host.run(["nft", rules])
    assert done.returncode == 0, done.stderr


def reject(host, how):
    nft(host, "table inet door { chain in { type filter hook input priority 0; "
              f"iifname eth0 meta l4proto {{ tcp, udp }} {how}; }}; }}")


def let_in(host):
    nft(host, "delete table inet door")


def forge(attacker, node):
    """As many errors as would reach each ephemeral port, all at the one that is open."""
    guess = b"OPTIONS sip:10.99.0.11:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 10.99.0.1:%d;rport;branch=z9hG4bK%016x\r\n"
    count = 0
    with attacker.inside(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        end = time.monotonic() + 4
        while time.monotonic() < end:
            for port in node.ports():
                for i in range(200):
                    code = (3, 3, 13)[i % 3]
                    payload = (b"", guess % (port, i), guess[:30])[i // 3 % 3]
                    raw.sendto(unreachable(code, port, payload), (NODE, 0))
                    count += 1
    return count


def main(t):
    lab = Lab(t)
    node_host, attacker = lab.host("node", NODE), lab.host("attacker", "10.99.0.66")
    gate = lab.host("gate", "10.99.0.254")
    hosts = {"main": lab.host("main", MAIN), "spare": lab.host("spare", "10.99.0.12"),
             "six": lab.host("six", "10.99.0.14"), "guarded": lab.host("guarded", "10.99.0.13")}
    for host, address in ((node_host, "fd99::1/64"), (hosts["six"], "fd99::11/64")):
        host.run(["ip", "address", "add", address, "dev", "eth0", "nodad"])
    gate.run(["ip", "address", "add", "10.98.0.5/32", "dev", "lo"])
    gate.run(["sysctl", "-w", "net.ipv4.ip_forward=1"])
    gate.run(["ip", "route", "add", "10.98.0.0/24", "dev", "eth0"])
    node_host.run(["ip", "route", "add", "default", "via", "10.99.0.254"])
    pbxs = {}
    for name, host in hosts.items():
        at = "[fd99::11]:5060" if name == "six" else f"{host.address}:5060"
        pbxs[name] = host.spawn([BUILD + "/cmd/toy-pbx", "--listen", f"udp@{at}", "--listen", f"tcp@{at}"], log=name)
    node = Node(t, node_host)
    if not t.check("all are up", within(15, lambda: set(node.states().values()) == {"up"}), node.states(), t.log("node")):
        return

    count = forge(attacker, node)
    t.check("forged errors were sent at the node's open port", count > 1000, count)
    t.check("none of them took a living PBX down", not node.falls(), node.falls())
    t.check("and none was told as a fault of our own", set(node.states().values()) == {"up"}, node.states())

    t.kill(pbxs["main"])
    t.check("a true refusal takes down", node.is_now("main", "down"), node.states())
    said = json.loads(node.deputy("pbx", "show", "main"))
    t.check("and is told as one", "refused" in json.dumps(said), said)
    pbxs["main"] = hosts["main"].spawn([BUILD + "/cmd/toy-pbx", "--listen", f"udp@{MAIN}:5060"], log="main2")
    t.check("it comes back", node.is_now("main", "up"), node.states())

    reject(hosts["main"], "reject with icmp type admin-prohibited")
    t.check("a PBX behind a prohibiting firewall is down", node.is_now("main", "down"), node.states())
    trace = node.deputy("probe", "main", "--trace", "--for", "1s")
    t.check("the trace names the kind of error", "administratively prohibited from " + MAIN in trace, trace)
    let_in(hosts["main"])
    t.check("and up when it is let through again", node.is_now("main", "up"), node.states())

    reject(hosts["six"], "reject with icmpv6 type admin-prohibited")
    t.check("ICMPv6 prohibited, over UDP and TCP, is no fault of our own", node.is_now("six", "down"), node.states(),
            node.deputy("pbx", "show", "six"))
    let_in(hosts["six"])
    t.check("and it comes back too", node.is_now("six", "up"), node.states())

    # The witness is gone, and a firewall on the way to it refuses in its place.
    gate.run(["ip", "address", "del", "10.98.0.5/32", "dev", "lo"])
    nft(gate, "table inet door { chain on { type filter hook forward priority 0; "
              "ip daddr 10.98.0.5 reject with icmp type port-unreachable; }; }")
    hosts["guarded"].silence()
    t.check("another one's refusal is no answer of the witness", node.is_now("guarded", "frozen"), node.states(),
            node.deputy("pbx", "show", "guarded"))
    time.sleep(3)
    t.check("and the path is blamed as long as it lasts", node.states().get("guarded") == "frozen", node.states())


with Test() as test:
    test.need("ss")
    main(test)

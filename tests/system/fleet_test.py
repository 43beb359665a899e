#!/usr/bin/env python3
"""A fleet of 2,600 PBXs with three endpoints each that nobody answers: it starts, keeps what it found, and starts again with it."""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node
from tap import Test, within

COUNT = 2600
HOST = "127.1.{}.{}"

PBX = "  - {{ name: p{n}, addresses: [ {host} ], endpoints: [ udp@9, tcp@9, udp@10 ], failover: [ p{other} ], profile: lan }}\n"


def conf():
    pbxs = "".join(PBX.format(n=n, host=HOST.format(n >> 8, n & 255), other=(n + 1) % COUNT) for n in range(COUNT))
    return "pbxs:\n" + pbxs + "live: [ { name: pbx.wildixin.com, home: p0 } ]\n"


def states(node):
    a = node.deputy("--json", "pbx", "list")
    return {p["pbx"]: p for p in json.loads(a.stdout)["pbxs"]} if a.returncode == 0 else {}


def down(node):
    return sum(p["probes"] == "down" for p in states(node).values())


def kept(node):
    return json.loads(node.deputy("--json", "status").stdout)["deputy-dns"]["state_kept"]


def fleet(t):
    node = Node(t, conf(), program="deputy-dns").start()
    t.check("all are found down", within(60, lambda: down(node) == COUNT), down(node), node.said()[-2000:])
    t.check("the state is kept", kept(node), node.said()[-2000:])
    a = node.deputy("pbx", "force", "p1300", "drain", "--reason", "new disks")
    t.check("an order about one of them is done and kept", a.returncode == 0, a)
    since = {name: p["since"] for name, p in states(node).items()}

    node.process.send_signal(signal.SIGKILL)
    node.process.wait()
    node.start()
    t.check("after a kill it starts again", within(30, lambda: len(states(node)) == COUNT), node.said()[-2000:])
    found = states(node)
    t.check("each is down, since when it was", {name: p["since"] for name, p in found.items()} == since
            and all(p["probes"] == "down" for p in found.values()), [p for p in found.values() if p["probes"] != "down"][:3])
    t.check("but the one that was ordered otherwise", found["p1300"]["state"] == "forced drain", found["p1300"])
    t.check("nothing of it was told unreadable", "kept-state-bad" not in node.said() and "state-un" not in node.said(), node.said()[-2000:])


with Test() as test:
    fleet(test)

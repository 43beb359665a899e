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

PBX = "  - {{ name: p{n}, addresses: [ {host} ], endpoints: [ udp@9, tcp@9, udp@10 ], failover: [ p{other} ], profile: wan }}\n"


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
    t.check("all are found down", within(180, lambda: down(node) == COUNT), down(node), node.said()[-2000:])
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


SITES = 300
MANY = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.91 ], endpoints: [ udp@9 ], failover: [ standby ] }}
  - {{ name: standby, addresses: [ 127.0.0.92 ], endpoints: [ udp@9 ] }}
sites:
{sites}live: [ {{ name: pbx.wildixin.com, answer: site, default: main }} ]
on-switch: [ {{ exec: [ {hook} ] }} ]
"""


def many_moves(t):
    """One switch that moves the answers of 300 sites, under deputyd, over an upgrade and a restart."""
    told = t.scratch + "/told"
    hook = t.write("hook", f"#!/bin/sh\n(cat; echo) >>{told}\n")
    os.chmod(hook, 0o755)
    sites = "".join(f"  - {{ name: s{n}, networks: [ 10.{n >> 8}.{n & 255}.0/24 ], pbx: main }}\n" for n in range(SITES))
    node = Node(t, MANY.format(sites=sites, hook=hook), name="many").start()
    t.check("a node with 300 sites answers", within(20, lambda: node.answer("pbx.wildixin.com")), node.said())
    for name, state in (("main", "up"), ("standby", "up"), ("main", "down")):
        t.check(f"{name} is forced {state}", within(20, lambda: node.deputy("pbx", "force", name, state).returncode == 0), node.said())

    def fall():
        rows = json.loads(node.deputy("--json", "switch", "history").stdout)["switches"]
        return next((r for r in rows if r["to"] == "forced down"), {"hooks": ""})
    t.check("the hook is run, though 301 answers moved at once", within(20, lambda: "status 0" in fall()["hooks"]), fall(), node.said())
    with open(told, encoding="utf-8") as f:
        said = [o for o in map(json.loads, f) if o["sequence"] == fall()["seq"]][0]
    t.check("it is told the first answers and how many there were", (said["answers_total"], len(said["answers"])) == (SITES + 1, 64), said)
    t.check("and the switch", (said["switches_total"], said["switches"][0]["pbx"]) == (1, "main"), said)
    t.check("the history tells how many more moved", fall()["answers"].endswith(f", {SITES + 1 - 64} more"), fall())
    now = json.loads(node.deputy("--json", "explain", "pbx.wildixin.com", "--from", "10.1.43.1", "--at", "-0s").stdout)
    t.check("what is not told one by one is found by explain --at", now.get("answer") == "standby", now)

    ready = node.said().count("child-ready")
    node.process.send_signal(signal.SIGUSR2)
    t.check("an upgrade puts another process in its place", within(20, lambda: node.said().count("child-ready") > ready), node.said())
    t.check("which knows the order", within(10, lambda: states_of(node)["main"] == "forced down"), states_of(node))
    t.check("and releases it", within(10, lambda: node.deputy("pbx", "release", "main").returncode == 0), node.said())
    node.deputy("pbx", "force", "main", "drain")
    t.kill(node.process)
    node.start()
    t.check("after a restart the last order holds", within(20, lambda: states_of(node).get("main") == "forced drain"), states_of(node))
    t.check("and the one about the other", states_of(node).get("standby") == "forced up", states_of(node))


def few_descriptors(t):
    """More endpoints than descriptors: some are not probed, and all else goes on."""
    node = Node(t, conf(), name="few", program="deputy-dns")
    node.options, node.program = ["--nofile=600:600", node.program], "prlimit"
    node.start()
    t.check("a fleet with more endpoints than descriptors is served", within(30, lambda: node.answer("pbx.wildixin.com")), node.said()[-2000:])
    t.check("what is not probed is told", within(10, lambda: "Too many open files" in node.said()), node.said()[-2000:])
    t.check("and commands are answered", len(states(node)) == COUNT and kept(node), node.said()[-2000:])


def states_of(node):
    return {name: p["state"] for name, p in states(node).items()}


with Test() as test:
    fleet(test)
    many_moves(test)
    few_descriptors(test)

#!/usr/bin/env python3
"""The path to a PBX: a path that is lost, a gateway that does not answer, an address of ours that changes."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab
from node import USER
from tap import BUILD, Test, within

NAME, MAIN, FAR, OWN = "pbx.example.net", "10.99.0.11", "10.99.0.12", "10.99.0.1"

# The one that stands in is on our own host: nobody else can prove our link.
CONF = """
node: {{ name: test, listen: [ 127.0.0.1@{port} ], workers: 1, state: state, run: run, user: {user} }}
access: {{ query: [ local ] }}
pbxs:
  - {{ name: main, addresses: [ {main} ], endpoints: [ udp@5060 ], failover: [ spare ], hold: 0s{more} }}
  - {{ name: spare, addresses: [ {own} ], endpoints: [ udp@5060 ], hold: 0s }}
live: [ {{ name: {name}, home: main }} ]
"""


class Site:
    """One deputy-dns on the lab's host `node`."""

    def __init__(self, test, host, name, main, port, more=""):
        self.host, self.port, self.main = host, port, main
        self.conf = test.write(name + "/deputy.conf", CONF.format(port=port, user=USER, main=main, own=OWN, more=more,
                                                                  name=NAME))
        for folder in ("state", "run"):
            os.makedirs(os.path.join(test.scratch, name, folder))
        host.spawn([BUILD + "/cmd/deputy-dns", "-c", self.conf], log=name)

    def answer(self):
        return self.host.run(["dig", "@127.0.0.1", "-p", str(self.port), "+tries=1", "+time=2", "+short", NAME, "A"]).stdout.strip()

    def answers(self, address, seconds=40):
        return within(seconds, lambda: self.answer() == address, 0.1)

    def deputy(self, *words):
        return self.host.run([BUILD + "/cmd/deputy", "--json", "-c", self.conf, *words], timeout=30).stdout

    def row(self):
        try:
            rows = json.loads(self.deputy("pbx", "list"))["pbxs"]
        except (ValueError, KeyError):
            return {}
        return next((row for row in rows if row["pbx"] == "main"), {})

    def is_in(self, state, seconds=40):
        return within(seconds, lambda: self.row().get("state") == state, 0.1)


with Test() as t:
    t.need("dig")
    lab = Lab(t)
    beyond = lab.branch()
    node, gate = lab.host("node", OWN), lab.host("gate", "10.99.0.254")
    near, far = lab.host("near", MAIN), lab.host("far", FAR, bridge=beyond)
    lab.host("witness", "10.99.0.30", bridge=beyond)
    node.run(["ip", "route", "add", "default", "via", "10.99.0.254"])
    for host in (near, far, node):
        host.spawn([BUILD + "/cmd/toy-pbx", "--listen", f"udp@{host.address}:5060"])

    holds = Site(t, node, "holds", FAR, 5301, ", witness: 10.99.0.30")
    moves = Site(t, node, "moves", FAR, 5302, ", witness: 10.99.0.30, witness-lost: switch")
    alone = Site(t, node, "alone", MAIN, 5303)
    good = t.check("all answer with their main one", all(site.is_in("up") and site.answers(site.main)
                                                         for site in (holds, moves, alone)), alone.row(), t.log("alone"))
    time.sleep(6) # the witness is asked every 5 s
    lab.cut_branch()
    t.check("a path lost with its witness freezes", good and holds.is_in("frozen"), holds.row())
    t.check("or switches, where that was declared", good and moves.answers(OWN), moves.row())
    t.check("what was frozen answers as before", holds.answer() == FAR, holds.row())
    lab.mend_branch()
    t.check("a mended path thaws", good and holds.is_in("up"), holds.row())
    t.check("and brings the other one back", good and moves.answers(FAR), moves.row())
    far.silence()
    t.check("with a living witness a silent PBX is down", good and holds.answers(OWN), holds.row())
    far.speak()
    t.check("and comes back", good and holds.answers(FAR), holds.row())

    # The former address lives on elsewhere on our host, so that no send ever fails.
    node.run(["ip", "address", "add", "10.99.0.1/32", "dev", "lo"])
    node.run(["ip", "address", "add", "10.99.0.2/24", "dev", "eth0"])
    node.run(["ip", "address", "delete", "10.99.0.1/24", "dev", "eth0"]) # and all that hung on it
    node.run(["ip", "address", "replace", "10.99.0.2/24", "dev", "eth0"])
    node.run(["ip", "route", "replace", "default", "via", "10.99.0.254"])
    near.run(["ip", "route", "replace", "blackhole", "10.99.0.1/32"])
    t.check("another address of our own does not lose a PBX", good and alone.is_in("up") and
            within(20, lambda: alone.answer() == MAIN), alone.row(), node.run(["ip", "address"]).stdout)
    time.sleep(3)
    t.check("nor later", good and alone.is_in("up") and alone.answers(MAIN), alone.row(), t.log("alone"))

    gate.silence() # it still does ARP
    time.sleep(25) # long enough to be known as one that answers nothing
    near.silence()
    t.check("a gateway that answers nothing keeps no silent PBX up", good and alone.answers(OWN), alone.row(), t.log("alone"))
    near.speak()
    t.check("which comes back", good and alone.answers(MAIN), alone.row())

#!/usr/bin/env python3
"""With real links: whether the PBX, our own link or the path is the cause of a silence."""
import json
import os
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
  - { name: main, addresses: [ 10.99.0.11 ], endpoints: [ udp@5060, tcp@5060 ], failover: [ spare ], hold: 1s }
  - { name: spare, addresses: [ 10.99.0.12 ], endpoints: [ udp@5060, tcp@5060 ], hold: 1s%s }
live: [ { name: pbx.example.net, home: main } ]
"""


class Site:
    def __init__(self, t, lab, name, more=""):
        self.folder = os.path.join(t.scratch, name)
        self.conf = t.write(name + "/deputy.conf", CONF % (USER, more))
        os.makedirs(self.folder + "/state")
        os.makedirs(self.folder + "/run")
        self.host = lab.hosts["node"]
        self.t, self.process, self.name = t, None, name

    def start(self):
        self.process = self.host.spawn([BUILD + "/cmd/deputy-dns", "-c", self.conf], log=self.name)

    def answer(self):
        got = self.host.run(["dig", "@10.99.0.1", "-p", "5300", "+tries=1", "+time=1", "+short", "pbx.example.net", "A"])
        return got.stdout.strip()

    def deputy(self, *words):
        return self.host.run([BUILD + "/cmd/deputy", "--json", "-c", self.conf, *words], timeout=30).stdout

    def falls_after(self, seq):
        """Whoever went down since, with the number of the newest switch."""
        rows = json.loads(self.deputy("switch", "history"))["switches"]
        return [r for r in rows if r["seq"] > seq and r["what"] == "down"], max((r["seq"] for r in rows), default=0)

    def states(self):
        try:
            return {row["pbx"]: row["state"] for row in json.loads(self.deputy("pbx", "list"))["pbxs"]}
        except (ValueError, KeyError):
            return {}


with Test() as t:
    t.need("dig")
    lab = Lab(t)
    node, gate = lab.host("node", "10.99.0.1"), lab.host("gate", "10.99.0.254")
    hosts = {"main": lab.host("main", "10.99.0.11"), "spare": lab.host("spare", "10.99.0.12")}
    node.run(["ip", "route", "add", "default", "via", "10.99.0.254"])
    pbxs = {}
    for name, host in hosts.items():
        pbxs[name] = host.spawn([BUILD + "/cmd/toy-pbx", "--listen", f"udp@{host.address}:5060",
                                 "--listen", f"tcp@{host.address}:5060"], log=name)
    site = Site(t, lab, "site")
    site.start()
    if not t.check("both are up", within(10, lambda: site.states() == {"main": "up", "spare": "up"}), site.states(), t.log("site")):
        sys.exit(1)
    t.check("the main one answers", site.answer() == "10.99.0.11", site.answer())

    hosts["main"].cut()
    t.check("a PBX whose link is cut is down", within(10, lambda: site.answer() == "10.99.0.12"), site.deputy("pbx", "list"))
    hosts["main"].mend()
    t.check("it comes back after its hold", within(20, lambda: site.answer() == "10.99.0.11"), site.deputy("pbx", "list"))

    hosts["spare"].silence()
    t.check("a silent one is down while the other proves our link",
            within(10, lambda: site.states().get("spare") == "down"), site.states())
    hosts["main"].silence()
    t.check("the last one is down while the gateway proves our link",
            within(10, lambda: site.states().get("main") == "down"), site.states())
    for host in hosts.values():
        host.speak()
    t.check("both come back", within(20, lambda: site.states() == {"main": "up", "spare": "up"}), site.states())
    t.check("and the main one answers", within(20, lambda: site.answer() == "10.99.0.11"), site.answer())

    _, newest = site.falls_after(0)
    node.cut() # behind the bridge: our own carrier stays
    t.check("our own link cut behind a switch freezes all",
            within(20, lambda: set(site.states().values()) == {"frozen"}), site.states())
    time.sleep(3)
    t.check("and moves nothing", site.answer() == "10.99.0.11", site.answer(), site.deputy("pbx", "list"))
    node.mend()
    t.check("a mended link thaws all", within(20, lambda: site.states() == {"main": "up", "spare": "up"}), site.states())
    node.run(["ip", "link", "set", "eth0", "down"])
    t.check("our own interface down freezes all",
            within(20, lambda: set(site.states().values()) == {"frozen"}), site.states())
    node.run(["ip", "link", "set", "eth0", "up"])
    node.run(["ip", "route", "add", "default", "via", "10.99.0.254"])
    t.check("and up again thaws all", within(20, lambda: site.states() == {"main": "up", "spare": "up"}), site.states())
    fell, _ = site.falls_after(newest)
    t.check("nobody went down meanwhile", not fell, fell)

    gate.silence()
    hosts["spare"].silence()
    t.check("with the gateway silent too the main one proves our link",
            within(10, lambda: site.states().get("spare") == "down"), site.states())
    t.kill(pbxs["main"])
    t.check("a refusal freezes nothing", within(10, lambda: site.states().get("main") == "down"), site.states(),
            t.log("site"))
    gate.speak()
    hosts["spare"].speak()
    pbxs["main"] = hosts["main"].spawn([BUILD + "/cmd/toy-pbx", "--listen", "udp@10.99.0.11:5060", "--listen",
                                        "tcp@10.99.0.11:5060"], log="main")
    t.kill(site.process)
    node.run(["ip", "route", "del", "default"])
    # Until the kernel knows again that it lives: it was silent.
    t.check("a neighbour lives", within(10, lambda: node.run(["ping", "-c", "1", "-W", "1", "10.99.0.254"]).returncode == 0))
    for number in range(100, 120): # telephones that went home; the kernel's table keeps them
        node.run(["ip", "neigh", "replace", f"10.99.0.{number}", "lladdr", f"02:00:00:00:00:{number:02}"[:17], "dev", "eth0", "nud", "stale"])
    lonely = Site(t, lab, "lonely")
    lonely.start()
    t.check("both are up where no gateway is", within(20, lambda: lonely.states() == {"main": "up", "spare": "up"}),
            lonely.states(), t.log("lonely"))
    hosts["spare"].silence()
    within(20, lambda: lonely.states().get("spare") == "down")
    hosts["main"].silence()
    t.check("one is down as soon as a neighbour that lives speaks for our link", within(20, lambda: lonely.states().get("main") == "down"),
            lonely.states(), node.run(["ip", "-s", "neigh"]).stdout)
    kinds = [r["what"] for r in json.loads(lonely.deputy("switch", "history"))["switches"]]
    t.check("neighbours that went home freeze nothing", "frozen" not in kinds, kinds, t.log("lonely"))

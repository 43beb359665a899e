#!/usr/bin/env python3
"""A telephone that knows one name and two nodes: the host with the main PBX and a node on it dies, and it can be
called again. Each node stands beside a PBX, as in a pair without hosts to spare."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import phone
from lab import Lab
from node import Node
from tap import Test, within

NAME, MAIN, STANDBY, PHONE, CALLER = "pbx.wildixin.com", "10.99.0.11", "10.99.0.12", "10.99.0.20", "10.99.0.30"

CONF = f"""pbxs:
  - {{ name: main, addresses: [ {MAIN} ], endpoints: [ udp@5060, tcp@5060 ], failover: [ standby ], hold: 2s }}
  - {{ name: standby, addresses: [ {STANDBY} ], endpoints: [ udp@5060, tcp@5060 ], hold: 2s }}
live: [ {{ name: {NAME}, home: main }} ]
"""


def says(node, caller, address):
    return caller.run(["dig", f"@{node.address}", NAME, "+short", "+tries=1", "+time=1"]).stdout.strip() == address


with Test() as t:
    t.need("baresip", "kamailio", "dig")
    lab = Lab(t)
    main, standby, telephone, caller = (lab.host(n, a) for n, a in (
        ("main", MAIN), ("standby", STANDBY), ("phone", PHONE), ("caller", CALLER)))
    for host in (main, standby):
        phone.kamailio(host, expires=10)
    nodes = [Node(t, CONF, name=host.name, host=host).start() for host in (main, standby)]
    t.check("both nodes name the main PBX", within(20, lambda: all(says(n, caller, MAIN) for n in nodes)),
            *[n.said() for n in nodes])
    phone.baresip(telephone, f"<sip:anna@{NAME};transport=udp>;auth_pass=x;regint=10;answermode=auto", [MAIN, STANDBY])
    t.check("the telephone can be called through the main PBX", within(20, lambda: phone.ring(caller, MAIN, "anna")),
            t.log("phone.baresip")[-2000:])
    main.cut()
    t.check("the node that lives names the other PBX", within(20, lambda: says(nodes[1], caller, STANDBY)),
            nodes[1].said())
    t.check("the telephone can be called through the other PBX",
            within(120, lambda: phone.ring(caller, STANDBY, "anna", 0.2), 0.1), t.log("phone.baresip")[-2000:])
    main.mend()
    t.check("both name the main PBX again", within(30, lambda: all(says(n, caller, MAIN) for n in nodes)),
            *[n.said() for n in nodes])
    t.check("the telephone comes back", within(120, lambda: phone.ring(caller, MAIN, "anna", 0.2), 0.1),
            t.log("phone.baresip")[-2000:])

#!/usr/bin/env python3
"""A PBX whose certificate a phone would reject ranks behind one with a good certificate; if all have such a certificate, nothing moves."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authority import Authority
from node import Node
from tap import BUILD, Test, free_port, within

NAME, MAIN, SPARE = "pbx.wildixin.com", "127.0.0.41", "127.0.0.42"
CONF = """pbxs:
  - {{ name: main, addresses: [ {main} ], endpoints: [ tls@{port} ], failover: [ spare ], hold: 0s, ca-file: ../ca.pem }}
  - {{ name: spare, addresses: [ {spare} ], endpoints: [ tls@{port} ], hold: 0s, ca-file: ../ca.pem }}
live: [ {{ name: {name}, home: main }} ]
"""


def row(node, pbx):
    try:
        rows = json.loads(node.deputy("--json", "pbx", "list").stdout)["pbxs"]
    except (ValueError, KeyError):
        return {}
    return next((r for r in rows if r["pbx"] == pbx), {})


def toy(t, address, port, certificate):
    return t.spawn([BUILD + "/cmd/toy-pbx", "--listen", f"tls@{address}:{port}", "--certificate", f"{t.scratch}/{certificate}.pem",
                    "--key", f"{t.scratch}/{certificate}.key"])


def case(t, fault, words):
    port = free_port()
    main, spare = toy(t, MAIN, port, fault), toy(t, SPARE, port, "good")
    node = Node(t, CONF.format(name=NAME, main=MAIN, spare=SPARE, port=port), name=fault).start()
    good = t.check(f"one with a good certificate goes before one with: {words}", node.answers([SPARE], NAME),
                   node.answer(NAME), node.said())
    told = within(20, lambda: words in row(node, "main").get("cause", ""))
    t.check("the cause says so", told, row(node, "main"))
    t.kill(spare)
    t.check("it is better than none", good and node.answers([MAIN], NAME), node.said())
    spare = toy(t, SPARE, port, fault)
    t.check("where all have it", good and within(20, lambda: words in row(node, "spare").get("cause", "")
                                                 and row(node, "spare").get("probes") == "up"), row(node, "spare"))
    t.check("nothing moves", node.answer(NAME) == [MAIN], node.answer(NAME), node.said())
    t.kill(main)
    t.check("a dead one still does", good and node.answers([SPARE], NAME), node.said())
    main = toy(t, MAIN, port, "good")
    t.check("and a good one comes first again", good and node.answers([MAIN], NAME), node.said())
    for process in (main, spare, node.process):
        t.kill(process)


with Test() as t:
    t.need("openssl", "dig")
    known, unknown = Authority(t, "ca"), Authority(t, "stranger")
    known.sign("good")
    known.sign("expired", days=-1)
    known.sign("named", host="other.example.net")
    unknown.sign("unknown")
    case(t, "expired", "certificate has expired")
    case(t, "named", "hostname mismatch")
    case(t, "unknown", "unable to get local issuer certificate")

#!/usr/bin/env python3
"""What `deputy whatif` predicts is what then happens; without a running node it uses the configuration."""
import json

from node import Node
from tap import BUILD, Test, free_port, within

CONF = """pbxs:
  - {{ name: hq, addresses: [ 127.0.0.81 ], endpoints: [ udp@{port} ], profile: fast }}
  - {{ name: berlin, addresses: [ 127.0.0.82 ], endpoints: [ udp@{port} ], failover: [ hq ], profile: fast }}
  - {{ name: milan, addresses: [ 127.0.0.83 ], endpoints: [ udp@{port} ], failover: [ hq ], profile: fast }}
  - {{ name: spare, addresses: [ 127.0.0.84 ], endpoints: [ udp@{port} ], profile: fast }}
  - {{ name: idle, addresses: [ 127.0.0.85 ], endpoints: [ udp@{port} ] }}
sites:
  - {{ name: berlin, networks: [ 10.1.0.0/16 ], pbx: berlin }}
  - {{ name: milan, networks: [ 10.2.0.0/16 ], pbx: milan }}
live:
  - {{ name: pbx.wildixin.com, answer: site, default: hq }}
  - {{ name: solo.wildixin.com, home: spare, all-down: servfail }}
"""


def asked(node, *words):
    a = node.deputy("--json", "whatif", *words)
    if not a.stdout:
        raise ValueError(f"nothing said: status {a.returncode}, {a.stderr}{node.said()}")
    return a.returncode, json.loads(a.stdout)


def then(answer):
    return {(r["name"], r["site"]): r["then"] for r in answer["answers"]}


def real(node):
    return {(r["name"], r["site"]): r["answer"] for name in ("pbx", "solo")
            for r in json.loads(node.deputy("--json", "name", "show", name + ".wildixin.com").stdout)["answers"]}


def agrees(foretold, happened):
    """Sites that are not told of get what everybody else does."""
    return all(foretold.get((name, site), foretold.get((name, "-"))) == answer for (name, site), answer in happened.items())


def without_a_node(t, node):
    status, a = asked(node)
    t.check("without a node the configuration tells it, and that it does", "no node is running" in a["told_from"], a)
    deaths = {(r["if_dead"], r["name"], r["site"]): r["note"] for r in a["deaths"]}
    t.check("a site whose PBX dies moves", deaths[("berlin", "pbx.wildixin.com.", "berlin")] == "moves", deaths)
    t.check("the others do not", ("berlin", "pbx.wildixin.com.", "milan") not in deaths, deaths)
    t.check("where nobody is left it is said, with the policy", "NOBODY LEFT" in deaths[("hq", "pbx.wildixin.com.", "-")], deaths)
    t.check("a PBX nobody is led to changes nothing", deaths[("idle", "-", "-")] == "nothing changes", deaths)
    t.check("and the status is 1", status == 1, status)
    text = node.deputy("whatif").stdout
    t.check("the table has a row for each", "if dead" in text and "NOBODY LEFT" in text, text)


def refusals(t, node):
    for words, said in ((("--down", "berln"), "did you mean 'berlin'?"), (("--force", "hq"), "PBX=up"),
                        (("elsewhere.example",), "not a live name"), (("--from", "10.1"), "not an address"), (("--dwon", "hq"), "--down")):
        a = node.deputy("whatif", *words)
        t.check(f"whatif {' '.join(words)} is refused with what to do", a.returncode == 2 and said in a.stderr, a.returncode, a.stderr)


def main(t):
    port = free_port()
    node = Node(t, CONF.format(port=port))
    without_a_node(t, node)
    refusals(t, node)
    toys = {name: t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@127.0.0.{n}:{port}"])
            for n, name in ((81, "hq"), (82, "berlin"), (83, "milan"), (84, "spare"), (85, "idle"))}
    node.start()
    ready = within(20, lambda: node.deputy("pbx", "list").stdout.count(" up ") >= 5)
    t.check("the node probes", ready, node.said())
    refusals(t, node)
    before = real(node)
    for words, orders in ((("--force", "berlin=down"), [("pbx", "force", "berlin", "down")]),
                          (("--force", "berlin=drain", "--force", "hq=down"), [("pbx", "force", "berlin", "drain"), ("pbx", "force", "hq", "down")])):
        _, a = asked(node, *words)
        t.check(f"asking {' '.join(words)} changes nothing", real(node) == before, real(node))
        for order in orders:
            node.deputy(*order)
        t.check("and what it said is what is answered then", within(10, lambda: agrees(then(a), real(node))), a, real(node))
        _, back = asked(node, "--release", "berlin", "--release", "hq")
        t.check("releasing is foretold, too", agrees(then(back), before), back)
        for order in orders:
            node.deputy("pbx", "release", order[2])
    within(10, lambda: real(node) == before)
    status, a = asked(node, "--down", "berlin", "--down", "spare")
    t.check("a name without anybody left makes the status 1", status == 1 and "NOBODY LEFT" in str(a), status, a)
    for name in ("berlin", "spare"):
        t.kill(toys[name])
    t.check("what was foretold of deaths is what they bring", within(20, lambda: agrees(then(a), real(node))), a, real(node))
    _, a = asked(node, "--up", "berlin", "pbx.wildixin.com", "--from", "10.1.0.7")
    t.check("an address gets the answer of its site", [(r["site"], r["now"], r["then"]) for r in a["answers"]] == [("berlin", "hq", "berlin")], a)
    _, a = asked(node)
    t.check("who is down already is called so", any(r["if_dead"] == "berlin" and "already" in r["note"] for r in a["deaths"]), a)


with Test() as test:
    main(test)

#!/usr/bin/env python3
"""Every answer of `deputy --json` conforms to its schema in doc/schema, including refusals."""
import glob
import json
import os
import re
import subprocess

from node import Node
from tap import BUILD, TOP, SkipAll, Test, free_port, within

try:
    import jsonschema
except ImportError:
    jsonschema = None

CONF = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.11 ], endpoints: [ udp@{port}, tcp@{port} ], failover: [ standby ] }}
  - {{ name: standby, addresses: [ 127.0.0.12 ], endpoints: [ udp@{port} ] }}
sites: [ {{ name: berlin, networks: [ 10.1.0.0/16 ], pbx: standby }} ]
live:
  - {{ name: pbx.wildixin.com, home: main }}
  - {{ name: auto.wildixin.com, answer: site, default: main }}
zones: [ {{ name: example.com, file: example.com.zone }}, {{ name: example.org, file: missing.zone }} ]
on-switch: [ {{ exec: [ {hook} ] }} ]
"""

# What is asked of the running node, in this order; what stands before the colon is the schema's name.
ASKED = """conf check: conf check {folder}/deputy.conf
conf check: conf check {folder}/bad.conf
conf show: conf show
conf reload: conf reload
status: status
metrics: metrics
counters: counters
doctor: doctor
pbx list: pbx list
pbx show: pbx show main
pbx show: pbx show nobody
pbx force: pbx force main down --for 10m --reason test
pbx show: pbx show main
pbx force: pbx force nobody up
name list: name list
name show: name show pbx.wildixin.com
name show: name show elsewhere.example
explain: explain auto.wildixin.com --from 10.1.0.7
explain: explain pbx.wildixin.com
explain: explain pbx.wildixin.com --at -0s
explain: explain pbx.wildixin.com --at 2001-01-01T00:00Z
explain: explain www.example.com
explain: explain elsewhere.example
whatif: whatif
whatif: whatif --down main --force standby=drain --up main --release main
whatif: whatif auto.wildixin.com --drain standby --from 10.1.0.7
whatif: whatif --down nobody
pbx release: pbx release main
pbx failover: pbx failover main
pbx failback: pbx failback main
probe: probe main --trace --for 1s
site list: site list
zone list: zone list
zone reload: zone reload
switch history: switch history --count 10
node upgrade: node upgrade"""

# They answer with text alone, which is for people, shells, or their own business.
TEXT = {"conf diff", "zone check", "toy-pbx", "completion", "help", "version"}


def schemas():
    found = {}
    for path in sorted(glob.glob(TOP + "/doc/schema/*.json")):
        with open(path, encoding="utf-8") as f:
            found[os.path.basename(path)[:-5].replace("-", " ", 1)] = json.load(f)
    return found


def members(page, of):
    """The names that deputy.conf(5), HOOKS, gives the members of the whole object (of = "These"), or of each row of an array."""
    part = page.split(".Sh HOOKS", 1)[1].split("\n.Sh ", 1)[0]
    rows = part.split("has these members" if of == "These" else f"Each of the\n.Cm {of}\nhas:", 1)[1].split("\n.El", 1)[0]
    return {name for line in re.findall(r"^\.It Cm (.*)", rows, re.M) for name in line.split(" , ")}


def hook(t, schema, told):
    """What a program of on-switch really gets, the schema and the manual say the same."""
    with open(TOP + "/man/deputy.conf.5.in", encoding="utf-8") as f:
        page = f.read()
    for what, part in (("These", schema), ("switches", schema["properties"]["switches"]["items"]), ("answers", schema["properties"]["answers"]["items"])):
        t.check(f"deputy.conf(5) tells of each member that a hook gets: {what}", members(page, what) == set(part["properties"]), members(page, what) ^ set(part["properties"]))
    example = page.split(".Sh HOOKS", 1)[1].split(".Bd -literal\n", 1)[1].split("\n.Ed", 1)[0]
    wrong = faults(schema, json.loads(example.replace("\n", "")))
    t.check("its example is such an object", not wrong, *wrong)
    with open(told, encoding="utf-8") as f:
        rows = [json.loads(line) for line in f]
    for row in rows:
        t.check(f"hook {row.get('sequence')} got such an object", not faults(schema, row), *faults(schema, row), row)
    t.check("an order moved an answer, and the release moved it back", [(r["switches"][0]["what"], a["from"], a["to"]) for r in rows for a in r["answers"] if a["live"] == "pbx.wildixin.com."
            and a["site"] == "-"][:2] == [("forced", "main", "standby"), ("released", "standby", "main")], rows)


def faults(schema, answer):
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in jsonschema.Draft7Validator(schema).iter_errors(answer)]


def start(t):
    port = free_port()
    for address in ("127.0.0.11", "127.0.0.12"):
        t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@{address}:{port}", "--listen", f"tcp@{address}:{port}"])
    told = t.write("told", "")
    path = t.write("hook", f"#!/bin/sh\n(cat; echo) >>{told}\n")
    for name, mode in ((t.scratch, 0o755), (told, 0o666), (path, 0o755)):
        os.chmod(name, mode)
    node = Node(t, CONF.format(port=port, hook=path))
    t.write("deputy/example.com.zone", "$TTL 60\n@ SOA a b 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n")
    t.write("deputy/bad.conf", "node: { nmae: x }\n")
    node.start()
    t.check("a node answers", within(20, lambda: node.deputy("pbx", "list").returncode == 0
            and "undecided" not in node.deputy("pbx", "list").stdout), node.said())
    return node, told


def answers(node):
    for line in ASKED.format(folder=node.folder).split("\n"):
        name, words = line.split(": ", 1)
        yield name, words, node.deputy("--json", *words.split(" "))


def watched(node):
    """The first two lines of `watch`: the state, then what happens."""
    with subprocess.Popen([BUILD + "/cmd/deputy", "-c", node.conf, "--json", "watch"], stdout=subprocess.PIPE, text=True) as watch:
        lines = [watch.stdout.readline()]
        node.deputy("pbx", "force", "main", "drain")
        lines.append(watch.stdout.readline())
        watch.terminate()
    return [json.loads(line) for line in lines]


def commands():
    text = subprocess.run([BUILD + "/cmd/deputy", "help"], capture_output=True, text=True, check=False).stdout
    rows = [line.strip().split("  ")[0] for line in text.split("\nexit status")[0].split("\n") if line.startswith("  ") and line[2].islower()]
    return {" ".join(word for word in row.split(" ") if word.replace("-", "").islower() and not set(word) & set("|[]") and word[0] != "-")
            for row in rows}


def main(t):
    if jsonschema is None:
        raise SkipAll("python3-jsonschema is not installed")
    known = schemas()
    of_hook = known.pop("on switch")
    t.check("every command has a schema or is known to answer with text", commands() - TEXT == set(known), commands() - TEXT ^ set(known))
    for name, schema in known.items():
        jsonschema.Draft7Validator.check_schema(schema)
        t.check(f"the schema of {name} is closed", schema.get("additionalProperties") is False or "anyOf" in schema)
    asked = {line.split(":")[0] for line in ASKED.split("\n")} | {"watch"}
    t.check("each of them is asked here", asked == set(known), asked ^ set(known))
    node, told = start(t)
    for name, words, a in answers(node):
        try:
            wrong = faults(known[name], json.loads(a.stdout))
        except (ValueError, KeyError) as e:
            wrong = [repr(e)]
        t.check(f"deputy --json {words.replace(node.folder, '')}", not wrong, *wrong, a.stdout, a.stderr)
    for line in watched(node):
        t.check("a line of deputy --json watch", not faults(known["watch"], line), *faults(known["watch"], line), line)
    hook(t, of_hook, told)
    known["pbx list"]["properties"]["pbxs"]["items"]["properties"].pop("state")
    a = json.loads(node.deputy("--json", "pbx", "list").stdout)
    t.check("a member that the schema does not know is found", faults(known["pbx list"], a), a)


if __name__ == "__main__":
    with Test() as test:
        main(test)

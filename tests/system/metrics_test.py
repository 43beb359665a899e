#!/usr/bin/env python3
"""What `deputy metrics` prints, read by Prometheus' own checker."""
import json
import os
import re
import subprocess

from node import Node
from tap import BUILD, Test, free_port, within

PAIR = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.11 ], endpoints: [ udp@{port}, tcp@{port} ], failover: [ standby ] }}
  - {{ name: standby, addresses: [ 127.0.0.12 ], endpoints: [ udp@{port} ] }}
live: [ {{ name: pbx.wildixin.com, home: main }} ]
"""


def samples(text):
    return {m[1]: float(m[2]) for m in re.finditer(r"^([a-z][^ ]*(?:\{[^}]*\})?) ([0-9.]+)$", text, re.M)}


def main(t):
    t.need("promtool", "dig")
    port = free_port()
    pbxs = [t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@{a}:{port}", "--listen", f"tcp@{a}:{port}"])
            for a in ("127.0.0.11", "127.0.0.12")]
    node = Node(t, PAIR.format(port=port)).start()
    t.check("a pair answers", node.answers(["127.0.0.11"], "pbx.wildixin.com"), node.said())
    a = node.deputy("metrics")
    t.check("metrics of all processes are printed", a.returncode == 0 and "deputy_starts_total" in a.stdout
            and "deputy_queries_total" in a.stdout and "deputy_probe_rtt_seconds_bucket" in a.stdout, a.stdout, a.stderr)
    lint = subprocess.run(["promtool", "check", "metrics"], input=a.stdout, capture_output=True, text=True, check=False)
    t.check("promtool finds nothing in them", lint.returncode == 0 and not lint.stderr, lint.stdout, lint.stderr)
    before = samples(a.stdout)
    t.check("no pbx and no name is a label", not re.search("main|standby|wildixin", a.stdout), a.stdout)
    for _ in range(5):
        node.dig("pbx.wildixin.com")
        node.dig("+tcp", "elsewhere.example")
    t.kill(pbxs[0])
    t.check("the standby answers", node.answers(["127.0.0.12"], "pbx.wildixin.com"), node.said())
    within(10, lambda: samples(node.deputy("metrics").stdout).get("deputy_switches_total") == 1)
    now = samples(node.deputy("metrics").stdout)
    grown = {key: now[key] - before.get(key, 0) for key in now}
    t.check("queries are counted by transport", grown['deputy_queries_total{transport="tcp"}'] == 5
            and grown['deputy_queries_total{transport="udp"}'] >= 5, now)
    t.check("and answers by RCODE", grown['deputy_answers_total{rcode="REFUSED"}'] == 5, now)
    t.check("the switch is one", now["deputy_switches_total"] == 1 and now['deputy_pbx_changes_total{kind="down"}'] == 1, now)
    t.check("so is its detection", now["deputy_detection_seconds_count"] == 1 and now["deputy_detection_seconds_sum"] > 0, now)
    t.check("PBXs are counted by state", now['deputy_pbxs{state="up"}'] == 1 and now['deputy_pbxs{state="down"}'] == 1, now)
    t.check("and round trips by transport", grown['deputy_probe_rtt_seconds_count{transport="udp"}'] > 0, now)
    one = json.loads(node.deputy("--json", "metrics").stdout)
    dns = json.loads(node.deputy("--json", "status").stdout)["deputyd"]["children"][0]["pid"]
    t.check("as JSON it is told by process", "deputy_queries_total" in one["deputy-dns"]["text"], one)
    os.kill(dns, 9)
    starts = 'deputy_starts_total{process="deputy-dns"}'
    again = within(10, lambda: samples(node.deputy("metrics").stdout).get(starts) == 2)
    t.check("a restart is counted", again, node.deputy("metrics").stdout)
    within(10, lambda: node.deputy("metrics").returncode == 0)
    lint = subprocess.run(["promtool", "check", "metrics"], input=node.deputy("metrics").stdout, capture_output=True, text=True, check=False)
    t.check("promtool is content after it all", lint.returncode == 0 and not lint.stderr, lint.stdout, lint.stderr)


with Test() as test:
    main(test)

#!/usr/bin/env python3
"""The output of `deputy metrics`, checked by Prometheus' own checker."""
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from node import Node
from tap import BUILD, Test, free_port, within

PAIR = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.11 ], endpoints: [ udp@{port}, tcp@{port} ], failover: [ standby ] }}
  - {{ name: standby, addresses: [ 127.0.0.12 ], endpoints: [ udp@{port} ] }}
live: [ {{ name: pbx.wildixin.com, home: main }} ]
"""


def samples(text):
    return {m[1]: float(m[2]) for m in re.finditer(r"^([a-z][^ ]*(?:\{[^}]*\})?) ([0-9.]+)$", text, re.M)}


def fetched(url, method="GET"):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as a:
            return a.status, a.headers.get("Content-Type", ""), a.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, "", e.read().decode()
    except OSError as e:
        return 0, "", str(e)


def scraped(t, node):
    """As the socket unit of dist/systemd has it, by Prometheus itself."""
    for program in ("systemd-socket-activate", "prometheus"):
        if not shutil.which(program):
            t.skip("Prometheus reads the counters over HTTP", f"{program} is not installed")
            return
    port, own = free_port(), free_port()
    t.spawn(["systemd-socket-activate", "--accept", "--inetd", "-l", f"127.0.0.1:{port}", BUILD + "/cmd/deputy", "-c", node.conf, "metrics", "--http"])
    url = f"http://127.0.0.1:{port}/metrics"
    t.check("counters are answered over HTTP", within(10, lambda: fetched(url)[0] == 200), fetched(url))
    _, kind, text = fetched(url)
    t.check("as the text that Prometheus reads", kind.startswith("text/plain; version=0.0.4") and "deputy_pbxs" in text, kind, text)
    t.check("HEAD has no body", fetched(url, "HEAD")[::2] == (200, ""), fetched(url, "HEAD"))
    t.check("what is not there is not found", fetched(url + "/x")[0] == 404 and fetched(url, "POST")[0] == 405)
    conf = t.write("prometheus.yml", "global: { scrape_interval: 1s }\nscrape_configs:\n"
                   f"  - {{ job_name: deputy, static_configs: [ {{ targets: [ '127.0.0.1:{port}' ] }} ] }}\n")
    t.spawn(["prometheus", "--config.file", conf, "--storage.tsdb.path", t.scratch + "/tsdb", "--web.listen-address", f"127.0.0.1:{own}"])

    def known():
        found = fetched(f"http://127.0.0.1:{own}/api/v1/query?query=deputy_pbxs")[2]
        return '"result":[{' in found and found
    found = within(30, known, 0.2)
    t.check("Prometheus scrapes them", found and '"state":"up"' in found, found, t.log("prometheus"))
    t.kill(node.process, signal.SIGTERM)
    node.process.wait()
    t.check("without a node the answer is 503", fetched(url)[0] == 503, fetched(url))
    with subprocess.Popen([BUILD + "/cmd/deputy", "-c", node.conf, "metrics", "--http"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as p:
        out, _ = p.communicate(b"G" * 9000)
    t.check("a head without end is refused", out.startswith(b"HTTP/1.0 400"), out)


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
    scraped(t, node)


with Test() as test:
    main(test)

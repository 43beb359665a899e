#!/usr/bin/env python3
"""Faults of third-party PBXs on hosts of their own: dropped packets, 503, refusals; and deputy itself stopped."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab
from node import USER
from tap import BUILD, Test, within

NAME, MAIN, SPARE = "pbx.example.net", "10.99.0.11", "10.99.0.12"

KAMAILIO = """#!KAMAILIO
children=2
tcp_children=2
log_stderror=yes
debug=0
auto_aliases=no
enable_tls=yes
listen=udp:{address}:5060
listen=tcp:{address}:5060
listen=tls:{address}:5061
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{folder}/cert.pem")
modparam("tls", "private_key", "{folder}/key.pem")
request_route {{ sl_send_reply("{code}", "Said"); }}
"""

SIPP = """<?xml version="1.0"?><scenario name="uas"><recv request="OPTIONS"/><send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]T[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send></scenario>
"""

CONF = """
node: {{ name: test, listen: [ 10.99.0.1@{port} ], workers: 1, state: state, run: run, user: {user} }}
access: {{ query: [ local ] }}
pbxs:
  - {{ name: main, addresses: [ {main} ], endpoints: [ {endpoint} ], failover: [ spare ], hold: 0s, verify: no }}
  - {{ name: spare, addresses: [ {spare} ], endpoints: [ udp@5060 ], hold: 0s }}
live: [ {{ name: {name}, home: main }} ]
"""


def kamailio(t, host, code=200):
    path = t.write(f"kamailio-{code}.cfg", KAMAILIO.format(address=host.address, folder=t.scratch, code=code))
    return host.spawn(["kamailio", "-DD", "-E", "-m", "64", "-M", "8", "-Y", t.scratch, "-P", t.scratch + "/pid",
                       "-w", t.scratch, "-f", path])


class Site:
    def __init__(self, t, host, transport, port):
        self.host, self.port, self.test, self.transport = host, port, t, transport
        endpoint = {"udp": "udp@5060", "tcp": "tcp@5060", "tls": "tls@5061"}[transport]
        self.conf = t.write(f"{transport}/deputy.conf", CONF.format(port=port, user=USER, main=MAIN, spare=SPARE, name=NAME,
                                                                    endpoint=endpoint))
        for folder in ("state", "run"):
            os.makedirs(os.path.join(t.scratch, transport, folder))
        self.process = host.spawn([BUILD + "/cmd/deputyd", "-f", "-c", self.conf], log=transport)

    def answer(self):
        return self.host.run(["dig", "@10.99.0.1", "-p", str(self.port), "+tries=1", "+time=2", "+short", NAME, "A"]).stdout.strip()

    def answers(self, address, seconds=60):
        return within(seconds, lambda: self.answer() == address, 0.1)

    def falls_after(self, seq):
        """Whoever went down since, with the number of the newest switch."""
        got = self.host.run([BUILD + "/cmd/deputy", "--json", "-c", self.conf, "switch", "history"], timeout=30).stdout
        rows = json.loads(got)["switches"]
        return [r for r in rows if r["seq"] > seq and r["what"] == "down"], max((r["seq"] for r in rows), default=0)

    def pids(self):
        """The keeper and its child."""
        keeper = self.process.pid # `ip netns exec` becomes what it runs
        with open(f"/proc/{keeper}/task/{keeper}/children", encoding="ascii") as f:
            return [keeper, *map(int, f.read().split())]


with Test() as t:
    t.need("kamailio", "sipp", "openssl", "dig")
    lab = Lab(t)
    node, main, spare = lab.host("node", "10.99.0.1"), lab.host("main", MAIN), lab.host("spare", SPARE)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", f"/CN={NAME}",
                    "-keyout", t.scratch + "/key.pem", "-out", t.scratch + "/cert.pem"], check=True, capture_output=True)
    spare.spawn(["sipp", "-sf", t.write("uas.xml", SIPP), "-i", SPARE, "-p", "5060", "-t", "u1", "-nostdin", "-m", "9999999"])
    pbx = kamailio(t, main)
    sites = [Site(t, node, transport, 5301 + i) for i, transport in enumerate(("udp", "tcp", "tls"))]

    def all_answer(sentence, address):
        for site in sites:
            t.check(f"{sentence}, over {site.transport}", site.answers(address), site.answer(), t.log(site.transport))

    all_answer("Kamailio is the answer while it lives", MAIN)
    main.silence()
    all_answer("SIPp is once all packets of its host are dropped", SPARE)
    main.speak()
    all_answer("Kamailio is again when they pass", MAIN)
    t.kill(pbx)
    all_answer("SIPp is once its process group is killed", SPARE)
    pbx = kamailio(t, main, 503)
    time.sleep(3)
    all_answer("it still is while Kamailio says 503", SPARE)
    t.kill(pbx)
    pbx = kamailio(t, main)
    all_answer("Kamailio is once it says 200", MAIN)
    t.kill(pbx, signal.SIGSTOP)
    all_answer("SIPp is once Kamailio hangs", SPARE)
    t.kill(pbx, signal.SIGCONT)
    all_answer("Kamailio is once it goes on", MAIN)

    newest = [site.falls_after(0)[1] for site in sites]
    for site in sites:
        for pid in site.pids():
            os.kill(pid, signal.SIGSTOP)
    time.sleep(10)
    for site in sites:
        for pid in site.pids():
            os.kill(pid, signal.SIGCONT)
    time.sleep(5)
    all_answer("a stop of our own processes moves nothing", MAIN)
    falls = [site.falls_after(seq)[0] for site, seq in zip(sites, newest)]
    t.check("and counts nobody as down", not any(falls), falls)

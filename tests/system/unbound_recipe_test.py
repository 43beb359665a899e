#!/usr/bin/env python3
"""README's lines for unbound, as they stand there, in a real unbound that is set up against each of them."""
import os
import re
import subprocess

import hostile
from node import Node
from tap import BUILD, TOP, SkipAll, Test, within

NAME, HERE, MAIN, SPARE = "pbx.wildixin.com", "192.0.2.53", "10.20.30.1", "10.20.30.2"
CONF = f"""access: {{ query: [ 0.0.0.0/0 ] }}
pbxs:
  - {{ name: main, addresses: [ {MAIN} ], endpoints: [ udp ], failover: [ spare ], profile: fast }}
  - {{ name: spare, addresses: [ {SPARE} ], endpoints: [ udp ], profile: fast }}
live: [ {{ name: {NAME}, home: main, ttl: 2s }} ]
"""
# What an administrator may have set long ago; the root cannot be reached, so what its key would have to prove is bogus.
BEFORE = """server:
 interface: 127.0.0.1@{port}
 username: ""
 chroot: ""
 directory: "{folder}"
 pidfile: ""
 use-syslog: no
 module-config: "validator iterator"
 trust-anchor: ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
 private-address: 10.0.0.0/8
 cache-min-ttl: 3600
 serve-expired: yes
remote-control:
 control-enable: no
"""


def recipe():
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as f:
        return re.search(r"In unbound:\n\n```\n(.*?)```", f.read(), re.S).group(1)


def start(t, name, port, lines):
    text = BEFORE.format(port=port, folder=t.scratch) + lines
    t.spawn(["unbound", "-d", "-c", t.write(name + ".conf", text)], log=name + ".log")


def asked(port):
    text = subprocess.run(["dig", "@127.0.0.1", "-p", str(port), NAME, "+tries=1", "+time=2"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False).stdout
    found = re.search(re.escape(NAME) + r"\.\s+(\d+)\s+IN\s+A\s+(\S+)", text)
    return (found.group(2), int(found.group(1))) if found else (re.search(r"status: (\w+)", text) or [0, "silent"])[1]


def play(t, node):
    lines = recipe()
    left_out = {word: "".join(x for x in lines.splitlines(True) if not x.strip().startswith(word))
                for word in ("domain-insecure", "private-domain", "cache-min-ttl", "serve-expired")}
    ports = {word: 5301 + i for i, word in enumerate(["", *left_out])}
    start(t, "whole", ports[""], lines)
    for word, rest in left_out.items():
        start(t, word, ports[word], rest)
    t.check("with README's lines unbound gives the address of the PBX", within(20, lambda: asked(ports[""])[0] == MAIN, 0.1),
            asked(ports[""]), t.log("whole.log"))
    within(10, lambda: asked(ports["cache-min-ttl"])[0] == asked(ports["serve-expired"])[0] == MAIN)
    t.check("with a TTL that is no longer than ours", asked(ports[""])[1] <= 2, asked(ports[""]))
    t.check("without domain-insecure it is bogus", asked(ports["domain-insecure"]) == "SERVFAIL", asked(ports["domain-insecure"]))
    t.check("without private-domain it has no address", asked(ports["private-domain"]) in ("NOERROR", "SERVFAIL"),
            asked(ports["private-domain"]))
    node.deputy("pbx", "force", "main", "down")
    t.check("the node answers with the stand-in", node.answers([SPARE], NAME), node.said())
    t.check("and unbound does when the TTL has passed", within(10, lambda: asked(ports[""])[0] == SPARE, 0.1), asked(ports[""]))
    t.check("without cache-min-ttl it stays with the dead PBX", asked(ports["cache-min-ttl"])[0] == MAIN, asked(ports["cache-min-ttl"]))
    t.check("without serve-expired it first gives what has run out", asked(ports["serve-expired"])[0] == MAIN, asked(ports["serve-expired"]))


def main(t):
    t.need("unbound", "dig")
    for address in (HERE, MAIN, SPARE):
        subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
    for address in (MAIN, SPARE):
        t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@{address}:5060"])
    node = Node(t, CONF, address=HERE)
    node.port = 53
    node.write(CONF)
    node.start()
    if t.check("the node answers", node.answers([MAIN], NAME), node.said()):
        play(t, node)


ALONE = hostile.enter() # before anything is made that would have to be cleared away
with Test() as test:
    if not ALONE:
        raise SkipAll("a network namespace cannot be made here, or there is no ip(8)")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    main(test)

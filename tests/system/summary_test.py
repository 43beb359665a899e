#!/usr/bin/env python3
"""The sentence with which `deputy status` and `deputy doctor` begin, and the exit status that says it."""
import json
import os
import signal
import subprocess

from node import Node
from tap import BUILD, Test, free_port, within

CONF = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.131 ], endpoints: [ udp@{port} ], failover: [ standby ], profile: fast, hold: 0s }}
  - {{ name: standby, addresses: [ 127.0.0.132 ], endpoints: [ udp@{port} ], failover: [ main ], profile: fast, hold: 0s }}
sites: [ {{ name: milan, networks: [ 10.2.0.0/16 ], pbx: standby }} ]
live:
  - {{ name: pbx.wildixin.com, answer: site, default: main }}
  - {{ name: auto.wildixin.com, home: main }}
"""
NONE = "pbx.wildixin.com, auto.wildixin.com: no living PBX"


def main(t):
    port = free_port()

    def toy(n):
        return t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@127.0.0.{n}:{port}"])
    toys = [toy(131), toy(132)]
    node = Node(t, CONF.format(port=port))

    def said(command):
        a = node.deputy(command)
        return a.stdout.split("\n")[0], a.returncode

    def becomes(what, words, status, doctor):
        """Status begins with the words and ends with its status, so does doctor; JSON has both."""
        t.check(what, within(20, lambda: (s := said("status"))[0].startswith(words) and s[1] == status), said("status"), node.process and node.said())
        a = node.deputy("doctor")
        t.check("doctor begins with the same", (a.stdout.split("\n")[0], a.returncode) == (said("status")[0], doctor), a)
        for command in ("status", "doctor"):
            a = node.deputy("--json", command)
            b = json.loads(a.stdout)
            t.check(f"and JSON of {command} has both", b["summary"].startswith(words.split(" (")[0]) and b["status"] == a.returncode, a)

    becomes("without a node: nothing runs", "deputy is not running: this node answers no query", 3, 1)
    broken = t.write("broken.conf", "node: { nmae: x }\n")
    for command in ("status", "doctor"):
        a = subprocess.run([BUILD + "/cmd/deputy", "-c", broken, command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        t.check(f"{command} claims nothing behind a configuration that cannot be read", a.returncode == 1 and a.stdout.startswith("how live names are answered is not known")
                and "not running" not in a.stdout, a)
        b = subprocess.run([BUILD + "/cmd/deputy", "-c", broken, "--json", command], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        t.check(f"and the JSON of {command} has that status", json.loads(b.stdout)["status"] == b.returncode == 1, b)
    node.start()
    becomes("all is well", "2 of 2 names served by their home PBX", 0, 0)
    node.deputy("pbx", "force", "main", "drain")
    becomes("a PBX that is drained has a stand-in", "pbx.wildixin.com for clients of no site, auto.wildixin.com: served by standby (main forced drain by", 7, 0)
    node.deputy("pbx", "force", "standby", "drain")
    becomes("when all drain", "pbx.wildixin.com, auto.wildixin.com: no PBX left but", 7, 0)
    for pbx in ("main", "standby"):
        node.deputy("pbx", "force", pbx, "down")
    becomes("when all are forced down doctor ends with 1, too", NONE + " (all forced down)", 1, 1)
    for pbx in ("main", "standby"):
        node.deputy("pbx", "release", pbx)
    becomes("released they are home again", "2 of 2 names", 0, 0)
    t.kill(toys[1])
    becomes("a site is named", "pbx.wildixin.com for site milan: served by main (standby down since ", 7, 1)
    t.kill(toys[0])
    becomes("when all are dead", NONE + " (all down)", 1, 1)
    node.deputy("pbx", "force", "main", "up")
    becomes("forced up is not alive", "pbx.wildixin.com, auto.wildixin.com: answered with main, forced up although it is down", 7, 1)
    node.deputy("pbx", "release", "main")
    keeper = json.loads(node.deputy("--json", "status").stdout)["deputyd"]["pid"]
    os.kill(keeper, signal.SIGSTOP)
    t.check("no living PBX is worse than a process that hangs, and both are told", said("status") == (NONE + " (all down); deputyd did not answer in time", 1),
            said("status"))
    os.kill(keeper, signal.SIGCONT)
    dns = json.loads(node.deputy("--json", "status").stdout)["deputyd"]["children"][0]["pid"]
    os.kill(keeper, signal.SIGSTOP) # so that it starts no other
    os.kill(dns, signal.SIGKILL)
    t.check("without deputy-dns no query is answered", within(10, lambda: said("status")[0].startswith("this node answers no query; deputyd did not answer in time; deputy-dns is not running")),
            said("status"))
    a = json.loads(node.deputy("--json", "doctor").stdout)
    t.check("which doctor tells once for each process", sorted(f["finding"] for f in a["findings"] if f["about"] == "processes")
            == ["deputy-dns is not running", "deputyd hangs: no answer in time"], a)
    os.kill(keeper, signal.SIGCONT)
    t.check("until it runs again", within(20, lambda: said("status")[1] == 1), said("status"))
    if os.getuid():
        t.skip("another user is told that he may not know", "only root can be another user")
    else:
        os.chmod(t.scratch, 0o755)
        os.chmod(node.folder + "/run", 0o700)
        a = node.deputy("status", user=65534, group=65534)
        t.check("another user is told that he may not know", a.returncode == 4 and a.stdout.startswith("how live names are answered is not known; deputyd: permission denied"), a)
        a = node.deputy("--json", "doctor", user=65534, group=65534)
        found = json.loads(a.stdout)["findings"]
        t.check("and told so once by doctor, which guesses nothing", len([f for f in found if "permission denied" in f["finding"]]) == 1
                and not [f for f in found if f["about"] in ("limits", "orders") or f["about"] == "processes" and "not running" in f["finding"]], a)


with Test() as test:
    main(test)

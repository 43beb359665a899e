#!/usr/bin/env python3
"""The messages for an operator when something is wrong: each says where, what, and what to do."""
import json
import os
import re
import signal
import subprocess
import time
from datetime import datetime, timedelta, timezone

from node import Node
from tap import BUILD, Test, free_port, within

CONF = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.91 ], endpoints: [ udp@{port}, tcp@{port} ], failover: [ standby ], profile: fast, hold: 1h }}
  - {{ name: standby, addresses: [ 127.0.0.92 ], endpoints: [ udp@{port} ], profile: fast }}
live: [ {{ name: pbx.wildixin.com, home: main }} ]
zones: [ {{ name: example.com, file: example.com.zone }}, {{ name: example.org, file: example.org.zone }} ]
"""
GOOD = "$TTL 60\n@ SOA a b {serial} 2 3 4 5\n NS ns\nns A 192.0.2.{serial}\n"


def zones(t, node):
    zone = "deputy/example.com.zone"
    t.write(zone, GOOD.format(serial=7))
    a = node.deputy("conf", "reload")
    t.check("a reload without a fault is done and says nothing", (a.returncode, a.stderr) == (0, ""), a)
    t.write(zone, GOOD.format(serial=8) + "www A 192.0.2.300\n")
    t.write("deputy/example.org.zone", GOOD.format(serial=8))
    a = node.deputy("conf", "reload")
    t.check("a reload with a broken zone is done in part: status 7", a.returncode == 7, a)
    t.check("it says where the zone is broken", "example.com.zone:5:7: error" in a.stdout, a.stdout)
    t.check("and what that means", "last good versions stay in use" in a.stderr and "zone list" in a.stderr, a.stderr)
    t.check("the rest is in use, the broken zone as it was", (node.answer("ns.example.com"), node.answer("ns.example.org"))
            == (["192.0.2.7"], ["192.0.2.8"]), node.answer("ns.example.com"), node.answer("ns.example.org"))
    a = node.deputy("zone", "reload")
    t.check("so says zone reload", a.returncode == 7 and "example.com.zone:5:7: error" in a.stdout, a)
    os.unlink(f"{node.folder}/example.com.zone")
    a = node.deputy("conf", "reload")
    t.check("a missing zone file is told without places it does not have", a.returncode == 7 and "cannot read" in a.stdout
            and ":0:0" not in a.stdout + node.deputy("zone", "list").stdout + node.said(), a, node.said())
    t.write(zone, GOOD.format(serial=9))
    t.check("a mended zone makes the reload good again", node.deputy("conf", "reload").returncode == 0)


def refused_by_signal(t, node):
    with open(node.conf, encoding="utf-8") as f:
        text = f.read()
    with open(node.conf, "w", encoding="utf-8") as f:
        f.write(text.replace("failover:", "failovr:"))
    os.kill(node.process.pid, signal.SIGHUP)
    told = within(10, lambda: "reload-refused" in node.said())
    line = [x for x in node.said().split("\n") if "reload-refused" in x]
    t.check("a configuration refused after SIGHUP is told with the command that shows all", told and "deputy conf check" in line[0], node.said())
    a = node.deputy("conf", "reload")
    t.check("the command shows where, and what may have been meant", a.returncode == 1 and "did you mean 'failover'?" in a.stdout, a)
    with open(node.conf, "w", encoding="utf-8") as f:
        f.write(text)


def last(node):
    return json.loads(node.deputy("--json", "switch", "history").stdout)["switches"][0]


def orders(t, node):
    a = node.deputy("pbx", "release", "main")
    t.check("a release of what is not forced says so", a.returncode == 1 and "not forced" in a.stderr, a)
    a = node.deputy("pbx", "failback", "main")
    t.check("and a failback of what is not held", a.returncode == 1 and "not held" in a.stderr, a)
    node.deputy("pbx", "force", "main", "down")
    within(5, lambda: last(node)["what"] == "forced")
    t.check("a force is told as what it makes of the PBX", (last(node)["from"], last(node)["to"]) == ("up", "forced down"), last(node))
    a = node.deputy("pbx", "failback", "main")
    t.check("a failback of a forced PBX names the release", "pbx release main" in a.stderr, a)
    node.deputy("pbx", "force", "main", "drain")
    within(5, lambda: last(node)["to"] == "forced drain")
    t.check("so is another force", (last(node)["from"], last(node)["to"]) == ("forced down", "forced drain"), last(node))
    t.check("in the log, too", 'from="forced down" to="forced drain"' in node.said(), node.said())
    t.check("a release works", node.deputy("pbx", "release", "main").returncode == 0)
    within(5, lambda: last(node)["what"] == "released")
    t.check("and is told", (last(node)["from"], last(node)["to"]) == ("forced drain", "up"), last(node))
    node.deputy("pbx", "failover", "main")
    a = node.deputy("pbx", "release", "main")
    t.check("a release of what is held names the failback", a.returncode == 1 and "failback main" in a.stderr, a)
    t.check("which works", node.deputy("pbx", "failback", "main").returncode == 0)


def traced(t, node, main):
    t.kill(main)
    t.check("the PBX is down", within(10, lambda: "down" in node.deputy("pbx", "list").stdout))
    for _ in range(2): # those that were under way when it died were not refused
        a = json.loads(node.deputy("--json", "probe", "main", "--trace", "--for", "1s").stdout)["trace"]
    for transport in ("udp", "tcp"):
        notes = [n for n in a if n["endpoint"].startswith(transport)]
        told = [n["what"] for n in notes]
        t.check(f"each refused try over {transport} is told", any("efused" in w for w in told), notes)
        t.check("once: not as missed, too", "missed" not in told, notes)
        times = [n["ms"] for n in notes if "efused" in n["what"]]
        t.check("nor in two words", len(times) == len(set(times)), notes)


def past(t, node):
    """The moments come from the switch history itself: no clock is guessed at."""
    def at(moment, *more):
        a = node.deputy("--json", "explain", "pbx.wildixin.com", "--at", moment, *more)
        return a.returncode, json.loads(a.stdout)

    time.sleep(1.1) # behind the start of the history
    for order in ("down", "up"): # two moves, a second apart at least
        node.deputy("pbx", "force", "main", order, "--reason", "drill")
        t.check("the answer moves", node.answers(["127.0.0.9" + ("2" if order == "down" else "1")], "pbx.wildixin.com"))
        time.sleep(1.1)
    rows = [r for r in json.loads(node.deputy("--json", "switch", "history").stdout)["switches"] if r["answers"]]
    back, away = rows[0], rows[1]
    moved = datetime.fromisoformat(away["at"][:-1] + "+00:00")
    before = at((moved - timedelta(milliseconds=1)).isoformat(timespec="milliseconds"))[1].get("answer")
    status, a = at(away["at"][:19] + "Z") # what is shown of a time is read as its last moment
    t.check("explain --at tells what was answered, and why", (status, a["answer"]) == (0, "standby") and "forced down" in a["because"], a)
    t.check("from when until when, and what came then", away["at"][:19] in a["since"] and back["at"][:19] in a["until"] and "the answer moved: main" == a["then"], a)
    main = [p for p in a["pbxs"] if p["pbx"] == "main"][0]
    t.check("with what each PBX counted as then, and by whom", main["state"] == "forced down" and main["cause"] == "down: drill" and main["author"], main)
    t.check("the moment before the move away is before it", before == "main", before)
    shown = [line for line in node.deputy("explain", "pbx.wildixin.com", "--at", away["at"], zone="UTC-3").stdout.split("\n") if line.startswith("since: ")]
    moment = moved.astimezone(timezone(timedelta(hours=3))).isoformat(timespec="milliseconds")[:-6]
    t.check("people are shown their local time", shown == ["since: " + moment], shown, moment)
    said = [node.deputy("explain", "pbx.wildixin.com", "--at", m, zone="UTC-3").stdout for m in (moment, moment[:19], moment[11:19])]
    t.check("and may paste it, with or without fraction and date", all("answer: standby" in s and "since: " + moment in s for s in said), said)
    said = node.deputy("status", zone="UTC-3").stdout + node.deputy("switch", "history", zone="UTC-3").stdout + node.deputy("doctor", zone="UTC-3").stdout
    t.check("no table nor finding has a time in UTC", moment in said and not re.search(r"\d\d:\d\d(\.\d+)?Z", said), said)
    status, a = at("-0s")
    t.check("now is a moment, too", (status, a["answer"], a["until"]) == (0, "main", "now") and "forced up" in a["because"], a)
    status, a = at("2001-01-01T00:00:00Z")
    t.check("before the history it says where that begins", status == 1 and "before the history, which starts at 2" in a["error"], a)
    for moment, said in (("noon", "is not a time such as"), ("2099-01-01T00:00Z", "is in the future")):
        status, a = at(moment)
        t.check(f"'{moment}' is refused", status == 2 and said in a["error"], a)
    a = node.deputy("explain", "pbx.wildixin.com", "--at", "-0s")
    t.check("for people, too", a.returncode == 0 and "answer: main" in a.stdout, a.stdout)
    node.deputy("pbx", "release", "main")


def misspelt(node):
    for words, said in ((("pbx", "force", "mian", "up"), "did you mean 'main'?"), (("pbx", "show", "elsewhere"), "pbx list"),
                        (("name", "show", "pbx.wildixin.con"), "did you mean 'pbx.wildixin.com.'?"), (("name", "show", "other.example"), "name list")):
        a = node.deputy(*words)
        yield f"deputy {' '.join(words)} says what may have been meant, or where names are", a.returncode == 1 and said in a.stderr, a
    a = node.deputy("explain", "pbx.wildixin.con")
    yield "explain of a name that is not ours says so, and what may have been meant", "REFUSED" in a.stdout and "pbx.wildixin.com." in a.stdout, a.stdout


def restarted(t, node):
    """main is down and was before: nobody's answer moves by the restart."""
    moved = node.said().count("answer-moved")
    t.kill(node.process, signal.SIGTERM)
    node.process.wait()
    node.start()
    t.check("a restart answers as before", node.answers(["127.0.0.92"], "pbx.wildixin.com"), node.said())
    time.sleep(1)
    t.check("and tells no move of answers, to the log and to hooks", node.said().count("answer-moved") == moved, node.said())


def ended(t, node):
    children = json.loads(node.deputy("--json", "status").stdout)["deputyd"]["children"]
    os.kill(children[0]["pid"], signal.SIGKILL)
    t.check("how a process ended is told", within(10, lambda: 'how="signal 9"' in node.said()), node.said())
    within(10, lambda: node.deputy("pbx", "list").returncode == 0)


def twice(t, node):
    a = subprocess.run([BUILD + "/cmd/deputyd", "-f", "-c", node.conf], capture_output=True, text=True, check=False, timeout=20)
    t.check("a second start says that deputy runs already", a.returncode == 1 and "deputy is already running" in a.stderr, a)
    t.check("and leaves the first alone", node.deputy("pbx", "list").returncode == 0)


def damaged(t, node):
    t.kill(node.process, signal.SIGTERM)
    node.process.wait()
    path = node.folder + "/state/data.mdb"
    with open(path, "r+b") as f:
        f.seek(8192)
        f.write(b"\xa5" * (os.path.getsize(path) - 8192))
    node.start()
    t.check("a node whose kept state is damaged answers", node.answers(["127.0.0.92"], "pbx.wildixin.com"), node.said())
    t.check("it says what is lost and where the old file is", "state-damaged" in node.said() and "data.mdb.damaged" in node.said(), node.said())
    t.check("and keeps state again", node.deputy("pbx", "force", "main", "down").returncode == 0, node.said())


def main(t):
    port = free_port()
    toys = [t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@127.0.0.{n}:{port}", "--listen", f"tcp@127.0.0.{n}:{port}"]) for n in (91, 92)]
    node = Node(t, CONF.format(port=port))
    t.write("deputy/example.com.zone", GOOD.format(serial=7))
    t.write("deputy/example.org.zone", GOOD.format(serial=7))
    node.start()
    t.check("the node probes", within(20, lambda: node.deputy("pbx", "list").stdout.count(" up ") >= 4), node.said())
    zones(t, node)
    refused_by_signal(t, node)
    orders(t, node)
    past(t, node)
    traced(t, node, toys[0])
    for row in misspelt(node):
        t.check(*row)
    restarted(t, node)
    ended(t, node)
    twice(t, node)
    damaged(t, node)


with Test() as test:
    main(test)

#!/usr/bin/env python3
"""The wall clock is set by an hour, ahead and back: nothing switches, times in the history are right, forces end when they should."""
import calendar
import json
import os
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node
from oddpbx import ODD, Udp, reply
from tap import BUILD, SkipAll, Test, within

NAME, HOUR = "pbx.wildixin.com", 3600
SHIFT = os.path.join(BUILD, "tests/system/libclock_shift.so")


class Clock:
    """How far the node's wall clock is ahead of ours."""

    def __init__(self, t):
        self.path = t.write("shift", "\0" * 8)
        self.ahead = 0

    def set(self, seconds):
        self.ahead = seconds
        with open(self.path, "r+b", buffering=0) as f:
            f.write(struct.pack("=q", seconds * 1000))

    def now(self):
        return time.time() + self.ahead


def answerer():
    return Udp(lambda s, octets, where: s.sock.sendto(reply(octets), where) if s.lives else None)


def history(node):
    return json.loads(node.deputy("--json", "switch", "history").stdout)["switches"]


def seconds_of(text):
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


def shown(node, pbx):
    return json.loads(node.deputy("--json", "pbx", "show", pbx).stdout)


def until(node, clock):
    """Seconds left of the force of `spare`, by the node's own clock."""
    return seconds_of(shown(node, "spare")["forced_until"]) - clock.now()


def start(t, main, spare, clock):
    node = Node(t, f"""pbxs:
  - {{ name: main, addresses: [ {ODD} ], endpoints: [ udp@{main.port} ], failover: [ spare ], hold: 2s }}
  - {{ name: spare, addresses: [ {ODD} ], endpoints: [ udp@{spare.port} ], hold: 2s }}
  - {{ name: third, addresses: [ {ODD} ], endpoints: [ udp@{spare.port} ], hold: 2s }}
live: [ {{ name: {NAME}, home: main, ttl: 7s }} ]
""", program="deputy-dns")
    node.run = lambda: setattr(node, "process", t.spawn(
        [node.program, "-c", node.conf], log=node.log_name, env={**os.environ, "LD_PRELOAD": SHIFT, "CLOCK_SHIFT": clock.path}))
    node.run()
    return node


def up(node):
    return '"state": "up"' in node.deputy("--json", "pbx", "show", "main").stdout.replace('":"', '": "')


def steady(t, node, clock, ahead, words):
    before = history(node)
    clock.set(ahead)
    time.sleep(3) # a doubt would show, and a silence of the window pass
    t.check(f"a clock set {words} switches nothing", history(node) == before, history(node))
    t.check(f"a force still has its time after a clock was set {words}", within(5, lambda: 2 * HOUR - 60 < until(node, clock) <= 2 * HOUR),
            until(node, clock), shown(node, "spare"))


def falls_and_comes_back(t, node, clock, pbx, words):
    seq = history(node)[0]["seq"] if history(node) else 0
    pbx.lives = False
    within(60, lambda: any(r["what"] == "down" and r["seq"] > seq for r in history(node)))
    pbx.lives = True
    within(60, lambda: any(r["what"] == "back" and r["seq"] > seq for r in history(node))) # the hold has ended
    fresh = [r for r in history(node) if r["seq"] > seq]
    t.check(f"switches are written with the time that the clock shows {words}",
            len(fresh) >= 2 and all(abs(seconds_of(r["at"]) - clock.now()) < 60 for r in fresh), fresh, clock.now())
    t.check(f"they took as long as they took {words}", all(r["detection_ms"] < 20000 for r in fresh), fresh)
    seqs = [r["seq"] for r in history(node)]
    t.check(f"they stand in the order in which they happened {words}", seqs == sorted(seqs, reverse=True) or seqs == sorted(seqs), seqs)


def main(t):
    if "asan" in subprocess.run(["ldd", BUILD + "/cmd/deputy-dns"], capture_output=True, text=True, check=True).stdout:
        raise SkipAll("a sanitizer will be preloaded before all others")
    clock, pbx, spare = Clock(t), answerer(), answerer()
    pbx.lives = spare.lives = True
    node = start(t, pbx, spare, clock)
    within(60, lambda: up(node))
    node.deputy("pbx", "force", "spare", "drain", "--for", "2h")
    steady(t, node, clock, HOUR, "an hour ahead")
    falls_and_comes_back(t, node, clock, pbx, "ahead")
    steady(t, node, clock, -HOUR, "two hours back")
    falls_and_comes_back(t, node, clock, pbx, "back")
    t.kill(node.process)
    node.run()
    within(60, lambda: up(node))
    t.check("a force has the time it had after a restart by another clock", 2 * HOUR - 120 < until(node, clock) <= 2 * HOUR,
            until(node, clock))


if __name__ == "__main__":
    with Test() as test:
        main(test)

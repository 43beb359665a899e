#!/usr/bin/env python3
"""Answers switch although the disk is full and no descriptor is left; a node starts on a full disk."""
import glob
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node
from tap import BUILD, SkipAll, Test, free_port, within

NAME, MAIN, SPARE = "pbx.wildixin.com", "127.0.0.51", "127.0.0.52"
CONF = """pbxs:
  - {{ name: main, addresses: [ {main} ], endpoints: [ udp@{port} ], failover: [ spare ], hold: 0s }}
  - {{ name: spare, addresses: [ {spare} ], endpoints: [ udp@{port} ], hold: 0s }}
live: [ {{ name: {name}, home: main }} ]
"""


def start(t, node, fill):
    """A node whose state folder is a disk of 1 MiB that nobody else sees."""
    state = node.folder + "/state"
    full = f"dd if=/dev/zero of={state}/filler bs=1k 2>/dev/null; " if fill else ""
    node.process = t.spawn(["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o size=1m none {state} && {{ {full}"
                            f"exec {node.program} -f -c {node.conf}; }}"], log=node.log_name)
    return f"/proc/{node.process.pid}/root{state}"


def fill_up(state):
    with open(state + "/filler", "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(1024))
        except OSError:
            return os.statvfs(state).f_bavail == 0


def toy(t, address, port):
    return t.spawn([BUILD + "/cmd/toy-pbx", "--listen", f"udp@{address}:{port}"])


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        return list(map(int, f.read().split()))


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))


with Test() as t:
    t.need("dig", "unshare", "prlimit")
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", t.scratch], check=False, capture_output=True).returncode:
        raise SkipAll("mount namespaces are permission denied here")
    port = free_port()
    conf = CONF.format(main=MAIN, spare=SPARE, port=port, name=NAME)
    main, spare = toy(t, MAIN, port), toy(t, SPARE, port)
    node = Node(t, conf)
    state = start(t, node, fill=False)
    t.check("the main one answers", node.answers([MAIN], NAME), node.said())
    t.check("the disk is full", fill_up(state), glob.glob(state + "/*"))
    t.kill(main)
    t.check("the answer moves all the same", node.answers([SPARE], NAME), node.said())
    main = toy(t, MAIN, port)
    t.check("and back", node.answers([MAIN], NAME), node.said())
    os.unlink(state + "/filler")
    t.kill(main)
    t.check("and again once there is room", node.answers([SPARE], NAME), node.said())
    t.check("which is told by the history", within(20, lambda: "down" in node.deputy("switch", "history").stdout),
            node.deputy("switch", "history").stdout)
    main = toy(t, MAIN, port)
    t.check("with the main one back", node.answers([MAIN], NAME), node.said())

    child = children(node.process.pid)[0]
    open_count = max(map(int, os.listdir(f"/proc/{child}/fd"))) + 1
    subprocess.run(["prlimit", f"--nofile={open_count}:", "--pid", str(child)], check=True)
    t.kill(main)
    t.check("without a free descriptor the answer moves too", node.answers([SPARE], NAME), node.said())
    asking = [t.spawn([BUILD + "/cmd/deputy", "-c", node.conf, "pbx", "list"]) for _ in range(3)]
    before = cpu_ticks(child)
    time.sleep(3)
    t.check("who asks at the control socket then keeps no process busy", cpu_ticks(child) - before < 200, cpu_ticks(child) - before)
    subprocess.run(["prlimit", "--nofile=1024:", "--pid", str(child)], check=True)
    t.check("and is answered later", all(one.wait(60) == 0 for one in asking), node.said())
    t.kill(node.process)

    late = Node(t, conf + "access: { recursion: [ local ] }\n", name="late")
    start(t, late, fill=True)
    t.check("a node starts on a full disk", late.answers([SPARE], NAME), late.said())
    t.check("and recurses with the root's keys it knows", within(10, lambda: "child-ready child=deputy-recursor" in late.said())
            and "anchors-not-kept" in late.said() and "recursion-failed" not in late.said(), late.said())

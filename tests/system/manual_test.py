#!/usr/bin/env python3
"""What the manuals and the README tell people to type works."""
import json
import os
import re
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from node import Node
from tap import BUILD, TOP, Test, free_port, within

PAIR = """pbxs:
  - {{ name: main, addresses: [ 127.0.0.11 ], endpoints: [ udp@{port} ], failover: [ standby ] }}
  - {{ name: standby, addresses: [ 127.0.0.12 ], endpoints: [ udp@{port} ] }}
live: [ {{ name: pbx.wildixin.com, home: main }}, {{ name: auto.wildixin.com, home: main }} ]
"""


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def examples(page):
    """The shell lines of a page's EXAMPLES."""
    part = page.split(".Sh EXAMPLES", 1)[1].split("\n.Sh ", 1)[0]
    return [line for block in re.findall(r"\.Bd -literal[^\n]*\n(.*?)\n\.Ed", part, re.S) for line in block.split("\n")]


def wrapped(t, node):
    """A folder for PATH in which deputy and deputyd know the node of this test."""
    options = f"--run {node.folder}/run -c {node.conf}"
    for name, more in (("deputy", options), ("deputyd", f"-c {node.conf}")):
        path = t.write("bin/" + name, f'#!/bin/sh\nexec {BUILD}/cmd/{name} {more} "$@"\n')
        os.chmod(path, 0o755)
    return {**os.environ, "PATH": t.scratch + "/bin:" + os.environ["PATH"]}


def shell(line, environment, folder, seconds=20):
    """Returns exit status and output; what stays up is ended after the time."""
    with open(os.path.join(folder, "shell.out"), "w+", encoding="utf-8") as out: # a daemon may keep it open
        process = subprocess.Popen(["sh", "-c", line], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                   env=environment, cwd=folder, start_new_session=True)
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            status = "stays up"
        out.seek(0)
        return status, out.read()


def pages(t, node, environment):
    for line in examples(read("man/deputy.1.in")):
        typed = line.replace("--at -10m", "--at -0s") # this node is younger
        status, out = shell(typed, environment, t.scratch, 2 if "toy-pbx" in line else 20)
        t.check(f"deputy(1): {line}", status == ("stays up" if "toy-pbx" in line else 0), status, out)
    other = Node(t, PAIR.format(port=free_port()), name="other")
    environment = wrapped(t, other)
    for line in examples(read("man/deputyd.8")):
        status, out = shell(line, environment, other.folder, 3)
        if "-f" in line:
            t.check(f"deputyd(8): {line}", status == "stays up", status, out)
            continue
        t.check(f"deputyd(8): {line}", status == 0, status, out)
        t.check("it answers in the background", other.answer("pbx.wildixin.com"), out)
        pid = json.loads(other.deputy("--json", "status").stdout)["deputyd"]["pid"]
        os.kill(pid, signal.SIGTERM)
        within(10, lambda: not os.path.exists(f"/proc/{pid}"))


def configurations(t, environment):
    blocks = re.findall(r"```yaml\n(.*?)```", read("README.md"), re.S)
    t.check("the README has configurations", len(blocks) == 3, len(blocks))
    for i, block in enumerate(blocks):
        status, out = shell(f"deputy conf check {t.write(f'readme{i}.conf', block)}", environment, t.scratch)
        t.check(f"configuration {i + 1} of the README is good", status == 0, out)


def commands(t, environment):
    rows = {line.strip().split("  ")[0] for line in shell("deputy help", environment, t.scratch)[1].split("\n")}
    text = re.sub(r"```yaml.*?```|prints[^\n]*\n\n```.*?```", "", read("README.md"), flags=re.S)
    code = "\n".join(re.findall(r"```\n(.*?)```", text, re.S)) + "\n".join(re.findall(r"`(deputy [^`]*)`", text))
    named = set(re.findall(r"^deputy ([a-z][a-z-]*(?: [a-z]+)?)", code, re.M))
    for name in sorted(named):
        t.check(f"the README's `deputy {name}` is a command",
                any(row == word or row.startswith(word + " ") for row in rows
                    for word in (name, name.split(" ")[0]) if word), sorted(rows))


with Test() as t:
    t.need("dig")
    port = free_port()
    for address in ("127.0.0.11", "127.0.0.12"):
        t.spawn([BUILD + "/cmd/toy-pbx", "--quiet", "--listen", f"udp@{address}:{port}"])
    node = Node(t, PAIR.format(port=port)).start()
    up = within(20, lambda: node.answer("pbx.wildixin.com"))
    t.check("a pair answers", up, node.said())
    environment = wrapped(t, node)
    pages(t, node, environment)
    configurations(t, environment)
    commands(t, environment)

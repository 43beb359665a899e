#!/usr/bin/env python3
"""The commands in the manuals and the README work."""
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


def cli_page(t, node, environment):
    toy_port = free_port()
    for line in examples(read("man/deputy.1.in")):
        typed = line.replace("--at -10m", "--at -0s") # this node is younger
        typed = re.sub(r"@(127\.[\d.]+):5070\b", rf"@\1:{toy_port}", typed) # which ./demo holds
        status, out = shell(typed, environment, t.scratch, 2 if "toy-pbx" in line else 20)
        t.check(f"deputy(1): {line}", status == ("stays up" if "toy-pbx" in line else 0), status, out)


def keeper_page(t):
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


def dns_page(t):
    alone = Node(t, PAIR.format(port=free_port()), name="alone")
    environment = {**os.environ, "PATH": BUILD + "/cmd:" + os.environ["PATH"]}
    for line in examples(read("man/deputy-dns.8")):
        status, out = shell(line, environment, alone.folder, 3)
        t.check(f"deputy-dns(8): {line}", status == "stays up", status, out)


def recursor_page(t):
    text = "\n".join(examples(read("man/deputy-recursor.8")))
    node = Node(t, text + "\n", name="recursor-page")
    a = node.deputy("conf", "check")
    t.check("deputy-recursor(8): its example is a good configuration", a.returncode == 0, text, a.stdout)


def conf_page(t, environment):
    for line in re.findall(r"^@file (\S+)", read("man/deputy.conf.5.in"), re.M):
        status, out = shell(f"deputy conf check {TOP}/doc/examples/{line}", environment, t.scratch)
        t.check(f"deputy.conf(5): {line} is good", status == 0, out)


def every_page(t):
    """A new page must have its examples run here."""
    known = {"deputy.1.in", "deputyd.8", "deputy-dns.8", "deputy-recursor.8", "deputy.conf.5.in"}
    found = {name for name in os.listdir(TOP + "/man") if re.search(r"\.[1-9](\.in)?$", name)}
    t.check("every manual's examples are run", found == known, found ^ known)
    for name in sorted(found):
        t.check(f"{name} has EXAMPLES and EXIT STATUS", all(f"\n.Sh {s}\n" in read("man/" + name) for s in ("EXAMPLES", "EXIT STATUS")))


def table(page):
    """The numbers of a page's EXIT STATUS."""
    part = read("man/" + page).split(".Sh EXIT STATUS", 1)[1].split("\n.Sh ", 1)[0]
    return {int(n) for n in re.findall(r"^\.It ([0-9])$", part, re.M)}


def statuses(t, node):
    """Each number of deputy(1)'s table is what a command ends with."""
    def ends(expected, *words, options=()):
        a = subprocess.run([BUILD + "/cmd/deputy", "-c", node.conf, *options, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        t.check(f"status {expected}: deputy {' '.join(words)}", a.returncode == expected, a)
        tried.add(expected)
    tried = set()
    ends(0, "pbx", "list")
    ends(1, "name", "show", "elsewhere.example")
    ends(2, "pbx", "force", "main", "sideways")
    ends(3, "pbx", "list", options=("--run", t.scratch + "/nowhere"))
    if os.getuid() == 0:
        os.chmod(t.scratch, 0o755)
        a = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", BUILD + "/cmd/deputy", "--run", node.folder + "/run", "pbx", "force", "main", "up"],
                           capture_output=True, text=True, check=False)
        t.check("status 4: another user's deputy pbx force", a.returncode == 4 and a.stderr, a)
    else:
        t.skip("status 4: another user's deputy pbx force", "only root can be another user")
    tried.add(4)
    keeper = json.loads(node.deputy("--json", "status").stdout)["deputyd"]["pid"]
    os.kill(keeper, signal.SIGSTOP) # a child that hangs would be started again
    ends(6, "conf", "show")
    ends(7, "status")
    os.kill(keeper, signal.SIGCONT)
    with subprocess.Popen([BUILD + "/cmd/deputy", "-c", node.conf, "node", "upgrade"], stdout=subprocess.DEVNULL) as upgrade:
        conflict = within(10, lambda: node.deputy("node", "upgrade").returncode == 5 or upgrade.poll() is not None, 0)
        upgrade.wait()
    t.check("status 5: deputy node upgrade beside another one", conflict)
    tried.add(5)
    t.check("the table of deputy(1) has these and no others", tried == table("deputy.1.in"), tried ^ table("deputy.1.in"))
    for page, program, number, words in (("deputyd.8", "deputyd", 1, ["-f", "-c", "/dev/null"]), ("deputyd.8", "deputyd", 2, ["-x"]), ("deputyd.8", "deputyd", 0, ["-v"]),
                                         ("deputy-dns.8", "deputy-dns", 1, ["-c", "/dev/null"]), ("deputy-dns.8", "deputy-dns", 2, ["-x"]),
                                         ("deputy-recursor.8", "deputy-recursor", 2, [])):
        a = subprocess.run([f"{BUILD}/cmd/{program}", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        t.check(f"{program} {' '.join(words)} ends with {number}, which its page knows", a.returncode == number and number in table(page), a)


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
    every_page(t)
    cli_page(t, node, environment)
    keeper_page(t)
    dns_page(t)
    recursor_page(t)
    conf_page(t, environment)
    statuses(t, node)
    configurations(t, environment)
    commands(t, environment)

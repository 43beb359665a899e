#!/usr/bin/env python3
"""Standard error that nobody reads keeps nothing from being done; a log file is opened anew."""
import fcntl
import os
import signal
import subprocess

from node import Node
from tap import BUILD, Test, free_port, within

TOY = os.path.join(BUILD, "cmd/toy-pbx")


def conf(port):
    return (f"pbxs:\n  - {{ name: main, addresses: [ 127.0.0.11 ], endpoints: [ udp@{port} ], failover: [ spare ], hold: 1s }}\n"
            f"  - {{ name: spare, addresses: [ 127.0.0.12 ], endpoints: [ udp@{port} ], hold: 1s }}\n"
            "live: [ { name: pbx.example.net, home: main } ]\n")


def toy(t, address, port, name):
    return t.spawn([TOY, "--listen", f"udp@{address}:{port}"], log=name)


def fill(fd):
    """Fills a pipe to the last octet through a description of its own."""
    own = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK)
    for step in (65536, 1):
        try:
            while True:
                os.write(own, b"x" * step)
        except BlockingIOError:
            pass
    os.close(own)


def child_of(keeper, program):
    for pid in subprocess.run(["pgrep", "-P", str(keeper)], capture_output=True, text=True, check=False).stdout.split():
        try:
            if os.readlink(f"/proc/{pid}/exe").endswith(program):
                return int(pid)
        except OSError:
            pass
    return None


def start_at(t, node, stderr, *options):
    process = subprocess.Popen([node.program, "-f", "-c", node.conf, *options], stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr,
                               start_new_session=True)
    t.processes.append(process)
    node.process = process


def nobody_reads(t):
    port = free_port()
    pbxs = {a: toy(t, a, port, "toy-" + a) for a in ("127.0.0.11", "127.0.0.12")}
    node = Node(t, conf(port), name="jammed")
    reader, writer = os.pipe()
    start_at(t, node, writer)
    t.check("a node whose standard error is a pipe answers", node.answers(["127.0.0.11"], "pbx.example.net"))
    fill(writer)
    t.check("the pipe still belongs to whoever made it: writing to it waits",
            not fcntl.fcntl(writer, fcntl.F_GETFL) & os.O_NONBLOCK)
    t.kill(pbxs["127.0.0.11"])
    t.check("while nobody reads it, a PBX that died is switched away from", node.answers(["127.0.0.12"], "pbx.example.net"))
    first = child_of(node.process.pid, "deputy-dns")
    os.kill(first, signal.SIGKILL)
    second = within(20, lambda: (p := child_of(node.process.pid, "deputy-dns")) not in (None, first) and p)
    t.check("a killed child is restarted", bool(second), first, second)
    t.check("and answers", node.answers(["127.0.0.12"], "pbx.example.net"))
    os.kill(second, signal.SIGSTOP)
    third = within(30, lambda: (p := child_of(node.process.pid, "deputy-dns")) not in (None, second) and p)
    t.check("a child that hangs is killed and restarted, and answers", third and node.answers(["127.0.0.12"], "pbx.example.net"), second, third)
    t.check("and commands are answered", node.deputy("pbx", "list").returncode == 0, node.deputy("status").stderr)
    os.set_blocking(reader, False)
    while within(0, lambda: read_some(reader)):
        pass
    node.deputy("conf", "reload")
    said = within(10, lambda: b"log-dropped" in (got := read_some(reader)) and got)
    t.check("read again, it has the number of lines that are missing", said and b" log-dropped lines=" in said, said)
    node.process.send_signal(signal.SIGTERM)
    t.check("and the node ends when told to", node.process.wait(20) == 0)


def read_some(fd):
    try:
        return os.read(fd, 65536)
    except BlockingIOError:
        return b""


def log_file(t):
    port = free_port()
    toy(t, "127.0.0.12", port, "toy-file")
    node = Node(t, conf(port), name="file")
    path = os.path.join(node.folder, "deputy.log")

    def text(name=path):
        try:
            with open(name, encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    with open(os.path.join(node.folder, "stderr"), "wb") as err:
        start_at(t, node, err, "--log-file", path)
    t.check("with --log-file all processes write to it", within(10, lambda: " keeper ready " in text() and " dns " in text()), text())
    os.rename(path, path + ".1")
    node.process.send_signal(signal.SIGUSR1)
    t.check("SIGUSR1 opens it anew", within(10, lambda: " keeper log-opened " in text()), text(), text(path + ".1"))
    old = text(path + ".1")
    node.deputy("pbx", "force", "main", "down")
    t.check("and children write to the new one, too", within(10, lambda: " dns command " in text()), text(), text(path + ".1"))
    t.check("and nobody to the one before", text(path + ".1") == old)
    t.check("the file is not for everybody", os.stat(path).st_mode & 0o7 == 0, oct(os.stat(path).st_mode))
    node.process.send_signal(signal.SIGTERM)
    node.process.wait(20)
    status = subprocess.run([node.program, "-f", "-c", node.conf, "--log-file", "/nowhere/deputy.log"], capture_output=True, text=True, check=False, timeout=30)
    t.check("a log file that cannot be opened ends the start", status.returncode == 1 and "/nowhere/deputy.log: No such file" in status.stderr, status)
    plain = Node(t, conf(port), name="plain").start()
    t.check("a node without a log file starts", within(10, lambda: " ready " in plain.said()), plain.said())
    plain.process.send_signal(signal.SIGUSR1)
    t.check("and SIGUSR1 does not end it", plain.deputy("pbx", "list").returncode == 0 and plain.process.poll() is None, plain.said())


with Test() as t:
    t.need("dig")
    nobody_reads(t)
    log_file(t)

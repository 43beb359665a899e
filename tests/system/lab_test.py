#!/usr/bin/env python3
"""The lab and the relay do what other tests rely on."""
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Lab
from tap import Test, free_port, within

HERE = os.path.dirname(os.path.abspath(__file__))


def echo_server(address, port):
    return ["python3", "-c",
            f"import socket\ns=socket.socket(2,2)\ns.bind(('{address}',{port}))\n"
            "while True:\n d,a=s.recvfrom(99)\n s.sendto(d,a)"]


def ping(host, address):
    with host.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with s:
        s.settimeout(0.2)
        try:
            s.sendto(b"x", (address, 7))
            return s.recv(9) == b"x"
        except OSError:
            return False


def carrier(host):
    return host.run(["cat", "/sys/class/net/eth0/carrier"]).stdout.strip()


with Test() as t:
    lab = Lab(t)
    a, b = lab.host("a", "10.99.0.1"), lab.host("b", "10.99.0.2")
    b.spawn(echo_server("10.99.0.2", 7))
    t.check("two hosts reach each other", within(5, lambda: ping(a, "10.99.0.2")))
    b.cut()
    t.check("a host whose link is cut is not reached", not ping(a, "10.99.0.2"))
    t.check("the other's carrier stays", carrier(a) == "1", carrier(a))
    b.mend()
    t.check("a mended link carries again", within(5, lambda: ping(a, "10.99.0.2")))
    b.silence()
    t.check("a silenced host says nothing", not ping(a, "10.99.0.2"))
    b.speak()
    t.check("it speaks again", within(5, lambda: ping(a, "10.99.0.2")))

    behind, front = free_port(), free_port()
    t.spawn(echo_server("127.0.0.1", behind), log="echo")
    t.spawn([sys.executable, HERE + "/relay.py", f"127.0.0.1@{front}", f"127.0.0.1@{behind}", "--delay", "10",
             "--loss", "0.3", "--for", "20"], log="relay")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(0.2)
    came, quickest = 0, 1.0
    for i in range(30):
        began = time.monotonic()
        try:
            s.sendto(b"%d" % i, ("127.0.0.1", front))
            came += s.recv(99) == b"%d" % i
            quickest = min(quickest, time.monotonic() - began)
        except OSError:
            pass
        if i == 0 and came == 0:
            time.sleep(0.1)
    t.check("the relay loses some and carries some", 0 < came < 30, came)
    t.check("the relay delays both ways", quickest >= 0.02, quickest)

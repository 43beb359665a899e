#!/usr/bin/env python3
"""The toy PBXs, tested with third-party programs, SIPp and sipsak; and the ways in which they can fail."""
import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import BUILD, Test, free_port, within  # noqa: E402

FIRST, SECOND = "127.0.0.11", "127.0.0.12"

SCENARIO = """<?xml version="1.0"?><scenario name="device">
<send retrans="500"><![CDATA[
REGISTER sip:toy SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
From: <sip:u[call_number]@toy>;tag=[pid]T[call_number]
To: <sip:u[call_number]@toy>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:u[call_number]@[local_ip]:[local_port]>
Expires: 60
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
<send retrans="500"><![CDATA[
INVITE sip:other@toy SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]
From: <sip:u[call_number]@toy>;tag=[pid]T[call_number]
To: <sip:other@toy>
Call-ID: [call_id]
CSeq: 2 INVITE
Contact: <sip:u[call_number]@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="486"/>
<send><![CDATA[
ACK sip:other@toy SIP/2.0
[last_Via:]
From: <sip:u[call_number]@toy>;tag=[pid]T[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 2 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
</scenario>
"""


def run(argv, cwd):
    """Ends a process that hangs: SIPp's own time limit does not hold where its output is a pipe."""
    with open(os.path.join(cwd, "out"), "w+", encoding="utf-8", errors="replace") as out:
        try:
            status = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=30,
                                    check=False).returncode
        except subprocess.TimeoutExpired:
            status = "timed out"
        out.seek(0)
        return status, out.read()[-2000:]


def sipp(t, port, transport, calls=200):
    path = t.write("device.xml", SCENARIO)
    return run(["sipp", "-sf", path, f"{FIRST}:{port}", "-i", "127.0.0.1", "-p", str(free_port()), "-t", transport,
                "-m", str(calls), "-r", "200", "-nostdin", "-timeout", "20s", "-timeout_error", "-max_socket", "500"], t.scratch)


def options(branch):
    return (f"OPTIONS sip:toy SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{branch}\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:toy>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n").encode()


def ask(address, port, wait_s=0.5):
    """The status line of the answer, "" for none, or the name of the error."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(wait_s)
        s.connect((address, port))
        try:
            s.send(options(time.monotonic_ns()))
            return s.recv(4096).split(b"\r\n")[0].decode("latin-1")
        except socket.timeout:
            return ""
        except OSError as e:
            return type(e).__name__


def request(method, branch):
    return (f"{method} sip:b@toy SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{branch}\r\n"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:b@toy>\r\nCall-ID: call\r\nCSeq: 1 {method}\r\n"
            "Content-Length: 0\r\n\r\n").encode()


def statuses(s, count, wait_s):
    """The status lines of so many datagrams; fewer where none comes for so long."""
    s.settimeout(wait_s)
    got = []
    while len(got) < count:
        try:
            got.append(s.recv(4096).split(b"\r\n")[0].decode("latin-1"))
        except socket.timeout:
            break
    return got


with Test() as t:
    port, tls_port = free_port(), free_port()
    toy = subprocess.Popen([os.path.join(BUILD, "cmd", "toy-pbx"), "--many", "2", "--quiet",
                            *[w for each in ("udp", "tcp") for w in ("--listen", f"{each}@{FIRST}:{port}")],
                            "--listen", f"tls@{FIRST}:{tls_port}"],
                           stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
    t.processes.append(toy)

    def switch(line):
        toy.stdin.write(line.encode() + b"\n")
        toy.stdin.flush()

    t.check("both answer OPTIONS", within(5, lambda: ask(FIRST, port) == ask(SECOND, port) == "SIP/2.0 200 OK"))
    for line, answers in (("1 503", ("SIP/2.0 503 Service Unavailable",)), ("1 silent", ("",)),
                          ("1 garbage", ("\x01\x02 this is no SIP \xff\xfe",)), ("1 slow 100", ("SIP/2.0 200 OK",)),
                          ("1 refuse", ("ConnectionRefusedError",)), ("1 resume", ("SIP/2.0 200 OK",))):
        switch(line)
        t.check(f"'{line}' is obeyed by the first", within(5, lambda: ask(FIRST, port) in answers), ask(FIRST, port))
        t.check(f"'{line}' leaves the second alone", ask(SECOND, port) == "SIP/2.0 200 OK")
    for transport, name in (("udp", "UDP"), ("tcp", "TCP")):
        if not shutil.which("sipsak"):
            t.skip(f"sipsak is answered over {name}", "sipsak is not installed")
            continue
        status, said = run(["sipsak", "-E", transport, "-s", f"sip:a@{FIRST}:{port}"], t.scratch)
        t.check(f"sipsak is answered over {name}", status == 0, status, said)
    for transport, name in (("u1", "UDP"), ("t1", "TCP"), ("tn", "TCP, a connection each")):
        if not shutil.which("sipp"):
            t.skip(f"200 devices of SIPp register and call over {name}", "sipp is not installed")
            continue
        status, said = sipp(t, port, transport)
        t.check(f"200 devices of SIPp register and call over {name}", status == 0, status, said)
    switch("quit")
    t.check("it ends with 0 when told", toy.wait(timeout=10) == 0)

    t.processes.append(subprocess.Popen([os.path.join(BUILD, "cmd", "toy-pbx"), "--invite", "200", "--quiet",
                                         "--listen", f"udp@{FIRST}:{port}"],
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True))
    within(5, lambda: ask(FIRST, port) == "SIP/2.0 200 OK")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((FIRST, port))
        s.send(request("INVITE", "i1"))
        got = statuses(s, 3, 10)
        t.check("a 200 to an INVITE is repeated (RFC 6026: by its user)", got == ["SIP/2.0 200 OK"] * 3, got)
        s.send(request("ACK", "a1"))
        statuses(s, 1, 0.2)  # one may be under way
        t.check("until the ACK comes", statuses(s, 1, 5) == [])
        s.send(request("CANCEL", "unknown"))
        got = statuses(s, 1, 10)
        t.check("a CANCEL of no INVITE gets 481", got == ["SIP/2.0 481 Call/Transaction Does Not Exist"], got)

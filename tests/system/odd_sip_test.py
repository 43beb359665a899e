#!/usr/bin/env python3
"""PBXs that answer in unusual ways, each on its own port: a PBX that is alive is up and stays up."""
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from authority import Authority
from node import Node
from oddpbx import ODD, Tcp, Udp, asks, compact, folded, reply
from tap import Test, within

NAME = "pbx.wildixin.com"


def say(make):
    """Over UDP: what `make` makes of each request."""
    return Udp(lambda s, octets, where: [s.sock.sendto(part, where) for part in make(octets)])


def status(line, more=""):
    return say(lambda octets: [reply(octets, line, more)])


def later(server, seconds, octets, where):
    threading.Timer(seconds, server.sock.sendto, (reply(octets), where)).start()


def from_another_port():
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.bind((ODD, 0))
    return Udp(lambda s, octets, where: other.sendto(reply(octets), where))


def wrong_branch(octets):
    return [reply(octets, via=f"SIP/2.0/UDP {ODD};branch=z9hG4bK0123456789abcdef")]


def upper_branch(octets):
    head, _, branch = reply(octets).partition(b"z9hG4bK")
    return [head + b"z9hG4bK" + branch[:16].upper() + branch[16:]]


def with_line(line):
    """One more line in front of the fields."""
    return say(lambda octets: [reply(octets).replace(b"\r\nVia", b"\r\n" + line + b"\r\nVia", 1)])


def echoes():
    """Over UDP: what comes goes back, our own answers too."""
    server = Udp(lambda s, octets, where: s.sock.sendto(octets, where))
    server.hears = False
    return server


def relays(answers_itself):
    """A proxy that passes on what is not its own, to a main PBX that answers all."""
    main, passed = status("200 OK"), []

    def take(s, octets, where):
        if int(re.search(rb"Max-Forwards: (\d+)", octets).group(1)) > 0:
            passed.append(octets)
            s.sock.sendto(octets, (ODD, main.port))
        elif octets.startswith(b"OPTIONS") and answers_itself:
            s.sock.sendto(reply(octets, "483 Too Many Hops"), where)
    server = Udp(take)
    server.passed = passed
    return server


def odd_via(octets):
    return [reply(octets).replace(b";branch", b";;branch", 1)]


def one_in(n):
    return Udp(lambda s, octets, where: s.count % n or s.sock.sendto(reply(octets), where))


def probes_back(s, octets, where):
    """It counts whom it asks as alive, as a PBX qualifies its telephones."""
    s.sock.sendto(asks(octets, "UDP"), where)
    s.sock.sendto(reply(octets), where)


def pinned():
    """A NAT that has pinned each source port of ours to a backend that is removed after some probes."""
    counts = {}

    def answer(server, octets, where):
        counts[where] = counts.get(where, 0) + 1
        if counts[where] <= 20:
            server.sock.sendto(reply(octets), where)
    return Udp(answer)


def udp_cases():
    """(how, server, state that it shall have)"""
    alive = [(f"answers {line}", status(line), "up") for line in (
        "200 OK", "202 Accepted", "302 Moved Temporarily", "401 Unauthorized", "403 Forbidden", "404 Not Found",
        "405 Method Not Allowed", "407 Proxy Authentication Required", "420 Bad Extension", "480 Temporarily Unavailable",
        "486 Busy Here", "488 Not Acceptable Here", "501 Not Implemented", "603 Decline", "699 Whatever", "200 ")]
    dead = [(f"answers {line}", status(line), "down") for line in (
        "408 Request Timeout", "500 Server Internal Error", "502 Bad Gateway", "504 Server Time-out", "099 Low", "700 High")]
    return alive + dead + [
        ("answers 503", status("503 Service Unavailable"), "draining"),
        ("answers 503 with Retry-After", status("503 Busy", "Retry-After: 120 (maintenance);duration=60\r\n"), "draining"),
        ("writes compact headers", say(lambda o: [compact(o)]), "up"),
        ("folds its headers", say(lambda o: [folded(o)]), "up"),
        ("sends 100 Trying before", say(lambda o: [reply(o, "100 Trying"), reply(o)]), "up"),
        ("sends nothing but 100 Trying", status("100 Trying"), "down"),
        ("answers each request three times", say(lambda o: 3 * [reply(o)]), "up"),
        ("sends garbage before each answer", say(lambda o: [b"\x80\x00garbage", b"hello there\r\n\r\n", reply(o)]), "up"),
        ("sends garbage alone", say(lambda o: [b"\x80\x00garbage", b"hello\r\n\r\n", b""]), "down"),
        ("sends keepalives before and behind", say(lambda o: [b"\r\n\r\n", reply(o), b"\r\n", b"\0"]), "up"),
        ("sends 30 kB of headers", say(lambda o: [reply(o, more="".join(f"X-{i}: {'x' * 300}\r\n" for i in range(100)))]), "up"),
        ("promises a longer body than it sends",
         say(lambda o: [reply(o).replace(b"Content-Length: 0", b"Content-Length: 500")]), "up"),
        ("has a line without a colon", with_line(b"hello there"), "up"),
        ("ends its lines with LF", say(lambda o: [reply(o).replace(b"\r\n", b"\n")]), "up"),
        ("has an empty parameter in its Via", say(odd_via), "up"),
        ("has CRLF before its status line", say(lambda o: [b"\r\n\r\n" + reply(o)]), "up"),
        ("has 300 fields", say(lambda o: [reply(o, more="X: y\r\n" * 300)]), "up"),
        ("writes a space before a colon and octets that are no text",
         say(lambda o: [reply(o, more="X Y\t: \x80\xff\r\n")]), "up"),
        ("breaks off behind CSeq", say(lambda o: [re.split(b"(?<=OPTIONS)\r\n", reply(o))[0]]), "up"),
        ("echoes what we send", echoes(), "down"),
        ("relays what is not its own and refuses the last hop", relays(True), "up"),
        ("relays what is not its own and says nothing itself", relays(False), "down"),
        ("answers another one's branch", say(wrong_branch), "down"),
        ("leaves Via away", say(lambda o: [reply(o).replace(b"Via:", b"Xia:")]), "down"),
        ("writes the branch in capitals", say(upper_branch), "up"),
        ("answers from another port", from_another_port(), "down"),
        ("answers one in four", one_in(4), "up"),
        ("answers just within a try's time", Udp(lambda s, o, w: later(s, 0.15, o, w)), "up"),
        ("answers later than a try's time", Udp(lambda s, o, w: later(s, 0.35, o, w)), "up"),
        ("asks us too", Udp(probes_back), "up"),
        ("is behind a NAT that pins each flow to a removed backend", pinned(), "up"),
    ]


def octet_by_octet(_, connection, octets):
    for octet in reply(octets):
        connection.send(bytes([octet]))


def in_two_parts(_, connection, octets):
    text = reply(octets)
    connection.send(text[:-1])
    time.sleep(0.05)
    connection.send(text[-1:])


def then_closes(_, connection, octets):
    connection.sendall(reply(octets))
    connection.close()


def half_closes(_, connection, octets):
    connection.sendall(reply(octets))
    connection.shutdown(socket.SHUT_WR)


def resets(_, connection, octets):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def qualifies(_, connection, octets):
    connection.sendall(asks(octets, "TCP") + reply(octets))


def writes(make):
    return lambda _, connection, octets: connection.sendall(make(octets))


def garbage_once(server, connection, octets):
    connection.sendall(b"\x80\x80\x80 garbage\r\n\r\n" if server.count == 12 else reply(octets))


def goes_mute():
    """A proxy that is tied to a backend: each connection is answered for some probes, and then only read."""
    counts = {}

    def answer(_, connection, octets):
        key = connection.getpeername()
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= 20:
            connection.sendall(reply(octets))
    return answer


def tcp_cases(tls=None):
    over = "TLS" if tls else "TCP"
    rows = [
        ("answers octet by octet", octet_by_octet, "up"),
        ("answers in two parts", in_two_parts, "up"),
        ("answers twice in one segment", writes(lambda o: 2 * reply(o)), "up"),
        ("sends keepalives and pongs between", writes(lambda o: b"\r\n\r\n" + reply(o) + b"\r\n\r\n\r\n"), "up"),
        ("closes after each answer", then_closes, "up"),
        ("asks us too", qualifies, "up"),
        ("has a line without a colon", writes(lambda o: reply(o).replace(b"\r\nVia", b"\r\nhello there\r\nVia", 1)), "up"),
        ("ends its lines with LF", writes(lambda o: reply(o).replace(b"\r\n", b"\n")), "up"),
        ("has an empty parameter in its Via", writes(lambda o: odd_via(o)[0]), "up"),
        ("has 300 fields", writes(lambda o: reply(o, more="X: y\r\n" * 300)), "up"),
        ("has two different Content-Lengths", writes(lambda o: reply(o, more="Content-Length: 7\r\n")), "up"),
        ("echoes what we send", writes(lambda o: o), "down"),
        ("goes mute on each connection after a while", goes_mute(), "up"),
        ("answers without Content-Length", writes(lambda o: reply(o).replace(b"Content-Length: 0\r\n", b"")), "up"),
        ("sends 40 kB of headers", writes(lambda o: reply(o, more="".join(f"X-{i}: {'x' * 400}\r\n" for i in range(100)))), "up"),
        ("sends a body", writes(lambda o: reply(o).replace(b"Content-Length: 0\r\n\r\n", b"Content-Length: 7\r\n\r\nv=0\r\n\r\n")), "up"),
        ("sends garbage once", garbage_once, "up"),
        ("sends nothing but garbage", writes(lambda _: b"\x16\x03\x01 garbage\r\n\r\n"), "down"),
        ("accepts and says nothing", lambda *_: None, "down"),
        ("resets at each request", resets, "down"),
        ("is a web server", writes(lambda _: b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), "down"),
        ("closes at each request", lambda _, connection, o: connection.close(), "down"),
    ]
    if not tls: # a half-closed TLS connection is a closed one
        rows.append(("closes its half after each answer", half_closes, "up"))
    return [(f"{how} over {over}", Tcp(answer, tls=tls), state) for how, answer, state in rows]


def tls_context(t, certificate="good"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{t.scratch}/{certificate}.pem", f"{t.scratch}/{certificate}.key")
    return context


def tls_cases(t):
    def plain(how, state="up", certificate="good", **settings):
        context = tls_context(t, certificate)
        for key, value in settings.items():
            if key == "ca":
                context.load_verify_locations(value)
            else:
                setattr(context, key, value)
        return (f"{how} over TLS", Tcp(writes(reply), tls=context), state)

    asked = []
    wants_name = tls_context(t)
    wants_name.sni_callback = lambda _socket, name, _context: asked.append(name)
    v2, v3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    return asked, [
        plain("speaks TLS 1.2 alone", maximum_version=v2),
        plain("speaks TLS 1.3 alone", minimum_version=v3),
        plain("gives no tickets", num_tickets=0),
        plain("asks for a certificate of ours", ca=t.scratch + "/authority.pem", verify_mode=ssl.CERT_OPTIONAL),
        plain("demands a certificate of ours", "down", ca=t.scratch + "/authority.pem", verify_mode=ssl.CERT_REQUIRED),
        plain("has an expired certificate", certificate="expired"),
        plain("has another name's certificate", certificate="other"),
        ("wants to know whom we mean over TLS", Tcp(writes(reply), tls=wants_name), "up"),
    ] + tcp_cases(tls_context(t))


OWN = ", probe-from: sip:monitor@pbx.example.net, probe-user: watch, probe-agent: Watcher 1.0, max-forwards: 3" # of the first one


def conf(cases):
    rows = "".join(
        f"  - {{ name: p{i}, addresses: [ {ODD} ], endpoints: [ {server.transport}@{server.port} ], hold: 0s, ca-file: ../authority.pem{'' if i else OWN} }}\n"
        for i, (_, server, _) in enumerate(cases))
    lives = "".join(f"  - {{ name: {'' if i == 0 else f'p{i}.'}{NAME}, home: p{i} }}\n" for i in range(len(cases)))
    return f"pbxs:\n{rows}live:\n{lives}"


def rows_of(node):
    try:
        return {row["pbx"]: row for row in json.loads(node.deputy("--json", "pbx", "list").stdout)["pbxs"]}
    except (ValueError, KeyError):
        return {}


def switches(node):
    """How often each pbx changed its state."""
    counts = {}
    for record in json.loads(node.deputy("--json", "switch", "history", "--count", "1000").stdout)["switches"]:
        counts[record["pbx"]] = counts.get(record["pbx"], 0) + (record["what"] in ("down", "up", "draining"))
    return counts


def as_wanted(rows, cases):
    return all(rows.get(f"p{i}", {}).get("state") == state for i, (_, _, state) in enumerate(cases))


def traced(t, node, cases):
    """Messages are shown whole, and say what the configuration has them say."""
    def messages(i):
        text = node.deputy("--json", "probe", f"p{i}", "--trace", "--for", "1s").stdout
        return [row["message"] for row in json.loads(text)["trace"] if "message" in row]
    sent = next((m for m in messages(0) if m.startswith("OPTIONS ")), "")
    t.check("From, Contact, User-Agent and Max-Forwards are as configured", all(part in sent for part in (
        "From: <sip:monitor@pbx.example.net>;tag=", "Contact: <sip:watch@", "User-Agent: Watcher 1.0", "Max-Forwards: 3")), sent)
    shown = messages(next(i for i, case in enumerate(cases) if case[0] == "sends 100 Trying before"))
    t.check("a trace shows a 100 and the answer behind it", any(m.startswith("SIP/2.0 100 Trying") for m in shown)
            and any(m.startswith("SIP/2.0 200 OK") and "CSeq:" in m for m in shown), shown)


def main(t):
    authority = Authority(t, "authority")
    for index, name in enumerate((NAME, "telephone.example", NAME)):
        authority.sign(("good", "other", "expired")[index], name, days=(9, 9, -1)[index])
    asked, over_tls = tls_cases(t)
    cases = udp_cases() + tcp_cases() + over_tls
    node = Node(t, conf(cases)).start()
    within(40, lambda: as_wanted(rows_of(node), cases), 0.5)
    time.sleep(8) # who flaps, flaps
    rows, changes = rows_of(node), switches(node)
    for i, (how, server, state) in enumerate(cases):
        row = rows.get(f"p{i}", {})
        t.check(f"one that {how} is {state}", row.get("state") == state, row)
        if state == "up":
            t.check(f"one that {how} never changed its state", changes.get(f"p{i}", 0) == 0, changes.get(f"p{i}"), row)
        if "relays" in how:
            t.check(f"one that {how} cannot pass a probe on", not server.passed, server.passed[:1])
        if "asks us too" in how:
            t.check(f"one that {how} is answered", server.heard > 0, server.count)
    def told(how):
        place = next(i for i, case in enumerate(cases) if case[0] == how)
        return node.deputy("--json", "pbx", "show", f"p{place}").stdout
    for how, odd in (("has a line without a colon", "odd: a line without a colon"), ("ends its lines with LF", "LF alone"),
                     ("has 300 fields", "more than 256 header fields"), ("echoes what we send", "our own request came back"),
                     ("leaves Via away", "garbage: no Via"), ("sends garbage alone", "garbage: no")):
        t.check(f"of one that {how} it is told", odd in told(how), told(how))
    traced(t, node, cases)
    t.check("TLS names whom it means", any(name and name.endswith(NAME) for name in asked), asked[:3])
    t.check("nothing was said of a crash", node.process.poll() is None and "signal" not in node.said(), node.said()[-2000:])


with Test() as test:
    test.need("openssl")
    main(test)

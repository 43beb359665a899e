"""Hostile local users and hostile TCP clients of a node, each kind a process of its own; for bench/hostile."""
import contextlib
import errno
import glob
import itertools
import json
import os
import random
import resource
import select
import signal
import socket
import struct
import time

from dnswire import query

LOCAL_KINDS, STREAM_KINDS = [], []
QUESTION_LEN = 65535


def a(kinds):
    """Makes the function one of these kinds."""
    def add(function):
        kinds.append(function)
        return function
    return add


class Foe:
    """A process of another user that does one thing without end; its count of it is shared with who started it."""

    def __init__(self, kind, uid, *args):
        self.name = kind.__name__.replace("_", " ")
        self.reading, writing = os.pipe()
        self.count = 0
        self.pid = os.fork()
        if self.pid == 0:
            self.run(kind, uid, args, writing)
        os.close(writing)
        os.set_blocking(self.reading, False)

    @staticmethod
    def run(kind, uid, args, writing):
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            os.setsid()
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            os.nice(10)
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
            for done in kind(*args):
                os.write(writing, struct.pack("!I", done))
        except BrokenPipeError: # who started it has gone
            pass
        finally:
            os._exit(0)

    def done(self):
        """How often it has done it so far."""
        with contextlib.suppress(BlockingIOError):
            while octets := os.read(self.reading, 4096):
                self.count += sum(n for n, in struct.iter_unpack("!I", octets))
        return self.count

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.reading)


def control(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(2)
    try:
        s.connect(path)
    except OSError:
        s.close()
        time.sleep(0.05)
        return None
    return s


def request(command, *args):
    return json.dumps({"command": command, "args": args}).encode() + b"\n"


def ask_and_leave(path, octets, kept_max, pause_s):
    """Asks over one connection after another and reads nothing; hangs up when `kept_max` are open."""
    kept = []
    for i in itertools.count():
        s = control(path)
        if s:
            s.setblocking(False)
            with contextlib.suppress(OSError):
                s.sendall(octets)
            kept.append(s)
        while len(kept) > kept_max:
            kept.pop(0).close()
        if i % 20 == 19:
            yield 20
        time.sleep(pause_s)


@a(LOCAL_KINDS)
def probe_and_hang_up(run, pause_s):
    return ask_and_leave(run + "/dns.sock", request("probe", "counted", "--trace", "--for", "60s"), 0, pause_s)


@a(LOCAL_KINDS)
def probe_fifty_ahead(run, pause_s):
    return ask_and_leave(run + "/dns.sock", request("probe", "counted") * 50, 4, pause_s)


@a(LOCAL_KINDS)
def history_fifty_ahead(run, pause_s):
    return ask_and_leave(run + "/dns.sock", request("switch history") * 50, 4, pause_s)


@a(LOCAL_KINDS)
def metrics_pipelined(run, pause_s):
    return ask_and_leave(run + "/dns.sock", request("metrics") * 500, 6, pause_s)


@a(LOCAL_KINDS)
def explain_the_past(run, pause_s):
    return ask_and_leave(run + "/dns.sock", request("explain", "l0.live.example", "--at", "-1m") * 50, 4, pause_s)


@a(LOCAL_KINDS)
def watch_without_reading(run, pause_s):
    return ask_and_leave(run + "/dns.sock", request("watch") + request("switch history"), 12, 50 * pause_s)


@a(LOCAL_KINDS)
def half_requests(run, pause_s):
    return ask_and_leave(run + "/dns.sock", b'{"command":"' + b"x" * 60000, 12, 10 * pause_s)


@a(LOCAL_KINDS)
def every_socket(run, pause_s):
    """The same against all processes of the node, in turn."""
    paths = sorted(glob.glob(run + "/*.sock"))
    each = [ask_and_leave(path, request("status") * 100 + request("metrics") * 100, 4, pause_s) for path in paths]
    while True:
        yield sum(next(one) for one in each)


@a(LOCAL_KINDS)
def all_connections(run, pause_s):
    """As many connections as there may be, opened again when they are closed."""
    held = []
    while True:
        before = len(held)
        while len(held) < 100:
            s = control(run + "/dns.sock")
            if not s:
                break
            s.setblocking(False)
            held.append(s)
        made = len(held) - before
        readable = set(select.select(held, [], [], 20 * pause_s)[0])
        for s in readable:
            s.close()
        held = [s for s in held if s not in readable]
        yield made
        time.sleep(pause_s)


@a(LOCAL_KINDS)
def slow_history(run, pause_s):
    """Long lists read an octet at a time."""
    while True:
        s = control(run + "/dns.sock")
        if not s:
            continue
        with contextlib.suppress(OSError):
            s.sendall(request("switch history") * 4 + request("name list") * 4)
            until = time.monotonic() + 20
            while time.monotonic() < until and s.recv(1):
                time.sleep(2 * pause_s)
        s.close()
        yield 1


def framed(octets):
    return struct.pack("!H", len(octets)) + octets


class Streams:
    """Connections from many addresses of 127/8, made again where the node has closed them."""

    def __init__(self, address, count, first, room=None):
        """
        first  of the third octets of their addresses
        room   of their receive buffers
        """
        self.address, self.room, self.first, self.made = address, room, first, 0
        self.all = [None] * count

    def open(self):
        s = socket.socket()
        if self.room:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.room)
        try:
            s.bind((f"127.0.{self.first}.{self.made % 200 + 1}", 0))
            s.settimeout(2)
            s.connect(self.address)
            s.setblocking(False)
        except OSError:
            s.close()
            return None
        self.made += 1
        return s

    def turn(self, begin, go_on):
        """Begins with each new connection and goes on with the others. Returns how many were new."""
        made = self.made
        for i, s in enumerate(self.all):
            try:
                if s is None:
                    s = self.all[i] = self.open()
                    if s:
                        begin(s)
                else:
                    go_on(s)
            except OSError as err:
                if err.errno not in (errno.EAGAIN, errno.EINPROGRESS):
                    s.close()
                    self.all[i] = None
        return self.made - made


def look(s, octets=1):
    """Reads at most that much; raises when the other side has closed it."""
    if not s.recv(octets):
        raise ConnectionResetError(errno.ECONNRESET, "closed")


def notice(s):
    """Reads nothing; raises when the other side has closed it."""
    if not s.recv(1, socket.MSG_PEEK):
        raise ConnectionResetError(errno.ECONNRESET, "closed")


def send_more(s, octets):
    s.send(octets)
    notice(s)


MANY = framed(query("big.big.example", 16)) * 60


@a(STREAM_KINDS)
def ask_much_read_nothing(address, count, pause_s):
    streams = Streams(address, count, 1, 4096)
    while True:
        yield streams.turn(lambda s: s.send(MANY), lambda s: send_more(s, MANY))
        time.sleep(100 * pause_s)


@a(STREAM_KINDS)
def ask_much_read_slowly(address, count, pause_s):
    streams = Streams(address, count, 2, 4096)
    while True:
        yield streams.turn(lambda s: s.send(MANY), lambda s: look(s, 200))
        time.sleep(50 * pause_s)


@a(STREAM_KINDS)
def half_a_question(address, count, pause_s):
    streams = Streams(address, count, 3)
    half = struct.pack("!H", QUESTION_LEN) + b"x" * (QUESTION_LEN - 1)
    while True:
        yield streams.turn(lambda s: s.send(half), notice)
        time.sleep(100 * pause_s)


@a(STREAM_KINDS)
def an_octet_at_a_time(address, count, pause_s):
    streams = Streams(address, count, 4)
    while True:
        yield streams.turn(lambda s: s.send(b"\xff"), lambda s: send_more(s, b"\xff"))
        time.sleep(100 * pause_s)


@a(STREAM_KINDS)
def connect_ask_and_hang_up(address, count, pause_s):
    streams = Streams(address, count, 5)
    while True:
        yield streams.turn(lambda s: s.send(MANY), lambda s: look(s, 0))
        time.sleep(20 * pause_s)


@a(STREAM_KINDS)
def names_never_asked(address, count, pause_s):
    """Over UDP, for the recursor and the packet caches."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.6.1", 0))
        s.connect(address)
        s.setblocking(False)
        for _ in itertools.count():
            for _ in range(max(1, count // 100)):
                with contextlib.suppress(OSError):
                    s.send(query(f"r{random.getrandbits(40):x}.corp.example", 1, flags=0x100))
            with contextlib.suppress(OSError):
                while True:
                    s.recv(4096)
            yield max(1, count // 100)
            time.sleep(4 * pause_s)

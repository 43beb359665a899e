"""PBXs that are odd: each a port of its own, with a way of its own to answer OPTIONS."""
import re
import socket
import ssl
import threading
import time

ODD = "127.0.0.21"


def fields(request):
    """Via, From, To, Call-ID and CSeq of a request, as lines without their ends."""
    lines = request.decode("latin-1").split("\r\n")
    return {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:] if ":" in line}


def reply(request, status="200 OK", more="", via=None):
    f = fields(request)
    return (f"SIP/2.0 {status}\r\nVia: {via or f['via']}\r\nFrom: {f['from']}\r\nTo: {f['to']};tag=odd\r\n"
            f"Call-ID: {f['call-id']}\r\nCSeq: {f['cseq']}\r\n{more}Content-Length: 0\r\n\r\n").encode("latin-1")


def compact(request):
    f = fields(request)
    return (f"SIP/2.0 200 OK\r\nv: {f['via']}\r\nf: {f['from']}\r\nt: {f['to']};tag=odd\r\ni: {f['call-id']}\r\n"
            f"CSEQ   :  {f['cseq']}\r\nk: timer, 100rel\r\nl: 0\r\n\r\n").encode("latin-1")


def folded(request):
    f = fields(request)
    via = f["via"].replace(";branch", "\r\n\t ;  branch")
    return (f"SIP/2.0 200 OK\r\nvia:\r\n {via}\r\nFROM: {f['from']}\r\nX-Odd: a\r\n  b\r\n\tc\r\nTo: {f['to']}\r\n ;tag=odd\r\n"
            f"Call-ID: {f['call-id']}\r\nCSeq: {f['cseq'].replace(' ', chr(13) + chr(10) + ' ')}\r\nContent-Length\t: 0\r\n\r\n"
            ).encode("latin-1")


def asks(request, transport):
    """A request of the PBX's own, over the way it was asked."""
    sent_by = re.search(r"SIP/2.0/\w+ ([^;]+)", fields(request)["via"]).group(1)
    return (f"OPTIONS sip:deputy@{sent_by} SIP/2.0\r\nVia: SIP/2.0/{transport} {ODD}:5060;rport;branch=z9hG4bKodd{time.monotonic_ns()}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:pbx@{ODD}>;tag=1\r\nTo: <sip:deputy@{sent_by}>\r\nCall-ID: {time.monotonic_ns()}\r\n"
            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode("latin-1")


class Udp:
    """Calls answer(self, octets, where) for each datagram."""
    transport = "udp"
    hears = True # our answers; else they are like all that comes

    def __init__(self, answer):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((ODD, 0))
        self.port = self.sock.getsockname()[1]
        self.answer, self.count, self.heard = answer, 0, 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            octets, where = self.sock.recvfrom(65536)
            if octets.startswith(b"SIP/2.0 200") and self.hears:
                self.heard += 1
                continue
            self.count += 1
            self.answer(self, octets, where)


class Tcp:
    """Calls answer(self, connection, octets) for each request; opened(self, connection) before."""
    transport = "tcp"

    def __init__(self, answer, opened=None, tls=None):
        self.listener = socket.create_server((ODD, 0), backlog=16)
        self.port = self.listener.getsockname()[1]
        self.transport = "tls" if tls else "tcp"
        self.answer, self.opened, self.tls, self.count, self.heard = answer, opened, tls, 0, 0
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            if self.opened:
                self.opened(self, connection)
            waiting = b""
            while True:
                octets = connection.recv(65536)
                if not octets:
                    break
                waiting = (waiting + octets).lstrip(b"\r\n")
                while b"\r\n\r\n" in waiting: # none of ours has a body
                    message, waiting = waiting.split(b"\r\n\r\n", 1)
                    waiting = waiting.lstrip(b"\r\n")
                    if message.startswith(b"SIP/2.0 200"):
                        self.heard += 1
                        continue
                    self.count += 1
                    self.answer(self, connection, message + b"\r\n\r\n")
        except (OSError, ssl.SSLError):
            pass
        finally:
            connection.close()

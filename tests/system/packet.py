"""DNS messages for the system tests: written and read without the code of deputy, so that an error in its own codec cannot go unnoticed. Python standard library only."""

import ipaddress
import socket
import struct

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28,
    "SRV": 33, "NAPTR": 35, "OPT": 41, "DS": 43, "TSIG": 250, "IXFR": 251, "AXFR": 252,
    "ANY": 255,
}
NAMES = {v: k for k, v in TYPES.items()}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP",
          5: "REFUSED", 9: "NOTAUTH", 16: "BADVERS", 23: "BADCOOKIE"}
IN, CH = 1, 3
NSID, ECS, COOKIE, KEEPALIVE, EDE = 3, 8, 10, 11, 15


def wire_name(text):
    out = b""
    for label in text.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode("latin-1")
    return out + b"\0"


def question(name, qtype, qclass=IN):
    qtype = TYPES.get(qtype, qtype)
    return wire_name(name) + struct.pack("!HH", qtype, qclass)


def opt(payload=1232, version=0, flags=0, options=(), rcode=0):
    body = b"".join(struct.pack("!HH", c, len(v)) + v for c, v in options)
    return b"\0" + struct.pack("!HHBBHH", TYPES["OPT"], payload, rcode, version, flags,
                               len(body)) + body


def query(name, qtype, qclass=IN, ident=0x1234, flags=0x0100, edns=None, extra=b"",
          counts=None):
    """flags: all 16 bits; edns: octets of an OPT record; counts: the four of the header."""
    if counts is None:
        counts = (1, 0, 0, 1 if edns else 0)
    q = question(name, qtype, qclass) if name is not None else b""
    return struct.pack("!HH4H", ident, flags, *counts) + q + (edns or b"") + extra


class Record:
    def __init__(self, name, rtype, rclass, ttl, rdata, text):
        self.name, self.type, self.cls = name, NAMES.get(rtype, rtype), rclass
        self.ttl, self.rdata, self.text = ttl, rdata, text

    def __repr__(self):
        return f"{self.name} {self.ttl} {self.type} {self.text}"


class Message:
    def __init__(self, octets):
        self.octets = octets
        if len(octets) < 12:
            raise ValueError("short message")
        self.id, self.flags, qd, an, ns, ar = struct.unpack("!6H", octets[:12])
        self.qr, self.opcode = self.flags >> 15, self.flags >> 11 & 15
        self.aa, self.tc = self.flags >> 10 & 1, self.flags >> 9 & 1
        self.rd, self.ra = self.flags >> 8 & 1, self.flags >> 7 & 1
        self.z, self.ad, self.cd = self.flags >> 6 & 1, self.flags >> 5 & 1, self.flags >> 4 & 1
        self.at = 12
        self.question = []
        for _ in range(qd):
            name = self._name()
            t, c = self._take("!HH")
            self.question.append((name, NAMES.get(t, t), c))
        self.opt = None
        self.answer = [self._record() for _ in range(an)]
        self.authority = [self._record() for _ in range(ns)]
        self.additional = [r for r in [self._record() for _ in range(ar)] if r]
        self.rcode = self.flags & 15 | (self.opt["rcode"] << 4 if self.opt else 0)
        self.rest = octets[self.at:]

    @property
    def status(self):
        return RCODES.get(self.rcode, self.rcode)

    def texts(self, section="answer", rtype=None):
        return sorted(r.text for r in getattr(self, section)
                      if rtype is None or r.type == rtype)

    def option(self, code):
        if self.opt:
            for c, v in self.opt["options"]:
                if c == code:
                    return v
        return None

    def ede(self):
        v = self.option(EDE)
        return None if v is None else (struct.unpack("!H", v[:2])[0],
                                       v[2:].decode("ascii", "replace"))

    def _take(self, fmt):
        out = struct.unpack_from(fmt, self.octets, self.at)
        self.at += struct.calcsize(fmt)
        return out

    def _name_at(self, at):
        labels, after, low = [], None, at
        while True:
            n = self.octets[at]
            if n >= 0xC0:
                to = (n & 0x3F) << 8 | self.octets[at + 1]
                if after is None:
                    after = at + 2
                if to >= low:
                    raise ValueError("pointer that does not go back")
                at = low = to
                continue
            at += 1
            if n == 0:
                break
            labels.append(self.octets[at:at + n].decode("latin-1"))
            at += n
        return ".".join(labels) + ".", after if after is not None else at

    def _name(self):
        name, self.at = self._name_at(self.at)
        return name

    def _record(self):
        name = self._name()
        t, c, ttl, n = self._take("!HHIH")
        at, end = self.at, self.at + n
        rdata = self.octets[at:end]
        if len(rdata) != n:
            raise ValueError("record beyond the end")
        self.at = end
        if t == TYPES["OPT"]:
            if self.opt:
                raise ValueError("two OPTs")
            self.opt = {"payload": c, "rcode": ttl >> 24, "version": ttl >> 16 & 255,
                        "flags": ttl & 0xFFFF, "options": self._options(rdata)}
            return None
        return Record(name, t, c, ttl, rdata, self._text(t, at, rdata))

    @staticmethod
    def _options(rdata):
        out, at = [], 0
        while at < len(rdata):
            code, n = struct.unpack_from("!HH", rdata, at)
            if at + 4 + n > len(rdata):
                raise ValueError("option beyond the OPT")
            out.append((code, rdata[at + 4:at + 4 + n]))
            at += 4 + n
        return out

    def _text(self, t, at, rdata):
        if t == 1:
            return socket.inet_ntop(socket.AF_INET, rdata)
        if t == 28:
            return socket.inet_ntop(socket.AF_INET6, rdata)
        if t in (2, 5, 12):
            return self._name_at(at)[0]
        if t == 33:
            return "%d %d %d %s" % (*struct.unpack("!HHH", rdata[:6]), self._name_at(at + 6)[0])
        if t in (16, 35):
            texts, p = [], 0 if t == 16 else 4
            while p < len(rdata) and (t == 16 or len(texts) < 3):
                texts.append(rdata[p + 1:p + 1 + rdata[p]].decode("ascii", "replace"))
                p += 1 + rdata[p]
            if t == 16:
                return "".join(texts)
            return "%d %d " % struct.unpack("!HH", rdata[:4]) + \
                " ".join('"%s"' % s for s in texts) + " " + self._name_at(at + p)[0]
        if t == 6:
            mname, p = self._name_at(at)
            rname, p = self._name_at(p)
            return "%s %s %d %d %d %d %d" % (mname, rname,
                                             *struct.unpack_from("!5I", self.octets, p))
        return rdata.hex()


def ecs_option(subnet, scope=0):
    net = ipaddress.ip_network(subnet)
    n = (net.prefixlen + 7) // 8
    return (ECS, struct.pack("!HBB", 1 if net.version == 4 else 2, net.prefixlen, scope)
            + net.network_address.packed[:n])


def udp(server, packet, source=None, timeout=2.0):
    """Sends one datagram and returns (Message or None, address the answer came from)."""
    family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        if source:
            s.bind((source, 0))
        s.settimeout(timeout)
        s.sendto(packet, server)
        try:
            octets, peer = s.recvfrom(65535)
        except socket.timeout:
            return None, None
        return Message(octets), peer


def framed(packet):
    return struct.pack("!H", len(packet)) + packet


class Tcp:
    def __init__(self, server, source=None, timeout=5.0):
        family = socket.AF_INET6 if ":" in server[0] else socket.AF_INET
        self.s = socket.socket(family, socket.SOCK_STREAM)
        self.s.settimeout(timeout)
        if source:
            self.s.bind((source, 0))
        self.s.connect(server)

    def send(self, octets):
        self.s.sendall(octets)

    def _exactly(self, n):
        out = b""
        while len(out) < n:
            more = self.s.recv(n - len(out))
            if not more:
                return None
            out += more
        return out

    def receive(self):
        """The next message, or None at the end of the stream."""
        head = self._exactly(2)
        if head is None:
            return None
        octets = self._exactly(struct.unpack("!H", head)[0])
        return None if octets is None else Message(octets)

    def ask(self, packet):
        self.send(framed(packet))
        return self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.s.close()

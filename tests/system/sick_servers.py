"""Name servers that misbehave: each at an address of its own, port 53, all of them in one thread."""
import collections
import selectors
import socket
import struct
import threading

from dnswire import TYPES, to_wire

A, NS, CNAME, SOA, TXT, AAAA = (TYPES[x] for x in ("A", "NS", "CNAME", "SOA", "TXT", "AAAA"))
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
AA, TC, QR = 0x0400, 0x0200, 0x8000
WWW = bytes((192, 0, 2, 77))

Query = collections.namedtuple("Query", "octets number name kind question edns over_udp zone address peer")


def read_query(octets, over_udp, zone, address, peer):
    labels, at = [], 12
    while octets[at]:
        labels.append(octets[at + 1:at + 1 + octets[at]])
        at += octets[at] + 1
    kind = struct.unpack(">H", octets[at + 1:at + 3])[0]
    name = b".".join(labels).lower().decode("latin-1") + "."
    return Query(octets, octets[:2], name, kind, octets[12:at + 5], octets[10:12] != b"\0\0", over_udp, zone, address, peer)


def record(owner, kind, rdata, ttl=3600):
    return owner + struct.pack(">HHIH", kind, 1, ttl, len(rdata)) + rdata


def message(q, rcode=NOERROR, answer=(), authority=(), additional=(), flags=AA, question=None):
    rd = q.octets[2] << 8 & 0x0100
    opt = b"\0" + struct.pack(">HHIH", 41, 1232, 0, 0) if q.edns else b""
    return (q.number + struct.pack(">5H", QR | flags | rd | rcode, 1, len(answer), len(authority), len(additional) + bool(opt)) +
            (question or q.question) + b"".join((*answer, *authority, *additional)) + opt)


def soa_of(zone):
    return record(to_wire(zone), SOA, to_wire("ns." + zone) + to_wire("h." + zone) + struct.pack(">5I", 1, 3600, 600, 86400, 60))


def honest(q):
    """A zone with SOA, NS, ns, www and, behind two empty names, www.b.a."""
    here = b"\xc0\x0c"
    below = q.name[:-len(q.zone)].rstrip(".")
    if below == "" and q.kind == SOA:
        return message(q, answer=[soa_of(q.zone)])
    if below == "" and q.kind == NS:
        return message(q, answer=[record(here, NS, to_wire("ns." + q.zone))])
    if below in ("ns", "ns2") and q.kind == A:
        return message(q, answer=[record(here, A, socket.inet_aton(q.address))])
    if below in ("www", "www.b.a") and q.kind == A:
        return message(q, answer=[record(here, A, WWW)])
    if below in ("www", "www.b.a") and q.kind == TXT:
        return message(q, answer=[record(here, TXT, b"\x04sick")])
    rcode = NOERROR if below in ("", "ns", "ns2", "www", "b.a", "a", "www.b.a") else NXDOMAIN
    return message(q, rcode, authority=[soa_of(q.zone)])


def ok(q):
    return [(0, honest(q))]


def after(seconds):
    return lambda q: [(seconds, honest(q))]


def only(rcode, aa=0):
    return lambda q: [(0, message(q, rcode, flags=aa))]


def changed(change):
    return lambda q: [(0, change(q, honest(q)))]


def without_edns(q):
    return honest(q._replace(edns=False))


def to_edns(answer):
    return lambda q: answer(q) if q.edns else [(0, without_edns(q))]


def plain_failure(rcode):
    return to_edns(lambda q: [(0, message(q._replace(edns=False), rcode, flags=0))])


def badvers(q):
    body = message(q._replace(edns=False), flags=0)
    return [(0, body[:11] + b"\1" + body[12:] + b"\0" + struct.pack(">HHIH", 41, 1232, 0x01000000, 0))]


def truncates(q):
    return [(0, message(q, flags=AA | TC) if q.over_udp else honest(q))]


def question_as(change):
    return changed(lambda q, m: m[:12] + change(q.question) + m[12 + len(q.question):])


def denies_empty(q):
    below = q.name[:-len(q.zone)].rstrip(".")
    return [(0, message(q, NXDOMAIN, authority=[soa_of(q.zone)]))] if below in ("a", "b.a") else ok(q)


def refuses_other_types(q):
    below = q.name[:-len(q.zone)].rstrip(".")
    return [(0, message(q, REFUSED, flags=0))] if below in ("a", "b.a") else ok(q)


def no_soa(q):
    m = message(q, NOERROR if q.name.startswith("www.") else NXDOMAIN)
    return [(0, honest(q) if q.kind == A and q.name.startswith(("www.", "ns")) else m)]


def upward(q):
    return [(0, message(q, authority=[record(b"\0", NS, to_wire("a.root"))], flags=0))]


def to_itself(q):
    return [(0, message(q, authority=[record(to_wire(q.zone), NS, to_wire("ns." + q.zone))],
                        additional=[record(to_wire("ns." + q.zone), A, socket.inet_aton(q.address))], flags=0))]


def poisons(q):
    """An address for somebody else's name beside its own answer."""
    alien = [record(to_wire("www.victim.plain"), A, bytes((192, 0, 2, 66)))]
    if q.kind == A and q.name.startswith("www."):
        return [(0, message(q, answer=[record(b"\xc0\x0c", A, WWW)] + alien, authority=[record(to_wire("plain"), NS, to_wire("ns." + q.zone))],
                            additional=alien))]
    return ok(q)


def cname_and_more(q):
    return [(0, message(q, answer=[record(b"\xc0\x0c", CNAME, to_wire("ns." + q.zone)), record(b"\xc0\x0c", A, WWW)]))] \
        if q.kind == A and q.name.startswith("www.") else ok(q)


def chain_to_nothing(q):
    return [(0, message(q, NXDOMAIN, answer=[record(b"\xc0\x0c", CNAME, to_wire("gone." + q.zone))], authority=[soa_of(q.zone)]))] \
        if q.name.startswith("www.") else ok(q)


def aaaa_is_nxdomain(q):
    return [(0, message(q, NXDOMAIN, authority=[soa_of(q.zone)]))] if q.kind == AAAA else ok(q)


def aaaa_is_dropped(q):
    return [] if q.kind == AAAA else ok(q)


def endless_pointer(q):
    at = 12 + len(q.question)
    return [(0, message(q, answer=[record(struct.pack(">H", 0xC000 | at), A, WWW)]))] if q.name.startswith("www.") else ok(q)


def too_large(q):
    """More over UDP than was asked for."""
    if q.kind != TXT or not q.name.startswith("www."):
        return ok(q)
    return [(0, message(q, answer=[record(b"\xc0\x0c", TXT, b"\xff" + bytes([65 + i]) * 255) for i in range(8)]))]


def ttl_zero(q):
    return [(0, message(q, answer=[record(b"\xc0\x0c", A, WWW, 0)]))] if q.kind == A and q.name.startswith("www.") else ok(q)


def two_answers(q):
    """A false one with another number first."""
    m = honest(q)
    return [(0, bytes([m[0] ^ 255]) + m[1:-4] + bytes((6, 6, 6, 6))), (0.05, m)]


def from_elsewhere(q):
    """The right answer from an address that was not asked."""
    if not q.over_udp:
        return []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.sendto(honest(q), q.peer)
    return []


def wrong_soa(q):
    """The denial names a zone above its own."""
    return ok(q) if q.name.startswith(("www.", "ns")) and q.kind in (A, NS) else \
        [(0, message(q, NXDOMAIN, authority=[soa_of("plain")]))]


NOTHING = lambda q: []
# Behaviour: what is said to a query, as (seconds until then, octets); and whether TCP is listened to.
SICK = {
    "dead": (NOTHING, True),
    "fine": (ok, True),
    "slow1": (after(1.0), True),
    "slow3": (after(3.0), True),
    "tc": (truncates, True),
    "tcrefused": (truncates, False),
    "tchangs": (lambda q: truncates(q) if q.over_udp else [], True),
    "noedns": (plain_failure(FORMERR), True),
    "noimpedns": (plain_failure(NOTIMP), True),
    "servfailedns": (plain_failure(SERVFAIL), True),
    "dropsedns": (to_edns(NOTHING), True),
    "badvers": (to_edns(badvers), True),
    "formerrecho": (to_edns(lambda q: [(0, bytes(q.octets[:2]) + b"\x80\x01" + q.octets[4:])]), True),
    "shortformerr": (to_edns(lambda q: [(0, q.number + b"\x80\x01" + bytes(8))]), True),
    "wrongquestion": (question_as(lambda x: x[:1] + b"x" * x[0] + x[1 + x[0]:]), True),
    "othersource": (from_elsewhere, True),
    "wrongtype": (question_as(lambda x: x[:-4] + b"\0\x0f" + x[-2:]), True),
    "wrongid": (changed(lambda q, m: bytes([m[0] ^ 1, m[1]]) + m[2:]), True),
    "lowercase": (question_as(lambda x: x[:-4].lower() + x[-4:]), True),
    "uppercase": (question_as(lambda x: x[:-4].upper() + x[-4:]), True),
    "refuses": (only(REFUSED), True),
    "servfails": (only(SERVFAIL), True),
    "notimps": (only(NOTIMP), True),
    "formerrs": (only(FORMERR), True),
    "yxdomains": (only(6), True),
    "deniesempty": (denies_empty, True),
    "refusesmin": (refuses_other_types, True),
    "noaa": (changed(lambda q, m: m[:2] + bytes([m[2] & 0xFB]) + m[3:]), True),
    "noqr": (changed(lambda q, m: m[:2] + bytes([m[2] & 0x7F]) + m[3:]), True),
    "nosoa": (no_soa, True),
    "upward": (upward, True),
    "toitself": (to_itself, True),
    "poisons": (poisons, True),
    "cnameandmore": (cname_and_more, True),
    "chaintonothing": (chain_to_nothing, True),
    "aaaanx": (aaaa_is_nxdomain, True),
    "aaaadrop": (aaaa_is_dropped, True),
    "pointer": (endless_pointer, True),
    "short": (changed(lambda q, m: m[:-5] if q.name.startswith("www.") else m), True),
    "headeronly": (lambda q: [(0, q.number + b"\x84\x00" + bytes(8))], True),
    "toolarge": (too_large, True),
    "ttlzero": (ttl_zero, True),
    "twoanswers": (two_answers, True),
    "wrongsoa": (wrong_soa, True),
}


class SickServers:
    def __init__(self, places):
        """places: address: (behaviour, zone)"""
        self.poll = selectors.DefaultSelector()
        self.timers = []
        for address, (behaviour, zone) in places.items():
            say, over_tcp = SICK[behaviour]
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind((address, 53))
            self.poll.register(udp, selectors.EVENT_READ, (self.on_udp, say, zone, address))
            if over_tcp:
                tcp = socket.create_server((address, 53), backlog=64)
                self.poll.register(tcp, selectors.EVENT_READ, (self.on_accept, say, zone, address))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            for key, _ in self.poll.select():
                on_ready, *more = key.data
                try:
                    on_ready(key.fileobj, *more)
                except (OSError, struct.error, IndexError):
                    pass # a client that went away, or no question

    @staticmethod
    def say_later(seconds, send, *words):
        def quietly():
            try:
                send(*words)
            except OSError:
                pass
        if not seconds:
            quietly()
            return
        timer = threading.Timer(seconds, quietly)
        timer.daemon = True
        timer.start()

    def on_udp(self, s, say, zone, address):
        octets, peer = s.recvfrom(65535)
        for seconds, answer in say(read_query(octets, True, zone, address, peer)):
            self.say_later(seconds, s.sendto, answer, peer)

    def on_accept(self, s, say, zone, address):
        connection, _ = s.accept()
        connection.settimeout(2)
        self.poll.register(connection, selectors.EVENT_READ, (self.on_tcp, say, zone, address))

    def on_tcp(self, s, say, zone, address):
        try:
            head = s.recv(2, socket.MSG_WAITALL)
            octets = s.recv(struct.unpack(">H", head)[0], socket.MSG_WAITALL)
            for seconds, answer in say(read_query(octets, False, zone, address, None)):
                self.say_later(seconds, s.sendall, struct.pack(">H", len(answer)) + answer)
        except (OSError, struct.error, IndexError):
            self.poll.unregister(s)
            s.close()

"""Queries and answers as octets, parsed as simply as possible, without any code of deputy."""
import re
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33,
         "NAPTR": 35, "DNAME": 39, "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "ANY": 255}
RCODES = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN"]
NAMES = {number: name for name, number in TYPES.items()}
# Octets before the names in RDATA, and how many names.
INSIDE = {2: (0, 1), 5: (0, 1), 6: (0, 2), 12: (0, 1), 15: (2, 1), 33: (6, 1), 39: (0, 1)}


class Malformed(Exception):
    pass


def to_wire(name):
    """Labels are split at dots; a backslash keeps the next character, or makes one of three digits."""
    labels, label, escaped = [], "", False
    for c in re.sub(r"\\([0-9]{3})", lambda digits: "\\" + chr(int(digits[1])), name.rstrip(".")):
        if escaped or c not in ".\\":
            label, escaped = label + c, False
        elif c == "\\":
            escaped = True
        else:
            labels, label = labels + [label], ""
    if label:
        labels.append(label)
    return b"".join(bytes([len(x)]) + x.encode("latin-1") for x in labels) + b"\0"


def query(name, kind, number=4711, size=None, flags=0, klass=1, dnssec_ok=False):
    """With EDNS when `size` is given."""
    octets = struct.pack("!6H", number, flags, 1, 0, 0, size is not None)
    octets += to_wire(name) + struct.pack("!HH", TYPES.get(kind, kind), klass)
    if size is not None:
        octets += b"\0" + struct.pack("!HHIH", 41, size, dnssec_ok << 15, 0)
    return octets


def read_name(message, at):
    """The name in lower case, and where it ends."""
    labels, end, hops = [], None, 0
    while True:
        length = message[at]
        if length >= 0xC0:
            end = end or at + 2
            target = (length & 0x3F) << 8 | message[at + 1]
            hops += 1
            if target >= at or hops > 100:
                raise Malformed("a pointer that does not point back")
            at = target
        elif length:
            labels.append(message[at + 1:at + 1 + length].decode("latin-1").lower())
            at += 1 + length
        else:
            return ".".join(labels) + ".", end or at + 1


def read_record(message, at):
    owner, at = read_name(message, at)
    kind, klass, ttl, length = struct.unpack("!HHIH", message[at:at + 10])
    at += 10
    end = at + length
    if end > len(message):
        raise Malformed("RDATA over the end")
    rdata = []
    if kind in INSIDE:
        skip, names = INSIDE[kind]
        rdata.append(message[at:at + skip].hex())
        at += skip
        for _ in range(names):
            name, at = read_name(message, at)
            rdata.append(name)
    rdata.append(message[at:end].hex())
    return (owner, NAMES.get(kind, kind), klass, ttl, " ".join(x for x in rdata if x)), end


def read_ede(options):
    """The extended errors (RFC 8914), as (code, text)."""
    found = []
    while len(options) >= 4:
        option, length = struct.unpack("!HH", options[:4])
        if option == 15:
            found.append((struct.unpack("!H", options[4:6])[0], options[6:4 + length].decode("utf-8", "replace")))
        options = options[4 + length:]
    return found


def read(message):
    """A dictionary: rcode, flags in small letters, ede, question, answer, authority, additional (without OPT), edns."""
    number, flags, *counts = struct.unpack("!6H", message[:12])
    out = {"id": number, "rcode": RCODES[flags & 15] if flags & 15 < len(RCODES) else flags & 15,
           "aa": bool(flags & 0x400), "tc": bool(flags & 0x200), "rd": bool(flags & 0x100), "ra": bool(flags & 0x80),
           "ad": bool(flags & 0x20), "cd": bool(flags & 0x10), "edns": None, "ede": []}
    at = 12
    for _ in range(counts[0]):
        name, at = read_name(message, at)
        out["question"] = (name, *struct.unpack("!HH", message[at:at + 4]))
        at += 4
    for section, count in zip(("answer", "authority", "additional"), counts[1:]):
        out[section] = []
        for _ in range(count):
            record, at = read_record(message, at)
            if record[1] == 41:
                out["edns"] = record
                out["ede"] = read_ede(bytes.fromhex(record[4]))
            else:
                out[section].append(record)
    if at != len(message):
        raise Malformed("octets behind the last record")
    return out


def ask(address, octets, seconds=2.0):
    """One answer over UDP, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        s.connect(address)
        for _ in range(2):
            try:
                s.send(octets)
                return s.recv(65535)
            except (TimeoutError, ConnectionRefusedError):
                continue
    return None

"""Sends the same queries to several resolvers, and compares how far their answers agree.

agreement.table        the questions, and the answer that is expected of deputy
agreement.differences  why one of the four answers differently from most of the others
"""
import collections
import concurrent.futures
import fnmatch
import hashlib
import os
import re
import socket
import struct
import time

from dnswire import Malformed, query, read

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE, DIFFERENCES = (os.path.join(HERE, "agreement." + x) for x in ("table", "differences"))
PATIENCE_S = 20
AGAIN_S = 5 # as resolv.conf(5) has it
AT_ONCE = 12
RD, AD, CD = 0x0100, 0x0020, 0x0010
MORE_TYPES = {"HINFO": 13, "RP": 17, "AFSDB": 18, "LOC": 29, "KX": 36, "CERT": 37, "APL": 42, "SSHFP": 44, "DHCID": 49, "NSEC3PARAM": 51,
              "TLSA": 52, "SMIMEA": 53, "CDS": 59, "OPENPGPKEY": 61, "CSYNC": 62, "SVCB": 64, "HTTPS": 65, "SPF": 99, "NID": 104, "EUI48": 108,
              "URI": 256, "CAA": 257, "MAILB": 253, "NULL": 10, "OPT": 41, "AXFR": 252, "IXFR": 251}

PROOFS = ("SOA", "NSEC", "NSEC3", "RRSIG") # of the authority section

Outcome = collections.namedtuple("Outcome", "text seconds ede")


class Question:
    """One line: NAME TYPE and words: do, cd, ad, nord (RD=0), noedns, tcp, small (512 octets), ch (class)."""

    def __init__(self, text):
        self.text = text
        self.name, kind, *words = text.split()
        self.words = set(words)
        kind = MORE_TYPES.get(kind, kind)
        self.kind = int(kind[4:]) if str(kind).startswith("TYPE") else kind

    def octets(self, number):
        flags = (0 if "nord" in self.words else RD) | (CD if "cd" in self.words else 0) | (AD if "ad" in self.words else 0)
        size = None if "noedns" in self.words else 512 if "small" in self.words else 1232
        return query(self.name, self.kind, number, size, flags, 3 if "ch" in self.words else 1, "do" in self.words)


def over_tcp(address, octets, until):
    with socket.create_connection(address, timeout=max(0.1, until - time.monotonic())) as s:
        s.sendall(struct.pack("!H", len(octets)) + octets)
        head = s.recv(2, socket.MSG_WAITALL)
        return s.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)


def over_udp(address, octets, until):
    """Asks again every five seconds, as a telephone would."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        again = 0
        while True:
            now = time.monotonic()
            if now >= again:
                s.send(octets)
                again = now + AGAIN_S
            s.settimeout(max(0.01, min(until, again) - now))
            try:
                answer = s.recv(65535)
            except TimeoutError:
                if time.monotonic() >= until:
                    raise
                continue
            if answer[:2] == octets[:2]:
                return answer


def show_record(record):
    """One record, without its TTL and without what differs between two signings of the world."""
    owner, kind, _, _, rdata = record
    data = bytes.fromhex(rdata) if re.fullmatch(r"([0-9a-f]{2})*", rdata) else b""
    if kind == "RRSIG":
        return f"RRSIG {struct.unpack('!H', data[:2])[0]}"
    if kind == "DNSKEY":
        rdata = data[:4].hex()
    elif kind == "DS":
        rdata = data[2:4].hex()
    elif kind == "NSEC3":
        return "NSEC3"
    elif kind == "A" and rdata.startswith("7f"):
        rdata = "7f*" + rdata[4:] if rdata != "7f000001" else rdata
    if len(rdata) > 60:
        rdata = hashlib.sha256(rdata.encode()).hexdigest()[:16]
    if len(owner) > 60:
        owner = hashlib.sha256(owner.encode()).hexdigest()[:16]
    return f"{owner} {kind} {rdata}".rstrip()


def printable(text):
    return "".join(c if "!" <= c <= "~" or c == " " else f"\\{ord(c):03}" for c in text)


def show(answer, octets):
    """What is compared: RCODE, AD, the answer section as a set, of which types the authority section has records that a denial
    needs, and that the question has come back as it was. Of a failure
    only the RCODE: what stands beside it is good for nothing."""
    m = read(answer)
    if m["rcode"] in ("SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"):
        return m["rcode"], m["ede"]
    flags = " ad" if m["ad"] else ""
    flags += " tc" if m["tc"] else ""
    records = sorted(set(show_record(r) for r in m["answer"]))
    if len(records) > 12:
        records = [f"{len(records)} records {hashlib.sha256(' '.join(records).encode()).hexdigest()[:16]}"]
    end = octets.index(b"\0", 12) + 5 if len(octets) > 12 else 12
    if m["rcode"] in ("NOERROR", "NXDOMAIN"):
        flags += "".join(f" +{kind}" for kind in PROOFS if any(r[1] == kind for r in m["authority"]))
    if m.get("question") and answer[12:end] != octets[12:end]:
        flags += " question-changed"
    return printable(str(m["rcode"]) + flags + "".join("; " + r for r in records)), m["ede"]


def ask_one(address, question, number):
    octets = question.octets(number)
    began = time.monotonic()
    until = began + PATIENCE_S
    try:
        answer = over_tcp(address, octets, until) if "tcp" in question.words else over_udp(address, octets, until)
        if answer[2] & 2 and "tcp" not in question.words and "small" not in question.words:
            answer = over_tcp(address, octets, until)
        text, ede = show(answer, octets)
    except (OSError, struct.error) as e:
        text, ede = f"no answer ({type(e).__name__})", []
    except (Malformed, IndexError, UnicodeError) as e:
        text, ede = f"malformed ({e})", []
    return Outcome(text, time.monotonic() - began, ede)


def read_table(path=TABLE):
    """Phases of (question, expected answer or None); one phase is over before the next begins."""
    phases = [[]]
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line.startswith("=="):
                phases.append([])
            elif line and not line.startswith("#"):
                question, _, expected = line.partition(" => ")
                phases[-1].append((Question(question.strip()), expected.strip() or None))
    return phases


def read_differences(path=DIFFERENCES):
    """Rows of (resolver, pattern of questions, reason)."""
    rows = []
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            if line and not line.startswith("#"):
                who, pattern, reason = (part.strip() for part in line.split("|", 2))
                rows.append((who, pattern, reason))
    return rows


def reason_for(rows, who, question):
    return next((row for row in rows if row[0] == who and fnmatch.fnmatchcase(question.text, row[1].replace("[", "[[]"))), None)


def ask_all(resolvers, phases):
    """question text: {resolver's name: Outcome}; all resolvers at the same time."""
    found = collections.defaultdict(dict)
    pools = {r.name: concurrent.futures.ThreadPoolExecutor(AT_ONCE) for r in resolvers}
    for phase in phases:
        waiting = []
        for number, (question, _) in enumerate(phase):
            waiting += [(question, r.name, pools[r.name].submit(ask_one, (r.address, r.port), question, 1000 + number)) for r in resolvers]
        for question, name, future in waiting:
            found[question.text][name] = future.result()
    return found


def expected_of(outcome):
    """As it stands in the table: what is compared, and the extended errors."""
    return outcome.text + "".join(f" ede={code}" for code, _ in outcome.ede)


def majority(outcomes, peers):
    """What at least two of the peers say, or None."""
    said = collections.Counter(outcomes[name].text for name in peers if name in outcomes)
    text, count = said.most_common(1)[0] if said else (None, 0)
    return text if count >= 2 else None

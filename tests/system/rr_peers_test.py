#!/usr/bin/env python3
"""Every RR type, from text to octets, compared with BIND, ldns and Knot: the text of the row and the text we print from its
octets must give each peer the same octets as us. Where one differs, KNOWN says why, or it is a failure."""
import os
import re
import shutil
import subprocess
import sys

from tap import BUILD, Test

ONLY_GENERIC = "ldns 1.8.3 takes the type's name but only \\# behind it"
TOO_NEW = "younger than this release of the peer"
# (peer, type, a part of the text; "" is any): why the peer does not give our octets. All else is a failure.
KNOWN = [
    ("bind", "IPSECKEY", "10 0 0 .", "BIND always wants a key; RFC 4025 2.6 has none with algorithm 0"),
    ("bind", "NSEC", "NXNAME", TOO_NEW),
    ("bind", "ZONEMD", "7 240", "BIND reads schemes and algorithms that it does not know as if they were its own; RFC 8976 2.2 leaves them open"),
    ("bind", "SVCB", "tls-supported-groups", TOO_NEW),
    ("bind", "HTTPS", "ohttp", TOO_NEW),
    ("ldns", "TXT", 'a"b"c', "to ldns a quote inside a word is an octet of it; BIND ends the word as we do"),
    ("ldns", "WKS", "egp", "ldns takes names of services from the host's own list, which may lack one"),
    ("ldns", "NSAP-PTR", "a", "ldns reads the name as a text"),
    ("ldns", "KEY", "RSASHA1", "ldns wants the algorithm as a number"),
    ("ldns", "KEY", "49152", "ldns always wants a key; RFC 2535 3.1.2 has none with these flags"),
    ("ldns", "ATMA", "", "ldns leaves the format octet out and knows no E.164 form"),
    ("ldns", "IPSECKEY", "10 3 2 a AQID", "ldns does not complete a relative gateway"),
    ("ldns", "IPSECKEY", "10 0 0 .", "ldns always wants a key; RFC 4025 2.6 has none with algorithm 0"),
    ("ldns", "NSEC", "NXNAME", "ldns takes a type it does not know for type 0"),
    ("ldns", "SVCB", "oo", "ldns splits alpn at an escaped comma; our octets are those of RFC 9460 D.2"),
    ("ldns", "SVCB", "tls-supported-groups", TOO_NEW),
    ("ldns", "HTTPS", "ohttp", TOO_NEW),
    ("ldns", "CAA", "mailto:", "ldns wants quotes; RFC 8659 4.1.1 does not"),
    ("knot", "KEY", "49152", "Knot always wants a key; RFC 2535 3.1.2 has none with these flags"),
    ("knot", "CERT", "AQ ID", "Knot takes a blank in base64 only behind whole groups of four digits"),
    ("knot", "L64", "2001:db8:", "Knot wants all four digits of a group"),
    ("knot", "NSEC", "NXNAME", TOO_NEW),
    ("knot", "SVCB", "dohpath", TOO_NEW),
    ("knot", "SVCB", "tls-supported-groups", TOO_NEW),
    ("knot", "HTTPS", "ohttp", TOO_NEW),
    ("knot", "TXT", 'a"b"c', "Knot refuses a quote inside a word; BIND ends the word as we do"),
] + [("ldns", kind, "", ONLY_GENERIC) for kind in (
    "NXT A6 SINK NINFO RKEY DSYNC HHIT BRID AVC DOA AMTRELAY RESINFO WALLET CLA TA".split())]


def known(peer, kind, form):
    return next((why for p, k, part, why in KNOWN if (p, k) == (peer, kind) and part in form), None)


def rows():
    out = subprocess.run([os.path.join(BUILD, "tests/system/rr_octets")], stdout=subprocess.PIPE, check=True).stdout
    for row in out.decode("latin1").split("\x1e")[:-1]:
        kind, text, number, octets, ours = row.split("\x1f")
        if not kind.startswith("TYPE"):
            yield kind, text, int(number), octets, ours


def run(argv, text=""):
    done = subprocess.run(argv, input=text.encode("latin1"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=20)
    return done.returncode, done.stdout.decode("latin1"), done.stderr.decode("latin1")


def generic(text):
    """The octets of the last \\# in what a peer printed, or None."""
    found = re.findall(r"\\#\s+(\d+)((?:\s+[0-9A-Fa-f]+)*)", text)
    if not found:
        return None
    digits = "".join(found[-1][1].split()).lower()
    return digits if len(digits) == 2 * int(found[-1][0]) else None


def bind(kind, text, number, scratch):
    """named-rrchecker -u prints what it read in the form of RFC 3597."""
    status, out, err = run(["named-rrchecker", "-u", "-o", "example."], f"IN {kind} {text}\n")
    return generic(out) if status == 0 else None, err or out


def zone(kind, text, scratch, soa="@ 5 IN SOA a a 1 2 3 4 5\n"):
    path = os.path.join(scratch, "zone")
    with open(path, "w", encoding="latin1") as f:
        f.write("$ORIGIN example.\n" + soa + "@ 5 IN NS a\n@ 5 IN A 192.0.2.1\na 5 IN A 192.0.2.1\n")
        f.write(f"x 5 IN {kind} {text}\n")
    return path


def ldns(kind, text, number, scratch):
    path = zone(kind, text, scratch, soa="") if kind == "SOA" else zone(kind, text, scratch)
    status, out, err = run(["ldns-read-zone", "-u", f"TYPE{number}", path])
    lines = [line for line in out.splitlines() if line.startswith("x.example.")]
    return (generic(lines[-1]) if status == 0 and lines else None), err or out


def knot(kind, text, number, scratch):
    """kzonecheck tells only whether it takes the text."""
    status, out, err = run(["kzonecheck", "-d", "off", "-o", "example.", zone(kind, text, scratch)])
    return status == 0, err or out


def knows(peer, tool, kind, number, octets, scratch):
    """Whether a peer has the type by name at all: it takes \\# behind the name."""
    answer, _ = tool(kind, f"\\# {len(octets) // 2} {octets}", number, scratch)
    return answer is not None and answer is not False


PEERS = (("bind", bind, "named-rrchecker"), ("ldns", ldns, "ldns-read-zone"), ("knot", knot, "kzonecheck"))


def compare(test, peer, tool, row):
    """What differs without a known reason, and the known reasons that were met."""
    kind, text, number, octets, ours = row
    wrong, met = [], set()
    for form in (text, ours):
        answer, told = tool(kind, form, number, test.scratch)
        if answer is True or answer == octets:
            continue
        why = known(peer, kind, form)
        if why:
            met.add(why)
        else:
            wrong.append(f"{form!r}: {answer or told.strip()!r}, ours {octets}")
    return wrong, met


def main():
    table = {}
    for row in rows():
        table.setdefault(row[0], []).append(row)
    with Test() as test:
        for peer, tool, program in PEERS:
            for kind, examples in table.items():
                name = f"{kind} as {peer} reads it"
                if not shutil.which(program):
                    test.skip(name, f"{program} is not installed")
                    continue
                if not knows(peer, tool, kind, examples[0][2], examples[0][3], test.scratch):
                    test.skip(name, f"{peer} does not know the type")
                    continue
                wrong, met = [], set()
                for row in examples:
                    new_wrong, new_met = compare(test, peer, tool, row)
                    wrong += new_wrong
                    met |= new_met
                test.check(name, not wrong, *wrong)
                for why in sorted(met):
                    test.note(f"differs: {why}")


if __name__ == "__main__":
    sys.exit(main())

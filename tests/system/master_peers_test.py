#!/usr/bin/env python3
"""Master files beside others: what a peer makes of a file with all that master files can do is the same set of
records as ours, down to the octets; and what must be refused is refused by us."""
import os
import subprocess
import sys

from tap import BUILD, Test

HEAD = "$TTL 1h30m\n@ IN SOA ns hostmaster.mail ( 2026112201 ; serial\n 2h 15m 2w\n 1m30s )\n NS ns\nns A 192.0.2.1\n"
# What is written, and which peers read it as the RFCs mean.
FILES = {
    "TTL and class in either order": ("a 5 IN A 1.2.3.4\nb IN 6 A 1.2.3.4\nc IN A 1.2.3.4\nd 1w2d3h4m5s A 1.2.3.4\n",
                                      "bind"),  # ldns reads no TTL behind the class
    "owners left out": ("a A 1.2.3.4\n A 1.2.3.5\n\tTXT x\n\n ; comment\n AAAA ::1\n", "bind ldns"),
    "origins": ("$ORIGIN sub\na CNAME @\n$ORIGIN deep.sub.example.\n@ A 1.2.3.4\nb MX 5 a\n$ORIGIN @\nc NS d\n"
                "$ORIGIN example.\nd.c.deep.sub A 1.2.3.4\n", "bind"),
    "escapes": ("a\\.b A 1.2.3.4\n\\097c A 1.2.3.4\n\\@ A 1.2.3.4\nd\\032e TXT \"x\\\"y\\\\z\\000\\255\" \\;\\(\\) u\\032v\n"
                "\\*f A 1.2.3.4\n", "bind ldns"),
    "parentheses": ("a ( 5\n IN\n A\n 1.2.3.4 )\nb TXT ( \"x;y\" ; z ) \"\n \"(\" \")\" )\nc MX(5 ns)\n", "bind"),
    "CR LF and no end of the last line": ("a A 1.2.3.4\r\nb TXT c\r\n\r\n; d\r\ne A 1.2.3.5", "bind ldns"),
    "$TTL again": ("a A 1.2.3.4\n$TTL 7\nb A 1.2.3.4\nc 9 A 1.2.3.4\nd A 1.2.3.4\n", "bind ldns"),
    "wildcards and odd labels": ("*.w MX 5 ns\n_sip._udp SRV 0 5 5060 ns\n1.2 A 1.2.3.4\nA A 1.2.3.4\nMX MX 5 ns\n",
                                 "bind ldns"),
    "unknown types": ("a TYPE65280 \\# 3 010203\nb TYPE1 1.2.3.4\nc TYPE1 \\# 4 01020304\nd CLASS1 TYPE65281 \\# 0\n",
                      "bind"),
    "$GENERATE": ("$GENERATE 1-3 h$ A 192.0.2.$\n$GENERATE 0-9/3 $ 5 CNAME x$\n$GENERATE 8-12 ${0,3,d}a A 10.0.0.${-1}\n"
                  "$GENERATE 170-172 ${0,2,x}b CNAME ${0,4,X}.${1,0,o}c\n", "bind"),
    "$GENERATE of any type": ("$GENERATE 1-2 m$ MX \"$ ns\"\n$GENERATE 1-2 t$ TXT \"a$ b\"\n"
                              "$GENERATE 1-2 q$ TXT \"\\\"a $\\\"\"\n$GENERATE 1-2 s$ SRV \"0 $ 5060 ns\"\n", "bind"),
    "$GENERATE of nibbles": ("$GENERATE 171-171 ${0,4,n}n TXT x\n$GENERATE 171-171 ${0,3,N}.n TXT x\n"
                             "$GENERATE 0-0 ${0,0,n}.n TXT x\n$GENERATE 4096-4096 ${0,0,n}.n TXT x\n", "bind"),
    "$GENERATE below zero": ("$GENERATE 1-2 h${-5,3,x} A 1.2.3.4\n$GENERATE 1-2 ${-5,3,n}.h A 1.2.3.4\n"
                             "$GENERATE 1-2 h${-5,3,o} A 1.2.3.4\n$GENERATE 1-2 h${-5,3} A 1.2.3.4\n", "bind"),
    "services of WKS": ("a WKS 1.2.3.4 TCP (smtp domain telnet imaps submission ldap kerberos)\n"
                        "b WKS 1.2.3.4 TCP ident systat netstat\nc WKS 1.2.3.4 egp 1\n", "bind ldns"),
    "ZONEMD of a scheme to come": ("@ ZONEMD 7 240 1 FEBE3D4CE2EC2FFA4BA99D46\n", "ldns"),
    "$GENERATE with escapes": ("$GENERATE 1-1 d$$$ A 1.2.3.4\n$GENERATE 1-1 e\\$$ A 1.2.3.4\n", "bind"),
    "$INCLUDE": ("a A 1.2.3.4\n$INCLUDE more more\n A 1.2.3.5\nb TXT x\n", "bind"),
}
MORE = "@ A 1.2.3.6\nx A 1.2.3.7\n$ORIGIN y.example.\n@ A 1.2.3.8\n"

# Refused by us; by whom else is not asked.
WRONG = {
    "a TTL above 2^31-1": "a 2147483648 A 1.2.3.4\n",
    "a TTL that wraps": "a 99999999999 A 1.2.3.4\n",
    "an open quote": "a TXT \"abc\n",
    "an open parenthesis": "a TXT ( abc\n",
    "a closing parenthesis alone": "a TXT abc )\n",
    "a label of 64 octets": "a" * 64 + " A 1.2.3.4\n",
    "no RDATA": "a A\n",
    "a KEY without its key": "@ KEY 256 3 8\n",
    "a short hash in NSEC3": "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom NSEC3 1 0 0 - 0p9mhave A\n",
    "a file that is not there": "$INCLUDE nowhere\n",
}


def run(argv, cwd=None):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20, cwd=cwd)
    return done.returncode, done.stdout.decode("latin1"), done.stderr.decode("latin1")


def records(path):
    """The records of a master file as our parser reads it: a sorted list of lines, or what it says is wrong."""
    status, out, err = run([os.path.join(BUILD, "tests/system/rr_octets"), path])
    return sorted(set(line.lower() for line in out.splitlines())) if status == 0 else err


def bind(path, to):
    return run(["named-compilezone", "-q", "-i", "none", "-k", "ignore", "-M", "ignore", "-S", "ignore", "-T", "ignore",
                "-o", to, "example", path], cwd=os.path.dirname(path))


def ldns(path, to):
    # Without an $ORIGIN ldns takes names for absolute ones.
    with open(path, "rb") as f, open(path + ".ldns", "wb") as g:
        g.write(b"$ORIGIN example.\n" + f.read())
    status, out, err = run(["ldns-read-zone", path + ".ldns"])
    with open(to, "w", encoding="latin1") as f:
        f.write(out)
    return status, out, err


def main():
    with Test() as test:
        test.need("named-compilezone", "ldns-read-zone")
        path, peers_path = os.path.join(test.scratch, "zone"), os.path.join(test.scratch, "out")
        test.write("more", MORE)
        for name, (text, peers) in FILES.items():
            with open(path, "wb") as f:
                f.write((HEAD + text).encode("latin1"))
            ours = records(path)
            for peer in peers.split():
                status, out, err = {"bind": bind, "ldns": ldns}[peer](path, peers_path)
                theirs = records(peers_path) if status == 0 else out + err
                test.check(f"{name}, as {peer} reads it", ours == theirs, "ours", ours, "theirs", theirs)
        for name, text in WRONG.items():
            with open(path, "wb") as f:
                f.write((HEAD + text).encode("latin1"))
            ours = records(path)
            test.check(f"{name} is refused", isinstance(ours, str) and ":7:" in ours, ours)


if __name__ == "__main__":
    sys.exit(main())

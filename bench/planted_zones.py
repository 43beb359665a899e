"""The half of bench/planted that is about zone files: one good file, one list of plants, the same for every checker."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import rows

GOOD = """\
$ORIGIN example.com.
$TTL 3600
@ IN SOA ns1 hostmaster ( 2024010101 7200
                          600 864000 60 )
@ IN NS ns1
@ IN NS ns2
@ IN MX 10 mail
@ IN TXT "v=spf1 -all" "second"
@ IN CAA 0 issue "ca.example.net"
ns1 IN A 192.0.2.1
ns2 IN A 192.0.2.2
ns2 IN AAAA 2001:db8::2
mail 300 IN A 192.0.2.3
www IN CNAME web
web IN A 192.0.2.4
$INCLUDE more.zone
_sip._udp IN SRV 10 20 5060 pbx
pbx IN A 192.0.2.5
@ IN NAPTR 10 50 "s" "SIP+D2U" "" _sip._udp
sub IN NS ns.sub
ns.sub IN A 192.0.2.6
sub IN DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
host IN SSHFP 1 1 0123456789abcdef0123456789abcdef01234567
host IN LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
host IN TYPE65280 \\# 4 0a000001
host IN TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
cut IN DNAME other.example.net.
key IN DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
a.b IN A 192.0.2.7
*.wild IN A 192.0.2.8
last IN A 192.0.2.9
"""

# what, what it was, what it is now; the line of the change is the one to be named. "!": the file as a whole
PLANTS = [
    ("misspelt type", "ns1 IN A 192", "ns1 IN AA 192"), ("misspelt type", "AAAA 2001", "AAA 2001"), ("misspelt type", "CNAME web", "CNAM web"),
    ("misspelt type", "MX 10", "XM 10"), ("misspelt type", "SRV 10", "SVR 10"), ("misspelt type", 'TXT "v', 'TEXT "v'),
    ("misspelt directive", "$TTL", "$TLT"), ("misspelt directive", "$ORIGIN", "$ORGIN"), ("misspelt directive", "$INCLUDE", "$INCLUD"),
    ("misspelt class", "@ IN MX", "@ INN MX"), ("misspelt class", "web IN A", "web NI A"),
    ("bad address", "192.0.2.3", "192.0.2.300"), ("bad address", "192.0.2.4", "192.0.2"), ("bad address", "192.0.2.5", "192.0.2.l5"),
    ("bad address", "2001:db8::2", "2001:db8:::2"), ("bad address", "2001:db8::2", "192.0.2.2"), ("bad address", "192.0.2.7", "2001:db8::7"),
    ("bad number", "MX 10", "MX ten"), ("bad number", "5060 pbx", "70000 pbx"), ("bad number", "CAA 0", "CAA 300"), ("bad number", "2024010101", "20240101012"),
    ("bad number", "SSHFP 1 1", "SSHFP 1 x"), ("bad number", "DS 12345", "DS 123456"),
    ("bad time", "mail 300", "mail 3z"), ("bad time", "$TTL 3600", "$TTL -1"), ("bad time", "600 864000", "600 86x"), ("bad time", "mail 300", "mail 99999999999"),
    ("missing field", "MX 10 mail", "MX mail"), ("missing field", "10 20 5060 pbx", "10 20 5060"), ("missing field", "CNAME web", "CNAME"),
    ("missing field", "600 864000 60 )", "600 864000 )"), ("missing field", "ns1 IN A 192.0.2.1", "ns1 IN A"), ("missing field", "3 1 1 0123", "3 1 0123"),
    ("left over", "192.0.2.9", "192.0.2.9 192.0.2.10"), ("left over", "CNAME web", "CNAME web 10"), ("left over", "last IN A", "last IN IN A"),
    ("never closed", '"second"', '"second'), ("never closed", '864000 60 )', "864000 60"), ("never closed", 'issue "ca.example.net"', 'issue "ca.example.net'),
    ("opened wrongly", "A 192.0.2.8", "A 192.0.2.8 )"), ("bad data", "0123456789abcdef01234567\n", "0123456789abcdef0123456x\n"),
    ("bad data", "DS 12345 13 2 01", "DS 12345 13 2 1"), ("bad data", "mdsswUyr3", "mds!wUyr3"), ("bad data", "52 22", "95 22"), ("bad data", "\\# 4", "\\# 5"),
    ("bad name", "a.b IN", "a..b IN"), ("bad name", "last IN", "l" * 64 + " IN"), ("bad name", "web IN", "we\\999b IN"), ("bad name", "a.b IN", ".".join(["a" * 60] * 5) + " IN"),
    ("text too long", '"second"', '"' + "x" * 256 + '"'), ("missing file", "more.zone", "no-such.zone"),
    ("CNAME and other", "web IN A", "www IN A"), ("CNAME and other", "www IN CNAME web", "web IN CNAME mail"), ("CNAME and other", "last IN A 192.0.2.9", "@ IN CNAME web"),
    ("outside the zone", "last IN", "last.example.net. IN"), ("outside the zone", "ns1 IN A", "ns1.example.org. IN A"),
    ("below DNAME", "last IN", "last.cut IN"), ("second SOA", "last IN A 192.0.2.9", "@ IN SOA ns1 h 2 7200 600 864000 60"),
    ("SOA not at the apex", "@ IN SOA", "soa IN SOA"), ("!no NS", "@ IN NS ns1\n@ IN NS ns2\n", ""), ("!no SOA", GOOD[GOOD.index("@ IN SOA"):GOOD.index("@ IN NS ns1")], ""),
    ("NS without address", "@ IN NS ns2", "@ IN NS ns9"), ("NS is an alias", "@ IN NS ns2", "@ IN NS www"), ("MX without address", "MX 10 mail", "MX 10 mial"),
    ("MX is an alias", "MX 10 mail", "MX 10 www"), ("SRV is an alias", "5060 pbx", "5060 www"), ("address as name", "MX 10 mail", "MX 10 192.0.2.3"),
    ("final dot forgotten", "@ IN NS ns2", "@ IN NS ns2.example.com"), ("final dot forgotten", "CNAME web", "CNAME web.example.com"),
    ("no glue", "ns.sub IN A", "nx.sub IN A"), ("DS without NS", "sub IN DS", "web IN DS"),
]
ORIGIN, FILE = "example.com", "example.com.zone"


def checkers(build):
    return [("deputy", [os.path.join(build, "cmd/deputy"), "zone", "check", FILE, ORIGIN]),
            ("named-checkzone", ["named-checkzone", "-i", "local", "-k", "fail", "-m", "fail", "-M", "fail", "-S", "fail", "-n", "fail", ORIGIN, FILE]),
            ("kzonecheck", ["kzonecheck", "-v", "-o", ORIGIN, FILE]),
            ("nsd-checkzone", ["nsd-checkzone", ORIGIN, FILE]),
            ("ldns-read-zone", ["ldns-read-zone", FILE])]


def check(argv, folder, text):
    """What was said, and whether the file was refused or warned of."""
    with open(os.path.join(folder, FILE), "w", encoding="utf-8") as f:
        f.write(text)
    a = subprocess.run(argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=30, check=False)
    said = a.stderr if argv[0] == "ldns-read-zone" else a.stdout + a.stderr
    return said, a.returncode != 0 or re.search(r"(?<!No semantic )\b(error|warning|fatal)\b", said, re.I) is not None or (
        argv[0] == "named-checkzone" and any(f"zone {ORIGIN}/IN" in row and "loaded serial" not in row for row in said.splitlines()))


def places(said):
    found = []
    for row in said.splitlines():
        m = re.search(re.escape(FILE) + r"\W{1,4}(?:line )?(\d+)(?::(\d+))?", row) or re.search(r"\bline (\d+)()", row)
        if m:
            found.append((int(m[1]), int(m[2] or 0)))
    return found


def right_lines(good, what, was, now, text):
    """The line of the change; of what is never closed also the next; of two that do not go together either."""
    at = good.index(was)
    while now and at < len(text) and at < len(good) and text[at] == good[at]:
        at += 1
    line = text.count("\n", 0, at) + 1
    lines = {line}
    if what in ("never closed", "missing field"):
        lines |= {line + 1, line - 1}
    if what in ("CNAME and other", "second SOA", "below DNAME"):
        words = now.split()[0], "@" if what == "second SOA" else "", "cut" if what == "below DNAME" else ""
        lines |= {n for n, row in enumerate(text.split("\n"), 1) if row.split(" ")[0] in words}
    if what == "no glue":
        lines |= {n for n, row in enumerate(text.split("\n"), 1) if "ns.sub" in row or "nx.sub" in row}
    return lines


def together(base, argv, folder):
    """Three errors in one file, ten times: how many of their lines are named in one run."""
    single = [p for p in PLANTS if p[0] in ("misspelt type", "bad address", "bad number", "missing field", "left over") and p[1] in base]
    told = 0
    for turn in range(10):
        text, lines = base, set()
        for n in range(3):
            for what, was, now in single[(turn * 3 + n * 7) % len(single):] + single:
                line = base.count("\n", 0, base.index(was)) + 1
                if line not in lines and was in text:
                    text = text.replace(was, now, 1)
                    lines.add(line)
                    break
        told += len(lines & {n for n, _ in places(check(argv, folder, text)[0])})
    return told


def table(name):
    """What both halves print of a checker; `words` is how often a suggestion was possible, `three` how many lines there were to tell."""
    return rows.Table(name, ("checker", "<20"), ("planted", ">8"), ("found", ">8"), ("line", ">8"), ("column", ">8"), ("suggested", ">10"), ("words", ">8", "of words"),
                      ("told", ">8", "3 at once"), ("three", ">8", "of"))


def compare(args):
    zones = table("planted_zones")
    missed = {}
    for name, argv in checkers(rows.BUILD):
        if not shutil.which(argv[0]):
            zones.row(name, note="is not installed")
            continue
        if args.show and name != args.show:
            continue
        with tempfile.TemporaryDirectory(prefix="deputy-planted.") as folder:
            with open(os.path.join(folder, "more.zone"), "w", encoding="utf-8") as f:
                f.write("more IN A 192.0.2.20\n")
            # ldns knows no $INCLUDE: its file has none
            base = GOOD.replace("$INCLUDE more.zone", "; none") if name == "ldns-read-zone" else GOOD
            chosen = [p for p in PLANTS if p[1] in base]
            said, refused = check(argv, folder, base)
            if refused:
                sys.exit(f"{name}: the good file is refused:\n{said}")
            results = []
            for what, was, now in chosen:
                text = base.replace(was, now, 1)
                assert text != base, was
                said, refused = check(argv, folder, text)
                lines = right_lines(base, what, was, now, text)
                at_line = [c for n, c in places(said) if n in lines]
                told = re.findall(r"(?:did you mean|meant|perhaps|maybe)[^\w$]+([$\w.-]+)", said)
                wanted = [w for w in was.split() if w not in now.split()][:1] if what.startswith("misspelt") else []
                results.append((refused or bool(at_line), bool(at_line), any(at_line), wanted[0] in told if wanted else None))
                if args.show and not (args.missed and results[-1][0] and (results[-1][1] or what[0] == "!") and results[-1][3] is not False):
                    rows.tell(f"--- {what}: {now[:60]!r} for {was[:60]!r}: {results[-1]}\n      " + "\n      ".join(said.splitlines()))
            several = together(base, argv, folder)
        lined = [r for (what, _, _), r in zip(chosen, results) if what[0] != "!"]
        typed = [r[3] for r in results if r[3] is not None]
        zones.row(name, len(results), sum(r[0] for r in results), sum(r[1] for r in lined), sum(r[2] for r in lined), sum(typed), len(typed), several, 30)
        missed[name] = sorted({what.strip("!") for (what, _, _), r in zip(chosen, results) if not r[0]})
    rows.tell("\nnot found at all:")
    for name, kinds in missed.items():
        rows.tell(f"{name:18} {', '.join(kinds) or '-'}")

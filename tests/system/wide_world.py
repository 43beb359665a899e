"""A large set of test zones on loopback for comparing resolvers: a signed root, TLDs and zones served by NSD, most of them correct, some signed incorrectly on purpose, and misbehaving name servers (sick_servers.py).

Signing is BIND's, serving NSD's: nothing of ours is used.
"""
import concurrent.futures
import dataclasses
import os
import re
import subprocess

from name_server import NameServer, free_net
from sick_servers import SickServers

NET = free_net(61)
ROOT, TLD, LEAF, LOW, LAME = (f"{NET}.60.{n}" for n in range(1, 6))
YEAR = 365 * 86400


@dataclasses.dataclass
class Zone:
    name: str
    records: str = ""
    at: str = LEAF
    keys: tuple = ()              # algorithms; none: not signed
    sign: tuple = ()              # more words for dnssec-signzone
    digest: str = "SHA-256"
    ds: object = None             # changes the DS records; "" leaves them out
    spoil: object = None          # changes the signed zone file
    ns: str = None                # instead of `ns` in the zone with its glue
    iterations: int = 0           # NSEC3 by ldns-signzone, for what BIND's refuses to make
    parent: str = dataclasses.field(default=None, init=False)


def signed(name, records="www A 192.0.2.1\n", **more):
    return Zone(name, records, keys=more.pop("keys", ("ECDSAP256SHA256",)), **more)


def drop(pattern):
    """Leaves out the lines of a signed zone in which the pattern is found."""
    return lambda text: "".join(line for line in text.splitlines(True) if not re.search(pattern, line))


def swap(old, new):
    return lambda text: re.sub(old, new, text)


def signatures_only_of(number):
    """Of a zone signed by two algorithms: leaves out the signatures of the other."""
    return drop(rf"\tRRSIG\t\S+ (?!{number} )")


def bits(text):
    return bytes(text, "ascii").hex()


LABEL63 = "x" * 63
LONGEST = ".".join([LABEL63] * 3 + ["y" * 52]) # with .plain. and the root 255 octets
DEEPEST = ".".join("abcdefghij"[i % 10] for i in range(124)) # 125 labels with .plain.
TYPES = f"""www A 192.0.2.1
www AAAA 2001:db8::1
www TXT "one" "two"
www MX 10 mail
mail A 192.0.2.25
_sip._udp SRV 1 2 5060 www
@ NAPTR 10 10 "s" "SIP+D2U" "" _sip._udp
@ NAPTR 20 10 "u" "E2U+sip" "!^.*$!sip:info@types.plain!" .
@ CAA 0 issue "ca.example"
@ MX 0 .
svc SVCB 1 www alpn=h2 port=853 ipv4hint=192.0.2.1
svc HTTPS 1 . alpn=h2,h3 ech=AAAA
alias HTTPS 0 www
odd TYPE65280 \\# 4 01020304
odd TYPE65281 \\# 0
host SSHFP 1 1 123456789abcdef67890123456789abcdef67890
_443._tcp.www TLSA 3 1 1 {bits("0123456789abcdef0123456789abcdef")}
place LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
host HINFO "PC" "Linux"
host RP who.types.plain. text.types.plain.
host URI 10 1 "ftp://host.types.plain/"
host CERT PGP 0 0 AQID
host AFSDB 1 www
host EUI48 00-00-5e-00-53-2a
host APL 1:192.168.32.0/21
host SPF "v=spf1 -all"
host OPENPGPKEY AQID
host SMIMEA 3 0 0 0102
host KX 10 www
host DHCID AQID
host NID 10 14:4fff:ff20:ee64
host CSYNC 1 3 A NS
host PTR www
host DS 1 8 2 {"ab" * 32}
host CDS 0 0 0 00
big TXT {" ".join(f'"{"x" * 250}"' for _ in range(6))}
""" + "".join(f"huge A 198.51.{i // 250}.{i % 250 + 1}\n" for i in range(400)) + "".join(f"wide TXT \"{i:03} {'w' * 240}\"\n" for i in range(100))

CHAINS = """www A 192.0.2.2
c1 CNAME www
c2 CNAME c1
to-sig CNAME www.a13.sig.
to-sig-wild CNAME x.wild.sig.
to-bogus CNAME www.badsig.sig.
to-expired CNAME www.expired.sig.
to-plain CNAME www.plain.
to-nothing CNAME nothing.plain.
to-nothing-signed CNAME nothing.a13.sig.
to-nodata CNAME onlytxt.plain.
to-empty CNAME ent.plain.
to-lame CNAME www.lame.plain.
to-dead CNAME www.dead.sick.
to-refused CNAME www.refuses.sick.
to-dname CNAME www.moved.dname.sig.
loop-a CNAME loop-b
loop-b CNAME loop-a
self CNAME self
long-1 CNAME long-2
""" + "".join(f"long-{i} CNAME long-{i + 1}\n" for i in range(2, 8)) + "long-8 A 192.0.2.8\n" + \
    "".join(f"far-{i} CNAME far-{i + 1}\n" for i in range(1, 30)) + "far-30 A 192.0.2.30\n" + \
    "".join(f"hop{i} CNAME hop{i}.{'plain' if i % 2 else 'chain.sig'}.\n" for i in range(1, 2)) + \
    "via-tld CNAME via-tld.plain.\n"

PLAIN = f"""www A 192.0.2.80
www AAAA 2001:db8::80
onlytxt TXT "text"
www.ent TXT "below"
to-sig CNAME www.a13.sig.
via-tld CNAME via-tld-2.chain.sig.
via-tld-2 A 192.0.2.81
* TXT "wild"
*.wild A 192.0.2.82
host.wild TXT "here"
*.wc CNAME www
*.ww CNAME *.ww2
a.b.c.d.e.f A 192.0.2.83
{LABEL63} A 192.0.2.84
{LONGEST} A 192.0.2.85
{DEEPEST} A 192.0.2.86
_under_score A 192.0.2.87
\\000nul A 192.0.2.88
dot\\.ted A 192.0.2.89
\\200\\255 A 192.0.2.90
MiXeD A 192.0.2.91
ttl0 0 A 192.0.2.92
ttl1 1 A 192.0.2.93
ttlmax 2147483647 A 192.0.2.94
ns-cname CNAME ns.types
mx MX 10 mail.plain.
mail A 192.0.2.95
moved DNAME new
x.new A 192.0.2.97
longlabels DNAME {LABEL63}.{LABEL63}.{LABEL63}.plain.
"""

PRIVATE = """www A 192.0.2.1
private A 10.1.2.3
linklocal A 169.254.1.2
loopback A 127.0.0.99
ula AAAA fd00::1
mapped AAAA ::ffff:10.0.0.1
mixed A 192.168.1.1
mixed A 192.0.2.96
to-private CNAME private
"""

ZONES = [
    Zone(".", "a.root A {ROOT}\n", at=ROOT, keys=("RSASHA256",), ns="a.root."),
    # top-level domains
    signed("sig.", "txt TXT \"tld\"\n", at=TLD),
    signed("three.", "", at=TLD, sign=("-3", "-", "-A")),
    Zone("plain.", PLAIN, at=TLD),
    Zone("sick.", "", at=TLD),
    signed("arpa.", "e164 TXT \"numbers\"\n", at=TLD, keys=("ED25519",)),
    signed("in-addr.arpa.", "2.1.113.0.203 PTR www.plain.\n", at=TLD),
    Zone("ip6.arpa.", "1.0.0.0 PTR www.plain.\n", at=TLD),
    Zone("home.arpa.", "router A 192.0.2.100\n"),
    # algorithms and digests
    signed("a7.sig.", keys=("NSEC3RSASHA1",)),
    signed("a8.sig.", keys=("RSASHA256",)),
    signed("a10.sig.", keys=("RSASHA512",)),
    signed("a13.sig.", "www A 192.0.2.1\nwww AAAA 2001:db8::1\nonlytxt TXT \"x\"\nwww.ent A 192.0.2.1\nsub NS ns.sub\nns.sub A {LOW}\nto-a8 CNAME www.a8.sig.\n"),
    signed("a14.sig.", keys=("ECDSAP384SHA384",), digest="SHA-384"),
    signed("a15.sig.", keys=("ED25519",)),
    signed("a16.sig.", keys=("ED448",)),
    signed("sha1.sig.", digest="SHA-1"),
    signed("two.sig.", keys=("RSASHA256", "ECDSAP256SHA256")),
    signed("onlyone.sig.", keys=("RSASHA256", "ECDSAP256SHA256"), spoil=signatures_only_of(13)),
    signed("unkalg.sig.", ds=swap(r" 13 2 ", " 200 2 ")),
    signed("unkdig.sig.", ds=swap(r" 13 2 ", " 13 200 ")),
    signed("md5.sig.", ds=swap(r" 13 2 ", " 1 2 ")),
    signed("wrongds.sig.", ds=swap(r"[0-9A-F]{8}\s*$", "00000000\n")),
    signed("wrongtag.sig.", ds=swap(r"DS \d+", "DS 1")),
    signed("mixedds.sig.", ds=lambda text: text + re.sub(r"[0-9A-F]{8}\s*$", "00000000\n", text)),
    signed("unkandgood.sig.", ds=lambda text: text + text.replace(" 13 2 ", " 200 2 ")),
    signed("island.sig.", ds=""),
    Zone("insecure.sig.", "www A 192.0.2.3\n"),
    Zone("strippedds.sig.", "www A 192.0.2.4\n", ds=lambda text: f"@ DS 12345 13 2 {'ab' * 32}\n"),
    # signatures
    signed("expired.sig.", sign=("-s", f"now-{2 * YEAR}", "-e", f"now-{YEAR}")),
    signed("future.sig.", sign=("-s", f"now+{YEAR}", "-e", f"now+{2 * YEAR}")),
    signed("badsig.sig.", spoil=swap(r"192\.0\.2\.1\b", "192.0.2.66")),
    signed("nosig.sig.", spoil=drop(r"^www\S*\s.*\tRRSIG\tA ")),
    signed("nosigs.sig.", spoil=drop(r"\tRRSIG\t")),
    signed("nodnskeysig.sig.", spoil=drop(r"\tRRSIG\tDNSKEY ")),
    signed("nodnskey.sig.", spoil=drop(r"\tDNSKEY\t")),
    signed("extrarr.sig.", "www A 192.0.2.1\nwww AAAA 2001:db8::1\n", spoil=swap(r"(www\.extrarr\.sig\.\t+\d+\tIN\tA\t)192\.0\.2\.1\n", "\\g<1>192.0.2.1\n\\g<1>192.0.2.2\n")),
    # denial
    signed("nsec.sig.", "www A 192.0.2.1\nonlytxt TXT \"x\"\nb.ent A 192.0.2.1\n*.w A 192.0.2.5\nx.w TXT \"x\"\n"),
    signed("nonsec.sig.", "www A 192.0.2.1\nzz A 192.0.2.1\n", spoil=drop(r"^(www|zz)\S*\s.*NSEC\b")),
    signed("wrongnsec.sig.", "www A 192.0.2.1\n", spoil=swap(r"(www\.wrongnsec\.sig\.\t\d+\tIN\tNSEC\t)\S+", r"\1aaa.wrongnsec.sig.")),
    signed("nodenialsig.sig.", spoil=drop(r"\tRRSIG\tNSEC ")),
    signed("n3.sig.", "www A 192.0.2.1\nonlytxt TXT \"x\"\nb.ent A 192.0.2.1\n*.w A 192.0.2.5\nx.w TXT \"x\"\nsub NS ns.sub\nns.sub A {LOW}\n", sign=("-3", "-")),
    signed("n3salt.sig.", sign=("-3", "abcd", "-H", "10")),
    signed("n3many.sig.", iterations=500),
    signed("n3none.sig.", sign=("-3", "-"), spoil=drop(r"\tNSEC3\t")),
    signed("optout.sig.", "www A 192.0.2.1\nsub NS ns.sub\nns.sub A {LOW}\n*.w A 192.0.2.5\n", sign=("-3", "-", "-A")),
    Zone("sub.optout.sig.", "www A 192.0.2.6\n", at=LOW),
    Zone("sub.a13.sig.", "www A 192.0.2.6\n", at=LOW),
    Zone("sub.n3.sig.", "www A 192.0.2.6\n", at=LOW),
    signed("leaf.three.", "www A 192.0.2.1\n*.w A 192.0.2.5\n"),
    Zone("open.three.", PRIVATE),
    signed("low.a13.sig.", "www A 192.0.2.7\n", at=LOW),
    signed("low.insecure.sig.", "www A 192.0.2.7\n", at=LOW),
    Zone("deep.low.a13.sig.", "www A 192.0.2.7\n", at=LEAF),
    # wildcards, DNAME, chains
    signed("wild.sig.", "* A 192.0.2.9\n*.c CNAME www.a13.sig.\nhere TXT \"x\"\na.b A 192.0.2.1\n*.n3 TXT \"y\"\n"),
    signed("wild3.sig.", "* A 192.0.2.9\n*.c CNAME www.a13.sig.\nhere TXT \"x\"\na.b A 192.0.2.1\n", sign=("-3", "-")),
    signed("badwild.sig.", "* A 192.0.2.9\nhere A 192.0.2.1\n", spoil=drop(r"\tNSEC\t|RRSIG\tNSEC ")),
    signed("dname.sig.", "moved DNAME a13.sig.\nhere DNAME new\nx.new A 192.0.2.10\ntwice DNAME here\nto-plain DNAME plain.\n"
           f"long DNAME {LABEL63}.{LABEL63}.{LABEL63}.dname.sig.\nself DNAME self.self\n"),
    signed("apexdname.sig.", "@ DNAME a13.sig.\n", ns="ns.a13.sig."),
    signed("chain.sig.", CHAINS),
    Zone("chain.plain.", CHAINS.replace("via-tld CNAME via-tld.plain.\n", "")),
    Zone("types.plain.", TYPES),
    signed("types.sig.", TYPES.replace("types.plain", "types.sig").replace(f"host DS 1 8 2 {'ab' * 32}\n", ""), sign=("-3", "-")),
    Zone("victim.plain.", "www A 192.0.2.99\n"),
    # delegations
    Zone("lame.plain.", at=LAME),
    Zone("halflame.plain.", "www A 192.0.2.11\n", ns="both"),
    signed("lamesig.sig.", at=LAME),
    Zone("cycle-a.plain.", ns="ns.cycle-b.plain."),
    Zone("cycle-b.plain.", ns="ns.cycle-a.plain."),
    Zone("glueless.plain.", "www A 192.0.2.12\n", ns="ns.insecure.sig."),
    Zone("glueless2.plain.", "www A 192.0.2.12\n", ns="ns.glueless.plain."),
    Zone("nsnone.plain.", ns="nothing.here.plain."),
    Zone("nscname.plain.", "www A 192.0.2.13\n", ns="ns-cname.plain."),
    Zone("nsaddress.plain.", ns="127.0.0.1."),
    Zone("nsroot.plain.", ns="."),
    Zone("differs.plain.", "@ NS ns2\nns2 A {LEAF}\nwww A 192.0.2.14\n"),
    Zone("d1.plain.", "www A 192.0.2.15\n"),
    Zone("d2.d1.plain.", "www A 192.0.2.15\n", at=LOW),
    Zone("d3.d2.d1.plain.", "www A 192.0.2.15\n"),
    Zone("d4.d3.d2.d1.plain.", "www A 192.0.2.15\n", at=LOW),
    Zone("x.y.z.skip.plain.", "www A 192.0.2.16\n"),
]

# Zones of sick., each with one server of the behaviour, or several where that is said.
SICK_ZONES = [(name, (name,)) for name in (
    "fine", "slow1", "slow3", "tc", "tcrefused", "tchangs", "noedns", "noimpedns", "servfailedns", "dropsedns", "badvers", "formerrecho",
    "shortformerr", "wrongquestion", "wrongtype", "wrongid", "othersource", "lowercase", "uppercase", "refuses", "servfails", "notimps", "formerrs",
    "yxdomains", "deniesempty", "refusesmin", "noaa", "noqr", "nosoa", "upward", "toitself", "poisons", "cnameandmore", "chaintonothing", "aaaanx",
    "aaaadrop", "pointer", "short", "headeronly", "toolarge", "ttlzero", "twoanswers", "wrongsoa")] + [
    ("dead", ("dead", "dead")),
    ("halfdead", ("dead", "fine")),
    ("mostlydead", ("dead", "dead", "dead", "fine")),
    ("halfrefuses", ("refuses", "fine")),
    ("halfservfails", ("servfails", "fine")),
    ("halfslow", ("slow3", "fine")),
    ("halfwrong", ("wrongid", "fine")),
]


def file_of(name):
    return (name.rstrip(".") or "root") + ".zone"


class WideWorld:
    def __init__(self, t):
        self.t, self.folder = t, t.scratch + "/wide"
        os.makedirs(self.folder + "/keys")
        self.zones = {z.name: dataclasses.replace(z) for z in ZONES}
        for z in self.zones.values():
            z.parent = self.parent_of(z.name)
        self.servers = [] # names of name servers: on loopback, names with private addresses
        self.texts = {name: self.head(z) + z.records.replace("{LOW}", LOW).replace("{LEAF}", LEAF).replace("{ROOT}", ROOT)
                      for name, z in self.zones.items()}
        self.delegate_sick()
        # On loopback name servers have private addresses; where a domain has none else it may have them whole.
        self.inside = ["a.root", "sig", "plain", "sick"] + [x.rstrip(".") for x in self.servers if x.endswith((".three.", ".arpa."))]
        self.sign_all()
        self.hints = t.write("wide/hints", f". 3600 NS a.root.\na.root. 3600 A {ROOT}\n")
        self.name_servers = [NameServer(t, "wide", name, address, {
            z.name: file_of(z.name) for z in self.zones.values() if z.at == address}) for name, address in (
                ("root", ROOT), ("tld", TLD), ("leaf", LEAF), ("low", LOW))]
        self.name_servers.append(NameServer(t, "wide", "lame", LAME, {"nobody.": file_of("victim.plain.")}))

    def parent_of(self, name):
        labels = name.rstrip(".").split(".")
        for i in range(1, len(labels) + 1):
            above = ".".join(labels[i:]) + "."
            if above in self.zones and above != name:
                return above
        return None

    def head(self, z):
        name = z.name if z.name != "." else ""
        text = "$TTL 3600\n@ SOA ns h 1 3600 600 86400 60\n"
        if z.ns and z.ns != "both":
            text += f"@ NS {z.ns}\n"
            self.servers += [z.ns] if z.name == "." else []
            delegation = f"{name} NS {z.ns}\n"
        else:
            text += f"@ NS ns\nns A {z.at}\n"
            self.servers.append("ns." + name)
            delegation = f"{name} NS ns.{name}\nns.{name} A {z.at}\n"
        if z.ns == "both":
            text += f"@ NS lame\nlame A {LAME}\n"
            self.servers.append("lame." + name)
            delegation += f"{name} NS lame.{name}\nlame.{name} A {LAME}\n"
        z.delegation = delegation
        return text

    def delegate_sick(self):
        places, number = {}, 0
        for name, kinds in SICK_ZONES:
            zone = f"{name}.sick."
            for i, kind in enumerate(kinds):
                number += 1
                address, server = f"{NET}.61.{number}", f"ns{i + 1 if i else ''}.{zone}"
                places[address] = (kind, zone)
                self.texts["sick."] += f"{zone} NS {server}\n{server} A {address}\n"
                self.servers.append(server)
        self.sick = SickServers(places)

    def run(self, *argv):
        return subprocess.run(argv, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def make_key(self, z, algorithm):
        bits_wanted = ("-b", "2048") if "RSA" in algorithm else ()
        return self.run("dnssec-keygen", "-q", "-a", algorithm, *bits_wanted, "-f", "KSK", "-K", "keys", z.name)

    def sign_all(self):
        """Keys first, then all at once: each parent holds the DS of those below it."""
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            wanted = [(z, a) for z in self.zones.values() for a in z.keys]
            keys = {name: [] for name in self.zones}
            for (z, _), key in zip(wanted, pool.map(lambda each: self.make_key(*each), wanted)):
                keys[z.name].append(key)
            for z in self.zones.values():
                self.delegate(z, keys[z.name])
            list(pool.map(lambda z: self.write(z, keys[z.name]), self.zones.values()))

    def delegate(self, z, keys):
        ds = "".join(self.run("dnssec-dsfromkey", "-a", z.digest, f"keys/{key}") + "\n" for key in keys)
        if callable(z.ds):
            ds = z.ds(ds).replace("@", z.name)
        if z.name == ".":
            self.anchors = self.t.write("wide/anchors", ds)
        else:
            self.texts[z.parent] += z.delegation + (ds if z.ds != "" else "")

    def write(self, z, keys):
        file = file_of(z.name)
        text = self.texts[z.name]
        for key in keys:
            with open(f"{self.folder}/keys/{key}.key", encoding="ascii") as f:
                text += f.read()
        self.t.write("wide/" + file, text)
        if not keys:
            return
        if z.iterations:
            self.run("ldns-signzone", "-n", "-t", str(z.iterations), "-s", "ab", "-o", z.name, "-f", file + ".signed", file, f"keys/{keys[0]}")
        else:
            self.run("dnssec-signzone", "-q", "-P", "-z", "-O", "full", "-K", "keys", "-o", z.name, "-f", file + ".signed",
                     *(z.sign or ("-s", "now-3600", "-e", f"now+{30 * 86400}")), file, *keys)
        with open(f"{self.folder}/{file}.signed", encoding="ascii") as f:
            text = re.sub(r"\s+(\d+)\s+IN\s+(\S+)\s+", r"\t\1\tIN\t\2\t", f.read())
        self.t.write("wide/" + file, z.spoil(text) if z.spoil else text)

    def is_up(self):
        return all(a.is_up() for a in self.name_servers)

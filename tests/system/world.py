"""A small set of name servers on loopback for a resolver: NSD with root, TLD and zones; and servers that misbehave."""
import os
import re
import socket
import struct
import subprocess
import threading

from name_server import NameServer, free_net

NET = free_net(53)
ROOT, TLD, LEAF, ODD, DEAD = (f"{NET}.53.{n}" for n in range(1, 6))

ZONES = {
    ".": (ROOT, f"""$TTL 3600
. SOA a.root. h.root. 1 3600 600 86400 60
. NS a.root.
a.root. A {ROOT}
zz. NS a.zz.
a.zz. A {TLD}
"""),
    "zz.": (TLD, "$TTL 3600\n@ SOA a h 1 3600 600 86400 60\n@ NS a\n" + f"a A {TLD}\n" + "".join(
        f"{name} NS ns.{name}\nns.{name} A {at}\n" for name, at in (
            ("plain", LEAF), ("signed", LEAF), ("bogus", LEAF), ("lame", LEAF), ("dead", DEAD), ("tc", ODD), ("old", ODD), ("slow", ODD)))),
    "plain.zz.": (LEAF, f"""$TTL 3600
@ SOA ns h 1 3600 600 86400 60
@ NS ns
ns A {LEAF}
www A 192.0.2.80
short 1 A 192.0.2.81
stale 1 A 192.0.2.82
loop-a CNAME loop-b
loop-b CNAME loop-a
to-live CNAME to-live-2
to-live-2 CNAME pbx.live.example.
rebind A 10.9.8.7
alias CNAME rebind
many TXT {" ".join('"' + 'x' * 250 + '"' for _ in range(8))}
* TXT "wild"
"""),
    "signed.zz.": (LEAF, f"$TTL 3600\n@ SOA ns h 1 3600 600 86400 60\n@ NS ns\nns A {LEAF}\nwww A 192.0.2.90\nrebind A 10.9.8.7\n"),
    "bogus.zz.": (LEAF, f"$TTL 3600\n@ SOA ns h 1 3600 600 86400 60\n@ NS ns\nns A {LEAF}\nwww A 192.0.2.91\n"),
}
# Name servers on loopback are names with private addresses: only these.
SERVERS = ["a.root", "a.zz"] + [f"ns.{name}.zz" for name in ("plain", "signed", "bogus", "lame", "dead", "tc", "old", "slow")]
SIGNED = ["signed.zz.", "bogus.zz.", "zz.", "."]


def file_of(name):
    return (name.rstrip(".") or "root") + ".zone"


class World:
    def __init__(self, t):
        self.t, self.folder = t, t.scratch + "/world"
        os.makedirs(self.folder)
        self.sign()
        self.name_servers = [NameServer(t, "world", name, address, {
            zone: file_of(zone) + (".signed" if zone in SIGNED else "") for zone, (at, _) in ZONES.items() if at == address})
                            for name, address in (("root", ROOT), ("tld", TLD), ("leaf", LEAF))]
        self.odd()
        self.hints = t.write("world/hints", f". 3600 NS a.root.\na.root. 3600 A {ROOT}\n")

    def run(self, *argv):
        return subprocess.run(argv, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def sign(self):
        """Children first: each parent holds the DS of those below it."""
        records = {name: text for name, (_, text) in ZONES.items()}
        for name in SIGNED:
            key = self.run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name)
            with open(f"{self.folder}/{key}.ds", encoding="ascii") as f:
                ds = f.read()
            if name == ".":
                self.anchors = self.t.write("world/anchors", ds)
            else:
                parent = name.split(".", 1)[1] or "."
                records[parent] += ds
            self.t.write("world/" + file_of(name), records[name])
            self.run("ldns-signzone", "-o", name, "-f", file_of(name) + ".signed", file_of(name), key)
        for name in ZONES:
            self.t.write("world/" + file_of(name), records[name])
        path = f"{self.folder}/{file_of('bogus.zz.')}.signed"
        with open(path, encoding="ascii") as f:
            text = f.read()
        with open(path, "w", encoding="ascii") as f:
            f.write(re.sub(r"192\.0\.2\.91", "192.0.2.66", text))

    def odd(self):
        """tc: truncates over UDP; old: FORMERR to EDNS; slow: answers after a second."""
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((ODD, 53))
        tcp = socket.create_server((ODD, 53))
        dead = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        dead.bind((DEAD, 53)) # takes all, answers nothing
        self.sockets = [udp, tcp, dead]
        threading.Thread(target=self.odd_udp, args=(udp,), daemon=True).start()
        threading.Thread(target=self.odd_tcp, args=(tcp,), daemon=True).start()

    @staticmethod
    def reply(m, over_udp):
        end = 12
        while m[end]:
            end += m[end] + 1
        name, kind = m[12:end].lower(), struct.unpack(">H", m[end + 1:end + 3])[0]
        question = m[12:end + 5]
        if b"\x03old" in name and struct.unpack(">H", m[10:12])[0]:
            return m[:2] + b"\x80\x01" + struct.pack(">4H", 1, 0, 0, 0) + question
        flags = b"\x84\x00"
        if b"\x02tc" in name and over_udp:
            return m[:2] + b"\x86\x00" + struct.pack(">4H", 1, 0, 0, 0) + question
        if kind != 1:
            return m[:2] + flags + struct.pack(">4H", 1, 0, 0, 0) + question
        address = socket.inet_aton(ODD if name.startswith(b"\x02ns") else "192.0.2.119")
        return m[:2] + flags + struct.pack(">4H", 1, 1, 0, 0) + question + b"\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4" + address

    def odd_udp(self, s):
        while True:
            m, peer = s.recvfrom(4096)
            answer = self.reply(m, True)
            if b"\x04slow" in m.lower():
                threading.Timer(1.0, s.sendto, (answer, peer)).start()
            else:
                s.sendto(answer, peer)

    def odd_tcp(self, s):
        while True:
            c, _ = s.accept()
            with c:
                c.settimeout(3)
                try:
                    length = struct.unpack(">H", c.recv(2))[0]
                    answer = self.reply(c.recv(length), False)
                    c.sendall(struct.pack(">H", len(answer)) + answer)
                except (OSError, struct.error):
                    pass

    def is_up(self):
        return all(a.is_up() for a in self.name_servers)

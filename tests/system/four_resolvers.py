"""Four resolvers that use the same name servers: deputy, and unbound, BIND and kresd as their packages configure them.

Private addresses are to be kept out, as deputy does by itself; kresd cannot, where name servers themselves are on loopback."""
import os
import re
import shutil

from dnswire import ask, query, read
from node import Node
from tap import free_port, within


PRIVATE = ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
           "::/128", "::1/128", "fc00::/7", "fe80::/10", "::ffff:0:0/96")


class Resolver:
    """A resolver of the test names, at an address of its own."""
    name, number = "", 0

    def __init__(self, t, world, net):
        self.t, self.world, self.address, self.port = t, world, f"{net}.62.{self.number}", 53
        self.folder = f"{t.scratch}/{self.name}"
        os.makedirs(self.folder, exist_ok=True)
        self.start()

    def write(self, name, text):
        return self.t.write(f"{self.name}/{name}", text)

    def is_up(self):
        def answers():
            answer = ask((self.address, self.port), query(".", "SOA", flags=0x0100), 1.0)
            return answer and read(answer)["rcode"] == "NOERROR"
        return within(30, answers, 0.2)


class Deputy(Resolver):
    name, program, number = "deputy", None, 1

    def start(self):
        node = Node(self.t, f"""access: {{ query: [ 127.0.0.0/8 ], recursion: [ 127.0.0.0/8 ] }}
recursion: {{ root-hints: {self.world.hints}, trust-anchors: {self.world.anchors}, inside: [ {", ".join(self.world.inside)} ] }}
""", name="node", address=self.address)
        self.port, self.node = node.port, node
        node.start()


class Unbound(Resolver):
    name, program, number = "unbound", "unbound", 2

    def start(self):
        private = "".join(f"  private-address: {x}\n" for x in PRIVATE) + "".join(f'  private-domain: "{x}"\n' for x in self.world.inside)
        conf = self.write("unbound.conf", f"""server:
  interface: {self.address}
  port: 53
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  ede: yes
  root-hints: "{self.world.hints}"
  trust-anchor-file: "{self.world.anchors}"
{private}remote-control:
  control-enable: no
""")
        self.t.spawn(["unbound", "-d", "-c", conf], log=self.name)


class Bind(Resolver):
    name, program, number = "bind", "named", 3

    def start(self):
        self.address, self.port = "127.0.0.1", free_port() # it takes only addresses that an interface has
        with open(self.world.anchors, encoding="ascii") as f:
            anchors = "".join(f'. static-ds {tag} {algorithm} {digest} "{data.replace(" ", "")}";\n' for tag, algorithm, digest, data in
                              re.findall(r"DS (\d+) (\d+) (\d+) ([0-9A-F ]+)", f.read()))
        # The zones that Debian's package declares.
        local = self.write("local", "$TTL 604800\n@ SOA localhost. root.localhost. 2 604800 86400 2419200 604800\n@ NS localhost.\n@ A 127.0.0.1\n@ AAAA ::1\n")
        loop = self.write("loop", "$TTL 604800\n@ SOA localhost. root.localhost. 1 604800 86400 2419200 604800\n@ NS localhost.\n1.0.0 PTR localhost.\n")
        empty = self.write("empty", "$TTL 86400\n@ SOA localhost. root.localhost. 1 604800 86400 2419200 86400\n@ NS localhost.\n")
        zones = "".join(f'zone "{zone}" {{ type master; file "{file}"; }};\n' for zone, file in (
            ("localhost", local), ("127.in-addr.arpa", loop), ("0.in-addr.arpa", empty), ("255.in-addr.arpa", empty)))
        conf = self.write("named.conf", f"""options {{
  directory "{self.folder}"; pid-file none; listen-on port {self.port} {{ {self.address}; }}; listen-on-v6 {{ none; }};
  dnssec-validation yes; recursion yes; allow-query {{ any; }}; allow-recursion {{ any; }}; session-keyfile none; lock-file none;
  deny-answer-addresses {{ {" ".join(x + ";" for x in PRIVATE)} }} except-from {{ {" ".join(f'"{x}";' for x in ("localhost", *self.world.inside))} }};
}};
controls {{ }};
trust-anchors {{ {anchors} }};
zone "." {{ type hint; file "{self.world.hints}"; }};
{zones}""")
        self.t.spawn(["named", "-4", "-g", "-n", "1", "-c", conf], log=self.name)


class Kresd(Resolver):
    name, program, number = "kresd", "kresd", 4

    def start(self):
        conf = self.write("kresd.conf", f"""net.listen('{self.address}', 53, {{ kind = 'dns' }})
net.ipv6 = false
option('ALLOW_LOCAL', true)
modules = {{ 'hints > iterate' }}
hints.root_file('{self.world.hints}')
trust_anchors.remove('.')
trust_anchors.add_file('{self.world.anchors}', true)
cache.size = 32 * MB
""")
        self.t.spawn(["kresd", "-n", "-c", conf, self.folder], log=self.name, cwd=self.folder)


PEERS = [Unbound, Bind, Kresd]


def installed():
    return [kind for kind in PEERS if shutil.which(kind.program) or os.access(f"/usr/sbin/{kind.program}", os.X_OK)]

"""The resolvers that bench/attacks compares, each set up as its manual advises against rebinding, with one thread."""
import glob
import os
import shutil

import peers
from tap import free_port, within

WALLS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "100.64.0.0/10",
         "::1/128", "fc00::/7", "fe80::/10", "::ffff:0:0/96"]


class Resolver:
    name = program = ""

    def __init__(self, t, root, anchor):
        self.t, self.port = t, free_port()
        self.folder = f"{t.scratch}/{self.name}"
        os.makedirs(self.folder)
        self.hints = t.write(f"{self.name}/hints", f". 3600 IN NS a.root.\na.root. 3600 IN A {root}\n")
        self.anchor = anchor
        self.anchors = t.write(f"{self.name}/anchors", anchor)

    def is_installed(self):
        return shutil.which(self.program) is not None

    def start(self):
        self.process = self.t.spawn(self.argv(), log=self.name, cwd=self.folder)

    def log(self):
        return self.t.log(self.name)

    def cpu_ms(self):
        """Of all its processes and threads."""
        total = 0
        for pid in peers.descendants(self.process.pid):
            for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
                try:
                    with open(path, encoding="ascii") as f:
                        total += int(f.read().split()[0])
                except OSError:
                    pass
        return total / 1e6


class Deputy(Resolver):
    name, program = "deputy", os.path.join(peers.BUILD, "cmd/deputyd")

    def argv(self):
        os.makedirs(self.folder + "/state")
        os.makedirs(self.folder + "/run")
        conf = self.t.write("deputy/deputy.conf", (
            f"node: {{ name: test, listen: [ 127.0.0.1@{self.port} ], workers: 1, state: state, run: run, user: {peers.USER} }}\n"
            f"access: {{ query: [ 127.0.0.1 ], recursion: [ 127.0.0.1 ] }}\n"
            f"recursion: {{ root-hints: {self.hints}, trust-anchors: {self.anchors} }}\n"
            "pbxs: [ { name: berlin, addresses: [ 127.0.0.11 ], endpoints: [ tcp@5999 ] } ]\n"
            "live: [ { name: pbx.live.example, home: berlin } ]\n"))
        return [self.program, "-f", "-c", conf]


class Unbound(Resolver):
    name = program = "unbound"

    def argv(self):
        conf = self.t.write("unbound/conf", (
            f'server:\n  interface: 127.0.0.1@{self.port}\n  username: ""\n  chroot: ""\n  directory: "{self.folder}"\n  pidfile: ""\n'
            f'  use-syslog: no\n  num-threads: 1\n  root-hints: "{self.hints}"\n  trust-anchor-file: "{self.anchors}"\n'
            "  do-not-query-localhost: no\n" + "".join(f"  private-address: {w}\n" for w in WALLS) +
            "remote-control:\n  control-enable: no\n"))
        return [self.program, "-d", "-c", conf]


class Bind(Resolver):
    name, program = "bind", "named"

    def argv(self):
        owner, _, _, _, tag, algorithm, kind, digest = (self.anchor.split() + [""])[:8] if "3600" in self.anchor else (
            self.anchor.split()[0], 0, 0, 0, *self.anchor.split()[3:7])
        conf = self.t.write("bind/conf", (
            f'options {{ directory "{self.folder}"; pid-file none; session-keyfile none; listen-on port {self.port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n'
            f'  recursion yes; allow-recursion {{ 127.0.0.1; }}; dnssec-validation yes; deny-answer-addresses {{ {"; ".join(WALLS)}; }}; }};\n'
            f'zone "." {{ type hint; file "{self.hints}"; }};\n'
            f'trust-anchors {{ {owner} static-ds {tag} {algorithm} {kind} "{digest}"; }};\ncontrols {{ }};\n'))
        return [self.program, "-f", "-n", "1", "-c", conf]


class Kresd(Resolver):
    name = program = "kresd"

    def argv(self):
        conf = self.t.write("kresd/conf", (
            f"net.listen('127.0.0.1', {self.port}, {{ kind = 'dns' }})\ncache.size = 64 * MB\nmodules = {{ 'hints > iterate', 'rebinding < iterate' }}\n"
            f"hints.root_file('{self.hints}')\ntrust_anchors.remove('.')\ntrust_anchors.add([[{self.anchor.strip()}]])\n"))
        return [self.program, "-n", "-c", conf, self.folder]


ALL = {kind.name: kind for kind in (Deputy, Unbound, Bind, Kresd)}


def serve(t, zones, address):
    """NSD with zones from files."""
    folder = t.scratch + "/nsd"
    os.makedirs(folder)
    conf = t.write("nsd/conf", (
        f'server:\n  ip-address: {address}\n  port: 53\n  username: ""\n  chroot: ""\n  zonesdir: "{folder}"\n  pidfile: ""\n'
        f'  zonelistfile: "{folder}/list"\n  xfrdfile: ""\n  xfrdir: "{folder}"\n  server-count: 1\n  rrl-ratelimit: 0\n'
        "remote-control:\n  control-enable: no\n" + "".join(f'zone:\n  name: "{z}"\n  zonefile: "{f}"\n' for z, f in zones.items())))
    for _ in range(5):
        server = t.spawn(["nsd", "-d", "-c", conf], log="nsd")
        if not within(1, lambda s=server: s.poll() is not None, 0.05):
            return
    raise SystemExit(f"nsd does not start: {t.log('nsd')}")

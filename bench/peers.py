"""The servers that bench/ compares, each as quick as its manual allows, one thread to answer.

Each class writes its configuration into a folder of its own and names the command that runs it in
the foreground. Nothing needs root; all of them are on 127.0.0.1.
"""
import glob
import os
import pwd
import signal
import socket
import struct
import subprocess
import time

from rows import BUILD

ZONE = "example.com"
USER = pwd.getpwuid(os.getuid()).pw_name
HEAD = ("$TTL 3600\n@ SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60\n"
        "@ NS ns1.example.com.\nns1 A 127.0.0.1\n")
MAIN, FAILOVER = "127.0.0.11", "127.0.0.12"


def zone_text(count):
    """A zone of so many names with one address each."""
    return HEAD + "".join(f"h{i:07} A 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n" for i in range(count))


def free_port(address="127.0.0.1"):
    while True:
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            tcp.bind((address, 0))
            port = tcp.getsockname()[1]
            try:
                udp.bind((address, port))
            except OSError:
                continue
            return port


def question(name, kind=1, number=4711):
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.rstrip(".").split("."))
    return struct.pack("!6H", number, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def first_address(answer):
    """The address in the last A record of an answer to one question, or None."""
    if len(answer) < 12 or answer[3] & 15 or not struct.unpack("!H", answer[6:8])[0]:
        return None
    at = 12
    while answer[at]:
        at += 1 + answer[at]
    at += 5
    while answer[at] & 0xC0 == 0 and answer[at]:
        at += 1 + answer[at]
    at += 2 if answer[at] else 1
    kind, _, _, length = struct.unpack("!HHIH", answer[at:at + 10])
    return socket.inet_ntoa(answer[at + 10:at + 14]) if kind == 1 and length == 4 else None


def descendants(pid):
    """A process and all below it."""
    found = [pid]
    for path in glob.glob(f"/proc/{pid}/task/*/children"):
        try:
            with open(path, encoding="ascii") as f:
                for child in f.read().split():
                    found += descendants(int(child))
        except OSError:
            pass
    return found


class Server:
    """One server in a folder of its own; `rows` says which rows of bench/run it can do."""
    name = "?"
    program = "?"
    rows = ()
    signed = False # serves zones that were signed by others
    core = "0"

    def __init__(self, folder, zone_file):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder, exist_ok=True)
        self.zone_file, self.port = zone_file, free_port()
        self.process = None
        self.configure()

    def configure(self):
        pass

    def command(self):
        raise NotImplementedError

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(["taskset", "-c", self.core, *self.command()], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True, cwd=self.folder)

    def ask(self, name, seconds=60.0):
        """Asks every ms until the first right answer; returns it and the seconds it took, or None."""
        began = time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", self.port))
            s.settimeout(0.001)
            while (now := time.monotonic()) < began + seconds:
                try:
                    s.send(question(name))
                    address = first_address(s.recv(4096))
                    if address:
                        return address, time.monotonic() - began
                except TimeoutError:
                    continue
                except OSError:
                    time.sleep(max(0, 0.001 - (time.monotonic() - now)))
        return None

    def pids(self):
        return descendants(self.process.pid)

    def memory_kib(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        return total

    def signal(self, number):
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def stop(self):
        if not self.process:
            return
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self.process.wait()
        self.signal(signal.SIGKILL)
        self.process = None


class Echo(Server):
    """Sends back what came: the limit of the socket path."""
    name = "echo"
    rows = ("tiny", "live", "100k", "1M", "1M-nx")
    signed = True

    def command(self):
        return [os.path.join(BUILD, "bench/udp_echo"), "127.0.0.1", str(self.port)]

    def ask(self, name, seconds=60.0):
        time.sleep(0.1)
        return "echo", 0.0


class TcpEcho(Echo):
    rows = ("tcp", "tcp1")
    signed = False

    def command(self):
        return [os.path.join(BUILD, "bench/tcp_echo"), "127.0.0.1", str(self.port)]


class Deputy(Server):
    name = "deputy"
    rows = ("tiny", "live", "100k", "1M", "1M-nx")
    signed = True
    profile = "lan"

    def configure(self):
        self.write("deputy.conf", f"""node:
  name: bench
  listen: [ 127.0.0.1@{self.port} ]
  workers: 1
  stream-workers: 1
  state: {self.folder}/state
  run: {self.folder}/run
  user: {USER}
access: {{ query: [ local ] }}
pbxs:
  - {{ name: main, addresses: [ {MAIN} ], endpoints: [ tcp@5070 ], failover: [ standby ], profile: {self.profile} }}
  - {{ name: standby, addresses: [ {FAILOVER} ], endpoints: [ tcp@5070 ], profile: {self.profile} }}
live:
  - {{ name: pbx.{ZONE}, home: main }}
zones:
  - {{ name: {ZONE}, file: {self.zone_file} }}
""")
        os.makedirs(self.folder + "/state", exist_ok=True)
        os.makedirs(self.folder + "/run", exist_ok=True)

    def command(self):
        return [os.path.join(BUILD, "cmd/deputyd"), "-f", "-c", self.folder + "/deputy.conf"]


class DeputyDns(Deputy):
    """Without its keeper."""
    name = "deputy-dns"

    def command(self):
        return [os.path.join(BUILD, "cmd/deputy-dns"), "-c", self.folder + "/deputy.conf"]


class Nsd(Server):
    name = "nsd"
    program = "nsd"
    rows = ("tiny", "100k", "1M", "1M-nx")
    signed = True

    def configure(self):
        self.write("nsd.conf", f"""server:
  ip-address: 127.0.0.1@{self.port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{self.folder}"
  database: ""
  pidfile: "{self.folder}/nsd.pid"
  zonelistfile: "{self.folder}/zone.list"
  xfrdfile: "{self.folder}/xfrd.state"
  xfrdir: "{self.folder}"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  minimal-responses: yes
  verbosity: 0
remote-control:
  control-enable: no
zone:
  name: {ZONE}
  zonefile: "{self.zone_file}"
""")

    def command(self):
        return ["nsd", "-d", "-c", self.folder + "/nsd.conf"]


class Knot(Server):
    name = "knot"
    program = "knotd"
    rows = ("tiny", "100k", "1M", "1M-nx")
    signed = True

    def configure(self):
        self.write("knot.conf", f"""server:
    rundir: "{self.folder}"
    listen: 127.0.0.1@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{self.folder}"
log:
  - target: stderr
    any: error
template:
  - id: default
    storage: "{os.path.dirname(self.zone_file)}"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
  - domain: {ZONE}
    file: "{os.path.basename(self.zone_file)}"
""")

    def command(self):
        return ["knotd", "-c", self.folder + "/knot.conf"]


class Gdnsd(Server):
    name = "gdnsd"
    program = "gdnsd"
    rows = ("tiny", "live", "100k", "1M", "1M-nx")
    plugins = f"""
service_types => {{ sip => {{ plugin => tcp_connect port => 5070 interval => 2 timeout => 1 up_thresh => 1
    ok_thresh => 1 down_thresh => 1 }} }}
plugins => {{ simplefo => {{ service_types => sip
    pbx => {{ primary => {MAIN} secondary => {FAILOVER} }} }} }}"""
    live_check = False

    def configure(self):
        self.write("etc/config", f"""options => {{
    listen => 127.0.0.1:{self.port}
    udp_threads => 1
    tcp_threads => 1
    run_dir => {self.folder}/run
    state_dir => {self.folder}/state
}}{self.plugins}
""")
        os.makedirs(self.folder + "/run", mode=0o700, exist_ok=True)
        os.makedirs(self.folder + "/state", exist_ok=True)
        os.makedirs(self.folder + "/etc/zones", exist_ok=True)
        with open(self.zone_file, encoding="ascii") as zone:
            self.write(f"etc/zones/{ZONE}", zone.read() + "pbx 10/10 DYNA simplefo!pbx\n")

    def command(self):
        return ["gdnsd", "-c", self.folder + "/etc", "start"]


class PowerDns(Server):
    """Its Lua records are what it has for live answers."""
    name = "pdns"
    program = "pdns_server"
    rows = ("live",)
    lua = f"ifportup(5070, {{'{MAIN}', '{FAILOVER}'}}, {{selector='first', backupSelector='first'}})"

    def configure(self):
        with open(self.zone_file, encoding="ascii") as zone:
            self.write("zone", zone.read() + f'pbx 10 LUA A "{self.lua}"\n')
        self.write("bind.conf", f'zone "{ZONE}" {{ type master; file "{self.folder}/zone"; }};\n')
        self.write("pdns.conf", f"""launch=bind
bind-config={self.folder}/bind.conf
local-address=127.0.0.1
local-port={self.port}
socket-dir={self.folder}
daemon=no
guardian=no
receiver-threads=1
distributor-threads=1
enable-lua-records=shared
lua-health-checks-interval=1
lua-health-checks-expire-delay=3600
negquery-cache-ttl=0
cache-ttl=0
loglevel=3
setuid=
setgid=
""")

    def command(self):
        return ["pdns_server", "--config-dir=" + self.folder]

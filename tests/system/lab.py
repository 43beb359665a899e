"""Hosts on one machine: network namespaces behind a bridge that stands in one of its own.

    with Test() as t:
        lab = Lab(t)                             # skips the test where namespaces are permission denied
        main = lab.host("main", "10.99.0.11")
        pbx = main.spawn(["kamailio", ...])
        main.cut()      its port at the bridge goes down: the others' carrier stays
        main.mend()
        main.silence()  all its packets are dropped, in and out, the link stays up
        far = lab.branch()                       # another bridge: lab.host(..., bridge=far), lab.cut_branch()

Nothing of it can be seen outside the namespaces, and nothing is left behind.
"""
import contextlib
import ctypes
import os
import shutil
import subprocess

from tap import SkipAll

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL, capture_output=True)


@contextlib.contextmanager
def inside(namespace):
    """Sockets made here, by this thread, belong to the namespace."""
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


class Host:
    def __init__(self, lab, name, number, addresses, bridge): # each a /24
        self.lab, self.name, self.address = lab, name, addresses[0]
        self.namespace = f"{lab.prefix}-{name}"
        self.port = f"port{number}"
        lab.make(self.namespace)
        ip("-n", lab.switch, "link", "add", self.port, "type", "veth", "peer", "name", "eth0",
           "netns", self.namespace)
        ip("-n", lab.switch, "link", "set", self.port, "master", bridge, "up")
        for address in addresses:
            ip("-n", self.namespace, "address", "add", f"{address}/24", "dev", "eth0")
        ip("-n", self.namespace, "link", "set", "lo", "up")
        ip("-n", self.namespace, "link", "set", "eth0", "up")

    def command(self, argv):
        return ["ip", "netns", "exec", self.namespace, *argv]

    def spawn(self, argv, log=None, **more):
        return self.lab.test.spawn(self.command(argv), log=log or f"{self.name}.{os.path.basename(argv[0])}", **more)

    def run(self, argv, timeout=10):
        return subprocess.run(self.command(argv), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, check=False)

    def inside(self):
        return inside(self.namespace)

    def cut(self):
        ip("-n", self.lab.switch, "link", "set", self.port, "down")

    def mend(self):
        ip("-n", self.lab.switch, "link", "set", self.port, "up")

    def silence(self):
        rules = ("table inet lab { chain in { type filter hook input priority 0; iifname eth0 drop; }; "
                 "chain out { type filter hook output priority 0; oifname eth0 drop; }; }")
        subprocess.run(self.command(["nft", rules]), check=True, capture_output=True)

    def speak(self):
        subprocess.run(self.command(["nft", "delete", "table", "inet", "lab"]), check=False, capture_output=True)


class Lab:
    def __init__(self, test):
        self.test = test
        self.prefix = f"deputy{os.getpid()}"
        self.switch = f"{self.prefix}-switch"
        self.hosts = {}
        for program in ("ip", "nft"):
            if not shutil.which(program):
                raise SkipAll(f"{program} is not installed")
        try:
            self.make(self.switch)
            ip("-n", self.switch, "link", "add", "bridge0", "type", "bridge", "forward_delay", "0")
            ip("-n", self.switch, "link", "set", "bridge0", "up")
        except (OSError, subprocess.CalledProcessError) as fault:
            said = getattr(fault, "stderr", None) or str(fault).encode()
            raise SkipAll("network namespaces are permission denied here: "
                          + said.decode(errors="replace").strip()) from fault

    def make(self, namespace):
        ip("netns", "add", namespace)
        self.test.undo.append(lambda: subprocess.run(["ip", "netns", "delete", namespace], check=False,
                                                     capture_output=True))

    def branch(self):
        """A second bridge behind the first; cut_branch() parts them, both sides' carriers stay."""
        ip("-n", self.switch, "link", "add", "bridge1", "type", "bridge", "forward_delay", "0")
        ip("-n", self.switch, "link", "add", "trunk0", "type", "veth", "peer", "name", "trunk1")
        ip("-n", self.switch, "link", "set", "trunk0", "master", "bridge0", "up")
        ip("-n", self.switch, "link", "set", "trunk1", "master", "bridge1", "up")
        ip("-n", self.switch, "link", "set", "bridge1", "up")
        return "bridge1"

    def cut_branch(self):
        ip("-n", self.switch, "link", "set", "trunk0", "down")

    def mend_branch(self):
        ip("-n", self.switch, "link", "set", "trunk0", "up")

    def host(self, name, *addresses, bridge="bridge0"):
        made = Host(self, name, len(self.hosts) + 1, addresses, bridge)
        self.hosts[name] = made
        return made

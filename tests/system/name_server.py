"""NSD with given zones at a given address, port 53: the well-behaved name servers on loopback."""
import os
import socket
import subprocess

from tap import within


def free_net(third):
    """127.N for this process alone, whose addresses 127.N.THIRD.* have port 53 free."""
    nets = [f"127.{100 + (os.getpid() + i) % 100}" for i in range(100)]
    for net in nets:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            try:
                s.bind((f"{net}.{third}.1", 53))
            except OSError:
                continue
            return net
    return nets[0]


def asks(address, name):
    return "NOERROR" in subprocess.run(["dig", f"@{address}", name, "SOA", "+tries=1", "+time=1"], check=False,
                                       stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout


class NameServer:
    def __init__(self, t, folder, name, address, zones):
        """
        folder  below the scratch folder, where the zone files are
        zones   name of the zone: file in the folder
        """
        self.t, self.name, self.address, self.zones = t, name, address, zones
        path = f"{t.scratch}/{folder}"
        text = (f'server:\n  ip-address: {address}\n  port: 53\n  username: ""\n  chroot: ""\n  zonesdir: "{path}"\n'
                f'  pidfile: "{path}/{name}.pid"\n  zonelistfile: "{path}/{name}.list"\n  xfrdfile: ""\n  database: ""\n'
                f'  xfrdir: "{path}"\n  server-count: 1\n  rrl-ratelimit: 0\n  minimal-responses: no\nremote-control:\n  control-enable: no\n')
        for zone, file in zones.items():
            text += f'zone:\n  name: "{zone}"\n  zonefile: "{file}"\n'
        self.command = ["nsd", "-d", "-c", t.write(f"{folder}/{name}.conf", text)]
        self.start()

    def start(self):
        self.process = self.t.spawn(self.command, log=f"nsd-{self.name}")

    def is_up(self):
        """When NSD stops at its start it is started again. (Without `database: ""` all NSDs of a host share one file, and do.)"""
        zone = next(iter(self.zones))
        for _ in range(5):
            if within(5, lambda: asks(self.address, zone), 0.1):
                return True
            self.t.kill(self.process)
            self.start()
        return False

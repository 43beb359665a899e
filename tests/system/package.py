"""The Debian package on a minimal host: the steps that deb_chroot_test.py checks and bench/deb measures."""
import os
import re
import shutil
import socket
import struct
import subprocess
import threading
import time

from tap import TOP, within

NODE, MAIN, STANDBY, NAME = "192.0.2.53", "192.0.2.10", "198.51.100.5", "pbx.wildixin.com"


def make(folder, revision=None):
    """Makes a package with dist/deb and returns its path, or raises with what was said."""
    a = subprocess.run([TOP + "/dist/deb", *(["--revision", revision] if revision else []), folder], stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, check=False)
    if a.returncode:
        raise RuntimeError(a.stdout + a.stderr)
    return a.stdout.strip().split("\n")[-1]


def give(host, package):
    """Puts a package, and what it depends on, where the host can install it without a network."""
    inside = "/root/" + os.path.basename(package)
    shutil.copy(package, host.root + inside)
    a = host.chroot(f"apt-get -q -y --no-install-recommends install --download-only {inside}")
    if a.returncode:
        raise RuntimeError(a.stdout + a.stderr)
    return inside


def readme_configuration():
    """The first configuration that README.md gives."""
    with open(TOP + "/README.md", encoding="utf-8") as f:
        return re.search(r"## First configuration.*?```yaml\n(.*?)```", f.read(), re.S)[1]


def addresses(host):
    """The addresses of the README's pair are the host's own."""
    for address in (NODE, MAIN, STANDBY):
        host.run(f"ip address add {address}/32 dev lo")


def toy_pbx(host, address):
    """A PBX that takes SIP over TLS and UDP where the README's endpoints have it. Its unit's name."""
    unit = "pbx-" + address.rsplit(".", 1)[1]
    host.run(f"systemctl reset-failed {unit}; systemd-run --unit {unit} --service-type=exec deputy toy-pbx --quiet --listen tls@{address}:443 --listen udp@{address}:5060")
    return unit


def question(number, name=NAME):
    labels = b"".join(bytes([len(w)]) + w.encode() for w in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\x00\x00\x01\x00\x01"


def address_in(answer):
    """The address of a right answer with one A record, or None."""
    number, flags, _, count = struct.unpack(">HHHH", answer[:8])
    return socket.inet_ntoa(answer[-4:]) if flags & 0x800f == 0x8000 and count == 1 and number is not None else None


def first_answer(host, seconds=30, wanted=(MAIN, STANDBY)):
    """Asks every few milliseconds until the live name is answered. Returns its address, or None."""
    with host.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with s:
        s.settimeout(0.01)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                s.sendto(question(4711), (NODE, 53))
                told = address_in(s.recv(4096))
            except OSError:
                time.sleep(0.002)
                continue
            if told in wanted:
                return told
    return None


class Load(threading.Thread):
    """Asks the live name at an even pace from many ports; counts questions that nobody answered within three seconds."""

    def __init__(self, host, per_second):
        super().__init__(daemon=True)
        self.per_second, self.going, self.sent, self.lost, self.worst = per_second, True, 0, 0, 0.0
        self.wrong = [] # headers of answers that were not the live name's
        with host.inside():
            self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(16)]
        for s in self.sockets:
            s.setblocking(False)
            s.connect((NODE, 53))

    def take(self, waiting):
        for i, s in enumerate(self.sockets):
            while True:
                try:
                    answer = s.recv(4096)
                except BlockingIOError:
                    break
                except OSError: # nobody listened when one was sent: it stays without an answer
                    continue
                at = waiting.pop((i, answer[:2]), None)
                if at and address_in(answer):
                    self.worst = max(self.worst, time.monotonic() - at)
                elif at:
                    self.wrong.append(answer[:12].hex())

    def run(self):
        waiting, began = {}, time.monotonic()
        while self.going or (waiting and time.monotonic() < self.ended + 3):
            now = time.monotonic()
            while self.going and self.sent < (now - began) * self.per_second:
                i, number = self.sent % len(self.sockets), self.sent // len(self.sockets) & 0xffff
                try:
                    self.sockets[i].send(question(number))
                    waiting[i, struct.pack(">H", number)] = time.monotonic()
                except OSError:
                    self.lost += 1
                self.sent += 1
            self.take(waiting)
            time.sleep(0.0005)
        self.lost += len(waiting) + len(self.wrong)

    def end(self):
        self.ended = time.monotonic()
        self.going = False
        self.join()
        return self


def told_by_purge(before, after):
    """Paths that came and stayed or changed, and are not apt's and dpkg's own memory of what was done."""
    own = re.compile(r"/var/(cache|log|lib/(apt|dpkg)|lib/systemd/(timers|random-seed|catalog))\b|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$"
                     r"|/etc/(ld.so.cache|machine-id|\.updated)$|/var/\.updated$|/var/lib/dbus/")
    return sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p) and not own.search(p))


def running(host, name):
    """The numbers of the processes of a name, as the host counts them."""
    return host.run(f"pgrep -x {name}").stdout.split()


def upgraded(host, pids):
    """Whether deputyd has the same number and its child is another, of a process that stands on disk."""
    def done():
        now = running(host, "deputy-dns")
        exe = host.run("readlink /proc/$(pgrep -o -x deputyd)/exe").stdout.strip()
        return len(now) == 1 and now != pids and exe == "/usr/sbin/deputyd"
    return within(30, done, 0.1)

"""What a test in Python is written with: it prints TAP, and ends what it started by pid.

    from tap import Test
    with Test() as t:
        server = t.spawn(["kamailio", "-DD", "-f", t.scratch + "/kamailio.cfg"])
        t.check("the answer is the failover pbx", answer == ["127.0.0.12"], answer)
"""
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
os.environ.pop("COLUMNS", None) # what a test reads is not to be cut for a terminal
BUILD = os.environ.get("MESON_BUILD_ROOT", os.path.join(TOP, "build"))


class SkipAll(Exception):
    """Ends the whole file as skipped, with its reason."""


class Test:
    def __init__(self):
        self.count = 0
        self.failed = 0
        self.scratch = tempfile.mkdtemp(prefix="deputy-test.")
        self.processes = []
        self.undo = []

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self

    def __exit__(self, kind, value, trace):
        for process in reversed(self.processes):
            self.kill(process)
        for undo in reversed(self.undo):
            undo()
        if os.environ.get("KEEP_SCRATCH"):
            print("# kept:", self.scratch)
        else:
            shutil.rmtree(self.scratch, ignore_errors=True)
        if kind is SkipAll:
            print(f"1..0 # SKIP {value}", flush=True)
            os._exit(0)
        if kind is None and self.count: # bench/ uses all this without making tests
            print(f"1..{self.count}", flush=True)
            sys.exit(1 if self.failed else 0)

    def check(self, sentence, good, *evidence):
        self.count += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.count} - {sentence}", flush=True)
        if not good:
            for line in "\n".join(str(e) for e in evidence).splitlines():
                print("#", line, flush=True)
        return good

    def skip(self, sentence, reason):
        self.count += 1
        print(f"ok {self.count} - {sentence} # SKIP {reason}", flush=True)

    def note(self, *words):
        print("#", *words, flush=True)

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                raise SkipAll(f"{program} is not installed")

    def write(self, name, text):
        path = os.path.join(self.scratch, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def spawn(self, argv, log=None, **more):
        """Starts a process group of its own; its output goes to scratch/NAME.log."""
        name = log or os.path.basename(argv[0])
        with open(os.path.join(self.scratch, name + ".log"), "ab") as out:
            process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                       start_new_session=True, **more)
        self.processes.append(process)
        return process

    def log(self, name):
        with open(os.path.join(self.scratch, name + ".log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    @staticmethod
    def kill(process, with_signal=signal.SIGKILL):
        """Signals the whole process group, as a dying host would end all of a PBX's processes."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, with_signal)
        if with_signal == signal.SIGKILL:
            process.wait()


def within(seconds, question, pause=0.01):
    """Asks until the answer is true, and returns it, or the last one when time is up."""
    until = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > until:
            return answer
        time.sleep(pause)


def sanitized():
    """Whether the programs are built with a sanitizer: then they take more memory and have no filter of system calls."""
    linked = subprocess.run(["ldd", BUILD + "/cmd/deputy-dns"], capture_output=True, text=True, check=True).stdout
    return "libasan" in linked or "libtsan" in linked


def free_port():
    """A port that neither TCP nor UDP has taken on any address, below those of outgoing connections."""
    while True:
        port = random.randrange(10000, 32000)
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("0.0.0.0", port))
                udp.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port

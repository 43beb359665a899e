"""A node of deputy for a test: its configuration in the scratch folder, asked with dig."""
import os
import pwd
import subprocess

from tap import BUILD, free_port, within

USER = pwd.getpwuid(os.getuid()).pw_name # so that no user has to be made for a test


class Node:
    def __init__(self, test, text, name="deputy", address="127.0.0.1", program="deputyd", host=None):
        """
        text  the configuration without its node section
        host  of a lab: the node runs there, on port 53 of its address
        """
        self.test, self.host = test, host
        self.address = host.address if host else address
        self.port = 53 if host else free_port()
        self.folder = os.path.join(test.scratch, name)
        self.program = os.path.join(BUILD, "cmd", program)
        self.options = ["-f"] if program == "deputyd" else []
        self.log_name = f"{name}.{program}"
        self.write(text)
        os.makedirs(self.folder + "/state", exist_ok=True)
        os.makedirs(self.folder + "/run", exist_ok=True)
        self.process = None

    def write(self, text):
        self.conf = self.test.write(os.path.basename(self.folder) + "/deputy.conf", (
            f"node: {{ name: test, listen: [ {self.address}@{self.port} ], workers: 1, state: state, run: run, user: {USER} }}\n" + text))

    def start(self):
        start = self.host.spawn if self.host else self.test.spawn
        self.process = start([self.program, *self.options, "-c", self.conf], log=self.log_name)
        return self

    def dig(self, *words, tool="dig"):
        """What dig prints."""
        argv = {"dig": ["dig", f"@{self.address}", "-p", str(self.port), "+tries=1", "+time=2"],
                "kdig": ["kdig", f"@{self.address}", "-p", str(self.port), "+retry=0", "+timeout=2"]}[tool]
        return subprocess.run([*argv, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout

    def answer(self, name, kind="A"):
        """The data of an answer, sorted: [] also when there was none."""
        return sorted(line for line in self.dig(name, kind, "+short").split("\n") if line and not line.startswith(";"))

    def answers(self, expected, name, kind="A", seconds=20):
        """Whether the answer becomes what is expected before the time is up."""
        return bool(within(seconds, lambda: self.answer(name, kind) == expected, 0.02))

    def deputy(self, *words, zone=None, **more):
        """Runs the command line against this node; zone: TZ of who runs it."""
        if zone:
            more["env"] = {**os.environ, "TZ": zone}
        return subprocess.run([os.path.join(BUILD, "cmd/deputy"), "-c", self.conf, *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, timeout=30, **more)

    def said(self):
        return self.test.log(self.log_name)

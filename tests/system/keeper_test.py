#!/usr/bin/env python3
"""deputyd with a small child of the tests: sockets, restarts, reloads, hooks, upgrades."""
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time

from name_server import free_net
from tap import BUILD, Test, free_port, within

CHILD = os.path.join(BUILD, "tests", "keeper", "keeper-child")
THREE_KINDS = os.path.join(BUILD, "tests", "keeper", "three-kinds")


class Node:
    """One deputyd in the foreground, in a folder of its own."""

    def __init__(self, t, name, listens=None, more="", user="root", deputyd=os.path.join(BUILD, "cmd", "deputyd"), kinds=("dns",)):
        self.kinds = kinds
        self.user = user
        self.t = t
        self.folder = os.path.join(t.scratch, name)
        self.name = name
        self.port = free_port()
        os.makedirs(self.folder)
        self.program = os.path.join(self.folder, "deputyd")
        shutil.copy(deputyd, self.program)
        self.child = os.path.join(self.folder, "keeper-child")
        shutil.copy(CHILD, self.child)  # to where another user may run it: /root is closed to all
        self.hooks = os.path.join(self.folder, "hooks")
        self.configure(listens or [f"127.0.0.1@{self.port}"], more)
        self.process = None

    def configure(self, listens, more=""):
        quoted = ", ".join(f'"{at}"' for at in listens)
        self.path = self.t.write(f"{self.name}/deputy.conf",
                                 f"node: {{ name: n, listen: [ {quoted} ], state: state, run: run, workers: 2, user: {self.user} }}\n{more}")

    def start(self):
        self.process = self.t.spawn([self.program, "-f", "-c", self.path, *(w for k in self.kinds for w in ("--" + k, self.child))], log=self.name,
                                    env=dict(os.environ, HOOK_LOG=self.hooks))
        return self

    def ask(self, text, port=None, address="127.0.0.1", patience=2.0):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(patience)
            s.sendto(text.encode(), (address, port or self.port))
            try:
                return s.recv(65536).decode()
            except (TimeoutError, ConnectionRefusedError):
                return None

    def ask_third(self, text):
        """Over TCP: of the kinds of three_kinds.c the third has these sockets."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                s.sendall(text.encode())
                return s.recv(65536).decode() or None
        except (TimeoutError, ConnectionError):
            return None

    def ready(self):
        return within(10, lambda: self.ask("pid", patience=0.2))

    def command(self, *words):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(os.path.join(self.folder, "run", "keeper.sock"))
            s.sendall(json.dumps({"command": " ".join(words)}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                part = s.recv(65536)
                if not part:
                    break
                answer += part
        return json.loads(answer)

    def log(self):
        return self.t.log(self.name)


def ended(process, seconds=10):
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def wrong_configuration(t):
    n = Node(t, "wrong", more="pbxs: [ { name: a, adresses: [ 1 ] } ]\nlive: [ { name: x., default: nobody } ]\n").start()
    status = ended(n.process)
    t.check("a wrong configuration ends the start with status 1", status == 1, status, n.log())
    t.check("all its errors are told with their places", n.log().count("deputy.conf:") >= 2 and "did you mean 'addresses'" in n.log(), n.log())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", n.port))
    t.check("and nothing was bound", not os.path.exists(os.path.join(n.folder, "run", "keeper.sock")))


def taken_address(t):
    for kind, name in ((socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")):
        n = Node(t, "taken-" + name)
        with socket.socket(socket.AF_INET, kind) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            s.bind(("127.0.0.1", n.port))
            if name == "TCP":
                s.listen()
            n.start()
            status = ended(n.process)
        t.check(f"an address held over {name} ends the start with status 1", status == 1, status)
        with open("/proc/self/comm", encoding="ascii") as f:
            me = f"{f.read().strip()} (pid {os.getpid()})"
        t.check(f"the program that holds it over {name} is named", f"over {name}: address in use by {me}" in n.log(), n.log())
    port = free_port()
    n = Node(t, "nowhere", listens=[f"203.0.113.77@{port}", f"127.0.0.1@{port}"]).start()
    n.port = port
    t.check("an address that no interface has yet is told once, and keeps no other from being served",
            n.ready() is not None and n.log().count("no interface") == 1, n.log())
    if os.geteuid() == 0:
        subprocess.run(["ip", "address", "add", "203.0.113.77/32", "dev", "lo"], check=True)
        try:
            t.check("and is served as soon as one has it", within(10, lambda: n.ask("pid", port, "203.0.113.77", 0.5) == n.ask("pid")), n.log())
        finally:
            subprocess.run(["ip", "address", "del", "203.0.113.77/32", "dev", "lo"], check=True)
    n.process.send_signal(signal.SIGTERM)
    ended(n.process)
    if os.geteuid() == 0:
        n = Node(t, "nobody-there", user="deputy-is-not-here").start()
        status = ended(n.process)
        t.check("a missing user ends the start, with what makes it", status == 1 and "useradd --system" in n.log() and "'deputy-is-not-here'" in n.log()
                and "user: root" in n.log(), status, n.log())


def second_node(t):
    first = Node(t, "first").start()
    first.ready()
    port = first.port
    second = Node(t, "second")
    second.path = t.write("second.conf", f'node: {{ name: n, listen: [ "127.0.0.1@{second.port}" ], state: first/state, run: first/run, user: root }}\n')
    second.start()
    status = ended(second.process)
    t.check("a second node in the folders of a running one does not start", status == 1 and "another deputyd is already running" in second.log(), status, second.log())
    t.check("and the first one answers commands on", first.command("status")["sockets"][0]["address"] == f"127.0.0.1@{port}")


def killed_child(t):
    n = Node(t, "killed").start()
    first = n.ready()
    os.kill(int(first), signal.SIGSTOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(10)
        s.connect(("127.0.0.1", n.port))
        s.send(b"pid")
        os.kill(int(first), signal.SIGKILL)
        second = s.recv(100).decode()
    t.check("a question asked before the child was killed is answered by the next one", second not in ("", first), first, second)
    t.check("the keeper says why and when it starts again", "child-ended" in n.log() and "again_in_ms=0" in n.log(), n.log())
    children = n.command("status")["children"]
    t.check("status shows the second start", children[0]["starts"] == 2 and children[0]["pid"] == int(second), children)
    for _ in range(3):
        n.ask("exit 9", patience=0.05)
        n.ready()
    delays = [line.split("again_in_ms=")[1].split()[0] for line in n.log().splitlines() if "again_in_ms" in line]
    t.check("further ends are answered with back-off", delays == ["0", "100", "200", "400"], delays)
    last = n.ready()
    os.kill(n.process.pid, signal.SIGKILL)
    again = Node(t, "again")
    again.path = n.path
    again.port = n.port
    again.start()
    t.check("a keeper started at once after one that was killed waits for its child's end",
            (again.ready() or last) != last, again.log())
    t.check("no child answers on when the keeper was killed", within(10, lambda: not alive(last)), last)


def hung_child(t):
    n = Node(t, "hung").start()
    first = n.ready()
    os.kill(int(first), signal.SIGSTOP)
    second = within(60, lambda: n.ask("pid", patience=0.5))
    t.check("a child that stands still is killed, and another answers", second not in (None, first), second, n.log())
    t.check("the keeper says so", "child-hung child=deputy-dns" in n.log() and 'what="all"' in n.log(), n.log())
    n.ask("stuck")
    third = within(60, lambda: (p := n.ask("pid", patience=0.5)) not in (None, second) and p)
    t.check("so is one of whose threads one does", third and 'what="udp worker 0"' in n.log(), third, n.log())
    children = n.command("status")["children"]
    t.check("status counts both", children[0]["hung"] == 2 and children[0]["starts"] == 3, children)
    n.configure([f"127.0.0.1@{n.port}"], more="# hang\n")
    answer = n.command("conf", "reload")
    t.check("a reload over which the child hangs ends with its reason", answer["status"] == 1 and "deputy-dns ended while" in answer["error"], answer, n.log())
    fourth = n.ready()
    t.check("and the last good configuration is served", fourth and "hang" not in n.ask("conf"), n.log())
    os.kill(n.process.pid, signal.SIGSTOP)
    time.sleep(6)
    os.kill(n.process.pid, signal.SIGCONT)
    time.sleep(3)
    t.check("a keeper that was stopped itself kills nobody", n.ask("pid") == fourth, n.log())


def reload(t):
    n = Node(t, "reload").start()
    pid = n.ready()
    other = free_port()
    n.configure([f"127.0.0.1@{n.port}"], more="nonsense: 1\n")
    answer = n.command("conf", "reload")
    t.check("a wrong configuration is refused with its diagnoses", answer["status"] == 1 and answer["diagnoses"][0]["line"] == 2, answer)
    n.configure([f"127.0.0.1@{n.port}", f"127.0.0.2@{other}"], more="# refuse\n")
    answer = n.command("conf", "reload")
    t.check("what the child refuses is refused", answer["status"] == 1 and answer["error"] == "it says refuse", answer)
    t.check("and the fresh socket is closed again", n.ask("pid", other, "127.0.0.2", 0.3) is None)
    t.check("and the old configuration stays", "refuse" not in n.ask("conf"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.2", other))
        n.configure([f"127.0.0.1@{n.port}", f"127.0.0.2@{other}"])
        answer = n.command("conf", "reload")
        t.check("an address held by another program refuses the reload", answer["status"] == 1 and "in use by" in answer["diagnoses"][0]["text"], answer)
    answer = n.command("conf", "reload")
    t.check("a good configuration is taken", answer["status"] == 0, answer)
    t.check("its new address answers, from the same child", n.ask("pid", other, "127.0.0.2") == pid)
    n.configure([f"127.0.0.2@{other}", f"0.0.0.0@{n.port}"])
    n.process.send_signal(signal.SIGHUP)
    t.check("SIGHUP reloads; an address can become a wildcard", within(5, lambda: n.ask("pid", n.port, "127.0.0.3", 0.2)) == pid)
    n.configure([f"0.0.0.0@{n.port}"], more="hsots: {}\n")
    n.process.send_signal(signal.SIGHUP)
    t.check("a fault that SIGHUP meets is told with its place", within(5, lambda: "fault at=" in n.log() and "deputy.conf:2:1 what=" in n.log()
            and "reload-refused" in n.log()), n.log())
    n.configure([f"0.0.0.0@{n.port}"], more="# last\n")
    answer = n.command("conf", "reload")
    t.check("an address that is wanted no more is closed", answer["status"] == 0 and within(5, lambda: n.ask("pid", other, "127.0.0.2", 0.3) is None), answer)
    n.ask("exit 1", patience=0.05)
    n.ready()
    t.check("a child that is started again has the reloaded configuration", "# last" in n.ask("conf"))
    settings_of_the_start(t, n)
    n.process.send_signal(signal.SIGTERM)
    t.check("SIGTERM ends it with status 0", ended(n.process) == 0)


def settings_of_the_start(t, n):
    """A reload cannot change them, and says so."""
    def warned(settings):
        t.write(f"{n.name}/deputy.conf", f'node: {{ name: n, listen: [ "0.0.0.0@{n.port}" ], {settings} }}\n')
        answer = n.command("conf", "reload")
        return answer["status"], [d["text"] for d in answer.get("diagnoses", []) if d["level"] == "warning"]

    def waits(*settings):
        return 0, [f"{setting} takes effect when deputyd is restarted" for setting in settings]

    sockets, folders = n.command("status")["sockets"], n.ask("folders")
    start = {"state": "state", "run": "run", "user": n.user, "workers": "2", "stream-workers": "1"}
    others = {"state": "state2", "run": "run2", "user": "daemon", "workers": "3", "stream-workers": "2"}
    written = lambda settings: ", ".join(f"{k}: {v}" for k, v in settings.items())
    for setting, other in others.items():
        got = warned(written({**start, setting: other}))
        t.check(f"a reload warns that {setting} waits for the next start", got == waits(setting), got)
        got = warned(written(start))
        t.check(f"{setting} as it was at the start waits for nothing", got == waits(), got)
    for _ in range(2):
        got = warned(written(others))
        t.check("each reload warns of all that waits", got == waits(*others), got)
    t.check("and they do wait", n.command("status")["sockets"] == sockets)
    os.kill(int(n.ask("pid")), signal.SIGKILL)
    t.check("for a child that is started again, too", within(5, lambda: n.ask("folders", patience=0.2)) == folders and "state2" not in folders, folders)
    n.process.send_signal(signal.SIGUSR2)
    t.check("and for an upgraded deputyd", within(10, lambda: n.ask("upgrade", patience=0.2) == "1"), n.log())
    got = warned(written(others))
    t.check("which warns of them as well", got == waits(*others), got)
    t.check("and its child has them as they were", n.ask("folders") == folders)
    t.check("and it has its control socket where it was", n.command("status")["status"] == 0)


def on_switch(*programs):
    """The setting that has each of these run, a list of words, and the questions that make the child ask for them."""
    rows = [f"{{ exec: {json.dumps(words)}, timeout: 2s, tries: 2 }}" for words in programs]
    return "on-switch: [ " + ", ".join(rows) + " ]\n", [f"{row} {' '.join(words)}" for row, words in enumerate(programs)]


def hooks(t):
    n = Node(t, "hooks")
    script = t.write("hooks/hook.sh", '#!/bin/sh\nread -r json\necho "run $1 $json" >>"$2"\ntest "$1" != bad\n')
    os.chmod(script, 0o755)
    n.hooks = os.path.join(n.folder, "hooks")
    ran = os.path.join(n.folder, "ran")
    more, asked = on_switch([script, "one", ran], [script, "bad", ran], [script, "three", ran], ["/no/such/program"])
    n.configure([f"127.0.0.1@{n.port}"], more)
    n.start().ready()
    for number, which in enumerate(asked, 1):
        n.ask(f"hook {number} {which}")

    def done():
        try:
            with open(n.hooks, encoding="ascii") as f:
                lines = f.read().splitlines()
        except FileNotFoundError:
            return None
        return lines if len(lines) >= 4 else None

    fates = within(20, done)
    t.check("each hook's fate comes back, in order", fates == [
        "done 1 status 0 tries 1 why ", "done 2 status 1 tries 2 why exit status 1",
        "done 3 status 0 tries 1 why ", "done 4 status 127 tries 2 why exit status 127"], fates, n.log())
    with open(ran, encoding="ascii") as f:
        lines = f.read().splitlines()
    t.check("they ran strictly in order, a failed one again before the next", lines == [
        'run one {"sequence":1}', 'run bad {"sequence":2}', 'run bad {"sequence":2}', 'run three {"sequence":3}'], lines)
    hooks_that_nobody_configured(t, n, script, ran)


def hooks_that_nobody_configured(t, n, script, ran):
    def fate_of(number, which):
        n.ask(f"hook {number} {which}")
        return within(10, lambda: next((line for line in Hooks.lines(n.hooks) if line.startswith(f"done {number} ")), None))

    def refused(number):
        return f"done {number} status -1 tries 0 why it is no program of the configuration"

    before = len(Hooks.lines(ran))
    for number, what, which in ((11, "of other words than its row", f"0 {script} other {ran}"), (12, "without a row", "4 /bin/true"),
                                (13, "without words", "0"), (14, "with a row far away", "4294967295 /bin/sh -c true")):
        t.check(f"a hook {what} is refused", fate_of(number, which) == refused(number), Hooks.lines(n.hooks))
    t.check("and nothing is run", len(Hooks.lines(ran)) == before and n.log().count("hook-refused") >= 4, n.log()[-2000:])
    more, _ = on_switch(["/bin/false"], [script, "one", ran])
    n.configure([f"127.0.0.1@{n.port}"], more)
    answer = n.command("conf", "reload")
    t.check("one asked for by the number it had before a reload is found by its words",
            fate_of(15, f"0 {script} one {ran}") == "done 15 status 0 tries 1 why ", answer, Hooks.lines(n.hooks))
    t.check("one that the reload removed is refused", fate_of(16, f"1 {script} bad {ran}") == refused(16), Hooks.lines(n.hooks))


class Hooks:
    """A node whose child asks for hooks: shell scripts that each write a line to `ran`."""

    def __init__(self, t, name):
        self.t, self.n = t, Node(t, name)
        self.ran_path = os.path.join(self.n.folder, "ran")

    def start(self, *programs):
        """Starts the node with these scripts as its hooks; returns how the child is asked for each."""
        more, asked = on_switch(*([path] for path in programs))
        self.n.configure([f"127.0.0.1@{self.n.port}"], more)
        os.environ.update(WATCHDOG_PID="1", LISTEN_FDNAMES="x")
        self.n.start()
        os.environ.pop("WATCHDOG_PID")
        os.environ.pop("LISTEN_FDNAMES")
        self.n.ready()
        return asked

    def script(self, name, text):
        path = self.t.write(f"{self.n.name}/{name}", f'#!/bin/sh\necho {name} >>{self.ran_path}\n{text}\n')
        os.chmod(path, 0o755)
        return path

    @staticmethod
    def lines(path):
        try:
            with open(path, encoding="ascii", errors="replace") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def ran(self):
        return self.lines(self.ran_path)

    def fates(self, count):
        within(240, lambda: len(self.lines(self.n.hooks)) >= count)
        return self.lines(self.n.hooks)


def hooks_that_misbehave(t):
    h = Hooks(t, "misbehave")
    left = os.path.join(h.n.folder, "left")
    asked = h.start(
        h.script("daemonises", "setsid sleep 4 </dev/null >/dev/null 2>&1 &\nexit 0"),
        h.script("forks", "sleep 5 &\nexit 0"),
        h.script("closes", "exec <&- >&- 2>&-\nexit 0"),
        h.script("never-ends", f"sleep 300 & echo $! >>{left}\nsleep 300"),
        h.script("floods", "yes some words that nobody wants to read | head -c 50000000; exit 0"),
        h.script("speaks", "echo hello there; echo trouble >&2; exit 3"),
        h.script("reads-nothing", "exit 0"),
        h.script("shows", f"env >{left}.env; ls -l /proc/self/fd >{left}.fd; exit 0"),
    )
    for number, which in enumerate(asked, 1):
        h.n.ask(f"hook {number} {which}")
    fates = h.fates(len(asked))
    t.check("hooks that daemonise, fork, close, hang, flood or fail keep their order", fates == [
        "done 1 status 0 tries 1 why ", "done 2 status 0 tries 1 why ", "done 3 status 0 tries 1 why ",
        "done 4 status -1 tries 2 why did not exit within 2000 ms", "done 5 status 0 tries 1 why ",
        "done 6 status 3 tries 2 why exit status 3", "done 7 status 0 tries 1 why ", "done 8 status 0 tries 1 why "],
        fates, h.n.log()[-3000:])
    t.check("none begins before the one before it is done", h.ran() == [
        "daemonises", "forks", "closes", "never-ends", "never-ends", "floods", "speaks", "speaks", "reads-nothing", "shows"], h.ran())
    t.check("what one that hangs has started is killed with it", not any(os.path.exists(f"/proc/{pid}") and "sleep" in open(
        f"/proc/{pid}/cmdline", encoding="ascii").read() for pid in h.lines(left)), h.lines(left))
    log = h.n.log()
    t.check("50 MB of output are cut to a few lines", len(log) < 60000 and "... (truncated)" in log, len(log))
    t.check("what one says is in the log", "hello there" in log and "trouble" in log, log[-3000:])
    names = {line.split("=")[0] for line in h.lines(left + ".env")}
    t.check("a hook gets nothing of what systemd told the keeper", names and not names & {
        "NOTIFY_SOCKET", "WATCHDOG_PID", "LISTEN_FDNAMES"}, names)
    descriptors = [line.split(" -> ")[0].split()[-1] for line in h.lines(left + ".fd") if "->" in line]
    t.check("a hook gets no descriptor but the standard ones", descriptors[:3] == ["0", "1", "2"] and len(descriptors) == 4, descriptors)


def many_hooks(t):
    h = Hooks(t, "many")
    which, = h.start(h.script("one", f"read -r json; echo $json >>{h.ran_path}"))
    for number in range(1, 2001):
        h.n.ask(f"hook {number} {which}")
    fates = h.fates(2000)
    numbers = sorted(int(line.split()[1]) for line in fates)
    t.check("each of 2,000 hooks has one fate", numbers == list(range(1, 2001)), len(numbers))
    ran = [json.loads(line)["sequence"] for line in h.ran() if line.startswith("{")]
    good = [int(line.split()[1]) for line in fates if "status 0" in line]
    t.check("those that ran, ran in order, and are those with a good fate", ran == sorted(ran) and ran == good, len(ran), len(good))
    t.note(f"{len(ran)} ran, {2000 - len(ran)} were dropped because 1,024 waited")


def hooks_of_a_child_that_dies(t):
    h = Hooks(t, "orphans")
    bad, good = h.start(h.script("bad", "exit 1"), h.script("good", "exit 0"))
    h.n.ask(f"hook 1 {bad}")
    h.n.ask(f"hook 2 {bad}")
    within(10, lambda: h.ran() == ["bad"])
    pid = int(h.n.ask("pid").split()[-1])
    time.sleep(0.3) # it has failed, and pauses before its second try
    os.kill(pid, signal.SIGKILL)
    within(10, lambda: h.n.ask("pid", patience=0.2) not in (None, str(pid)))
    h.n.ready()
    h.n.ask(f"hook 3 {good}")
    within(10, lambda: "good" in h.ran())
    t.check("a hook whose asker died is not tried again, and holds nobody up", h.ran() == ["bad", "good"], h.ran(), h.n.log()[-2000:])


def ask_on(port, pids, lost):
    """Asks without a pause until two processes have answered, and notes who did."""
    until = time.monotonic() + 10
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect(("127.0.0.1", port))
        try:
            while time.monotonic() < until and (len(set(pids)) < 2 or len(pids) < 500):
                s.send(b"pid")
                pids.append(s.recv(100).decode())
        except TimeoutError:
            lost.append(len(pids))


def upgrade(t):
    n = Node(t, "upgrade").start()
    first = n.ready()
    keeper = n.process.pid
    with open(n.program + ".bad", "w", encoding="ascii") as f:
        f.write("#!/bin/sh\nexit 7\n")
    os.chmod(n.program + ".bad", 0o755)
    os.rename(n.program, n.program + ".good")
    os.rename(n.program + ".bad", n.program)
    answer = n.command("node", "upgrade")
    t.check("a program that refuses does not take over", answer["status"] == 1 and "status 7" in answer["error"], answer)
    t.check("and the running one goes on", n.ask("pid") == first)
    os.rename(n.program + ".good", n.program)
    pids, lost = [], []
    asker = threading.Thread(target=ask_on, args=(n.port, pids, lost))
    asker.start()
    within(5, lambda: pids)
    answer = n.command("node", "upgrade")
    asker.join()
    t.check("an upgrade is answered", answer["status"] == 0, answer)
    t.check("no question is lost while one child follows the other", not lost and len(set(pids)) == 2, len(pids), set(pids), n.log())
    t.check("the keeper keeps its process", n.process.poll() is None and n.command("status")["pid"] == keeper)
    t.check("the old child has ended", within(10, lambda: not alive(first)))
    t.check("the new one was told that another answered", n.ask("upgrade") == "1")
    n.process.send_signal(signal.SIGUSR2)
    t.check("SIGUSR2 upgrades as well", within(10, lambda: n.ask("pid", patience=0.5) not in (None, pids[-1])), n.log())
    n.ask("exit 1", patience=0.05)
    t.check("and the new keeper restarts its child", n.ready() is not None, n.log())
    n.process.send_signal(signal.SIGTERM)
    t.check("and stops as it should", ended(n.process) == 0)


def third_kind(t):
    """A row of a table is all that the keeper needs to know of a child."""
    pbx = "pbxs: [ { name: a, addresses: [ 192.0.2.1 ], endpoints: [ udp ] } ]\n"
    recursion = "access: { recursion: [ local ] }\n"
    n = Node(t, "third", more=recursion + pbx, deputyd=THREE_KINDS, kinds=("dns", "recursor", "third")).start()
    dns, third = n.ready(), within(10, lambda: n.ask_third("pid"))

    def children(state="running"):
        return {c["name"]: c for c in n.command("status")["children"] if c["state"] == state}

    def linked():
        """Whether each of the two has the other of now at the end of its link."""
        dns, third = n.ask("pid"), n.ask_third("pid")
        return None not in (dns, third) and n.ask("peer third") == third and n.ask_third("peer dns") == dns

    t.check("a third kind is started", dns and third and dns != third and str(children()["deputy-third"]["pid"]) == third, dns, third, n.log())
    t.check("with the sockets of its use and no others", n.ask("links third") == n.ask_third("links dns") == "1"
            and n.ask_third("worker") == "0" and n.ask("worker") is not None)
    t.check("it is linked with whom its row names", linked(), n.log())
    t.check("and others as theirs say, for each worker", within(10, lambda: n.ask("links recursor") == "2"), n.ask("links recursor"))
    n.ask_third("hook 7 0 /bin/true")
    t.check("it may have no programs run", within(5, lambda: os.path.exists(n.hooks) and "done 7 status -1 tries 0" in open(n.hooks, encoding="ascii").read())
            and "hook-refused" in n.log(), n.log())
    n.ask_third("exit 1")
    t.check("it is started again, on its sockets", within(10, lambda: n.ask_third("pid") not in (None, third)) and n.ask("pid") == dns, n.log())
    t.check("and linked anew", within(10, linked), n.log())
    n.ask("exit 1", patience=0.05)
    t.check("linked anew is it too when the other was started again", n.ready() != dns and within(10, linked), n.log())
    dns, third = n.ask("pid"), n.ask_third("pid")
    n.configure([f"127.0.0.1@{n.port}"], recursion + pbx + "# newer\n")
    answer = n.command("conf", "reload")
    t.check("a reload keeps it, with what is new", answer["status"] == 0 and n.ask_third("pid") == third and "# newer" in n.ask_third("conf")
            and linked(), answer, n.log())
    n.configure([f"127.0.0.1@{n.port}"], recursion + pbx + "# refuse\n")
    answer = n.command("conf", "reload")
    t.check("its no is the whole node's", answer["status"] == 1 and "it says refuse" in answer["error"] and "# newer" in n.ask_third("conf"), answer)
    third_kind_dies_in_a_reload(t, n, recursion + pbx)
    third_kind_is_upgraded(t, n, children, linked)
    n.configure([f"127.0.0.1@{n.port}"], recursion)
    answer = n.command("conf", "reload")
    t.check("it ends when it is wanted no more", answer["status"] == 0 and within(10, lambda: set(children()) == {"deputy-dns", "deputy-recursor"}), answer)
    n.configure([f"127.0.0.1@{n.port}"], pbx)
    answer = n.command("conf", "reload")
    t.check("and is there again when it is", answer["status"] == 0 and within(10, lambda: set(children()) == {"deputy-dns", "deputy-third"})
            and within(10, linked), answer, n.log())
    n.process.send_signal(signal.SIGTERM)
    t.check("all end with their keeper", ended(n.process) == 0, n.log())


def third_kind_dies_in_a_reload(t, n, more):
    dns, third, other = n.ask("pid"), n.ask_third("pid"), free_port()
    n.configure([f"127.0.0.1@{n.port}", f"127.0.0.2@{other}"], more + "# later\n")
    answers = []
    asker = threading.Thread(target=lambda: answers.append(n.command("conf", "reload")))
    asker.start()
    within(10, lambda: n.ask("asked") == n.ask_third("asked") == "1")
    n.ask_third("exit 1")
    t.check("one that comes back while others prepare is asked too", within(10, lambda: n.ask_third("asked") == "1") and n.ask_third("pid") != third
            and "later" not in n.ask_third("conf"), n.log())
    n.ask("prepared")
    t.check("and waited for", n.command("status")["settled"] is False, answers)
    n.ask_third("prepared")
    asker.join()
    t.check("its death is not the end of the reload", answers[0]["status"] == 0 and n.ask("pid") == dns, answers, n.log())
    t.check("it has the new configuration as the others have", within(10, lambda: "# later" in n.ask_third("conf")) and "# later" in n.ask("conf"), n.log())
    with socket.create_connection(("127.0.0.2", other), 5) as s:
        s.sendall(b"pid")
        t.check("and its new sockets", s.recv(100).decode() == n.ask_third("pid"))


def third_kind_is_upgraded(t, n, children, linked):
    dns, third = n.ask("pid"), n.ask_third("pid")
    good = n.program + ".good"
    os.rename(n.program, good)
    shutil.copy(os.path.join(BUILD, "cmd", "deputyd"), n.program)
    answer = n.command("node", "upgrade")
    t.check("a deputyd without its row refuses the upgrade", answer["status"] == 1 and "rejected" in answer["error"], answer)
    t.check("and tells why", "deputy-third runs here, and this deputyd has no such child" in n.log(), n.log())
    t.check("and all go on", n.ask("pid") == dns and n.ask_third("pid") == third and linked())
    os.rename(good, n.program)
    answer = n.command("node", "upgrade")
    t.check("an upgrade hands it over", answer["status"] == 0
            and within(10, lambda: n.ask_third("pid") not in (None, third) and n.ask("pid") not in (None, dns)), answer, n.log())
    t.check("its next one was told that another answered", n.ask_third("upgrade") == "1")
    t.check("the old ones end", within(10, lambda: not alive(int(third)) and not alive(int(dns)) and len(children()) == 3), n.log())
    t.check("and the new ones are linked", within(10, linked) and n.ask("links recursor") == "2", n.log())


def status_of(pid):
    """What /proc says of a process, as a mapping."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return {line.split(":")[0]: line.split(":")[1].split() for line in f if ":" in line}


def rights(t):
    if os.geteuid() != 0:
        t.skip("rights are given up", "only root has any")
        return
    os.chmod(t.scratch, 0o755)
    n = Node(t, "rights", user="nobody").start()
    first = n.ready()
    nobody = str(pwd.getpwnam("nobody").pw_uid)
    child, keeper = status_of(first), status_of(n.process.pid)
    t.check("the child is another user for good", child["Uid"] == [nobody] * 4, child["Uid"])
    t.check("and has no capability, nor can it get one", child["CapPrm"] == ["0" * 16] and child["NoNewPrivs"] == ["1"], child)
    kept = sum(1 << bit for bit in (5, 6, 7, 10))  # KILL, SETGID, SETUID, NET_BIND_SERVICE
    t.check("the keeper keeps four capabilities", int(keeper["CapPrm"][0], 16) == int(keeper["CapBnd"][0], 16) == kept, keeper)
    t.check("the child's user owns the state folder", str(os.stat(os.path.join(n.folder, "state")).st_uid) == nobody)
    low = f"{free_net(77)}.77.1"
    n.configure([f"127.0.0.1@{n.port}", f"{low}@53"])
    answer = n.command("conf", "reload")
    t.check("a low port can still be bound", answer["status"] == 0 and n.ask("pid", 53, low) == first, answer)
    t.check("an upgrade works without the rest", n.command("node", "upgrade")["status"] == 0
            and within(10, lambda: n.ask("pid", patience=0.5) not in (None, first)), n.log())
    t.check("and children are still signalled", within(10, lambda: not alive(first)), n.log())
    t.check("the new one is that user too", status_of(n.ready())["Uid"] == [nobody] * 4)
    n.process.send_signal(signal.SIGTERM)
    t.check("and it stops as it should", ended(n.process) == 0, n.log())


def background(t):
    n = Node(t, "background")
    status = subprocess.run([n.program, "-c", n.path, "--dns", CHILD], timeout=20, check=False,
                            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    t.check("without -f it returns when the child answers", status == 0 and n.ask("pid") is not None, status)
    os.kill(n.command("status")["pid"], signal.SIGTERM)
    t.check("and runs until told to stop", within(10, lambda: n.ask("pid", patience=0.2) is None))


with Test() as t:
    wrong_configuration(t)
    taken_address(t)
    second_node(t)
    killed_child(t)
    hung_child(t)
    reload(t)
    hooks(t)
    hooks_that_misbehave(t)
    many_hooks(t)
    hooks_of_a_child_that_dies(t)
    upgrade(t)
    third_kind(t)
    rights(t)
    background(t)

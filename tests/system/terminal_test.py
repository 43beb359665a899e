#!/usr/bin/env python3
"""What is printed on a terminal: tables as wide as it is, states in colour; and neither in a pipe."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

from tap import BUILD, Test, free_port, within

DEPUTY = os.path.join(BUILD, "cmd", "deputy")
REASON = "Umbau im Serverraum bis 14 Uhr: Platten getauscht, R\u00fcckfragen an Anna K\u00f6nig, Durchwahl 4711"
CONF = """node: {{ name: hq-1, listen: [ "127.0.0.1@{port}" ], state: state, run: run, user: root }}
pbxs:
  - {{ name: headquarters, addresses: [ 127.0.0.72 ], endpoints: [ udp@{sip}, tcp@{sip} ] }}
  - {{ name: berlin, addresses: [ 127.0.0.71 ], endpoints: [ udp@{dead}, tcp@{dead} ], failover: [ headquarters ] }}
sites: [ {{ name: berlin-charlottenburg, networks: [ 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16, "2001:db8:1::/48", "2001:db8:2::/48" ], pbx: berlin }} ]
live:
  - {{ name: pbx.wildixin.com, answer: site, default: headquarters }}
  - {{ name: a-rather-long-name.of-a-department.wildixin.com, answer: home, home: berlin }}
zones: [ {{ name: wildixin.com, file: wildixin.com.zone }} ]
"""
COMMANDS = ("status", "pbx list", "pbx show berlin", "switch history", "doctor", "name list", "name show pbx.wildixin.com", "zone list", "site list",
            "explain pbx.wildixin.com --from 10.1.0.1", "explain pbx.wildixin.com --at -0s", "whatif", "whatif --down headquarters",
            "help", "pbx force --help", "counters")
ESCAPE = re.compile("\x1b\\[[0-9]*m")


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def on_terminal(argv, width, **environment):
    """What a program prints on a terminal that is so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "TERM")}
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env={**env, "TERM": "xterm", **environment}):
        os.close(theirs)
        said = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            said += part
    os.close(ours)
    return said.decode().replace("\r\n", "\n")


def main(t):
    sip = free_port()
    path = t.write("deputy.conf", CONF.format(port=free_port(), sip=sip, dead=free_port()))
    t.write("wildixin.com.zone", "$TTL 60\n@ SOA ns hostmaster 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n")
    t.spawn([DEPUTY, "toy-pbx", "--listen", f"udp@127.0.0.72:{sip}", "--listen", f"tcp@127.0.0.72:{sip}"])
    t.spawn([os.path.join(BUILD, "cmd", "deputyd"), "-f", "-c", path])

    def deputy(*words, **environment):
        env = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
        return subprocess.run([DEPUTY, "-c", path, *words], capture_output=True, text=True, check=False, env={**env, **environment}).stdout

    def states():
        return {row["pbx"]: row["state"] for row in json.loads(deputy("--json", "pbx", "list") or '{"pbxs":[]}').get("pbxs", [])}

    t.check("one PBX is up and one down", within(30, lambda: states() == {"headquarters": "up", "berlin": "down"}), states(), t.log("deputyd"))
    deputy("pbx", "force", "berlin", "drain", "--for", "1h", "--reason", REASON)
    for command in COMMANDS:
        words = command.split()
        piped = deputy(*words)
        t.check(f"{command} has no escapes in a pipe", "\x1b" not in piped and piped, piped)
        for width in (80, 120, *((60,) if command != "help" else ())):
            said = on_terminal([DEPUTY, "-c", path, *words], width)
            if os.environ.get("SHOW"):
                print(said)
            tables = [line for line in ESCAPE.sub("", said).split("\n") if ": " not in line or command == "doctor" and "do: " not in line]
            widest = max(tables, key=columns)
            t.check(f"{command} fits {width} columns", columns(widest) <= width, widest, said)

    at_80 = ESCAPE.sub("", on_terminal([DEPUTY, "-c", path, "pbx", "list"], 80))
    t.check("names and states stay at 80 columns", re.search(r"^ *headquarters +up ", at_80, re.M) and re.search(r"^ *berlin +forced drain ", at_80, re.M), at_80)
    t.check("and what is left out is told", "(not shown at this width: probes, profile)" in at_80, at_80)

    def colours(*words, **environment):
        return ESCAPE.findall(on_terminal([DEPUTY, "-c", path, *words], 80, **environment))

    shown = on_terminal([DEPUTY, "-c", path, "pbx", "list"], 120)
    t.check("up is green, down is red, a force yellow", all(f"\x1b[{code}m{state}\x1b[0m" in shown for code, state in (
        (32, "up"), (31, "down"), (33, "forced drain"))), shown)
    t.check("columns stay aligned", len({line.index("127.0.0.1@") for line in ESCAPE.sub("", on_terminal(
        [DEPUTY, "-c", path, "status"], 80)).split("\n") if "127.0.0.1@" in line}) == 1)
    shown = on_terminal([DEPUTY, "-c", path, "pbx", "show", "berlin"], 120)
    doctor = on_terminal([DEPUTY, "-c", path, "doctor"], 80)
    t.check("doctor shows in colour what is bad", re.search("^\x1b\\[31mBAD\x1b\\[0m   [a-z]", doctor, re.M) and re.search("^\x1b\\[32mgood\x1b\\[0m  [a-z]", doctor, re.M), doctor)
    t.check("so is the state of one PBX", "state: \x1b[33mforced drain\x1b[0m" in shown and "\x1b[31mdead\x1b[0m" in shown, shown)
    t.check("its reason is shown as it was given", f"forced reason: {REASON}" in shown, shown)
    t.check("NO_COLOR is honoured, unless it is empty", not colours("pbx", "list", NO_COLOR="1") and colours("pbx", "list", NO_COLOR=""))
    t.check("TERM=dumb is honoured, and none at all", not colours("pbx", "list", TERM="dumb") and not colours("pbx", "list", TERM=""))
    t.check("--color never and always decide, before or behind the command", not colours("--color", "never", "pbx", "list")
            and not colours("pbx", "list", "--color=never") and colours("pbx", "list", "--color", "always", NO_COLOR="1"))
    t.check("JSON never has colours", not colours("--json", "--color=always", "pbx", "list") and "\x1b" not in deputy("--json", "--color=always", "pbx", "list"))
    t.check("a pipe has them if they are asked for", "\x1b[32mup\x1b[0m" in deputy("--color=always", "pbx", "list"))
    a = subprocess.run([DEPUTY, "-c", path, "--color", "red", "pbx", "list"], capture_output=True, text=True, check=False)
    t.check("another word behind --color is refused", a.returncode == 2 and "auto, always or never" in a.stderr, a)
    t.check("a pipe has whole values", f"drain: {REASON}" in deputy("switch", "history") and "not shown" not in deputy("switch", "history"), deputy("switch", "history"))
    t.check("unless COLUMNS says how wide it is shown, as watch(1) does", max(map(columns, deputy("pbx", "list", COLUMNS="60").split("\n"))) <= 60
            and "not shown" in deputy("pbx", "list", COLUMNS="60"), deputy("pbx", "list", COLUMNS="60"))
    t.check("and COLUMNS that is no number says nothing", deputy("pbx", "list", COLUMNS="wide") == deputy("pbx", "list"))


with Test() as test:
    main(test)

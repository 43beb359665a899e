#!/usr/bin/env python3
"""What shells complete after `deputy`: bash by its own compgen, zsh and fish if they are installed; names beside a running node."""
import json
import os
import shutil
import signal
import subprocess

from tap import BUILD, Test, free_port, within

DEPUTY = os.path.join(BUILD, "cmd", "deputy")
CASES = [
    (["p"], ["pbx", "probe"]),
    (["pbx", ""], ["failback", "failover", "force", "list", "release", "show"]),
    (["--json", "pbx", "fa"], ["failback", "failover"]),
    (["-c", "x.conf", "zone", "re"], ["reload"]),
    (["pbx", "force", "berlin", "d"], ["down", "drain"]),
    (["pbx", "force", "berlin", "down", "--"], ["--for", "--reason"]),
    (["conf", "check", "one."], ["one.conf"]),
    (["-c", "one."], ["one.conf"]),
    (["completion", ""], ["bash", "fish", "names", "pbxs", "zones", "zsh"]),
    (["--color", "a"], ["always", "auto"]),
    (["--color", "never", "--json", "pbx", "li"], ["list"]),
    (["pbx", "list", "--color=always", ""], []),
]
# Beside a running node, behind "-c FILE".
NAMES = [
    (["pbx", "show", ""], ["berlin", "hq"]),
    (["probe", "b"], ["berlin"]),
    (["pbx", "force", "b"], ["berlin"]),
    (["pbx", "force", "berlin", "b"], []),
    (["pbx", "force", "--for", "2h", "b"], ["berlin"]),
    (["pbx", "force", "--reason", "b"], []),
    (["explain", "p"], ["pbx.wildixin.com"]),
    (["name", "show", "auto"], ["auto.wildixin.com"]),
    (["whatif", "--down", ""], ["berlin", "hq"]),
    (["whatif", "--down", "hq", "p"], ["pbx.wildixin.com"]),
    (["zone", "reload", "wild"], ["wildixin.com"]),
]
CONF = """node: {{ name: hq-1, listen: [ "127.0.0.1@{port}" ], state: state, run: run, user: root }}
pbxs:
  - {{ name: berlin, addresses: [ 127.0.0.71 ], endpoints: [ udp@{sip} ], failover: [ hq ] }}
  - {{ name: hq, addresses: [ 127.0.0.72 ], endpoints: [ udp@{sip} ] }}
sites: [ {{ name: berlin, networks: [ 10.1.0.0/16 ], pbx: berlin }} ]
live:
  - {{ name: pbx.wildixin.com, answer: site, default: hq }}
  - {{ name: auto.wildixin.com, answer: home, home: berlin }}
zones: [ {{ name: wildixin.com, file: wildixin.com.zone }} ]
"""

ZSH = """compdef() { :; }; _files() { :; }; compadd() { shift; print -rl -- "$@"; }
. ./deputy.zsh
words=(deputy "$@"); CURRENT=$#words
_deputy
"""
BASH = """. ./deputy.bash
COMP_WORDS=(deputy "$@"); COMP_CWORD=$#
_deputy; printf '%s\\n' "${COMPREPLY[@]}"
"""


def main(t):
    env = {**os.environ, "PATH": os.path.dirname(DEPUTY) + ":" + os.environ["PATH"], "HOME": t.scratch}

    def run(argv):
        return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=t.scratch, env=env, stdin=subprocess.DEVNULL)

    def made(shell):
        a = run([DEPUTY, "completion", shell])
        t.check(f"a completion for {shell} is made", a.returncode == 0 and "deputy" in a.stdout, a.stderr)
        return t.write("deputy." + shell, a.stdout)

    def bash(words):
        return run(["bash", "-c", BASH, "bash", *words])

    def fish(words):
        a = run(["fish", "-N", "-c", f"source {t.scratch}/deputy.fish; complete -C '{' '.join(['deputy', *words])}'"])
        a.stdout = " ".join(sorted(x.split("\t")[0] for x in a.stdout.split("\n") if x))
        return a

    def zsh(words):
        """All that it offers, from which zsh itself takes what begins as was typed."""
        a = run(["zsh", "-f", "-c", ZSH, "zsh", *words])
        a.stdout = " ".join(sorted({x for x in a.stdout.split("\n") if x and x.startswith(words[-1])}))
        return a

    shells = {"bash": bash}
    made("bash")
    for shell, ask in (("zsh", zsh), ("fish", fish)):
        made(shell)
        if shutil.which(shell):
            shells[shell] = ask
        else:
            t.skip(f"{shell} completes", f"{shell} is not installed")
    if "zsh" in shells:
        a = run(["zsh", "-n", "deputy.zsh"])
        t.check("zsh reads it", a.returncode == 0 and not a.stderr, a.stderr)
    t.write("one.conf", "")
    for shell, ask in shells.items():
        for words, expected in CASES:
            a = ask(words)
            wanted = [] if shell == "zsh" and expected == ["one.conf"] else expected # by its _files
            t.check(f"{shell}: deputy {' '.join(words)}", a.stdout.split() == wanted and not a.stderr, a.stdout, a.stderr)
    rows = [line.split("  ")[1] for line in run([DEPUTY, "help"]).stdout.split("\n") if line.startswith("  ") and line[2].islower()]
    with open(t.scratch + "/deputy.bash", encoding="utf-8") as f:
        text = f.read()
    t.check("every command is in it", len(rows) > 20 and all(f"'{name(row)}:" in text for row in rows), rows, text)
    names_of_a_node(t, run, shells)


def names_of_a_node(t, run, shells):
    path = t.write("deputy.conf", CONF.format(port=free_port(), sip=free_port()))
    t.write("wildixin.com.zone", "$TTL 60\n@ SOA ns hostmaster 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n")
    behind = ["-c", path]
    for words in (["pbx", "show", ""], ["explain", ""]):
        a = shells["bash"]([*behind, *words])
        t.check(f"without a node {words[0]} completes no names, and nothing is said", not [x for x in a.stdout.split() if x[0] != "-"] and not a.stderr, a.stdout, a.stderr)
    node = t.spawn([os.path.join(BUILD, "cmd", "deputyd"), "-f", "-c", path])
    t.check("the node answers", within(20, lambda: run([DEPUTY, *behind, "completion", "pbxs"]).stdout == "berlin\nhq\n"), t.log("deputyd"))
    for shell, ask in shells.items():
        for words, expected in NAMES:
            within(20, lambda a=ask, w=words, e=expected: a([*behind, *w]).stdout.split() == e)
            a = ask([*behind, *words])
            t.check(f"{shell}: deputy -c FILE {' '.join(words)}", a.stdout.split() == expected and not a.stderr, a.stdout, a.stderr)
    children = json.loads(run([DEPUTY, *behind, "--json", "status"]).stdout)["deputyd"]["children"]
    os.kill(children[0]["pid"], signal.SIGSTOP)
    a = run([DEPUTY, *behind, "completion", "names"])
    t.check("a node that hangs is not waited for", a.returncode == 0 and a.stdout == "" and a.stderr == "", a)
    node.send_signal(signal.SIGTERM)


def name(row):
    """The words of a command that are its name."""
    return " ".join(word for word in row.split(" ") if word.isascii() and word.replace("-", "").islower()
                    and "|" not in word and "[" not in word and not word.startswith("--"))


with Test() as test:
    main(test)

#!/usr/bin/env python3
"""What shells complete after `deputy`: bash by its own compgen, zsh and fish if they are installed."""
import os
import shutil
import subprocess

from tap import BUILD, Test

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
    (["completion", ""], ["bash", "fish", "zsh"]),
]

BASH = """. ./deputy.bash
COMP_WORDS=(deputy "$@"); COMP_CWORD=$#
_deputy; printf '%s\\n' "${COMPREPLY[@]}"
"""


def main(t):
    def made(shell):
        a = subprocess.run([DEPUTY, "completion", shell], capture_output=True, text=True, check=False)
        t.check(f"a completion for {shell} is made", a.returncode == 0 and "deputy" in a.stdout, a.stderr)
        return t.write("deputy." + shell, a.stdout)

    made("bash")
    t.write("one.conf", "")
    for words, expected in CASES:
        a = subprocess.run(["bash", "-c", BASH, "bash", *words], capture_output=True, text=True, check=False, cwd=t.scratch)
        t.check(f"bash: deputy {' '.join(words)}", a.stdout.split() == expected and not a.stderr, a.stdout, a.stderr)
    rows = [line.split("  ")[1] for line in subprocess.run([DEPUTY, "help"], capture_output=True, text=True, check=False)
            .stdout.split("\n") if line.startswith("  ") and line[2].islower()]
    with open(t.scratch + "/deputy.bash", encoding="utf-8") as f:
        text = f.read()
    t.check("every command is in it", len(rows) > 20 and all(f"'{name(row)}:" in text for row in rows), rows, text)
    path = made("zsh")
    if shutil.which("zsh"):
        a = subprocess.run(["zsh", "-n", path], capture_output=True, text=True, check=False)
        t.check("zsh reads it", a.returncode == 0 and not a.stderr, a.stderr)
    else:
        t.skip("zsh reads it", "zsh is not installed")
    path = made("fish")
    if not shutil.which("fish"):
        t.skip("fish offers commands", "fish is not installed")
        return
    for words, expected in CASES:
        line = " ".join(["deputy", *words])
        a = subprocess.run(["fish", "-N", "-c", f"source {path}; complete -C '{line}'"], capture_output=True, text=True, check=False,
                           cwd=t.scratch, env={**os.environ, "HOME": t.scratch})
        t.check(f"fish: {line}", sorted(x.split("\t")[0] for x in a.stdout.split("\n") if x) == expected, a.stdout, a.stderr)


def name(row):
    """The words of a command that are its name."""
    return " ".join(word for word in row.split(" ") if word.isascii() and word.replace("-", "").islower()
                    and "|" not in word and "[" not in word and not word.startswith("--"))


with Test() as test:
    main(test)

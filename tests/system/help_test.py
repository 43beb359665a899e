#!/usr/bin/env python3
"""`--help` behind every command: usage, what each argument means, and an example that is right."""
import os
import re
import shlex
import subprocess

from tap import BUILD, Test

DEPUTY = os.path.join(BUILD, "cmd", "deputy")


def main(t):
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}

    def deputy(*words, **more):
        return subprocess.run([DEPUTY, *words], capture_output=True, text=True, check=False, cwd=t.scratch, stdin=subprocess.DEVNULL,
                              env={**env, **more})

    whole = deputy("--help")
    t.check("--help alone is help", whole.returncode == 0 and whole.stdout == deputy("help").stdout and whole.stderr == "", whole)
    rows = [line[2:].split("  ")[0] for line in whole.stdout.split("\n") if re.match(r"  [a-z]", line)]
    names = [re.match(r"[a-z-]+( [a-z-]+)?(?= |$)", row).group(0) for row in rows]
    t.check("all commands are listed", len(rows) > 25 and {"status", "pbx force", "conf check", "explain", "watch"} <= set(names), names)
    groups = sorted({name.split()[0] for name in names if " " in name})
    for row, name in zip(rows, names):
        if name == "toy-pbx":
            continue # it has its own
        a = deputy(*name.split(), "--help")
        usage = a.stdout.split("\n")[0]
        t.check(f"{name} --help is on standard output and ends with 0", a.returncode == 0 and a.stderr == "" and usage == f"usage: deputy {row}", a)
        t.check("likewise -h, behind arguments and as `help`", all(deputy(*words).stdout == a.stdout for words in (
            (*name.split(), "-h"), (*name.split(), "x", "y", "--help"), ("help", *name.split()))), a.stdout)
        said = a.stdout.split("\n", 1)[1]
        for option in re.findall(r"--[a-z]+(?: [A-Z][A-Z=]*)?|\b[A-Z]{2,}\b(?!=)", re.sub(r"--[a-z]+ [A-Z=]+", "", row) + " " +
                                 " ".join(re.findall(r"--[a-z]+ [A-Z=]+", row))):
            t.check(f"{name} explains {option}", re.search(rf"^  {re.escape(option)} +\S", said, re.M), a.stdout)
        example = re.search(r"^example:\n  deputy (.*)$", said, re.M)
        words = shlex.split(example.group(1)) if example else []
        t.check(f"its example is one of {name}", words[:len(name.split())] == name.split(), a.stdout)
        if name not in ("completion", "help"):
            b = deputy("--run", t.scratch + "/none", *words)
            t.check("and takes its arguments", "usage:" not in b.stderr and "unknown" not in b.stderr, b)
    for group in groups:
        a = deputy(group, "--help")
        t.check(f"{group} --help lists its commands", a.returncode == 0 and a.stderr == "" and all(
            f"  {name}" in a.stdout for name in names if name.startswith(group + " ")) and a.stdout == deputy("help", group).stdout, a)
    a = deputy("pbx", "down", "--help")
    t.check("a word of a command's arguments finds its help", a.returncode == 0 and a.stdout.startswith("usage: deputy pbx force "), a)
    a = deputy("zzz", "--help")
    t.check("what is no command has none", a.returncode == 2 and a.stdout == "" and "unknown command 'zzz'" in a.stderr, a)
    a = deputy("--run", t.scratch + "/none", "pbx", "force", "main", "down", "--reason", "--help")
    t.check("a value that reads --help is a value", a.returncode == 3 and "usage" not in a.stdout, a)
    a = deputy("help", COLUMNS="60")
    t.check("help fits the terminal", max(map(len, a.stdout.split("\n")[8:-4])) <= 60 and "reload the configuration" in a.stdout, a.stdout)
    a = deputy("pbx", "force", "--help", COLUMNS="40")
    t.check("likewise that of a command", max(map(len, a.stdout.split("\n\n")[1].split("\n"))) <= 40 and "31d" in a.stdout, a.stdout)


with Test() as test:
    main(test)

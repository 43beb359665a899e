#!/usr/bin/env python3
"""Every command of bench/ says what it measures and how long that takes; with --json it prints rows and nothing else."""
import json
import os
import re
import subprocess

from tap import BUILD, TOP, SkipAll, Test, sanitized

# With arguments that make them short; what takes root, or the programs of others, is only asked for its help.
SHORT = {
    "run": ["tiny", "--rounds", "1", "--seconds", "0.1", "--servers", "echo,deputy"],
    "start": ["--rounds", "1", "--servers", "deputy"],
    "idle": ["--connections", "20", "--servers", "deputy"],
    "upgrade": ["100", "1"],
    "false_switches": ["1", "1", "1"],
    "answer_cost": ["1"],
    "switch_cost": ["10", "1"],
    "zone_edit": ["10", "1"],
    "keep_cost": ["100", "3"],
    "sip_cost": ["100"],
    "master_speed": ["1000"],
    "zone_patch": ["1000"],
    "planted": [],
}
LONG = ["cache", "failover", "recursor_faults", "attacks", "agreement", "phone", "deb", "demo", "probing", "own_stall", "flood", "hostile"]
TOOLS = ["build", "mutate", "first_answer", "udp_echo", "udp_load", "tcp_echo", "tcp_load"] # what the others call, and no figures


def path(name):
    here = os.path.join(TOP, "bench", name)
    return here if os.path.exists(here) else os.path.join(BUILD, "bench", name)


def run(name, *words):
    environment = {**os.environ, "MESON_BUILD_ROOT": BUILD}
    return subprocess.run([path(name), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=100, check=False)


def commands():
    """What bench/ has: programs of the tree and of the build."""
    here = {name for name in os.listdir(TOP + "/bench") if "." not in name and os.access(f"{TOP}/bench/{name}", os.X_OK) and os.path.isfile(f"{TOP}/bench/{name}")}
    with open(TOP + "/bench/meson.build", encoding="utf-8") as f:
        return here | set(re.findall(r"executable\('(\w+)'", f.read()))


def parsed(text):
    """The rows; none if a line is no object with a table and something in it."""
    try:
        found = [json.loads(line) for line in text.splitlines()]
    except ValueError:
        return []
    return found if all(isinstance(row, dict) and row.get("table") and len(row) > 1 for row in found) else []


with Test() as t:
    if sanitized():
        raise SkipAll("what a sanitizer slows down is not measured")
    known = {*SHORT, *LONG, *TOOLS}
    t.check("this test knows every command of bench/", commands() == known, commands() ^ known)
    for name in sorted([*SHORT, *LONG]):
        a = run(name, "--help")
        t.check(f"{name} --help says what it tells and how long that takes",
                a.returncode == 0 and not a.stderr and f"{name} " in a.stdout and "--json" in a.stdout and re.search(r"^Takes about \d+ (s|min)", a.stdout, re.M), a)
    for name, words in SHORT.items():
        if name == "run" and len(os.sched_getaffinity(0)) < 2:
            t.skip("run --json prints one object a row", "server and load have a processor each")
            continue
        a = run(name, "--json", *words)
        t.check(f"{name} --json prints one object a row", a.returncode == 0 and parsed(a.stdout), a)
        t.check(f"{name} says at once how long it will take", re.match(r"\S+: about \d+ (s|min)", a.stderr), a.stderr)
        if name not in ("planted", "upgrade"): # they take the longest
            b = run(name, *words)
            t.check(f"{name} prints them as a table too", b.returncode == 0 and len(b.stdout.splitlines()) > len(parsed(a.stdout)), b)

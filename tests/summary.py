#!/usr/bin/env python3
"""Reads meson's testlog.json files: counts the TAP tests in them, prints skips and failures.

usage: summary.py FILE...     Last line: N passed, N failed, N skipped. Exit 1 on a failure or
when no test ran.
"""
import json
import re
import sys

LINE = re.compile(r"^(not )?ok\b\s*(\d*)\s*-?\s*(.*?)(?:\s*#\s*(skip|todo)\b[:\s]*(.*))?$", re.I)
PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?$", re.I)
SHOWN = 60


def tap(text):
    """Returns rows [failed, sentence, skip reason or None, following '#' lines], plan, skip-all reason."""
    rows, plan, reason = [], None, None
    for line in text.splitlines():
        if m := PLAN.match(line):
            plan, reason = int(m[1]), m[2]
        elif m := LINE.match(line):
            skipped = (m[5] or "no reason given") if m[4] and m[4].lower() == "skip" else None
            rows.append([bool(m[1]) and skipped is None, m[3], skipped, []])
        elif line.startswith("#") and rows:
            rows[-1][3].append(line)
    return rows, plan, reason


def judge(test):
    """Returns passed, skips [(name, reason)], failures [(name, text)] of one test program."""
    name = test["name"].split(" / ")[-1]
    rows, plan, reason = tap(test.get("stdout") or "")
    tail = (test.get("stdout", "") + test.get("stderr", "")).splitlines()[-SHOWN:]
    good = test["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
    if plan is None and not rows: # no TAP: its exit status is its verdict
        if test["result"] == "SKIP":
            return 0, [(name, "exit status 77")], []
        return (1, [], []) if good else (0, [], [(name, "\n".join(tail))])
    skips = [(f"{name}: {row[1]}", row[2]) for row in rows if row[2] is not None]
    if plan == 0:
        skips.append((name, reason or "no reason given"))
    failures = [(f"{name}: {row[1]}", "\n".join(row[3][:SHOWN])) for row in rows if row[0]]
    passed = sum(1 for row in rows if not row[0] and row[2] is None)
    if not good and not failures:
        what = f"{test['result'].lower()}, exit status {test.get('returncode')}, {len(rows)} of {plan} tests ended"
        failures.append((name, "\n".join([what] + tail)))
    return passed, skips, failures


def main():
    passed, skips, failures = 0, [], []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8", errors="replace") as log:
            for line in log:
                p, s, f = judge(json.loads(line))
                passed += p
                skips += s
                failures += f
    for name, reason in skips:
        print(f"skipped: {name}: {reason}")
    for name, text in failures:
        print(f"FAILED: {name}")
        for line in text.splitlines():
            print(f"    {line}")
    print(f"{passed} passed, {len(failures)} failed, {len(skips)} skipped")
    return 1 if failures or not passed else 0


sys.exit(main())

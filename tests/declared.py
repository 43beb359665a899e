#!/usr/bin/env python3
"""What no compiler checks about declarations: `tags` that stand for two things, and functions that nobody calls.

usage: git ls-files '*.[ch]' | tests/declared.py tags
       git ls-files '*.[ch]' | tests/declared.py uncalled tests/uncalled

Prints a line for each finding and ends with 1 when there is one. `tests/uncalled` names the functions that only tests and
bench call, or that wait for their caller, each with the reason; a row that is not true any more is a finding too.
"""
import collections
import re
import sys

STRINGS = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'')
COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
TAG = re.compile(r"\b(?:struct|enum|union)\s+(\w+)\s*\{(?!\s*0?\s*\})")
LITERAL = re.compile(r"[(=,]\s*(?:const\s+)?$")
INLINE = re.compile(r"^static inline\b[^;{=]*?\b(\w+)\(", re.M)
PROTOTYPE = re.compile(r"^(?!static\b|typedef\b|#|return\b)[a-z][\w \t*]*?[ *](\w+)\(", re.M)


def read(path):
    """The text of a file without comments, and with empty strings."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return STRINGS.sub('""', COMMENTS.sub(lambda m: "\n" * m.group(0).count("\n"), text))


def tags(texts):
    places = collections.defaultdict(list)
    for path, text in texts.items():
        for m in TAG.finditer(text):
            if not LITERAL.search(text[:m.start()][-40:]):
                places[m.group(1)].append(f"{path}:{text.count(chr(10), 0, m.start()) + 1}")
    return [f"the tag '{tag}' stands for more than one thing: {', '.join(at)}"
            for tag, at in sorted(places.items()) if len(at) > 1]


def uncalled(texts, rows):
    product = {path: text for path, text in texts.items() if not path.startswith(("tests/", "bench/"))}
    words = collections.Counter()
    for text in product.values():
        words.update(re.findall(r"\b\w+\b", text))
    declared = {}  # function: its header, and how often its name stands without a call
    for path, text in product.items():
        if path.endswith(".h"):
            for m in PROTOTYPE.finditer(text):
                declared.setdefault(m.group(1), (path, 2))
            for m in INLINE.finditer(text):
                declared[m.group(1)] = (path, 1)
    found = {name: path for name, (path, idle) in declared.items() if words[name] <= idle}
    listed = {}
    with open(rows, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, _, reason = line.strip().partition(" ")
                listed[name] = reason.strip()
    return ([f"{path}: nobody calls {name}()" for name, path in sorted(found.items()) if name not in listed]
            + [f"{rows}: {name}() is called, or is not there" for name in sorted(listed) if name not in found]
            + [f"{rows}: {name}() has no reason" for name, reason in sorted(listed.items()) if not reason])


def main():
    texts = {path: read(path) for path in sys.stdin.read().split()}
    found = tags(texts) if sys.argv[1] == "tags" else uncalled(texts, sys.argv[2])
    print("".join(line + "\n" for line in found), end="")
    sys.exit(1 if found else 0)


main()

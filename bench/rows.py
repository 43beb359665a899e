"""What every command of bench/ has alike: what it says of itself, its build, and its rows, as a table or as JSON.

    import rows # before tests/system's modules, which then use the same build

    command = rows.Command(__doc__, seconds=lambda args: 3 * args.rounds)
    command.add_argument("--rounds", type=int, default=15)
    args = command.begin()
    starts = rows.Table("start", ("server", "<12"), ("after", "<8"), ("p50_ms", ">8.1f", "p50 ms"))
    starts.row("deputy", "killed", 1.2)
    rows.tell("what is no row")

With --json standard output has one JSON object a row, {"table": "start", "server": "deputy", ...}, and nothing else.
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OWN_BUILD = "MESON_BUILD_ROOT" not in os.environ
BUILD = os.environ.setdefault("MESON_BUILD_ROOT", TOP + "/build-bench") # the children and tests/system look there too
sys.path.insert(1, TOP + "/tests/system")
as_json = False # pylint: disable=invalid-name


def tell(*words):
    """Prints what is no row."""
    print(*words, file=sys.stderr if as_json else sys.stdout, flush=True)


def words(text):
    """The type of an option that takes NAME,NAME."""
    return text.split(",")


def build():
    """Brings the build up to date, unless it is one that was named."""
    if not OWN_BUILD:
        return
    environment = {k: v for k, v in os.environ.items() if k != "MESON_BUILD_ROOT"}
    a = subprocess.run([TOP + "/bench/build"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, env=environment, check=False)
    if a.returncode:
        raise SystemExit("bench/build fails:\n" + "\n".join(a.stdout.splitlines()[-30:]))


def duration(seconds):
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class Command(argparse.ArgumentParser):
    def __init__(self, doc, seconds, root=False, builds=True):
        """
        seconds  how long it takes, by its options
        root     whether only root can run it
        builds   whether it runs programs of the build
        """
        super().__init__(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS, allow_abbrev=False)
        self.seconds, self.root, self.builds = seconds, root, builds
        self.add_argument("--json", action="store_true", help="one JSON object a row on standard output")

    def format_help(self):
        presets = argparse.Namespace(**{a.dest: a.default for a in self._actions})
        self.epilog = f"Takes about {duration(self.seconds(presets))} with its defaults. " + \
            ("Needs root. " if self.root else "") + ("Builds what it needs (bench/build)." if self.builds else "")
        return super().format_help()

    def begin(self):
        """Reads the options, says how long it will take, and brings the build up to date."""
        global as_json # pylint: disable=global-statement
        args = self.parse_args()
        as_json = args.json
        if self.root and os.geteuid():
            raise SystemExit(f"{self.prog}: only root can run this")
        print(f"{self.prog}: about {duration(self.seconds(args))}", file=sys.stderr, flush=True)
        if self.builds:
            build()
        return args


class Table:
    def __init__(self, name, *columns, title=None):
        """
        name     in each JSON object
        columns  (key, format[, heading if it is not the key]); ">8.2f" says what a cell looks like
        title    a line above the headings
        """
        self.name, self.columns, self.title, self.begun = name, columns, title, False

    def head(self):
        if self.title:
            tell(self.title)
        cells = []
        for key, form, *heading in self.columns:
            side, width = re.match(r"([<>])(\d*)", form).groups()
            cells.append(f"{heading[0] if heading else key:{side}{width}}")
        tell(" ".join(cells).rstrip())

    def row(self, *values, note=None):
        """One row; None where there is no value. Fewer values than columns with a `note` that says why."""
        if as_json:
            cells = {key: plain(value) for (key, *_), value in zip(self.columns, values)}
            print(json.dumps({"table": self.name, **cells, **({"note": note} if note else {})}), flush=True)
            return
        if not self.begun:
            self.head()
            self.begun = True
        cells = [cell(form, value) for (_, form, *_), value in zip(self.columns, values)]
        tell(" ".join(cells + ([note] if note else [])).rstrip())


def plain(value):
    """As JSON can say it: six digits behind the point are enough of a figure."""
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def cell(form, value):
    if value is None or isinstance(value, (bool, str)):
        side, width = re.match(r"([<>])(\d*)", form).groups()
        return f"{ {None: '-', True: 'yes', False: 'no'}.get(value, value):{side}{width}}"
    return f"{value:{form}}"

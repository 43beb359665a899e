#!/usr/bin/env python3
"""The command line against a whole node: exit statuses, tables, JSON, and a dead process."""
import json
import os
import signal
import socket
import subprocess

from tap import BUILD, Test, free_port, within

DEPUTY = os.path.join(BUILD, "cmd", "deputy")

CONF = """node: {{ name: hq-1, listen: [ "127.0.0.1@{port}" ], state: state, run: run, user: {user} }}
pbxs:
  - {{ name: berlin, addresses: [ 127.0.0.71 ], endpoints: [ udp@{sip} ], failover: [ hq ] }}
  - {{ name: hq, addresses: [ 127.0.0.72 ], endpoints: [ udp@{sip} ] }}
live: [ {{ name: pbx.wildixin.com, answer: home, home: berlin }} ]
"""


def main(t):
    path = t.write("deputy.conf", CONF.format(port=free_port(), sip=free_port(), user="root"))

    def deputy(*words, options=("-c", path), patience=30):
        return subprocess.run([DEPUTY, *options, *words], capture_output=True, text=True, timeout=patience,
                              check=False, stdin=subprocess.DEVNULL)

    a = deputy("help", options=())
    t.check("help lists commands of every process", a.returncode == 0 and all(w in a.stdout for w in ("pbx force", "conf reload", "explain", "zone check")), a.stdout)
    a = deputy("help", "pbx", "force", options=())
    t.check("help of one command shows its usage", a.stdout.startswith("usage: deputy pbx force PBX up|down|drain"), a.stdout)
    a = deputy(options=())
    t.check("no command at all is wrong usage", a.returncode == 2)
    a = deputy("pbx", "lsit")
    t.check("a mistyped command says what may have been meant", a.returncode == 2 and "did you mean 'pbx list'?" in a.stderr, a.stderr)
    for words, meant in ((("reload",), "'conf reload' or 'zone reload'"), (("relaod",), "'conf reload' or 'zone reload'"),
                         (("pbx", "lst"), "'pbx list'"), (("list", "pbx"), "'pbx list'"), (("pbx-list",), "'pbx list'"),
                         (("history",), "'switch history'"), (("upgrade",), "'node upgrade'"), (("pbx", "down", "main"), "'pbx force'"),
                         (("drain", "main"), "'pbx force'"), (("failback", "main"), "'pbx failback'"), (("exlpain", "x"), "'explain'"),
                         (("list",), "'name list', 'zone list' or 'pbx list'")):
        a = deputy(*words)
        t.check(f"{' '.join(words)} suggests {meant}", a.returncode == 2 and f"did you mean {meant}?" in a.stderr and a.stdout == "", a.stderr)
    a = deputy("help", "pbx", "down")
    t.check("help of an argument is that of its command", a.returncode == 0 and a.stdout.startswith("usage: deputy pbx force"), a.stdout, a.stderr)
    a = deputy("pbx", "zzz")
    t.check("what is like nothing in a group points to the group", "see `deputy help pbx`" in a.stderr, a.stderr)
    a = deputy("--jsn", "status")
    t.check("a mistyped option is suggested, too", a.returncode == 2 and "did you mean '--json'?" in a.stderr, a.stderr)
    a = deputy("pbx")
    t.check("half a command says where the whole ones are", a.returncode == 2 and "`deputy help pbx`" in a.stderr, a.stderr)
    a = deputy("toy-pbx", "--help", options=())
    t.check("the toy PBX helps, too", a.returncode == 0 and a.stdout.startswith("usage: deputy toy-pbx") and a.stderr == "", a.stdout, a.stderr)
    a = deputy("--bogus")
    t.check("a wrong option is called one", a.returncode == 2 and "unknown option '--bogus'" in a.stderr, a.stderr)
    a = deputy("pbx", "force", "berlin", "donw")
    t.check("wrong arguments are told without a daemon", a.returncode == 2 and "did you mean 'down'?" in a.stderr, a.stderr)
    a = deputy("pbx", "list")
    t.check("without a daemon the status is 3 and what to do is said", a.returncode == 3 and "start it with `deputyd -c FILE`" in a.stderr, a.stderr)
    a = deputy("status")
    t.check("so it is of status", a.returncode == 3 and "deputyd is not running" in a.stdout, a.stdout, a.stderr)
    bad = t.write("bad.conf", "node: { nmae: x }\n")
    a = deputy("conf", "check", bad)
    b = deputy("conf", "reload", options=("-c", bad))
    t.check("behind a broken configuration nothing is said not to run", b.returncode == 1 and "has errors" in b.stderr
            and "--run" in b.stderr and "not running" not in b.stderr, b.returncode, b.stderr)
    t.check("conf check needs no daemon", a.returncode == 1 and "bad.conf:1:9: error" in a.stdout, a.returncode, a.stdout)
    t.check("and is content with a good one", deputy("conf", "check").returncode == 0)
    zone = t.write("example.com.zone", "$TTL 60\n@ SOA a b 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n")
    t.check("zone check needs no daemon", deputy("zone", "check", zone, "example.com").returncode == 0)
    t.check("and refuses a broken zone", deputy("zone", "check", t.write("b.zone", "@ A 1.2.3\n"), "example.com").returncode == 1)

    both = t.write("zones.conf", CONF.format(port=free_port(), sip=free_port(), user="root")
                   + "zones: [ { name: wildixin.com, file: wildixin.com.zone } ]\n")
    t.write("wildixin.com.zone", "$TTL 60\n@ SOA a b 1 2 3 4 5\n NS ns\nns A 192.0.2.1\npbx A 192.0.2.2\n")
    a = deputy("conf", "check", both, "--zones")
    t.check("conf check --zones reads the zones with the live names in them", a.returncode == 0
            and "wildixin.com.zone:5:1: warning: A at pbx.wildixin.com. is never answered: the live name declared at " + both + ":5:9" in a.stdout,
            a.returncode, a.stdout)
    t.check("without it zone files are left alone", "wildixin.com.zone:5" not in deputy("conf", "check", both).stdout)
    t.write("wildixin.com.zone", "$TTL 60\n@ SOA a b 1 2 3 4 5\n NS ns\nns A 192.0.2\n")
    a = deputy("conf", "check", "--zones", both)
    t.check("and an error in a zone file is one", a.returncode == 1 and "wildixin.com.zone:4:6: error" in a.stdout
            and "1 error in what it names" in a.stdout, a.returncode, a.stdout)

    port = int(open(path, encoding="utf-8").read().split("@")[1].split('"')[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", port))
        a = deputy("doctor")
    t.check("doctor names what is amiss: no node, and a held address", a.returncode == 1 and "deputyd is not running" in a.stdout
            and "over UDP is in use by" in a.stdout and f"pid {os.getpid()}" in a.stdout, a.stdout)
    t.check("and that no open resolver is here", "queries for other names are refused" in a.stdout, a.stdout)

    node = t.spawn([os.path.join(BUILD, "cmd", "deputyd"), "-f", "-c", path])
    ready = within(20, lambda: deputy("pbx", "list").returncode == 0)
    t.check("commands are answered once the node is ready", ready, t.log("deputyd"))
    a = within(20, lambda: (r := deputy("status")).returncode == 1 and r) or deputy("status")
    t.check("status shows every process, and that the PBXs are dead", a.stdout.startswith("pbx.wildixin.com: no living PBX (all down)") and "deputyd:" in a.stdout and "deputy-dns:" in a.stdout, a.stdout)
    a = deputy("--json", "status")
    both = json.loads(a.stdout)
    t.check("and with --json is one object", both["deputyd"]["node"] == "hq-1" and both["status"] == a.returncode == 1, a.stdout)
    rows = json.loads(deputy("pbx", "list", "--json").stdout)["pbxs"]
    table = deputy("pbx", "list").stdout
    t.check("a table shows what JSON says", all(r["pbx"] in table and r["state"] in table for r in rows), table, rows)
    a = deputy("doctor", "--json")
    bad = {f["about"] for f in json.loads(a.stdout)["findings"] if f["verdict"] == "BAD"}
    t.check("doctor finds nothing wrong with a running node but that its PBXs are dead", (a.returncode, bad) == (1, {"endpoints"}), a.stdout)
    a = deputy("pbx", "show", "nobody")
    t.check("a refusal comes with its reason and status", a.returncode not in (0, 2, 3) and "nobody" in a.stderr, a.returncode, a.stderr)
    t.check("conf diff sees no difference to what runs", within(20, lambda: deputy("conf", "diff").returncode == 0), deputy("conf", "diff"))
    other = t.write("other.conf", open(path, encoding="utf-8").read().replace("127.0.0.72", "127.0.0.73"))
    a = deputy("conf", "diff", other)
    t.check("and tells what a reload would change", a.returncode == 1 and "127.0.0.73" in a.stdout, a.returncode, a.stdout, a.stderr)
    a = deputy("conf", "diff", path, other)
    t.check("or what differs between two files", a.returncode == 1 and "127.0.0.73" in a.stdout, a.returncode, a.stdout)

    with subprocess.Popen([DEPUTY, "-c", path, "watch"], stdout=subprocess.PIPE, text=True) as watch:
        first = watch.stdout.readline()
        deputy("pbx", "force", "berlin", "down", "--reason", "test")
        line = ""
        while "berlin" not in line or "force" not in line:
            line = watch.stdout.readline()
            if not line:
                break
        watch.terminate()
    t.check("watch shows the state, then what happens", "pbx" in first and line, first, line)

    a = deputy("explain", "pbx.wildixin.con")
    t.check("explain of an unknown name ends with 1", a.returncode == 1 and "REFUSED" in a.stdout, a.returncode, a.stdout, a.stderr)
    t.check("and of a live name with 0", deputy("explain", "pbx.wildixin.com").returncode == 0)
    a = deputy("whatif", "--down", "hq", options=("-c", path))
    t.check("whatif is answered by the node for the file that it runs", "the running node" in a.stdout, a.stdout, a.stderr)
    with open(path, encoding="utf-8") as f:
        was = f.read()
    other = t.write("other.conf", was.replace("live: [", "live: [ { name: new.wildixin.com, answer: home, home: hq },"))
    a = deputy("whatif", options=("-c", other))
    t.check("and for another file by that file", other in a.stdout and "another configuration" in a.stdout and "new.wildixin.com" in a.stdout,
            a.stdout, a.stderr)
    os.replace(other, path)
    t.check("a new name is taken up", deputy("conf", "reload").returncode == 0)
    t.write("deputy.conf", was)
    a = deputy("conf", "reload")
    t.check("a reload that drops a name says which", a.returncode == 0 and "live name 'new.wildixin.com' is no longer in the configuration" in a.stdout + a.stderr,
            a.returncode, a.stdout, a.stderr)

    a = deputy("node", "upgrade")
    after = json.loads(deputy("--json", "status").stdout)["deputyd"]
    t.check("node upgrade returns when the new child answers", a.returncode == 0 and after["settled"]
            and after["pid"] == both["deputyd"]["pid"] and after["children"][0]["pid"] != both["deputyd"]["children"][0]["pid"], a.stderr, after)
    a = deputy("pbx", "list")
    t.check("and what was forced is forced still", "forced down" in a.stdout, a.stdout)
    both["deputyd"] = after
    dns = both["deputyd"]["children"][0]["pid"]
    os.kill(dns, signal.SIGSTOP)
    a = deputy("status", patience=60)
    t.check("status works when one process hangs, and says so", a.returncode == 7 and "hq-1" in a.stdout and "deputy-dns" in a.stdout, a.returncode, a.stdout, a.stderr)
    a = within(20, lambda: (r := deputy("pbx", "list")).returncode == 0 and r)
    t.check("it is started again soon, and what was forced is forced still", a and "forced down" in a.stdout, a)
    node.send_signal(signal.SIGTERM)
    t.check("the node stops with status 0", node.wait(20) == 0)


with Test() as test:
    main(test)
